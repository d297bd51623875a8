"""Text that came before what precedes it: islands between ``rcv.nxt`` and the edge of the window.

The islands are disjoint and sorted; they never touch. The order in which they last grew is kept too, as a SACK option
tells the most recent one first (RFC 2018 section 4). Memory is bounded by the window, and the number of islands by a
limit: what would make one more is not kept, as if it had been lost.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from michinori.tcp.receive_buffer import ReceiveBuffer
from michinori.wire import Octets

_MOST_ISLANDS: Final = 4096


class Island:
    """Text from ``start`` up to, not including, ``end``."""

    __slots__ = ("end", "start", "text")

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end
        self.text = ReceiveBuffer()


class Reassembly:
    """The islands of one connection."""

    __slots__ = ("_recent", "_starts", "islands", "refused")

    def __init__(self) -> None:
        self.islands: list[Island] = []
        self._starts: list[int] = []
        self._recent: list[Island] = []
        self.refused = 0
        """How many pieces of text would have been one island too many."""

    def __bool__(self) -> bool:
        return bool(self.islands)

    @property
    def octets(self) -> int:
        """How much text waits."""
        return sum(island.text.octets for island in self.islands)

    def recent(self, most: int) -> list[tuple[int, int]]:
        """Up to so many islands, the one that grew last first."""
        return [(island.start, island.end) for island in self._recent[:most]]

    def add(self, start: int, payload: Octets) -> tuple[int, int] | None:
        """Keep this text. Gives the part of it that was there already (its first such part), if any."""
        end = start + len(payload)
        index = bisect_right(self._starts, start) - 1
        if index >= 0 and self.islands[index].end >= start:
            island = self.islands[index]  # it begins in this island or at its very end
        else:
            index += 1
            if index < len(self.islands) and self._starts[index] == end:
                pass  # it touches the next from below: no island more
            elif len(self.islands) >= _MOST_ISLANDS:
                self.refused += 1
                return None
            island = Island(start, start)
            self.islands.insert(index, island)
            self._starts.insert(index, start)
        known = self._grow(index, island, start, end, payload)
        recent = self._recent
        if not recent or recent[0] is not island:
            if island in recent:
                recent.remove(island)
            recent.insert(0, island)
        return known

    def _grow(self, index: int, island: Island, start: int, end: int, payload: Octets) -> tuple[int, int] | None:
        """Let the island reach to ``end``, swallowing those that it meets."""
        known = (start, min(end, island.end)) if island.end > start else None
        while island.end < end:
            following = self.islands[index + 1] if index + 1 < len(self.islands) else None
            if following is None or following.start > end:
                island.text.append(payload[island.end - start :])
                island.end = end
                break
            if following.start > island.end:
                island.text.append(payload[island.end - start : following.start - start])
            if known is None and following.start < end:
                known = (following.start, min(end, following.end))
            island.text.extend(following.text.pieces())
            island.end = following.end
            del self.islands[index + 1]
            del self._starts[index + 1]
            self._recent.remove(following)
        return known

    def take(self, position: int) -> tuple[list[Octets], int]:
        """The text that has become continuous at ``position``, and the position behind it."""
        pieces: list[Octets] = []
        while self.islands and self.islands[0].start <= position:
            island = self.islands.pop(0)
            del self._starts[0]
            self._recent.remove(island)
            if island.end <= position:
                continue
            beyond = position - island.start
            if beyond:
                island.text.take(beyond)
            pieces += island.text.pieces()
            position = island.end
        return pieces, position

    def clear(self) -> None:
        """Throw everything away."""
        self.islands.clear()
        self._starts.clear()
        self._recent.clear()
