"""SEGMENT ARRIVES in TIME-WAIT: hardly more than the peer's FIN once more, or a new SYN, can come.

RFC 9293 section 3.10.7.4, RFC 1337 (a RST does not end it), RFC 6191 and RFC 1122 section 4.2.2.13 (a new SYN may).
What is to be known for that are a few numbers. A server that closes first has many connections in this state, so a host
keeps the numbers alone (``TimeWait``) once the application has let go of the connection.
"""

from __future__ import annotations

from enum import Enum, auto

import msgspec

from michinori.sim import Nanos
from michinori.tcp.challenges import Challenges
from michinori.tcp.effects import Endpoint
from michinori.tcp.lifecycle import enter_time_wait, finish
from michinori.tcp.segments import send_ack
from michinori.tcp.tcb import Tcb
from michinori.wire.sequence import MASK, diff
from michinori.wire.tcp import ACK, FIN, NO_OPTIONS, RST, SYN, Options, Segment

#: How far ahead of the old numbers the new ones begin at least: a whole window without scaling, and a bit.
_AHEAD = 65535 + 2


class Verdict(Enum):
    """What becomes of a segment."""

    NOTHING = auto()
    REOPEN = auto()
    """It begins a new connection."""
    RESTART = auto()
    """The peer has not got our last ACK: repeat it, and begin to wait anew."""
    ANSWER = auto()
    """Repeat the last ACK, unless that was done too often."""


class TimeWait(msgspec.Struct, eq=False, gc=False):
    """What is left of a connection: nothing in here can lead back to it, so the collector need not look."""

    local: Endpoint
    remote: Endpoint
    snd_nxt: int
    """As a sequence number, like the next."""
    rcv_nxt: int
    window: int
    """As in the header of the last ACK."""
    stamp: int | None
    """TS.Recent, where time stamps were agreed upon."""
    stamp_offset: int
    wait_ns: Nanos
    """Two maximum segment lifetimes."""
    challenges: Challenges
    until_ns: Nanos

    @property
    def least_isn(self) -> int:
        """From where on the numbers of the next connection between these ends are to begin."""
        return (self.snd_nxt + _AHEAD) & MASK

    def arrives(self, segment: Segment, now: Nanos) -> Verdict:
        """A segment has come: ``RESTART`` and ``ANSWER`` ask for ``ack`` to be sent."""
        verdict = self.judge(segment)
        if verdict is Verdict.RESTART:
            self.until_ns = now + self.wait_ns
        elif verdict is Verdict.ANSWER and not self.challenges.allow(now):
            return Verdict.NOTHING
        return verdict

    def judge(self, segment: Segment) -> Verdict:
        """What it asks for, by the numbers alone."""
        flags = segment.flags
        if flags & RST:
            return Verdict.NOTHING
        if flags & SYN and not flags & ACK and self._is_newer(segment):
            return Verdict.REOPEN
        ahead = diff(segment.seq, self.rcv_nxt)
        if flags & FIN and ahead + segment.length == 0:
            return Verdict.RESTART
        return Verdict.ANSWER if segment.length or ahead else Verdict.NOTHING

    def ack(self, now: Nanos) -> Segment:
        """The last ACK, once more."""
        options = NO_OPTIONS
        if self.stamp is not None:
            options = Options(timestamps=((now // 1_000_000 + self.stamp_offset) & MASK, self.stamp))
        return Segment(self.local[1], self.remote[1], self.snd_nxt, self.rcv_nxt, ACK, self.window, b"", options)

    def _is_newer(self, syn: Segment) -> bool:
        """Than everything of this connection: by its time stamp, or by its sequence number."""
        stamps = syn.options.timestamps
        if self.stamp is not None and stamps is not None:
            ahead = diff(stamps[0], self.stamp)
            if ahead:
                return ahead > 0
        return diff(syn.seq, self.rcv_nxt) > 0


def time_wait_of(tcb: Tcb) -> TimeWait:
    """The numbers of a connection that is in TIME-WAIT."""
    snd, rcv, config = tcb.snd, tcb.rcv, tcb.config
    return TimeWait(
        tcb.local,
        tcb.remote,
        snd.wire(snd.nxt),
        rcv.wire(rcv.nxt),
        rcv.window_field(),
        rcv.stamp if tcb.stamped else None,
        tcb.stamp_offset,
        2 * config.msl_ns,
        tcb.challenges,
        tcb.timers.linger_ns,
    )


def arrives_in_time_wait(tcb: Tcb, segment: Segment, now: Nanos) -> None:
    """The same for a connection of which everything is kept: one that is watched, or still in somebody's hands."""
    left = time_wait_of(tcb)
    match left.judge(segment):
        case Verdict.REOPEN if tcb.on_reopen is not None:
            reopen = tcb.on_reopen
            finish(tcb, None)
            reopen(segment, left.least_isn, now)
        case Verdict.RESTART:
            enter_time_wait(tcb, now)
            send_ack(tcb, now)
        case Verdict.REOPEN | Verdict.ANSWER if tcb.challenges.allow(now):
            send_ack(tcb, now)
