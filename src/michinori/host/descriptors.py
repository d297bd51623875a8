"""The numbers by which the application on a host holds its sockets."""

from __future__ import annotations

import errno
from heapq import heappop, heappush
from typing import Final, Generic, TypeVar

from michinori.host.errors import os_error

#: 0, 1 and 2 are the standard streams.
FIRST: Final = 3

T = TypeVar("T")


class Descriptors(Generic[T]):
    """Which number stands for what. A new one takes the lowest number that is free, as POSIX has it."""

    def __init__(self, limit: int = 1 << 20) -> None:
        self._open: dict[int, T] = {}
        self._freed: list[int] = []
        self._next = FIRST
        self._limit = limit

    def allocate(self, thing: T) -> int:
        """Give it the lowest free number. Raises ``OSError`` (EMFILE) when the limit is reached."""
        if self._freed:
            number = heappop(self._freed)
        elif self._next < self._limit:
            number = self._next
            self._next += 1
        else:
            raise os_error(errno.EMFILE)
        self._open[number] = thing
        return number

    def replace(self, number: int, thing: T) -> None:
        """Let the number stand for something else from now on."""
        if number not in self._open:
            raise os_error(errno.EBADF)
        self._open[number] = thing

    def free(self, number: int) -> None:
        """The number stands for nothing any more."""
        if self._open.pop(number, None) is not None:
            heappush(self._freed, number)

    def get(self, number: int) -> T | None:
        """What the number stands for, or None."""
        return self._open.get(number)

    def items(self) -> list[tuple[int, T]]:
        """All that is open, by number."""
        return sorted(self._open.items(), key=lambda item: item[0])

    def __len__(self) -> int:
        return len(self._open)
