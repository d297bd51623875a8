"""The two directions of a connection: what each remembers of its stream.

**Positions.** On the wire, sequence numbers begin anywhere and wrap at 2**32. In here, every number of the sequence
space is a *position*: how far it lies behind the initial sequence number of its direction. The SYN has position 0, the
first octet of text 1, and nothing ever wraps; so positions compare with ``<`` and may stand in sorted lists, and traces
and packet scripts show them as they are. ``wire`` and ``position`` of the two sides are the only doors between.

The names are those of RFC 9293 section 3.3.1: SND.UNA is ``tcb.snd.una``, RCV.NXT is ``tcb.rcv.nxt``.
"""

from __future__ import annotations

from typing import Final

from michinori.sim import Nanos
from michinori.tcp.config import DEFAULT_SEND_MSS_V4, TcpConfig
from michinori.tcp.reassembly import Reassembly
from michinori.tcp.receive_buffer import ReceiveBuffer
from michinori.tcp.send_buffer import SendBuffer
from michinori.wire.sequence import MASK, SIGN, diff

LARGEST_FIELD: Final = 65535
_LARGEST_SHIFT: Final = 14


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
        "small_to",
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
        self.small_to = 0
        """Behind the last new segment with less text than a full one."""
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
        return self.una + diff(ack, self.iss + self.una)

    def blocks(self, sack: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
        """The positions that the blocks of a SACK option name. As ``position`` has them, at one go."""
        una = self.una
        before, least = self.iss + una - SIGN, una - SIGN
        return [((left - before & MASK) + least, (right - before & MASK) + least) for left, right in sack]


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
        "quick",
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
        self.quick = 0
        """So many segments more are acknowledged at once even if they come alone."""
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
        return self.nxt + diff(seq, self.irs + self.nxt)

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


def shift_for(buffer: int) -> int:
    """The smallest shift with which a window of that size fits its field (RFC 7323 section 2.3: at most 14)."""
    shift = 0
    while shift < _LARGEST_SHIFT and LARGEST_FIELD << shift < buffer:
        shift += 1
    return shift
