"""Numbers and octets in the form in which a report carries them: columns, compressed, as text.

A table is a list of columns, each an array of numbers of one type in little-endian order, padded to eight octets. A
column of differences holds each number less the one before it, which compresses better. The same values always give the
same text.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Iterable
from typing import Any, Final, Literal, TypeAlias

Kind: TypeAlias = Literal["u8", "u16", "u32", "f64"]

_CODES: Final[dict[Kind, str]] = {"u8": "B", "u16": "H", "u32": "I", "f64": "d"}
_ALIGNED: Final = 8
#: How hard zlib tries. With 6, its default, a report is little smaller and takes half as long again to compress; with 4
#: what is not random octets is a seventh larger in a long one.
LEVEL: Final = 5


class Strings:
    """A table of texts; equal ones stand in it once. The first is empty."""

    def __init__(self) -> None:
        self.texts: list[str] = [""]
        self._index: dict[str, int] = {"": 0}

    def index(self, text: str) -> int:
        """Where it stands, from now on if not yet."""
        found = self._index.get(text)
        if found is None:
            found = self._index[text] = len(self.texts)
            self.texts.append(text)
        return found


class Table:
    """Columns of equal length."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self._columns: list[dict[str, Any]] = []
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, name: str, kind: Kind, values: Iterable[float], *, differences: bool = False) -> None:
        """Append a column. Raises ``OverflowError`` when a number does not fit its type."""
        numbers = array(_CODES[kind], _differences(values) if differences else values)
        assert len(numbers) == self.rows, name
        if sys.byteorder == "big":
            numbers.byteswap()
        octets = numbers.tobytes()
        column = {"name": name, "type": kind, "at": self._size}
        if differences:
            column["differences"] = True
        self._columns.append(column)
        padding = -len(octets) % _ALIGNED
        self._parts += [octets, bytes(padding)]
        self._size += len(octets) + padding

    @property
    def layout(self) -> dict[str, Any]:
        """What a reader must know of it."""
        return {"rows": self.rows, "columns": self._columns}

    @property
    def octets(self) -> bytes:
        """All its columns."""
        return b"".join(self._parts)


def _differences(values: Iterable[float]) -> Iterable[float]:
    before: float = 0
    for value in values:
        yield value - before
        before = value


def compressed(octets: bytes) -> bytes:
    """In zlib's format (RFC 1950); ``DecompressionStream("deflate")`` undoes it."""
    return zlib.compress(octets, LEVEL)
