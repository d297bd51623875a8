"""The transmission control block: everything a connection remembers, in parts that change together.

**Positions.** On the wire, sequence numbers begin anywhere and wrap at 2**32. In here, every number of the sequence
space is a *position*: how far it lies behind the initial sequence number of its direction. The SYN has position 0, the
first octet of text 1, and nothing ever wraps; so positions compare with ``<`` and may stand in sorted lists, and traces
and packet scripts show them as they are. ``wire`` and ``position`` of the two sides are the only doors between.

The names are those of RFC 9293 section 3.3.1: SND.UNA is ``tcb.snd.una``, RCV.NXT is ``tcb.rcv.nxt``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from michinori.sim import Nanos
from michinori.tcp.config import DEFAULT_SEND_MSS_V4, DEFAULT_SEND_MSS_V6, TcpConfig
from michinori.tcp.congestion import CongestionControl
from michinori.tcp.controls import control_for
from michinori.tcp.effects import Effects, Endpoint, PlainSender
from michinori.tcp.flight import Flight
from michinori.tcp.reassembly import Reassembly
from michinori.tcp.receive_buffer import ReceiveBuffer
from michinori.tcp.recovery import Recovery
from michinori.tcp.rtt import RoundTrips
from michinori.tcp.send_buffer import SendBuffer
from michinori.tcp.states import State
from michinori.tcp.timers import Timers
from michinori.tcp.totals import Totals
from michinori.wire.sequence import MASK, diff
from michinori.wire.tcp import ACK, NO_OPTIONS, Options, Segment

if TYPE_CHECKING:
    from michinori.tcp.errors import TcpError
    from michinori.tcp.fast_open import FastOpen
    from michinori.tcp.listener import Listener
    from michinori.tcp.path_probing import PathSearch
    from michinori.tcp.watch import Watch

#: The code point of IP for "capable of ECN" (RFC 3168 section 5).
ECT_0 = 2

#: L_LIMIT as RFC 5482 section 3.1 recommends it, and U_LIMIT.
_LEAST_TIMEOUT_NS = 100 * 1_000_000_000
_MOST_TIMEOUT_NS = 3600 * 1_000_000_000

LARGEST_FIELD = 65535
_LARGEST_SHIFT = 14


class SendSide:
    """What we send: SND.UNA, SND.NXT, SND.WND and the like."""

    __slots__ = (
        "buffer",
        "closing",
        "iss",
        "last_ns",
        "max",
        "max_wnd",
        "mss",
        "nxt",
        "peer_mss",
        "probes",
        "retries",
        "shift",
        "una",
        "unanswered_since_ns",
        "up",
        "wants_room",
        "wl1",
        "wl2",
        "wnd",
    )

    def __init__(self, iss: int, mss: int) -> None:
        self.iss = iss
        self.una = 0
        self.nxt = 0
        self.max = 0
        """Behind the highest octet ever sent: ahead of ``nxt`` only while a zero window is probed."""
        self.wnd = 0
        self.wl1 = 0
        self.wl2 = 0
        self.max_wnd = 0
        """The largest window that the peer has offered so far."""
        self.shift = 0
        """Snd.Wind.Shift: how far to shift the windows that come in."""
        self.up = 0
        """SND.UP: behind the last urgent octet."""
        self.peer_mss = mss
        self.mss = mss
        """Eff.snd.MSS less the options of every segment: the text that a full segment carries."""
        self.buffer = SendBuffer()
        self.closing = False
        """The application has closed: a FIN follows the text."""
        self.wants_room = False
        """``write`` took less than it was offered."""
        self.last_ns: Nanos = 0
        """When text was last sent."""
        self.retries = 0
        """Retransmissions, or probes, since anything was last acknowledged."""
        self.probes = 0
        """Probes of the window since it closed."""
        self.unanswered_since_ns: Nanos = 0

    @property
    def end(self) -> int:
        """Behind everything that is to be sent as things stand, the FIN included."""
        return self.buffer.end + self.closing

    def wire(self, position: int) -> int:
        """The position as a sequence number."""
        return (self.iss + position) & MASK

    def position(self, ack: int) -> int:
        """The position that an acknowledgment number names."""
        return self.una + diff(ack, self.iss + self.una & MASK)


class ReceiveSide:
    """What we receive: RCV.NXT, RCV.WND and the like."""

    __slots__ = (
        "ack_due",
        "acked_to",
        "buffer",
        "duplicate",
        "edge",
        "fin",
        "fin_ahead",
        "irs",
        "limit",
        "mss",
        "news",
        "nxt",
        "reassembly",
        "rtt_ns",
        "shift",
        "stamp",
        "stamp_at_ns",
        "step",
        "turn_at_ns",
        "turn_to",
        "up",
    )

    def __init__(self, config: TcpConfig) -> None:
        self.irs = 0
        self.nxt = 0
        self.edge = 0
        """The right edge of the largest window offered so far: it never moves back."""
        self.up = 0
        self.shift = shift_for(config.receive_buffer_max) if config.window_scale else 0
        """Rcv.Wind.Shift: how far to shift the windows that go out."""
        self.limit = min(config.receive_buffer, LARGEST_FIELD << self.shift)
        """Room for text that was not read, or not yet continuous."""
        self.step = min(self.limit // 2, config.mss)
        """The window moves by no less (RFC 9293 section 3.8.6.2.2)."""
        self.mss = min(config.mss, DEFAULT_SEND_MSS_V4)
        """The largest text that the peer was seen to send in one segment: two of them are to be acknowledged."""
        self.acked_to = 0
        """Last.ACK.sent of RFC 7323."""
        self.ack_due = False
        """An ACK has to go out before this segment is done with."""
        self.duplicate: tuple[int, int] | None = None
        """What came twice and is to be told by the next SACK option (RFC 2883)."""
        self.buffer = ReceiveBuffer()
        self.reassembly = Reassembly()
        self.fin: int | None = None
        """The position of the peer's FIN, once it was received in order."""
        self.fin_ahead: int | None = None
        """The position of the peer's FIN, once it was received in any order."""
        self.news = False
        """Something is there that the application has not been told of."""
        self.stamp = 0
        """TS.Recent."""
        self.stamp_at_ns: Nanos = 0
        self.rtt_ns: Nanos = 0
        """The round trip as a receiver sees it: the least time in which a window's worth has come; 0 before one has."""
        self.turn_to = 0
        """The edge of the window when its use was last looked at; reached after a round trip at the earliest."""
        self.turn_at_ns: Nanos = 0

    def wire(self, position: int) -> int:
        """The position as a sequence number."""
        return (self.irs + position) & MASK

    def position(self, seq: int) -> int:
        """The position that a sequence number of the peer names."""
        return self.nxt + diff(seq, self.irs + self.nxt & MASK)

    def widened_edge(self) -> int:
        """The right edge that the room allows, moved only in steps worth the while; never back."""
        edge = self.nxt + self.limit - self.buffer.octets
        if edge - self.edge >= self.step:
            self.edge = edge
        return self.edge

    def window_field(self) -> int:
        """The window to offer in a segment that goes out now, as it stands in the header."""
        field = (self.widened_edge() - self.nxt) >> self.shift
        return field if field < LARGEST_FIELD else LARGEST_FIELD


class Tcb:
    """One connection."""

    __slots__ = (
        "abandoned",
        "ack_flags",
        "active",
        "born",
        "challenge_at_ns",
        "challenges",
        "config",
        "congestion",
        "early",
        "ecn",
        "ect",
        "effects",
        "error",
        "fast_open",
        "fast_open_cookie",
        "flight",
        "full_to",
        "heard_at_ns",
        "listener",
        "local",
        "most_at_once",
        "on_reopen",
        "options",
        "options_key",
        "path_mss",
        "path_search",
        "peer_timeout_ns",
        "plain_sender",
        "probes",
        "rcv",
        "recovery",
        "remote",
        "rtt",
        "scaled",
        "slow_to",
        "snd",
        "soft_error",
        "stamp_offset",
        "stamped",
        "state",
        "tells_timeout",
        "timers",
        "totals",
        "watch",
    )

    def __init__(
        self, local: Endpoint, remote: Endpoint, config: TcpConfig, effects: Effects, iss: int, stamp_offset: int
    ) -> None:
        self.local = local
        self.remote = remote
        self.config = config
        self.effects = effects
        self.plain_sender: PlainSender | None = None
        """A shorter way out than ``effects.send``, if there is one."""
        self.state = State.CLOSED
        default_mss = DEFAULT_SEND_MSS_V4 if len(local[0]) == 4 else DEFAULT_SEND_MSS_V6
        self.snd = SendSide(iss, default_mss)
        self.rcv = ReceiveSide(config)
        self.recovery = Recovery()
        self.flight = Flight()
        self.rtt = RoundTrips(config)
        self.congestion: CongestionControl = control_for(config, default_mss)
        self.full_to = 0
        """Behind what had been sent when the congestion window was last used up: only what acknowledges text before it
        lets the window grow (RFC 2861 section 3, RFC 7661).
        """
        self.slow_to = 0
        """How far slow start goes with a window that was not: to twice what was under way (RFC 7661 section 4.2, and as
        in Linux).
        """
        self.ecn: Ecn | None = None
        """Explicit congestion notification, once it was agreed upon."""
        self.fast_open: FastOpen | None = None
        """How our SYN opens fast, if it does."""
        self.fast_open_cookie: bytes | None = None
        """What our SYN,ACK grants."""
        self.early = False
        """The peer's SYN was trusted: text goes both ways before the handshake is complete."""
        self.ect = 0
        """The ECN field of packets with new text."""
        self.ack_flags = ACK
        """ACK, and ECE while a mark has to be echoed."""
        self.timers = Timers()
        self.active = False
        """Opened by us, not by a listener."""
        self.most_at_once = 0
        """Text of full segments that may go down in one piece, to be cut there; 0: one segment at a time."""
        self.abandoned = False
        """The application has let go of it: nobody will read any more."""
        self.error: TcpError | None = None
        self.soft_error: TcpError | None = None
        self.listener: Listener | None = None
        """Who made it, until it is established."""
        self.path_mss = config.mss
        """What the path takes: our MTU or a smaller one that was found, less the headers."""
        self.path_search: PathSearch | None = None
        """What the path takes is being looked for, after a black hole."""
        self.peer_timeout_ns: Nanos | None = None
        """REMOTE_UTO of RFC 5482: how long the peer wishes to wait."""
        self.tells_timeout = False
        """The next segment tells how long we do."""
        self.stamped = False
        """Time stamps were agreed upon."""
        self.scaled = False
        """Window scaling was agreed upon."""
        self.stamp_offset = stamp_offset
        self.options = NO_OPTIONS
        """The options of a plain segment as of ``options_key``: the time stamps are equal for a millisecond."""
        self.options_key: tuple[int, int] = (-1, -1)
        self.heard_at_ns: Nanos = 0
        """When a segment last arrived."""
        self.probes = 0
        """Keep-alive probes since."""
        self.challenges = 0
        self.challenge_at_ns: Nanos = 0
        self.born = False
        """Established, and nobody has been told yet."""
        self.totals = Totals()
        self.on_reopen: Callable[[Segment, int, Nanos], None] | None = None
        """Where a SYN goes that ends our TIME-WAIT, with the least initial sequence number for the answer."""
        self.watch: Watch | None = None

    @property
    def gone(self) -> bool:
        """There is no connection any more (or none yet)."""
        return self.state is State.CLOSED

    @property
    def patience_ns(self) -> Nanos | None:
        """USER_TIMEOUT: how long text may stay unacknowledged; None: R2 decides. Our own wish comes first, that of the
        peer holds within bounds (RFC 5482 section 3.1).
        """
        ours = self.config.user_timeout_ns
        if ours is not None or self.peer_timeout_ns is None:
            return ours
        return min(max(self.peer_timeout_ns, _LEAST_TIMEOUT_NS), _MOST_TIMEOUT_NS)

    def window_was_cut(self) -> None:
        """For whatever reason: with ECN, the next new text tells the peer (RFC 3168 section 6.1.2)."""
        if self.ecn is not None:
            self.ecn.cwr_due = True

    def plain_options(self, now: Nanos) -> Options:
        """The options that every segment carries once the connection is synchronized."""
        if not self.stamped:
            return NO_OPTIONS
        key = (now // 1_000_000, self.rcv.stamp)
        if key != self.options_key:
            self.options_key = key
            # Positional: mss, window_scale, sack_permitted, sack, timestamps.
            self.options = Options(None, None, False, (), ((key[0] + self.stamp_offset) & MASK, key[1]))
        return self.options

    def stamp_now(self, now: Nanos) -> int:
        """TSval: milliseconds, from a beginning that nobody can guess (RFC 7323 section 5.4)."""
        return (now // 1_000_000 + self.stamp_offset) & MASK


class Ecn:
    """What explicit congestion notification remembers, see ``ecn.py``."""

    __slots__ = ("cwr_due", "echoes_acked", "marks", "reacted_to")

    def __init__(self) -> None:
        self.cwr_due = False
        """The window was cut: the next new text says so."""
        self.reacted_to = 0
        """Everything sent when an echo last cut the window: until it is acknowledged, no other echo does."""
        self.marks = 0
        """Segments that came marked."""
        self.echoes_acked = 0
        """Octets that were acknowledged together with an echo."""


def shift_for(buffer: int) -> int:
    """The smallest shift with which a window of that size fits its field (RFC 7323 section 2.3: at most 14)."""
    shift = 0
    while shift < _LARGEST_SHIFT and LARGEST_FIELD << shift < buffer:
        shift += 1
    return shift
