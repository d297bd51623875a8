"""Telling what happens: made only for a connection that is watched, so that an unwatched one pays one ``is None``.

Numbers are told twice: ``seq`` and ``ack`` as on the wire, ``rel_seq`` and ``rel_ack`` counted from the initial
sequence numbers, as in ``sides.py``. The event of a segment comes right before the segment itself.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from michinori.sim import Nanos
from michinori.tcp.info import info_of
from michinori.wire.tcp import ACK, SYN, Segment, flag_names

if TYPE_CHECKING:
    from michinori.tcp.states import State
    from michinori.tcp.tcb import Tcb


#: What an ``info`` event tells, by the names of ``TcpInfo``; the state beside it.
SERIES: Final = (
    "ca_state",
    "snd_una",
    "snd_nxt",
    "rcv_nxt",
    "cwnd",
    "ssthresh",
    "in_flight",
    "pipe",
    "sacked",
    "lost",
    "snd_wnd",
    "rcv_wnd",
    "unsent",
    "mss",
    "srtt_ns",
    "rttvar_ns",
    "least_rtt_ns",
    "rto_ns",
    "retransmitted",
    "octets_acked",
    "octets_received",
    "delivered",
    "delivery_rate",
)
_LEAST_INTERVAL_NS: Final = 1_000_000


class _Write:
    """One call of ``write`` and where its octets lie in the stream."""

    __slots__ = ("call", "end", "segments", "start")

    def __init__(self, call: int, start: int, end: int) -> None:
        self.call = call
        self.start = start
        self.end = end
        self.segments = 0


class Watch:
    """The narrator of one connection."""

    __slots__ = ("_boundaries", "_highest", "_last", "_look_again_ns", "_mode", "_tcb", "_writes", "call")

    def __init__(self, tcb: Tcb) -> None:
        self._tcb = tcb
        self._writes: list[_Write] = []
        self._boundaries: deque[int] = deque()  # the ends of the segments in flight
        self._highest = 0
        self._last: tuple[Any, ...] = ()
        self._look_again_ns: Nanos = 0
        self._mode = ""  # how the window was said to grow
        self.call = 0
        """The number of the call by which text is being written now."""

    def tell(self, what: str, **data: Any) -> None:
        """Any event."""
        self._tcb.effects.event(what, data)

    def look(self, now: Nanos) -> None:
        """Tell how the connection stands: at once when its state or its threshold has changed, it has lost something or
        its window was cut; when anything else has, once a round trip.
        """
        tcb = self._tcb
        rtt, congestion, snd = tcb.rtt, tcb.congestion, tcb.snd
        standing = (
            (tcb.state, tcb.recovery.phase, congestion.ssthresh, rtt.backoff),
            congestion.cwnd,
            (snd.una, snd.nxt, snd.wnd, rtt.rto_ns, tcb.rcv.nxt),
        )
        last = self._last
        if standing == last:
            return
        if last and standing[0] == last[0] and standing[1] >= last[1] and now < self._look_again_ns:
            return
        self._last = standing
        self._look_again_ns = now + max(rtt.srtt_ns, _LEAST_INTERVAL_NS)
        info = info_of(tcb)
        self.tell("info", **{name: getattr(info, name) for name in SERIES}, state=info.state.value)

    def window(self, why: str) -> None:
        """The congestion window has changed, for that reason."""
        congestion = self._tcb.congestion
        self._mode = congestion.mode if why == congestion.mode else ""
        self.tell(
            "cwnd-changed",
            cwnd=congestion.cwnd,
            ssthresh=congestion.ssthresh,
            algorithm=congestion.name,
            why=why,
        )

    def window_grew(self) -> None:
        """An acknowledgment has opened the congestion window: told when it grows in another way than before."""
        if self._tcb.congestion.mode != self._mode:
            self.window(self._tcb.congestion.mode)

    def state_changed(self, before: State, after: State) -> None:
        self.tell("state-changed", **{"from": before.value, "to": after.value})

    def written(self, start: int, end: int) -> None:
        """The text from ``start`` to ``end`` was handed in."""
        last = self._writes[-1] if self._writes else None
        if last is not None and last.call == self.call and self.call and last.end == start:
            last.end = end
        else:
            self._writes.append(_Write(self.call, start, end))
        self.tell("written", octets=end - start, unacked=end - self._tcb.snd.buffer.start)

    def sent(self, segment: Segment, position: int, why: str = "", ect: int = 0) -> None:
        """A segment is about to go out; ``why`` it is sent again, if it is; ``ect``: the ECN field of its packet."""
        tcb = self._tcb
        data = self._described(segment, position, tcb.rcv.nxt)
        if ect:
            data["ecn"] = "ECT(0)"
        size = len(segment.payload)
        if segment.length:
            snd = tcb.snd
            data["in_flight"] = max(snd.nxt, position + segment.length) - snd.una
            data["cwnd"] = tcb.congestion.cwnd
            data["snd_wnd"] = snd.wnd
        if size:
            start = position + (segment.flags & SYN == SYN)
            touched = self._writes_within(start, start + size)
            calls = [write.call for write in touched if write.call]
            if calls:
                data["calls"] = calls
            if not why and position >= self._highest:
                self._tell_of_writes(touched, start + size, size)
        end = position + segment.length
        if why:
            self.tell("retransmitted", seq=segment.seq, rel_seq=position, len=size, why=why)
        elif end > self._highest:
            self._highest = end
            self._boundaries.append(end)
        self.tell("segment-sent", **data)

    def _writes_within(self, start: int, end: int) -> list[_Write]:
        first = max(bisect_right(self._writes, start, key=attrgetter("start")) - 1, 0)
        last = bisect_right(self._writes, end - 1, key=attrgetter("start"))
        return [write for write in self._writes[first:last] if write.end > start]

    def _tell_of_writes(self, touched: list[_Write], end: int, size: int) -> None:
        for write in touched:
            write.segments += 1
            if write.end <= end and write.segments > 1:
                octets, mss = write.end - write.start, self._tcb.snd.mss
                self.tell("split", octets=octets, segments=write.segments, mss=mss, call=write.call)
        if len(touched) > 1:
            self.tell("gathered", writes=len(touched), octets=size)

    def received(self, segment: Segment, position: int, ack: int, *, is_marked: bool = False) -> None:
        """A segment has arrived; the positions that its numbers name; whether a router has marked its packet."""
        data = self._described(segment, position, ack)
        if is_marked:
            data["ecn"] = "CE"
        data["snd_wnd"] = segment.window if segment.flags & SYN else segment.window << self._tcb.snd.shift
        self.tell("segment-received", **data)

    def acked(self, ack: int, octets: int) -> None:
        """Everything below ``ack`` was acknowledged, so many octets of it now."""
        segments = 0
        while self._boundaries and self._boundaries[0] <= ack:
            self._boundaries.popleft()
            segments += 1
        del self._writes[: bisect_right(self._writes, ack, key=attrgetter("end"))]
        congestion = self._tcb.congestion
        rtt = self._tcb.rtt
        self.tell(
            "acked",
            octets=octets,
            segments=segments,
            rel_ack=ack,
            cwnd=congestion.cwnd,
            ssthresh=congestion.ssthresh,
            srtt_ns=rtt.srtt_ns,
            rto_ns=rtt.rto_ns,
        )

    def _described(self, segment: Segment, rel_seq: int, rel_ack: int) -> dict[str, Any]:
        data: dict[str, Any] = {
            "flags": flag_names(segment.flags),
            "seq": segment.seq,
            "rel_seq": rel_seq,
            "len": len(segment.payload),
            "window": segment.window,
        }
        if segment.flags & ACK:
            data["ack"] = segment.ack
            data["rel_ack"] = rel_ack
        options = segment.options
        if options.mss is not None:
            data["mss"] = options.mss
        if options.window_scale is not None:
            data["window_scale"] = options.window_scale
        if options.sack_permitted:
            data["sack_permitted"] = True
        if options.sack:
            data["sack"] = [list(block) for block in options.sack]
        if options.timestamps is not None:
            data["timestamps"] = list(options.timestamps)
        if options.fast_open is not None:
            data["fast_open"] = options.fast_open.hex() or "request"
        if options.user_timeout_s is not None:
            data["user_timeout_s"] = options.user_timeout_s
        if segment.urgent:
            data["urgent"] = segment.urgent
        return data
