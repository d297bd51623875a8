"""What the peer says it holds beyond the first gap: the sender's scoreboard of RFC 6675.

Disjoint, sorted ranges that never touch, as two parallel lists of starts and ends, so that sums and searches run in C.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Final

DUP_THRESH: Final = 3


class Scoreboard:
    """The ranges above ``snd.una`` that SACK options have named."""

    __slots__ = ("_ends", "_starts", "octets")

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self.octets = 0
        """How many octets are sacked."""

    def __bool__(self) -> bool:
        return bool(self._starts)

    @property
    def highest(self) -> int:
        """Behind the highest octet that was sacked; 0 when none was."""
        return self._ends[-1] if self._ends else 0

    def ranges(self) -> list[tuple[int, int]]:
        """All of them, sorted."""
        return list(zip(self._starts, self._ends, strict=True))

    def add(self, start: int, end: int) -> int:
        """The peer holds this range. Gives how many octets of it are news."""
        starts, ends = self._starts, self._ends
        first = bisect_left(ends, start)  # the first range that it touches or that lies above
        last = bisect_right(starts, end)  # behind the last such
        covered = sum(ends[first:last]) - sum(starts[first:last])
        if first < last:
            start = min(start, starts[first])
            end = max(end, ends[last - 1])
        starts[first:last] = [start]
        ends[first:last] = [end]
        news = end - start - covered
        self.octets += news
        return news

    def acknowledged(self, una: int) -> None:
        """Everything below was acknowledged."""
        starts, ends = self._starts, self._ends
        done = bisect_right(ends, una)
        if done:
            self.octets -= sum(ends[:done]) - sum(starts[:done])
            del starts[:done]
            del ends[:done]
        if starts and starts[0] < una:
            self.octets -= una - starts[0]
            starts[0] = una

    def sacked_below(self, position: int) -> int:
        """How many octets below the position are sacked."""
        starts, ends = self._starts, self._ends
        count = bisect_left(starts, position)
        if not count:
            return 0
        if 2 * count < len(starts):
            total = sum(ends[:count]) - sum(starts[:count])
        else:
            total = self.octets - sum(ends[count:]) + sum(starts[count:])
        beyond = ends[count - 1] - position
        return total - beyond if beyond > 0 else total

    def lost_below(self, mss: int) -> int:
        """The position below which all that is not sacked counts as lost; 0 when nothing does.

        IsLost of RFC 6675 section 4: three separate ranges, or more than two segments' octets, are sacked above.
        """
        octets = 0
        starts, ends = self._starts, self._ends
        for count in range(1, len(starts) + 1):
            octets += ends[-count] - starts[-count]
            if count >= DUP_THRESH or octets > (DUP_THRESH - 1) * mss:
                return starts[-count]
        return 0

    def gap(self, position: int, most: int) -> tuple[int, int]:
        """The first octets from the position on that are not sacked: start and end, at most so many.

        Above the highest range there is no end but ``most``.
        """
        index = bisect_right(self._starts, position) - 1
        if index >= 0 and self._ends[index] > position:
            position = self._ends[index]
        index += 1
        end = position + most
        if index < len(self._starts) and self._starts[index] < end:
            end = self._starts[index]
        return position, end

    def clear(self) -> None:
        """Forget it all."""
        self._starts.clear()
        self._ends.clear()
        self.octets = 0
