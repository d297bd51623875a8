"""When what is under way was sent: the transmission times that RACK (RFC 8985) and HyStart++ (RFC 9406) live on.

What is sent for the first time goes out in order, so the times grow with the positions: two parallel sorted lists, one
entry for all that left at one instant. What is sent again is kept by ``recovery.py``.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from michinori.sim import Nanos


class Flight:
    """First transmissions above ``snd.una``: ``times[i]`` is when the octets up to ``ends[i]`` left."""

    __slots__ = ("ends", "times")

    def __init__(self) -> None:
        self.ends: list[int] = []
        self.times: list[Nanos] = []

    def sent(self, end: int, now: Nanos) -> None:
        """Everything up to ``end`` that was not sent before has left now."""
        times = self.times
        if times and times[-1] == now:
            self.ends[-1] = end
        else:
            self.ends.append(end)
            times.append(now)

    def acked(self, ack: int) -> Nanos:
        """Everything below was acknowledged. Gives when the last octet of it was sent first; -1 when nobody knows, as
        of a SYN.
        """
        ends, times = self.ends, self.times
        done = bisect_right(ends, ack)
        if not done:
            return times[0] if times else -1
        sent = times[done - 1]
        if ends[done - 1] < ack and done < len(ends):
            sent = times[done]
        del ends[:done]
        del times[:done]
        return sent

    def sent_at(self, position: int) -> Nanos:
        """When the octet at that position was sent first; -1 when nobody knows."""
        index = bisect_right(self.ends, position)
        return self.times[index] if index < len(self.times) else -1

    def sent_before(self, time_ns: Nanos, una: int) -> int:
        """The position behind what was sent before that instant; ``una`` when nothing was."""
        index = bisect_left(self.times, time_ns)
        return self.ends[index - 1] if index else una

    def left_before(self, time_ns: Nanos, nxt: int, una: int) -> int:
        """The position behind what left before something that left at that instant, behind new octets up to ``nxt``;
        ``una`` when nothing did.
        """
        index = bisect_left(self.times, time_ns)
        before = self.ends[index - 1] if index else una
        if index < len(self.times) and self.times[index] == time_ns:
            return max(before, min(nxt, self.ends[index]))
        return before

    def last_start(self, una: int) -> int:
        """Where that begins which left last at one instant; ``una`` when it is all there is."""
        return max(self.ends[-2], una) if len(self.ends) > 1 else una

    def clear(self) -> None:
        """Forget it all."""
        self.ends.clear()
        self.times.clear()
