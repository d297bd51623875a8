"""The way out: a packet gets its header, a route, a neighbour's address, and leaves.

Packets to the same destination differ in little, so the header of the last one is kept ready together with the
neighbour it goes to (``Path``). The next one is sent from there, unless a hook wants to see it or somebody watches.
Both ways make the same octets; the careful one asks everybody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from michinori.inet import addresses
from michinori.inet.errors import PacketTooBig, Unreachable
from michinori.inet.hooks import Hooks, Passing, judge
from michinori.inet.interface import LOOPBACK_MTU, Interface
from michinori.inet.ipv4.description import describe
from michinori.inet.ipv4.fragments import fragment
from michinori.inet.neighbours import FOREVER, NEVER, Neighbour
from michinori.inet.node import Node
from michinori.inet.own_addresses import OwnAddresses
from michinori.inet.path_mtu import PathMtus
from michinori.inet.routes import Route, RouteTable
from michinori.link import Adapter
from michinori.sim import Nanos
from michinori.wire import ipv4
from michinori.wire.malformed import Octets

_MOST_PATHS: Final = 4096
_MOST_COUNTERS: Final = 65536
#: Where the length of its header stands in a TCP segment.
_TCP_OFFSET: Final = 12


class _Counter:
    """The identification of packets between two addresses with one protocol.

    RFC 6864 lets it be anything in packets that cannot be fragmented, and asks for no repetition in the others; like
    Linux we count for each destination, from a start that cannot be guessed.
    """

    __slots__ = ("last",)

    def __init__(self, last: int) -> None:
        self.last = last


class Path:
    """All that packets to one destination have in common.

    A transport that makes whole frames by itself may hold one: it is good while it and the neighbour are valid and no
    hook wants to see what leaves, and its adapter takes frames with the neighbour's header.
    """

    __slots__ = (
        "adapter",
        "counter",
        "hooks",
        "mtu",
        "neighbour",
        "room",
        "template",
        "too_narrow",
        "valid_until_ns",
    )

    def __init__(
        self,
        template: ipv4.Template,
        neighbour: Neighbour,
        adapter: Adapter,
        counter: _Counter,
        mtu: tuple[int, bool, Nanos],
        hooks: Hooks,
    ) -> None:
        self.hooks = hooks
        self.template = template
        self.neighbour = neighbour
        self.adapter = adapter
        self.counter = counter
        self.mtu, self.too_narrow, self.valid_until_ns = mtu
        self.room = self.mtu - ipv4.HEADER_OCTETS


class Sender:
    """Sends the packets of one host; ``loop_back`` gets those that it sends to itself."""

    def __init__(
        self,
        node: Node,
        hooks: Hooks,
        routes: RouteTable,
        path_mtus: PathMtus,
        interfaces: list[Interface],
        own: OwnAddresses,
    ) -> None:
        self.loop_back: Callable[[ipv4.Packet], None] = lambda _: None
        self._node = node
        self._queue = node.queue
        self._recorder = node.recorder
        self._hooks = hooks
        self._routes = routes
        self._path_mtus = path_mtus
        self._interfaces = interfaces
        self._own = own
        self._paths: dict[tuple[bytes, bytes | None, int, int, int], Path] = {}
        self._mtus: dict[bytes, tuple[int, bool, Nanos]] = {}
        self._counters: dict[tuple[bytes, bytes, int], _Counter] = {}

    def send(
        self, dst: bytes, protocol: int, payload: Octets, src: bytes | None, ttl: int, tos: int, dont_fragment: bool
    ) -> None:
        """Send a packet. Raises ``Unreachable`` when there is no route or it may not be fragmented but must be."""
        path = self._paths.get((dst, src, protocol, ttl, tos))
        if path is not None and len(payload) <= path.room:
            now_ns = self._queue.now_ns
            hooks = self._hooks
            recorder = self._recorder
            if (
                path.neighbour.usable_until_ns > now_ns < path.valid_until_ns
                and not hooks.output
                and not hooks.postrouting
                and (recorder is None or not recorder.events)
            ):
                counter = path.counter
                counter.last = identification = (counter.last + 1) & 0xFFFF
                dont_fragment = dont_fragment and not path.too_narrow
                path.adapter.put(path.template.emit(payload, identification, dont_fragment))
                return
        packet = self._packet(dst, protocol, payload, src, ttl, tos, dont_fragment)
        self.launch(packet)
        if not self._hooks.output and not self._hooks.postrouting and not self._node.watched:
            self._make_ready(packet, src)

    def send_with_options(
        self,
        dst: bytes,
        protocol: int,
        payload: Octets,
        src: bytes | None,
        ttl: int,
        tos: int,
        dont_fragment: bool,
        options: bytes,
    ) -> None:
        """The same with IP options (RFC 1122 section 3.2.1.8); such packets are too rare to be made ready for."""
        self.launch(self._packet(dst, protocol, payload, src, ttl, tos, dont_fragment, options))

    def send_large(self, dst: bytes, protocol: int, payload: Octets, mss: int, src: bytes, ttl: int, tos: int) -> bool:
        """Send a TCP segment that the adapter is to cut, if nothing is in the way of that."""
        path = self._paths.get((dst, src, protocol, ttl, tos))
        if path is None or path.adapter.segmenter is None:
            return False
        now_ns = self._queue.now_ns
        hooks, recorder = self._hooks, self._recorder
        headers = (payload[_TCP_OFFSET] >> 4) * 4
        if (
            path.neighbour.usable_until_ns <= now_ns
            or path.valid_until_ns <= now_ns
            or path.too_narrow
            or headers + mss > path.room
            or hooks.output
            or hooks.postrouting
            or (recorder is not None and recorder.events)
        ):
            return False
        counter = path.counter
        identification = (counter.last + 1) & 0xFFFF
        counter.last = (counter.last - (headers - len(payload)) // mss) & 0xFFFF  # each piece has its own
        path.adapter.send_large(path.template.emit(payload, identification, True), mss)
        return True

    def launch(self, packet: ipv4.Packet) -> None:
        """Send a packet whose header is complete but for the identification. Raises ``Unreachable``."""
        counter = self._counter(packet.src, packet.dst, packet.protocol)
        counter.last = (counter.last + 1) & 0xFFFF
        packet = replace(packet, identification=counter.last)
        route = self._look_up_route(packet.dst, packet.src)
        passing = Passing(packet, outgoing=None if route is None else route.interface)
        why = judge(self._hooks.output, passing)
        if why is None and passing.packet.dst != packet.dst:
            route = self._look_up_route(passing.packet.dst, passing.packet.src)
            passing.outgoing = None if route is None else route.interface
        if why is not None:
            self._node.drop(why, describe(packet), frame=False)
        elif route is None:
            self._send_to_ourselves(passing)
        else:
            self.leave(passing, route.next_hop or passing.packet.dst)

    def leave(self, passing: Passing, next_hop: bytes) -> None:
        """The last part of the way out: the last hooks, fragmentation, the neighbour. Raises ``PacketTooBig``."""
        interface = passing.outgoing
        assert interface is not None
        why = judge(self._hooks.postrouting, passing)
        if why is not None:
            self._node.drop(why, describe(passing.packet), frame=passing.incoming is not None)
            return
        packet = passing.packet
        mtu = interface.mtu if passing.incoming is not None else self._mtu_of(packet.dst, interface)[0]
        if packet.header_octets + len(packet.payload) <= mtu and not passing.largest_fragment:
            self._transmit(packet, interface, next_hop, is_own=passing.incoming is None)
            return
        # What came in fragments was never meant to arrive in one piece: it leaves in pieces no larger than they were.
        if packet.dont_fragment and not passing.largest_fragment:
            raise PacketTooBig(mtu, f"the path to {addresses.text(packet.dst)} takes {mtu} octets in one piece")
        pieces = fragment(packet, min(mtu, passing.largest_fragment or mtu))
        if len(pieces) > 1 and self._node.watched:
            data = describe(packet) | {"fragments": len(pieces), "mtu": mtu}
            self._node.note("ip", "fragmented", data)
        for piece in pieces:
            self._transmit(piece, interface, next_hop, is_own=passing.incoming is None)

    def find_route(self, dst: bytes, src: bytes | None = None) -> Route | None:
        """The route to a destination; None when it is this host itself. Raises ``Unreachable``."""
        if self._own.is_mine(dst):
            return None
        is_to_many = dst == addresses.LIMITED_BROADCAST or addresses.is_multicast(dst)
        route = self._route_to_many(dst, src) if is_to_many else self._routes.lookup(dst)
        if route is None:
            raise Unreachable("no-route", f"{self._node.host} has no route to {addresses.text(dst)}")
        return route

    def _look_up_route(self, dst: bytes, src: bytes) -> Route | None:
        """The same, for all to see."""
        route = self.find_route(dst, src)
        if route is not None and self._node.watched:
            data = {
                "dst": addresses.text(dst),
                "matches": [match.describe() for match in self._routes.matches(dst)],
                "chosen": route.destination,
                "next_hop": addresses.text(route.next_hop or dst),
                "interface": route.interface.name,
            }
            self._node.note("ip", "routed", data)
        return route

    def source_for(self, dst: bytes, route: Route | None) -> bytes:
        """Our address for packets by that route. Raises ``Unreachable`` when the interface has none."""
        if route is None:
            return addresses.LOOPBACK if addresses.is_loopback(dst) else dst
        source = route.interface.address_towards(route.next_hop or dst)
        if source is None:
            raise Unreachable("no-source", f"{self._node.host} has no address on {route.interface.name}")
        return source

    def path_mtu(self, dst: bytes) -> int:
        """The largest packet to that destination, as far as is known. Raises ``Unreachable``."""
        known = self._mtus.get(dst)
        if known is None or known[2] <= self._queue.now_ns:
            route = self.find_route(dst)
            known = (LOOPBACK_MTU, False, FOREVER) if route is None else self._mtu_of(dst, route.interface)
            if len(self._mtus) >= _MOST_PATHS:
                self._mtus.clear()
            self._mtus[dst] = known
        return known[0]

    def has_sent_to(self, src: bytes, dst: bytes, protocol: int) -> bool:
        """Whether packets like this have been sent from here, so that a report about one can be true."""
        return (src, dst, protocol) in self._counters

    def forget(self) -> None:
        """Routes, addresses or path MTUs have changed: nothing that was made ready holds any more."""
        self._forget_paths()
        self._mtus.clear()

    def ready_path(self, dst: bytes, src: bytes, protocol: int, ttl: int, tos: int) -> Path | None:
        """The path that the last packet like this has taken, if the next ones may take it unseen."""
        recorder = self._recorder
        return None if recorder is not None and recorder.events else self._paths.get((dst, src, protocol, ttl, tos))

    def _forget_paths(self) -> None:
        for path in self._paths.values():
            path.valid_until_ns = NEVER
        self._paths.clear()

    def _packet(
        self,
        dst: bytes,
        protocol: int,
        payload: Octets,
        src: bytes | None,
        ttl: int,
        tos: int,
        dont_fragment: bool,
        options: bytes = b"",
    ) -> ipv4.Packet:
        """The packet, complete but for its identification."""
        if ipv4.HEADER_OCTETS + len(options) + len(payload) > ipv4.LARGEST_PACKET:
            raise PacketTooBig(ipv4.LARGEST_PACKET, "an IPv4 packet has up to 65535 octets")
        if not ttl:
            raise ValueError("a packet that may not live is not sent")  # RFC 1122 section 3.2.1.7
        source = src or self.source_for(dst, self.find_route(dst))
        if dont_fragment and (known := self._path_mtus.get(dst, self._queue.now_ns)) is not None and known[1]:
            dont_fragment = False
        return ipv4.Packet(source, dst, protocol, payload, ttl, 0, dont_fragment, tos=tos, options=options)

    def _make_ready(self, packet: ipv4.Packet, src: bytes | None) -> None:
        """Keep what the next packet to the same destination will have in common with this one."""
        dst = packet.dst
        route = self.find_route(dst, packet.src)
        neighbour = None if route is None else route.interface.neighbours.lookup(route.next_hop or dst)
        if route is None or neighbour is None or route.interface.adapter is None:
            return
        if len(self._paths) >= _MOST_PATHS:
            self._forget_paths()
        template = ipv4.Template(
            packet.src, dst, packet.protocol, ttl=packet.ttl, tos=packet.tos, link=neighbour.header
        )
        counter = self._counter(packet.src, dst, packet.protocol)
        mtu = self._mtu_of(dst, route.interface)
        path = Path(template, neighbour, route.interface.adapter, counter, mtu, self._hooks)
        self._paths[dst, src, packet.protocol, packet.ttl, packet.tos] = path

    def _transmit(self, packet: ipv4.Packet, interface: Interface, next_hop: bytes, *, is_own: bool) -> None:
        if is_own and self._node.watched:
            data = describe(packet) | {"next_hop": addresses.text(next_hop), "interface": interface.name}
            with self._node.acting(self._node.note("ip", "sent", data)):
                interface.transmit(next_hop, packet.emit())
        else:
            interface.transmit(next_hop, packet.emit())

    def _send_to_ourselves(self, passing: Passing) -> None:
        why = judge(self._hooks.postrouting, passing)
        packet = passing.packet
        if why is not None:
            self._node.drop(why, describe(packet), frame=False)
            return
        cause = self._node.note("ip", "sent", describe(packet) | {"interface": "lo"}) if self._node.watched else 0
        # At the same instant, but not inside of this call: whoever sends must not receive before he has done.
        packet = replace(packet, payload=bytes(packet.payload))
        self._queue.post(self._queue.now_ns, self._arrive_from_ourselves, (packet, cause))

    def _arrive_from_ourselves(self, packet_and_cause: tuple[ipv4.Packet, int]) -> None:
        packet, cause = packet_and_cause
        with self._node.acting(cause):
            self.loop_back(packet)

    def _route_to_many(self, dst: bytes, src: bytes | None) -> Route | None:
        """Packets to everybody or to a group leave by the interface that has their source address, else by the one that
        a route names, else by the first; never to a router.
        """
        here = next((one for one in self._interfaces if src is not None and one.has(src)), None)
        if here is None:
            route = self._routes.lookup(dst)
            here = route.interface if route is not None else next(iter(self._interfaces), None)
        return None if here is None else Route(dst, len(dst) * 8, None, here)

    def _mtu_of(self, dst: bytes, interface: Interface) -> tuple[int, bool, Nanos]:
        known = self._path_mtus.get(dst, self._queue.now_ns)
        if known is None or known[0] >= interface.mtu:
            return interface.mtu, False, FOREVER
        return known

    def _counter(self, src: bytes, dst: bytes, protocol: int) -> _Counter:
        counter = self._counters.get((src, dst, protocol))
        if counter is None:
            if len(self._counters) >= _MOST_COUNTERS:
                self._counters.clear()
            counter = self._counters[src, dst, protocol] = _Counter(self._node.dice.getrandbits(16))
        return counter
