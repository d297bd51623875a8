"""One connection on its host: what it sends goes to the internet floor, and it is woken at its deadline."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from michinori.host.addresses import endpoint_text, flow_key
from michinori.host.express import WITHOUT_ECN
from michinori.host.options import SocketOptions
from michinori.host.socket_info import SocketInfo
from michinori.inet import PacketTooBig, Unreachable
from michinori.sim import Nanos, Timer
from michinori.tcp import Connection, Endpoint, TcpError
from michinori.trace import NS_PER_S
from michinori.wire import checksum
from michinori.wire.protocols import PROTOCOL_TCP
from michinori.wire.tcp import Segment

if TYPE_CHECKING:
    from michinori.host.tcp_socket import TcpSocket
    from michinori.host.tcp_table import TcpTable

_NEVER: Final = 1 << 62
#: How often progress is told to the table of neighbours, at most. They are asked no sooner than 5 s after a doubt.
_CONFIRM_EVERY_NS: Final = 4 * NS_PER_S
#: What of a connection's state a listing of sockets shows.
_DETAILS: Final = (
    "mss",
    "cwnd",
    "ssthresh",
    "in_flight",
    "unsent",
    "snd_wnd",
    "rcv_wnd",
    "srtt_ns",
    "rttvar_ns",
    "rto_ns",
    "retransmitted",
    "send_buffer",
    "receive_buffer",
)


class Flow:
    """The surroundings of one ``Connection`` (its ``Effects``).

    It stands in the host's table under its four addresses and ports for as long as the connection lives: before an
    application has accepted it, and after one has let go of it, until TIME-WAIT is over.
    """

    __slots__ = (
        "_internet",
        "_local_address",
        "_name",
        "_progress",
        "_queue",
        "_remote_address",
        "_send",
        "_sent_event",
        "_table",
        "_text_was_noted",
        "_timer",
        "armed_ns",
        "confirm_ns",
        "connection",
        "error",
        "gone",
        "key",
        "local",
        "on_gone",
        "options",
        "pseudo",
        "remote",
        "socket",
        "was_established",
    )

    connection: Connection

    def __init__(self, table: TcpTable, local: Endpoint, remote: Endpoint, options: SocketOptions) -> None:
        self._table = table
        self._queue = table.queue
        self._internet = table.internet
        self._send = table.internet.send
        self._local_address = local[0]
        self._remote_address = remote[0]
        self.pseudo = checksum.pseudo(local[0], remote[0], PROTOCOL_TCP)
        self.armed_ns: Nanos = _NEVER
        """When the timer wakes it; no call of ``rearm`` is needed while the deadline is no earlier."""
        self._timer: Timer | None = None
        self._progress = 1  # a SYN of the peer's is none yet
        self._sent_event = 0
        self._text_was_noted = not table.watched
        self.confirm_ns: Nanos = 0
        """From when on a segment that arrives is worth a call of ``confirm``."""
        self.local = local
        self.remote = remote
        self.options = options
        self.socket: TcpSocket | None = None
        self.gone = False
        self.was_established = False
        self.error: TcpError | None = None
        """What ended the connection before an application had its socket."""
        self.on_gone: Callable[[Flow], None] | None = None
        self.key = flow_key(local, remote)
        """Under which it stands in the host's table."""
        self._name = ""

    @property
    def name(self) -> str:
        """How the trace calls the connection."""
        if not self._name:
            self._name = f"tcp {endpoint_text(*self.local)} {endpoint_text(*self.remote)}"
        return self._name

    # What the connection asks of its surroundings

    def send(self, segment: Segment, ecn: int = 0) -> None:
        """Put the segment into a packet and send it. Without a route it is lost like any other."""
        if self._sent_event:
            self._send_because(segment, ecn)
            return
        options = self.options
        try:
            self._send(
                self._remote_address,
                PROTOCOL_TCP,
                segment.emit(self.pseudo),
                src=self._local_address,
                ttl=options.ttl,
                tos=options.tos & WITHOUT_ECN | ecn,
                dont_fragment=self._table.path_mtu_discovery,
            )
        except PacketTooBig as too_big:
            # Found here, before any router could say so. The connection is in the middle of sending.
            self._queue.call_at(self._queue.now_ns, self._path_is_narrower, too_big.mtu)
        except Unreachable:
            self._table.note("dropped", {"why": "no-route"}, self.name)

    def send_large(self, segment: Segment, mss: int, ecn: int = 0) -> None:
        """Let the adapter cut the segment; where that does not go just now, it is cut here."""
        options = self.options
        is_sent = self._table.path_mtu_discovery and self._internet.send_large(
            self._remote_address,
            PROTOCOL_TCP,
            segment.emit_to_be_cut(self.pseudo),
            mss,
            src=self._local_address,
            ttl=options.ttl,
            tos=options.tos & WITHOUT_ECN | ecn,
        )
        if not is_sent:
            for piece in segment.cut(mss):
                self.send(piece, ecn)

    def _send_because(self, segment: Segment, ecn: int) -> None:
        """Send the segment whose event was recorded just now: that is the cause of its packet."""
        recorder = self._table.recorder
        assert recorder is not None
        number, self._sent_event = self._sent_event, 0
        with recorder.acting(number):
            self.send(segment, ecn)

    def readable(self) -> None:
        """New text, or the end of it, is there to read."""
        if not self._text_was_noted:
            self._text_was_noted = True
            self._table.changed()
        socket = self.socket
        if socket is not None and socket.on_readable is not None:
            socket.on_readable()

    def writable(self) -> None:
        """There is room again for what is written."""
        socket = self.socket
        if socket is not None and socket.on_writable is not None:
            socket.on_writable()

    def established(self) -> None:
        """The handshake is complete; that of a passive OPEN is the listener's to tell the application of."""
        self.was_established = True
        self._remember_fast_open()
        if self.socket is not None:
            self.socket.connected = True
        self._table.changed()
        self.writable()

    def _remember_fast_open(self) -> None:
        """What has come of it, for the next connection to that peer (RFC 7413 section 4.1.3)."""
        opening = self.connection.fast_open
        if opening is not None and opening.granted:
            self._table.fast_open_cache.learn(self._remote_address, opening.granted, opening.peer_mss)
        elif opening is not None and opening.outcome == "taken":
            self._table.fast_open_cache.learn_mss(self._remote_address, opening.peer_mss)
        elif opening is not None and opening.outcome in ("lost", "not-taken"):
            self._table.fast_open_cache.failed(self._remote_address, self._queue.now_ns)

    def report(self, what: str) -> None:
        """Tell the application what ends nothing, if it wants to know."""
        socket = self.socket
        if socket is not None and socket.on_report is not None:
            socket.on_report(what)

    def closed(self, error: TcpError | None) -> None:
        """The connection is no more."""
        if not self.was_established:
            self._remember_fast_open()
        self._table.forget(self)
        self._let_go()
        if self.on_gone is not None:
            self.on_gone(self)
        if self.socket is not None:
            self.socket.lost(error)
        else:
            self.error = error

    def time_wait(self) -> None:
        """Nothing but TIME-WAIT is left. Unless an application still has it in hand, or somebody watches, a few numbers
        are enough from when this call is over.
        """
        if self.socket is None and not self.connection.watched:
            self._queue.post(self._queue.now_ns, self._rest, None)

    def _rest(self, _: None) -> None:
        record = self.connection.retire()
        if record is not None:
            self._table.rest(self, record)
            self._let_go()

    def event(self, what: str, data: dict[str, Any]) -> None:
        """Write down what happened; a segment that is sent next has it as its cause."""
        recorder = self._table.recorder
        if recorder is None:
            return
        why = data.pop("why", "")
        cause = None
        if what == "segment-sent" and "calls" in data:
            # Whatever lets it go out just now: it is there because an application wrote it.
            cause = data["calls"][-1]
        number = recorder.event(
            self._queue.now_ns, self._table.host, "tcp", what, connection=self.name, why=why, cause=cause, data=data
        )
        if what == "segment-sent":
            self._sent_event = number

    def confirm(self) -> None:
        """If there has been progress, the neighbour on the way need not be asked whether he is there (RFC 1122 section
        2.3.2.1, RFC 4861 section 7.3.1).
        """
        progress = self.connection.progress
        if progress > self._progress:
            self._internet.confirm(self._remote_address)
        self._progress = progress
        self.confirm_ns = self._queue.now_ns + _CONFIRM_EVERY_NS

    def reopen(self, segment: Segment, least_isn: int, _now: Nanos) -> None:
        """A new SYN has ended our TIME-WAIT."""
        self._table.reopen(segment, self.local, self.remote, least_isn)

    def info(self, descriptor: int | None = None) -> SocketInfo:
        """What stands in the connection now; who asks knows by which number its socket is held."""
        info = self.connection.info()
        timer_ns = self.connection.timer_ns
        return SocketInfo(
            kind="tcp",
            family="inet" if len(self.local[0]) == 4 else "inet6",
            state=info.state.value,
            recv_q=info.unread,
            send_q=info.unacked,
            local=self.local,
            remote=self.remote,
            descriptor=descriptor,
            timer="" if timer_ns is None else "on",
            timer_ns=None if timer_ns is None else max(timer_ns - self._queue.now_ns, 0),
            details={name: getattr(info, name) for name in _DETAILS},
        )

    def _let_go(self) -> None:
        self.gone = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self.armed_ns = _NEVER

    # The timer

    def rearm(self) -> None:
        """Make sure to be woken at the connection's deadline. To be called after each call into the connection.

        A deadline that has moved later is noticed when the timer fires: most of them move on with every segment.
        """
        deadline_ns = self.connection.timers.next_ns
        if deadline_ns < self.armed_ns:  # NEVER is not
            if self._timer is not None:
                self._timer.cancel()
            self.armed_ns = deadline_ns
            self._timer = self._queue.call_at(deadline_ns, self._wake)

    def _path_is_narrower(self, mtu: int) -> None:
        if not self.gone:
            self.connection.on_path_mtu(mtu, self._queue.now_ns)
            self.rearm()

    def _wake(self) -> None:
        self.armed_ns = _NEVER
        self._timer = None
        connection = self.connection
        now_ns = self._queue.now_ns
        deadline_ns = connection.deadline_ns
        if deadline_ns is not None and deadline_ns <= now_ns:
            connection.on_deadline(now_ns)
            if connection.in_doubt:
                self._internet.doubt(self._remote_address)
        if not self.gone:
            self.rearm()
