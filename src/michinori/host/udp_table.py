"""All UDP sockets of a host, and the way from a packet to the right one (RFC 768, RFC 1122 section 4.1)."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Final

from michinori.host.addresses import endpoint_text, overlap, unspecified
from michinori.host.errors import os_error
from michinori.host.icmp_errors import errno_of
from michinori.host.udp_socket import Arrived, Endpoint, UdpSocket
from michinori.inet import IcmpError, Interface, Internet, Unreachable, addresses
from michinori.sim import Dice, EventQueue
from michinori.trace import Recorder
from michinori.wire import Malformed, checksum, icmp, ipv4, udp
from michinori.wire.protocols import PROTOCOL_UDP

#: Ports that are given out where none is asked for (RFC 6335 section 6).
EPHEMERAL: Final = range(49152, 65536)


class UdpTable:
    """The UDP of one host."""

    def __init__(
        self, host: str, queue: EventQueue, internet: Internet, dice: Dice, recorder: Recorder | None = None
    ) -> None:
        self.host = host
        self._queue = queue
        self._internet = internet
        self._dice = dice.stream(f"host/{host}/udp-ports")
        self._recorder = recorder
        self._by_port: dict[int, list[UdpSocket]] = {}
        self._unbound: dict[UdpSocket, None] = {}
        internet.protocols[PROTOCOL_UDP] = self.receive
        internet.on_icmp_error.append(self.receive_error)

    def socket(self, address_octets: int = 4) -> UdpSocket:
        """A new socket for addresses of that length."""
        socket = UdpSocket(self, address_octets)
        self._unbound[socket] = None
        return socket

    def sockets(self) -> Iterator[UdpSocket]:
        """All sockets: the bound ones by port, then the others."""
        for port in sorted(self._by_port):
            yield from self._by_port[port]
        yield from self._unbound

    def bind(self, socket: UdpSocket, address: bytes, port: int) -> None:
        """Give the socket its local end. Raises ``OSError`` (EADDRNOTAVAIL, EADDRINUSE)."""
        if any(address) and not (self._internet.is_local(address) or self._is_broadcast(address)):
            raise os_error(errno.EADDRNOTAVAIL)
        if not port:
            port = self._free_port()
        elif not self._may_share(socket, address, port):
            raise os_error(errno.EADDRINUSE)
        self._unbound.pop(socket, None)
        self._by_port.setdefault(port, []).append(socket)
        socket.local = (address, port)

    def forget(self, socket: UdpSocket) -> None:
        """The socket was closed."""
        self._unbound.pop(socket, None)
        if socket.local is not None:
            sharing = self._by_port[socket.local[1]]
            sharing.remove(socket)
            if not sharing:
                del self._by_port[socket.local[1]]

    def source_for(self, address: bytes) -> bytes:
        """Our own address on the way to that one. Raises ``OSError`` (ENETUNREACH)."""
        try:
            return self._internet.source_for(address)
        except Unreachable:
            raise os_error(errno.ENETUNREACH) from None

    def is_own(self, address: bytes) -> bool:
        """Whether that is an address of this host."""
        return self._internet.is_local(address)

    def send(self, socket: UdpSocket, payload: bytes, to: Endpoint, source: bytes | None = None) -> None:
        """Send a datagram from that socket, from another of our addresses if one is given. Raises ``OSError`` (EACCES,
        ENETUNREACH).
        """
        assert socket.local is not None
        address, port = to
        if self._is_broadcast(address) and not socket.options.broadcast:
            raise os_error(errno.EACCES)
        source, source_port = source or socket.local[0], socket.local[1]
        if source == unspecified(len(source)) or self._is_broadcast(source):
            source = self.source_for(address)  # RFC 1122 section 4.1.3.6: never another than our own
        recorder = self._recorder
        if recorder is not None and recorder.events:
            name = f"udp {endpoint_text(source, source_port)} {endpoint_text(address, port)}"
            data = {"octets": len(payload)}
            number = recorder.event(self._queue.now_ns, self.host, "udp", "sent", connection=name, data=data)
            with recorder.acting(number):
                self._emit(socket, source, source_port, to, payload)
        else:
            self._emit(socket, source, source_port, to, payload)

    def receive(self, packet: ipv4.Packet, interface: Interface) -> None:
        """A packet of protocol 17 has come."""
        source, destination = packet.src, packet.dst
        try:
            datagram = udp.Datagram.parse(packet.payload, checksum.pseudo(source, destination, PROTOCOL_UDP))
        except Malformed as malformed:
            self._drop(malformed.reason)
            return
        sender = (source, datagram.src_port)
        found = self._find(destination, datagram.dst_port, sender)
        if not found:
            self._drop("no-socket")
            self._internet.answer_unreachable(packet, icmp.PORT_UNREACHABLE)
            return
        arrived = Arrived(
            bytes(datagram.payload),
            sender,
            destination,
            destination if self._internet.is_local(destination) else interface.address_towards(source) or destination,
            self._internet.number_of(interface),
            packet.ttl,
            packet.tos,
            packet.options,
        )
        for socket in found:
            self._deliver(socket, arrived, datagram.dst_port)

    def receive_error(self, error: IcmpError) -> None:
        """An ICMP error has come about something that we sent: connected sockets are told (RFC 1122 4.1.3.3)."""
        if error.protocol != PROTOCOL_UDP or len(error.octets) < 4:
            return
        number = errno_of(error)
        if number is None:
            return
        source_port = int.from_bytes(error.octets[0:2], "big")
        remote = (error.dst, int.from_bytes(error.octets[2:4], "big"))
        for socket in tuple(self._by_port.get(source_port, ())):  # whoever hears of it may close
            if socket.remote == remote and socket.local is not None and overlap(socket.local[0], error.src):
                socket.fail(os_error(number))

    def _emit(self, socket: UdpSocket, source: bytes, source_port: int, to: Endpoint, payload: bytes) -> None:
        address, port = to
        octets = udp.Datagram(source_port, port, payload).emit(checksum.pseudo(source, address, PROTOCOL_UDP))
        try:
            self._internet.send(
                address,
                PROTOCOL_UDP,
                octets,
                src=source,
                ttl=socket.options.ttl,
                tos=socket.options.tos,
                options=socket.options.ip_options,
            )
        except Unreachable:
            raise os_error(errno.ENETUNREACH) from None

    def _deliver(self, socket: UdpSocket, arrived: Arrived, port: int) -> None:
        recorder = self._recorder
        if recorder is None or not recorder.events:
            socket.deliver(arrived)
            return
        name = f"udp {endpoint_text(arrived.destination, port)} {endpoint_text(*arrived.sender)}"
        data = {"octets": len(arrived.payload)}
        number = recorder.event(self._queue.now_ns, self.host, "udp", "received", connection=name, data=data)
        with recorder.acting(number):
            if not socket.deliver(arrived):
                self._drop("receive-buffer-full")

    def _find(self, address: bytes, port: int, sender: Endpoint) -> list[UdpSocket]:
        """The sockets that a datagram is for: the one that fits most closely, or all that fit a broadcast."""
        sharing = self._by_port.get(port)
        if sharing is None:
            return []
        fitting = [
            socket
            for socket in sharing
            if (socket.remote is None or socket.remote == sender)
            and socket.local is not None
            and (socket.local[0] == address or not any(socket.local[0]))
        ]
        if len(fitting) > 1 and self._internet.is_local(address):
            # The first of the closest: connected before unconnected, one address before all addresses.
            fitting.sort(key=lambda socket: (socket.remote is None, socket.local is None or not any(socket.local[0])))
            del fitting[1:]
        return fitting

    def _may_share(self, socket: UdpSocket, address: bytes, port: int) -> bool:
        for other in self._by_port.get(port, ()):
            assert other.local is not None
            if overlap(address, other.local[0]) and not (socket.options.reuse_address and other.options.reuse_address):
                return False
        return True

    def _free_port(self) -> int:
        """RFC 6056 section 3.3.1: begin anywhere, take the next that is free."""
        start = self._dice.randrange(len(EPHEMERAL))
        for offset in range(len(EPHEMERAL)):
            port = EPHEMERAL[(start + offset) % len(EPHEMERAL)]
            if port not in self._by_port:
                return port
        raise os_error(errno.EADDRINUSE)

    def _is_broadcast(self, address: bytes) -> bool:
        return address == addresses.LIMITED_BROADCAST or any(
            interface.is_broadcast(address) for interface in self._internet.interfaces
        )

    def _drop(self, why: str) -> None:
        recorder = self._recorder
        if recorder is not None:
            recorder.drop(why)
            if recorder.events:
                recorder.event(self._queue.now_ns, self.host, "udp", "dropped", why=why)
