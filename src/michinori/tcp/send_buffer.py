"""The text that was handed in and is not yet acknowledged: a row of immutable pieces, addressed by position.

Nothing is copied on the way in when it is ``bytes`` (or a view of such), and a segment's payload is a view of one
piece; only a segment that spans pieces joins them. Small writes are joined to the last piece as long as it is small, so
that their number stays bounded by the octets they hold.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from michinori.wire import Octets

_SMALL: Final = 4096
_NOTHING: Final = memoryview(b"")


class SendBuffer:
    """Positions count as ``sides.py`` says: the first octet of text has position 1."""

    __slots__ = ("_at", "_pieces", "_starts", "_to", "_view", "end", "start")

    def __init__(self) -> None:
        self.start = 1
        """The first octet that is kept."""
        self.end = 1
        """Behind the last."""
        self._starts: list[int] = []
        self._pieces: list[memoryview] = []
        # The piece that was read last, from _at to _to: sending goes on where it stopped.
        self._view = _NOTHING
        self._at = 0
        self._to = 0

    def append(self, data: Octets) -> None:
        """Take this text in whole."""
        piece = _immutable(data)
        size = len(piece)
        pieces = self._pieces
        if pieces and size < _SMALL and len(pieces[-1]) < _SMALL:
            pieces[-1] = memoryview(b"".join((pieces[-1], piece)))
            self._at = self._to = 0
        else:
            self._starts.append(self.end)
            pieces.append(piece)
        self.end += size

    def slice(self, position: int, size: int) -> Octets:
        """So many octets from that position on, all of which must be there."""
        at = position - self._at
        if at >= 0 and position + size <= self._to:
            return self._view[at : at + size]
        index = bisect_right(self._starts, position) - 1
        start = self._starts[index]
        view = self._pieces[index]
        at = position - start
        if at + size <= len(view):
            self._view, self._at, self._to = view, start, start + len(view)
            return view[at : at + size]
        parts: list[Octets] = []
        while size > 0:
            part = self._pieces[index][at : at + size]
            parts.append(part)
            size -= len(part)
            index += 1
            at = 0
        return b"".join(parts)

    def release(self, position: int) -> None:
        """What lies before the position was acknowledged."""
        self.start = position
        starts = self._starts
        if len(starts) > 1 and starts[1] <= position:
            done = bisect_right(starts, position) - 1
            del starts[:done]
            del self._pieces[:done]
        if position >= self.end:
            self.clear()

    def clear(self) -> None:
        """Let go of all text."""
        self._starts.clear()
        self._pieces.clear()
        self._view = _NOTHING
        self._at = self._to = 0
        self.start = self.end


def _immutable(data: Octets) -> memoryview:
    if type(data) is bytes:
        return memoryview(data)
    view = memoryview(data)
    if type(view.obj) is bytes and view.contiguous and view.itemsize == 1:
        return view
    return memoryview(bytes(view))
