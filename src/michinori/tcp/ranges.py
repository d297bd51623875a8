"""A set of octets of the stream: disjoint, sorted ranges that never touch.

Two parallel lists of starts and ends, so that sums and searches run in C.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right


class Ranges:
    """Positions, as ``sides.py`` counts them."""

    __slots__ = ("_ends", "_starts", "octets")

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self.octets = 0
        """How many octets are in it."""

    def __bool__(self) -> bool:
        return bool(self._starts)

    def __len__(self) -> int:
        """How many ranges."""
        return len(self._starts)

    @property
    def highest(self) -> int:
        """Behind the highest octet; 0 when there is none."""
        return self._ends[-1] if self._ends else 0

    def ranges(self) -> list[tuple[int, int]]:
        """All of them, sorted."""
        return list(zip(self._starts, self._ends, strict=True))

    def first(self, most: int) -> tuple[int, int] | None:
        """The lowest octets, at most so many."""
        if not self._starts:
            return None
        start = self._starts[0]
        return start, min(self._ends[0], start + most)

    def add(self, start: int, end: int) -> int:
        """These octets are in it from now on. Gives how many of them were not."""
        starts, ends = self._starts, self._ends
        first = bisect_left(ends, start)  # the first range that it touches or that lies above
        if first < len(starts) and starts[first] <= start:
            news = end - ends[first]
            if news <= 0:
                return 0
            if first + 1 == len(starts) or end < starts[first + 1]:
                ends[first] = end  # it goes on behind that range: the most frequent case
                self.octets += news
                return news
        last = bisect_right(starts, end)  # behind the last such
        if first == last:
            starts.insert(first, start)
            ends.insert(first, end)
            self.octets += end - start
            return end - start
        covered = sum(ends[first:last]) - sum(starts[first:last])
        start = min(start, starts[first])
        end = max(end, ends[last - 1])
        starts[first:last] = [start]
        ends[first:last] = [end]
        news = end - start - covered
        self.octets += news
        return news

    def remove(self, start: int, end: int) -> None:
        """These octets are in it no more."""
        starts, ends = self._starts, self._ends
        first = bisect_right(ends, start)  # the first range that it cuts into or that lies above
        last = bisect_left(starts, end)  # behind the last such
        if first >= last:
            return
        if starts[first] == start and end < ends[first]:
            starts[first] = end  # the beginning of one range: the most frequent case
            self.octets -= end - start
            return
        covered = sum(ends[first:last]) - sum(starts[first:last])
        left = [(starts[first], start)] if starts[first] < start else []
        right = [(end, ends[last - 1])] if ends[last - 1] > end else []
        kept = left + right
        starts[first:last] = [low for low, _ in kept]
        ends[first:last] = [high for _, high in kept]
        self.octets -= covered - sum(high - low for low, high in kept)

    def acknowledged(self, una: int) -> None:
        """Everything below was acknowledged: it is out of the set."""
        starts, ends = self._starts, self._ends
        done = bisect_right(ends, una)
        if done:
            self.octets -= sum(ends[:done]) - sum(starts[:done])
            del starts[:done]
            del ends[:done]
        if starts and starts[0] < una:
            self.octets -= una - starts[0]
            starts[0] = una

    def below(self, position: int) -> int:
        """How many octets below the position are in it."""
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

    def has_all(self, start: int, end: int) -> bool:
        """Whether none of these octets is missing."""
        index = bisect_right(self._starts, start) - 1
        return index >= 0 and self._ends[index] >= end

    def gap(self, position: int, most: int) -> tuple[int, int]:
        """The first octets from the position on that are not in it: start and end, at most so many.

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

    def gaps(self, start: int, end: int) -> list[tuple[int, int]]:
        """All octets from ``start`` up to ``end`` that are not in it."""
        starts, ends = self._starts, self._ends
        index = bisect_right(ends, start)  # the first range that reaches beyond
        found = []
        while start < end:
            if index == len(starts) or starts[index] >= end:
                found.append((start, end))
                break
            if starts[index] > start:
                found.append((start, starts[index]))
            start = ends[index]
            index += 1
        return found

    def clear(self) -> None:
        """Forget it all."""
        self._starts.clear()
        self._ends.clear()
        self.octets = 0
