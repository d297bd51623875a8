"""A segment that has arrived, as the steps of SEGMENT ARRIVES see it: numbers as positions, trimmed to the window."""

from __future__ import annotations

from michinori.tcp.tcb import Tcb
from michinori.wire import Octets
from michinori.wire.tcp import ACK, FIN, SYN, Segment


class Arrival:
    """SEG.SEQ, SEG.ACK, SEG.LEN, SEG.WND. ``segment`` is what came."""

    __slots__ = (
        "ack",
        "advanced",
        "dsack",
        "flags",
        "is_marked",
        "options",
        "payload",
        "segment",
        "seq",
        "urgent",
        "window",
    )

    def __init__(self, tcb: Tcb, segment: Segment, *, is_marked: bool = False) -> None:
        self.segment = segment
        self.flags = segment.flags
        # Before the peer's SYN has come, nothing is known of where its numbers begin.
        self.seq = tcb.rcv.position(segment.seq) if tcb.rcv.nxt else 0
        self.ack = tcb.snd.position(segment.ack) if segment.flags & ACK else 0
        self.window = segment.window
        self.payload: Octets = segment.payload
        self.options = segment.options
        self.urgent = segment.urgent
        self.is_marked = is_marked
        """A router has set CE in its packet."""
        self.advanced = False
        """Its ACK has moved SND.UNA."""
        self.dsack: tuple[int, int] | None = None
        """What the peer says to have got twice (RFC 2883)."""

    @property
    def length(self) -> int:
        """SEG.LEN: text, SYN and FIN."""
        flags = self.flags
        return len(self.payload) + (flags & FIN) + (flags >> 1 & 1)

    @property
    def end(self) -> int:
        """Behind the last position that it takes."""
        return self.seq + self.length

    def trim(self, nxt: int, edge: int) -> None:
        """Cut off what lies outside of the window, the SYN and the FIN too."""
        if self.flags & SYN and self.seq < nxt:
            self.flags &= ~SYN
            self.seq += 1
        if self.seq < nxt:
            self.payload = self.payload[nxt - self.seq :]
            self.seq = nxt
        beyond = self.seq + len(self.payload) - edge
        if beyond > 0:
            self.flags &= ~FIN
            self.payload = self.payload[: len(self.payload) - beyond]
