"""Connection tracking: which packets belong together, seen from a host in the middle. NAT and firewall stand on it.

A connection is known by the flow of its first packet (``original``) and by the flow in which answers will come
(``reply``); a translator changes the latter. It is entered into the table when its first packet has passed all hooks,
so what a firewall drops leaves nothing behind. Entries end by themselves, when they are looked at after their time:

- TCP: 2 hours 4 minutes while established, else 4 minutes (RFC 5382 section 5, RFC 7857 section 2.1);
- UDP: 5 minutes (RFC 4787 section 4.3); ICMP queries: 60 seconds (RFC 5508 section 3.2); other protocols: 10 minutes.

The table is bounded. When it is full, who was never answered gives way to who comes, the oldest first: a flood pushes
out itself, and connections that both sides have taken part in stay. The same is done by Linux ("early drop").
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

import msgspec

from michinori.host.rewriting import Endpoint, endpoints, quoted
from michinori.inet import ACCEPT, Internet, Passing, Verdict, addresses
from michinori.sim import Nanos
from michinori.trace import NS_PER_S
from michinori.wire import icmp, ipv4, protocols, tcp

MOST_CONNECTIONS: Final = 65536

_ESTABLISHED_NS: Final = 7440 * NS_PER_S
_TRANSITORY_NS: Final = 240 * NS_PER_S
_OTHER_NS: Final = 600 * NS_PER_S
#: How often a full table is searched for entries whose time is over, at most: it costs as much as the table is long.
_SWEEP_EVERY_NS: Final = NS_PER_S
_TIMEOUTS_NS: Final = {protocols.PROTOCOL_UDP: 300 * NS_PER_S, protocols.PROTOCOL_ICMP: 60 * NS_PER_S}


class TcpState(Enum):
    """What the middle makes of a TCP connection; ``original`` is who sent the first SYN."""

    SYN_SENT = "syn-sent"
    SYN_RECEIVED = "syn-received"
    ESTABLISHED = "established"
    FIN_SENT = "fin-sent"
    FIN_RECEIVED = "fin-received"
    CLOSING = "closing"
    TIME_WAIT = "time-wait"
    CLOSED = "closed"


_S: Final = TcpState
#: State, what the segment carries, and whether it is an answer: the next state. What is not here changes nothing. A
#: reset need not be genuine, so the entry stays for its four minutes (RFC 7857 section 2.2).
TRANSITIONS: Final[dict[tuple[TcpState, str, bool], TcpState]] = {
    (_S.SYN_SENT, "SYN+ACK", True): _S.SYN_RECEIVED,
    (_S.SYN_SENT, "SYN", True): _S.SYN_RECEIVED,  # both open at once
    (_S.SYN_RECEIVED, "ACK", False): _S.ESTABLISHED,
    (_S.SYN_RECEIVED, "SYN+ACK", False): _S.ESTABLISHED,
    (_S.SYN_RECEIVED, "FIN", False): _S.FIN_SENT,
    (_S.SYN_RECEIVED, "FIN", True): _S.FIN_RECEIVED,
    (_S.ESTABLISHED, "FIN", False): _S.FIN_SENT,
    (_S.ESTABLISHED, "FIN", True): _S.FIN_RECEIVED,
    (_S.FIN_SENT, "FIN", True): _S.CLOSING,
    (_S.FIN_RECEIVED, "FIN", False): _S.CLOSING,
    (_S.CLOSING, "ACK", False): _S.TIME_WAIT,
    (_S.CLOSING, "ACK", True): _S.TIME_WAIT,
    (_S.TIME_WAIT, "SYN", False): _S.SYN_SENT,  # the same ports once more
    (_S.CLOSED, "SYN", False): _S.SYN_SENT,
} | {(state, "RST", reply): _S.CLOSED for state in TcpState for reply in (False, True)}


class State(Enum):
    """How a packet stands to the connections that are known."""

    NEW = "new"
    ESTABLISHED = "established"
    RELATED = "related"
    INVALID = "invalid"


class Flow(NamedTuple):
    """The packets of a protocol from one endpoint to another."""

    protocol: int
    src: Endpoint
    dst: Endpoint

    def reversed(self) -> Flow:
        return Flow(self.protocol, self.dst, self.src)


class Connection:
    """A connection. ``original`` and ``reply`` are what the packets of each direction look like when they come in."""

    __slots__ = ("entered", "expires_ns", "original", "packets", "replied", "reply", "tcp")

    def __init__(self, original: Flow) -> None:
        self.original = original
        self.reply = original.reversed()
        self.entered = False
        self.replied = False
        self.expires_ns: Nanos = 0
        self.tcp: TcpState | None = _S.SYN_SENT if original.protocol == protocols.PROTOCOL_TCP else None
        self.packets = [0, 0]

    def leaves_as(self, is_reply: bool) -> Flow:
        """What the packets of a direction look like when they go out."""
        return self.original.reversed() if is_reply else self.reply.reversed()

    @property
    def state(self) -> str:
        """How the table shows it."""
        if self.tcp is not None:
            return self.tcp.value
        return "replied" if self.replied else "unreplied"

    def touch(self, packet: ipv4.Packet, is_reply: bool, now_ns: Nanos) -> None:
        """A packet of this connection passes."""
        self.packets[is_reply] += 1
        self.replied |= is_reply
        if self.tcp is None:
            self.expires_ns = now_ns + _TIMEOUTS_NS.get(self.original.protocol, _OTHER_NS)
            return
        self.tcp = TRANSITIONS.get((self.tcp, _tcp_kind(packet), is_reply), self.tcp)
        if self.tcp is _S.SYN_SENT:
            self.replied = False
        self.expires_ns = now_ns + (_ESTABLISHED_NS if self.tcp is _S.ESTABLISHED else _TRANSITORY_NS)


class Tracked(msgspec.Struct, frozen=True):
    """What is known about a packet on its way: ``Passing.connection`` while a ``Conntrack`` is there.

    ``about``: the packet is an ICMP error about a packet of the connection's other direction.
    """

    state: State
    connection: Connection | None = None
    is_reply: bool = False
    about: ipv4.Packet | None = None


class ConnectionRow(msgspec.Struct, frozen=True):
    """A line of the table as it is listed."""

    protocol: str
    original: str
    reply: str
    state: str
    packets: tuple[int, int]
    expires_in_ns: Nanos


class Conntrack:
    """Tracks what passes a host, up to ``most`` connections. It asks for whole packets, because only first fragments
    have ports.
    """

    def __init__(self, internet: Internet, *, most: int = MOST_CONNECTIONS) -> None:
        self.internet = internet
        self.most = most
        self._queue = internet.node.queue
        self._table: dict[Flow, Connection] = {}
        self._unanswered: dict[Connection, None] = {}
        """Those that nobody has answered yet, the oldest first."""
        self._swept_ns: Nanos = -_SWEEP_EVERY_NS
        hooks = internet.hooks
        hooks.whole_packets = True
        hooks.prerouting.insert(0, self._track)
        hooks.output.insert(0, self._track)
        hooks.input.append(self.enter)
        hooks.postrouting.append(self.enter)

    def lookup(self, flow: Flow) -> Connection | None:
        """The connection that has this flow, in one direction or the other."""
        connection = self._table.get(flow)
        if connection is not None and connection.expires_ns <= self._queue.now_ns:
            self._remove(connection)
            return None
        return connection

    def enter(self, passing: Passing) -> Verdict:
        """The last hook: the connection of a packet that has come this far is entered into the table."""
        tracked = passing.connection
        if not isinstance(tracked, Tracked) or tracked.connection is None or tracked.connection.entered:
            return ACCEPT
        connection = tracked.connection
        if len(self._table) >= 2 * self.most and not self._make_room():
            return "conntrack-full"
        if self.lookup(connection.original) or self.lookup(connection.reply):
            return "conntrack-clash"
        self._table[connection.original] = connection
        self._table[connection.reply] = connection
        connection.entered = True
        if not connection.replied:
            self._unanswered[connection] = None
        self._note(connection)
        return ACCEPT

    def rows(self) -> list[ConnectionRow]:
        """The table as it stands, as ``conntrack -L`` shows it, in the order in which connections began."""
        now_ns = self._queue.now_ns
        return [
            ConnectionRow(
                protocols.name(flow.protocol),
                _text(connection.original),
                _text(connection.reply),
                connection.state,
                (connection.packets[0], connection.packets[1]),
                connection.expires_ns - now_ns,
            )
            for flow, connection in self._table.items()
            if flow == connection.original and connection.expires_ns > now_ns
        ]

    def __len__(self) -> int:
        return len(self._table) // 2

    def _track(self, passing: Passing) -> Verdict:
        about = quoted(passing.packet)
        passing.connection = self._track_packet(passing.packet) if about is None else self._track_error(about)
        return ACCEPT

    def _track_packet(self, packet: ipv4.Packet) -> Tracked:
        ends = endpoints(packet)
        if ends is None:
            return Tracked(State.INVALID)
        flow = Flow(packet.protocol, *ends)
        now_ns = self._queue.now_ns
        connection = self.lookup(flow)
        if connection is None:
            if not _may_begin(packet):
                return Tracked(State.INVALID)
            connection = Connection(flow)
            connection.touch(packet, False, now_ns)
            return Tracked(State.NEW, connection)
        is_reply = flow == connection.reply and flow != connection.original
        before = connection.state
        connection.touch(packet, is_reply, now_ns)
        if connection.replied:
            self._unanswered.pop(connection, None)
        if connection.state != before:
            self._note(connection)
        return Tracked(State.ESTABLISHED if connection.replied else State.NEW, connection, is_reply)

    def _track_error(self, about: ipv4.Packet) -> Tracked:
        """An ICMP error travels with the packets that answer the one it is about."""
        ends = endpoints(about)
        if ends is None:
            return Tracked(State.INVALID)
        flow = Flow(about.protocol, *ends)
        answers = flow.reversed()
        connection = self.lookup(answers)
        if connection is not None:
            return Tracked(State.RELATED, connection, answers == connection.reply, about)
        # Or it is ours, about a packet that was not translated yet: then there is nothing to be translated back.
        return Tracked(State.INVALID if self.lookup(flow) is None else State.RELATED)

    def _note(self, connection: Connection) -> None:
        """An entry is new, or its state another."""
        node = self.internet.node
        if node.watched:
            data = {
                "protocol": protocols.name(connection.original.protocol),
                "original": _text(connection.original),
                "reply": _text(connection.reply),
                "state": connection.state,
                "until_ns": connection.expires_ns,
            }
            node.note("ip", "tracked", data)

    def _make_room(self) -> bool:
        """Whether one more has found room, in the place of one that is over or was never answered."""
        now_ns = self._queue.now_ns
        if now_ns - self._swept_ns >= _SWEEP_EVERY_NS:
            self._swept_ns = now_ns
            self._sweep()
        if len(self._table) >= 2 * self.most and self._unanswered:
            oldest = next(iter(self._unanswered))
            self._remove(oldest)
            oldest.expires_ns = now_ns
            data = {"original": _text(oldest.original), "state": oldest.state}
            self.internet.node.drop("conntrack-early", data, frame=False)
        return len(self._table) < 2 * self.most

    def _remove(self, connection: Connection) -> None:
        self._unanswered.pop(connection, None)
        for flow in (connection.original, connection.reply):
            if self._table.get(flow) is connection:
                del self._table[flow]

    def _sweep(self) -> None:
        now_ns = self._queue.now_ns
        self._table = {flow: one for flow, one in self._table.items() if one.expires_ns > now_ns}
        self._unanswered = {one: None for one in self._unanswered if one.expires_ns > now_ns}


def _may_begin(packet: ipv4.Packet) -> bool:
    """Whether a packet can be the first of a connection: for TCP a SYN alone, for ICMP a question."""
    if packet.protocol == protocols.PROTOCOL_TCP:
        return _tcp_kind(packet) == "SYN"
    if packet.protocol == protocols.PROTOCOL_ICMP:
        return packet.payload[0] in (icmp.ECHO_REQUEST, icmp.TIMESTAMP_REQUEST)
    return True


def _tcp_kind(packet: ipv4.Packet) -> str:
    """What matters about a segment in the middle."""
    flags = packet.payload[13] if len(packet.payload) > 13 else 0
    if flags & tcp.RST:
        return "RST"
    if flags & tcp.SYN:
        return "SYN+ACK" if flags & tcp.ACK else "SYN"
    return "FIN" if flags & tcp.FIN else "ACK"


def _text(flow: Flow) -> str:
    (src, src_port), (dst, dst_port) = flow.src, flow.dst
    return f"{addresses.text(src)}:{src_port} > {addresses.text(dst)}:{dst_port}"
