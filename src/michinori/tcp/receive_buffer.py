"""Text on its way to the application: a queue of payloads as they came, joined once, when they are read.

A payload may be a view of the frame that brought it, so a short one would keep a whole frame: short ones are gathered
into a piece of their own.
"""

from __future__ import annotations

from typing import Final

from michinori.wire import Octets

_SHORT: Final = 512


class ReceiveBuffer:
    """First in, first out."""

    __slots__ = ("_gathering", "_pieces", "octets")

    def __init__(self) -> None:
        self._pieces: list[Octets] = []
        self._gathering: bytearray | None = None
        self.octets = 0

    def append(self, payload: Octets) -> None:
        """Put it at the end. The caller's memory must not change later unless the payload is short."""
        size = len(payload)
        self.octets += size
        if size >= _SHORT:
            self._pieces.append(payload)
            self._gathering = None
            return
        gathering = self._gathering
        if gathering is None or len(gathering) > _SHORT * 8:
            self._gathering = gathering = bytearray()
            self._pieces.append(gathering)
        gathering += payload

    def extend(self, pieces: list[Octets]) -> None:
        """Put all of these at the end."""
        for piece in pieces:
            self.append(piece)

    def take(self, limit: int) -> bytes:
        """Up to so many octets from the front."""
        pieces = self._pieces
        if not pieces or limit <= 0:
            return b""
        self._gathering = None
        if self.octets <= limit:
            self.octets = 0
            taken = b"".join(pieces)
            pieces.clear()
            return taken
        self.octets -= limit
        whole = 0
        while len(pieces[whole]) <= limit:
            limit -= len(pieces[whole])
            whole += 1
        rest = memoryview(pieces[whole])
        taken = b"".join((*pieces[:whole], rest[:limit]))
        pieces[: whole + 1] = [rest[limit:]]
        return taken

    def pieces(self) -> list[Octets]:
        """All that is there, without taking it."""
        return list(self._pieces)

    def clear(self) -> None:
        """Throw everything away."""
        self._pieces.clear()
        self._gathering = None
        self.octets = 0
