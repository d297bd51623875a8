"""All TCP sockets of a host, and the way from a segment to the right one: by its four addresses and ports, else by the
listener's one or two (RFC 9293 section 3.10.7).
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import msgspec

from michinori.host.addresses import flow_key, unspecified
from michinori.host.errors import os_error
from michinori.host.express import Express
from michinori.host.flow import Flow
from michinori.host.icmp_errors import errno_of, tcp_error
from michinori.host.local_ends import Bound, LocalEnds
from michinori.host.options import SocketOptions
from michinori.host.socket_info import SocketInfo
from michinori.host.tcp_listener import TcpListenerSocket
from michinori.host.tcp_socket import TcpSocket
from michinori.host.time_waits import TimeWaits
from michinori.inet import IcmpError, Interface, Internet, Unreachable, addresses
from michinori.link import LARGEST_TEXT
from michinori.sim import Dice, EventQueue, Nanos
from michinori.tcp import (
    Connection,
    Endpoint,
    EphemeralPorts,
    FastOpenCache,
    FastOpenCookies,
    IsnClock,
    SynCookies,
    TcpConfig,
    answer_closed,
)
from michinori.tcp.time_wait import TimeWait, Verdict
from michinori.trace import Recorder
from michinori.wire import Malformed, checksum, icmp, ipv4
from michinori.wire.protocols import PROTOCOL_TCP
from michinori.wire.tcp import Segment

_HEADERS = {4: 40, 16: 60}
#: Congestion experienced (RFC 3168 section 5).
_CE = 3


class TcpTable:
    """The TCP of one host. ``on_change`` is called when the listing of sockets is worth a look: a connection has come
    about, or its first text has come."""

    def __init__(
        self,
        host: str,
        queue: EventQueue,
        internet: Internet,
        dice: Dice,
        recorder: Recorder | None,
        config: TcpConfig,
    ) -> None:
        self.host = host
        self.queue = queue
        self.internet = internet
        self.recorder = recorder
        self.config = config
        self.path_mtu_discovery = True
        self.watched = recorder is not None and recorder.events
        self.on_change: Callable[[], None] | None = None
        self._isns = IsnClock(dice.stream(f"host/{host}/isn"))
        self.cookies = SynCookies(self._isns)
        self.fast_open_cookies = FastOpenCookies(self._isns)
        self.fast_open_cache = FastOpenCache()
        self._ports = EphemeralPorts(dice.stream(f"host/{host}/tcp-ports"))
        self._flows: dict[bytes, Flow] = {}
        self._time_waits = TimeWaits(queue)
        self._ends = LocalEnds(self._time_waits)
        self._listeners: dict[Endpoint, TcpListenerSocket] = {}
        self._unbound: dict[TcpSocket, None] = {}
        internet.protocols[PROTOCOL_TCP] = self.receive
        internet.vouchers[PROTOCOL_TCP] = self._vouches
        internet.on_icmp_error.append(self.receive_error)

    # What applications ask

    def socket(self, address_octets: int = 4) -> TcpSocket:
        """A new socket for addresses of that length."""
        socket = TcpSocket(self, address_octets)
        self._unbound[socket] = None
        return socket

    def bind(self, socket: TcpSocket, address: bytes, port: int) -> None:
        """Give the socket its local end. Raises ``OSError`` (EADDRNOTAVAIL, EADDRINUSE)."""
        if any(address) and not self.internet.is_local(address):
            raise os_error(errno.EADDRNOTAVAIL)
        if not port:
            nobody = (unspecified(len(address)), 0)
            port = self._ports.choose(nobody, self._ends.uses)
        elif not self._ends.may_bind(socket.options, address, port):
            raise os_error(errno.EADDRINUSE)
        self._unbound.pop(socket, None)
        socket.local = (address, port)
        self._ends.hold(socket, socket.local)

    def keep(self, socket: TcpSocket) -> None:
        """The socket has no connection any more; it is listed until the application lets go of it."""
        self._unbound[socket] = None

    def check_fast_open(self) -> None:
        """Raises ``OSError`` (EOPNOTSUPP) where the host has no Fast Open, not even for who asks."""
        if self.config.fast_open == "never":
            raise os_error(errno.EOPNOTSUPP)

    def unbind(self, socket: Bound) -> None:
        """The socket has no local end any more that others would have to heed."""
        if isinstance(socket, TcpSocket):
            self._unbound.pop(socket, None)
        self._ends.release(socket)

    def listen(self, socket: TcpSocket, backlog: int) -> TcpListenerSocket:
        """The listener that the socket becomes. Raises ``OSError`` (EINVAL, EADDRINUSE)."""
        if socket.flow is not None:
            raise os_error(errno.EINVAL)
        if socket.local is None:
            self.bind(socket, unspecified(socket.address_octets), 0)
        assert socket.local is not None
        if socket.local in self._listeners:
            raise os_error(errno.EADDRINUSE)
        self.unbind(socket)
        listener = TcpListenerSocket(self, socket.local, backlog, socket.options)
        self._ends.hold(listener, listener.local)
        self._listeners[socket.local] = listener
        return listener

    def forget_listener(self, listener: TcpListenerSocket) -> None:
        """It was closed."""
        self._listeners.pop(listener.local, None)
        self.unbind(listener)

    def connect(self, socket: TcpSocket, remote: Endpoint) -> None:
        """Begin an active OPEN. Raises ``OSError`` (ENETUNREACH, EADDRNOTAVAIL, ECONNREFUSED)."""
        address, port = remote
        if not any(address):
            address = bytes([127, 0, 0, 1]) if len(address) == 4 else (1).to_bytes(16, "big")
            remote = (address, port)
        if not port:
            raise os_error(errno.ECONNREFUSED)
        if addresses.is_multicast(address) or self._is_broadcast(address):
            raise os_error(errno.ENETUNREACH)  # RFC 1122 section 4.2.3.10
        try:
            source = self.internet.source_for(address)
        except Unreachable:
            raise os_error(errno.ENETUNREACH) from None
        bound, socket.local = socket.local, None
        local_address = bound[0] if bound is not None and any(bound[0]) else source
        if bound is None:
            local_port = self._ports.choose(remote, lambda port: self._is_taken(local_address, port, remote))
            self._unbound.pop(socket, None)
        else:
            socket.local = bound
            local_port = bound[1]
            if self._is_connected(flow_key((local_address, local_port), remote)):
                raise os_error(errno.EADDRNOTAVAIL)
            self.unbind(socket)
        socket.take_over(self.new_flow((local_address, local_port), remote, socket.options, self.queue.now_ns))
        socket.open()

    # What flows and listeners ask

    def new_flow(
        self,
        local: Endpoint,
        remote: Endpoint,
        options: SocketOptions,
        now: Nanos,
        least_isn: int | None = None,
    ) -> Flow:
        """Enter a connection between these ends into the table."""
        flow = Flow(self, local, remote, options)
        isn = self._isns.isn(local, remote, now) if least_isn is None else least_isn
        config = self.settings(remote, options)
        flow.connection = Connection(
            local,
            remote,
            config,
            flow,
            isn=isn,
            watched=self.watched,
            timestamp_offset=self._isns.timestamp_offset(local, remote),
        )
        flow.connection.on_reopen = flow.reopen
        if self.path_mtu_discovery:
            self._fit_to_path(flow)
            if self.internet.cuts_segments(remote[0]):
                flow.connection.may_send_large(LARGEST_TEXT)
        self._flows[flow.key] = flow
        self.internet.express[flow.key] = Express(self, flow).take
        self._ends.enter(flow)
        return flow

    def settings(self, remote: Endpoint, options: SocketOptions) -> TcpConfig:
        """The settings of a connection with that peer: those of the host, the socket and the interface towards it."""
        config = options.applied_to(self.config)
        route = self.internet.routes.lookup(remote[0])
        interface = None if route is None else route.interface
        if self.internet.is_local(remote[0]):
            interface = self.internet.loopback
        if interface is None:
            return config
        mss = interface.mtu - _HEADERS[len(remote[0])]
        return config if config.mss <= mss else msgspec.structs.replace(config, mss=mss)

    def changed(self) -> None:
        """A connection has come about, or its first text has come."""
        if self.on_change is not None:
            self.on_change()

    def forget(self, flow: Flow) -> None:
        """That connection is no more."""
        self._flows.pop(flow.key, None)
        self.internet.express.pop(flow.key, None)
        self._ends.leave(flow)

    def rest(self, flow: Flow, record: TimeWait) -> None:
        """Nothing but TIME-WAIT is left of that connection: keep the record in its place."""
        self.forget(flow)
        self._time_waits.enter(flow.key, record, reuse_address=flow.options.reuse_address)

    def find(self, local: Endpoint, remote: Endpoint) -> Flow | None:
        """The connection between these ends."""
        return self._flows.get(flow_key(local, remote))

    def reopen(self, segment: Segment, local: Endpoint, remote: Endpoint, least_isn: int) -> None:
        """A SYN has ended a TIME-WAIT: it is the listener's, if there is one."""
        listener = self._listener_at(local)
        if listener is not None:
            listener.receive(segment, remote, local, least_isn)

    def reply(self, segment: Segment, local: Endpoint, remote: Endpoint, *, dont_fragment: bool = False) -> None:
        """Send a segment that belongs to no connection."""
        octets = segment.emit(checksum.pseudo(local[0], remote[0], PROTOCOL_TCP))
        try:
            self.internet.send(remote[0], PROTOCOL_TCP, octets, src=local[0], dont_fragment=dont_fragment)
        except Unreachable:
            self.note("dropped", {"why": "no-route"})

    def note(self, what: str, data: dict[str, Any], connection: str = "") -> int:
        """Write down what happened, where events are recorded; its number."""
        recorder = self.recorder
        if recorder is None or not recorder.events:
            return 0
        why = data.pop("why", "")
        return recorder.event(self.queue.now_ns, self.host, "tcp", what, connection=connection, why=why, data=data)

    # What comes in

    def receive(self, packet: ipv4.Packet, interface: Interface) -> None:
        """A packet of protocol 6 has come."""
        payload = packet.payload
        flow = self._flows.get(b"".join((packet.src, packet.dst, payload[:4])))
        adapter = interface.adapter
        is_vouched = adapter is not None and adapter.vouches
        try:
            if flow is None:
                pseudo = checksum.pseudo(packet.src, packet.dst, PROTOCOL_TCP)
                segment = Segment.parse(payload, None if is_vouched else pseudo)
                local, remote = (packet.dst, segment.dst_port), (packet.src, segment.src_port)
                record = self._time_waits.find(flow_key(local, remote))
                if record is None:
                    self._receive_stray(segment, local, remote)
                else:
                    self._receive_in_time_wait(record, segment)
            else:
                now_ns = self.queue.now_ns
                segment = Segment.parse(payload, None if is_vouched else flow.pseudo)
                if packet.tos & _CE != _CE:
                    flow.connection.receive(segment, now_ns)
                else:
                    flow.connection.receive(segment, now_ns, is_marked=True)
                flow.rearm()
                if now_ns >= flow.confirm_ns:
                    flow.confirm()
        except Malformed as malformed:
            self.drop(malformed.reason)

    def _receive_in_time_wait(self, record: TimeWait, segment: Segment) -> None:
        now_ns = self.queue.now_ns
        match record.arrives(segment, now_ns):
            case Verdict.REOPEN:
                self._time_waits.forget(flow_key(record.local, record.remote))
                self.reopen(segment, record.local, record.remote, record.least_isn)
            case Verdict.RESTART | Verdict.ANSWER:
                ack, whole = record.ack(now_ns), self.path_mtu_discovery  # as the connection's own ACKs
                self.reply(ack, record.local, record.remote, dont_fragment=whole)

    def _receive_stray(self, segment: Segment, local: Endpoint, remote: Endpoint) -> None:
        """A segment of no connection: a SYN for a listener, or something that is answered by a RST."""
        if not self.internet.is_local(local[0]):
            self.drop("not-unicast")  # RFC 1122 section 4.2.3.10
            return
        listener = self._listener_at(local)
        if listener is not None:
            listener.receive(segment, remote, local)
            return
        self.drop("no-socket")
        reset = answer_closed(segment)
        if reset is not None:
            self.reply(reset, local, remote)

    def receive_error(self, error: IcmpError) -> None:
        """An ICMP error has come about a segment of ours."""
        flow = self._quoted(error)
        if flow is None:
            return
        now_ns = self.queue.now_ns
        if error.type == icmp.UNREACHABLE and error.code == icmp.FRAGMENTATION_NEEDED:
            if self.path_mtu_discovery:
                self._fit_to_path(flow)
        else:
            number = errno_of(error)
            if number is None:
                return
            flow.connection.on_hard_error(tcp_error(number, icmp.meaning(error.type, error.code)), now_ns)
        if not flow.gone:
            flow.rearm()

    # The listing

    def infos(self, held: dict[int, int]) -> Iterator[SocketInfo]:
        """All sockets as they are now; ``held``: by which number the application holds which, by identity."""
        for bound in self._ends:
            yield bound.info(held.get(id(bound)))
        for flow in self._flows.values():
            yield flow.info(None if flow.socket is None else held.get(id(flow.socket)))
        yield from self._time_waits.infos()
        for socket in self._unbound:
            yield socket.info(held.get(id(socket)))

    # Inside

    def _listener_at(self, local: Endpoint) -> TcpListenerSocket | None:
        address, port = local
        listeners = self._listeners
        return listeners.get(local) or listeners.get((unspecified(len(address)), port))

    def _quoted(self, error: IcmpError) -> Flow | None:
        """The connection whose segment an ICMP error quotes, if the quotation can be right (RFC 5927 section 4.1)."""
        if error.protocol != PROTOCOL_TCP or len(error.octets) < 8:
            return None
        octets = bytes(error.octets[:8])
        local = (error.src, int.from_bytes(octets[0:2], "big"))
        flow = self.find(local, (error.dst, int.from_bytes(octets[2:4], "big")))
        if flow is None or not flow.connection.quotes(int.from_bytes(octets[4:8], "big")):
            return None
        return flow

    def _fit_to_path(self, flow: Flow) -> None:
        with suppress(Unreachable):
            flow.connection.on_path_mtu(self.internet.path_mtu(flow.remote[0]), self.queue.now_ns)

    def _vouches(self, error: IcmpError) -> bool:
        return self._quoted(error) is not None

    def _is_connected(self, key: bytes) -> bool:
        return key in self._flows or self._time_waits.find(key) is not None

    def _is_taken(self, address: bytes, port: int, remote: Endpoint) -> bool:
        return self._is_connected(flow_key((address, port), remote)) or self._ends.is_bound(address, port)

    def _is_broadcast(self, address: bytes) -> bool:
        interfaces = self.internet.interfaces
        return address == addresses.LIMITED_BROADCAST or any(one.is_broadcast(address) for one in interfaces)

    def drop(self, why: str) -> None:
        """A segment is not taken, for this reason."""
        if self.recorder is not None:
            self.recorder.drop(why)
            self.note("dropped", {"why": why})
