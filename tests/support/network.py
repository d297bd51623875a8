"""Small networks for tests of the floors below the transports: hosts that have an internet layer and nothing above."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address, ip_interface
from typing import Any

from michinori.inet import Interface, Internet
from michinori.link import Adapter, Cable, Plug
from michinori.sim import Dice, EventQueue
from michinori.trace import Event, Recorder
from michinori.wire import checksum, icmp, ipv4, protocols, udp

US, MS, S = 1_000, 1_000_000, 1_000_000_000


def ip(text: str) -> bytes:
    return ip_address(text).packed


class Network:
    """Hosts and the cables between them, on one queue."""

    def __init__(self, seed: int = 0, recorder: Recorder | None = None) -> None:
        self.queue = EventQueue()
        self.dice = Dice(seed)
        self.recorder = recorder
        self._adapters = 0

    def host(self, name: str, forwarding: bool = False) -> Internet:
        stream = self.dice.stream(f"host/{name}")
        return Internet(name, self.queue, dice=stream, recorder=self.recorder, forwarding=forwarding)

    def adapter(self, host: Internet, mtu: int = 1500) -> Adapter:
        self._adapters += 1
        mac = b"\2\0\0\0" + self._adapters.to_bytes(2, "big")
        name = f"eth{len(host.interfaces)}"
        adapter = Adapter(name, mac, self.queue, mtu=mtu, host=host.node.host, recorder=self.recorder)
        adapter.boot()
        if self.recorder is not None:
            adapter.tap = self.recorder.tap(host.node.host, name, mac)
        return adapter

    def interface(self, host: Internet, address: str, mtu: int = 1500) -> Interface:
        own = ip_interface(address)
        return host.add_interface(self.adapter(host, mtu), own.packed, own.network.prefixlen)

    def cable(self, a: Plug, b: Plug, **settings: Any) -> Cable:
        settings = {"rate": 10**9, "delay_ns": 10 * US} | settings
        cable = Cable(self.queue, self.dice.stream("cable"), **settings)
        cable.connect(a, b)
        return cable

    def join(self, a: Internet, a_address: str, b: Internet, b_address: str, mtu: int = 1500, **settings: Any) -> Cable:
        """A cable between new interfaces of two hosts."""
        ends = [self.interface(host, address, mtu) for host, address in ((a, a_address), (b, b_address))]
        return self.cable(*(plug_of(end) for end in ends), mtu=mtu, **settings)

    def events(self, what: str, host: str = "") -> list[Event]:
        assert self.recorder is not None
        return [event for event in self.recorder.read() if event.what == what and host in ("", event.host)]


def plug_of(interface: Interface) -> Adapter:
    assert interface.adapter is not None
    return interface.adapter


def default_route(host: Internet, gateway: str) -> None:
    interface = next(one for one in host.interfaces if any(own.covers(ip(gateway)) for own in one.addresses))
    host.routes.add(bytes(4), 0, ip(gateway), interface)


class Line:
    """client 10.0.1.2 - r1 - 10.0.2.0/24 - r2 - 10.0.3.2 server; ``mtu`` is that of the line in the middle."""

    def __init__(self, network: Network, mtu: int = 1500, **middle: Any) -> None:
        self.network = network
        self.queue = network.queue
        self.client, self.server = network.host("client"), network.host("server")
        self.r1, self.r2 = network.host("r1", forwarding=True), network.host("r2", forwarding=True)
        self.first = network.join(self.client, "10.0.1.2/24", self.r1, "10.0.1.1/24")
        self.middle = network.join(self.r1, "10.0.2.1/24", self.r2, "10.0.2.2/24", mtu, **middle)
        self.last = network.join(self.r2, "10.0.3.1/24", self.server, "10.0.3.2/24")
        default_route(self.client, "10.0.1.1")
        default_route(self.server, "10.0.3.1")
        self.r1.routes.add(ip("10.0.3.0"), 24, ip("10.0.2.2"), self.r1.interfaces[1])
        self.r2.routes.add(ip("10.0.1.0"), 24, ip("10.0.2.1"), self.r2.interfaces[0])


class Mailbox:
    """Keeps the payloads of a protocol that reach a host, and the packets that they came in."""

    def __init__(self, host: Internet, protocol: int = protocols.PROTOCOL_UDP) -> None:
        self.packets: list[ipv4.Packet] = []
        host.protocols[protocol] = lambda packet, _interface: self.packets.append(packet)

    @property
    def payloads(self) -> list[bytes]:
        return [bytes(packet.payload) for packet in self.packets]


class Pinger:
    """Asks whether somebody is there, and keeps the answers: sequence, octets, TTL, instant."""

    def __init__(self, host: Internet, identifier: int = 7) -> None:
        self.answers: list[tuple[int, int, int, int]] = []
        self.errors: list[tuple[int, int]] = []
        self._host = host
        self._identifier = identifier
        host.on_echo_reply.append(self._answered)
        host.on_icmp_error.append(lambda error: self.errors.append((error.type, error.code)))

    def ask(self, dst: str, sequence: int = 0, size: int = 56, **settings: Any) -> None:
        message = icmp.echo_request(self._identifier, sequence, bytes(size))
        self._host.send(ip(dst), protocols.PROTOCOL_ICMP, message.emit(), **settings)

    def _answered(self, message: icmp.Message, packet: ipv4.Packet) -> None:
        if message.identifier == self._identifier:
            now_ns = self._host.node.queue.now_ns
            self.answers.append((message.sequence, len(message.payload), packet.ttl, now_ns))


def datagram(src: str, src_port: int, dst: str, dst_port: int, payload: bytes = b"hello") -> bytes:
    pseudo = checksum.pseudo(ip(src), ip(dst), protocols.PROTOCOL_UDP)
    return udp.Datagram(src_port, dst_port, payload).emit(pseudo)


Sniffer = Callable[[bytes], None]


def sniff(adapter: Adapter) -> list[bytes]:
    """All frames that reach an adapter's host from now on; they go on to where they went."""
    frames: list[bytes] = []
    inner = adapter.on_frame

    def on_frame(frame: bytes) -> None:
        frames.append(frame)
        if inner is not None:
            inner(frame)

    adapter.on_frame = on_frame
    return frames
