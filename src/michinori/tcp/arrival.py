"""A segment that has arrived, as the steps of SEGMENT ARRIVES see it: numbers as positions, trimmed to the window."""

from __future__ import annotations

import msgspec

from michinori.tcp.tcb import Tcb
from michinori.wire import Octets
from michinori.wire.tcp import ACK, FIN, SYN, Options, Segment


class Arrival(msgspec.Struct, eq=False, gc=False):
    """SEG.SEQ, SEG.ACK, SEG.WND and what else the segment has; a struct because one is made for most segments."""

    flags: int
    number: int
    """SEG.SEQ as it stands in the header."""
    seq: int
    ack: int
    window: int
    options: Options
    payload: Octets = b""
    urgent: int = 0
    is_marked: bool = False
    """A router has set CE in its packet."""
    advanced: bool = False
    """Its ACK has moved SND.UNA."""
    dsack: tuple[int, int] | None = None
    """What the peer says to have got twice (RFC 2883)."""

    @classmethod
    def of(cls, tcb: Tcb, segment: Segment, *, is_marked: bool = False) -> Arrival:
        """What that segment is to this connection."""
        flags, number = segment.flags, segment.seq
        # Before the peer's SYN has come, nothing is known of where its numbers begin.
        seq = tcb.rcv.position(number) if tcb.rcv.nxt else 0
        ack = tcb.snd.position(segment.ack) if flags & ACK else 0
        return cls(flags, number, seq, ack, segment.window, segment.options, segment.payload, segment.urgent, is_marked)

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
