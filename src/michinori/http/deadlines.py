"""One bound on time for many connections, with a single timer for all of them."""

from __future__ import annotations

import asyncio
import contextvars
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Deadlines(Generic[T]):
    """Who begins to wait is called ``seconds`` later, unless it has ended the wait or begun it anew.

    As all wait equally long, they are due in the order in which they began: the timer is set for the first of them.
    It stays where it is when that one goes, and looks again when it fires; a timer of its own for each connection
    would be set and taken back all the time. Each is called in the context in which it began.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, on_due: Callable[[T], None]) -> None:
        self._loop = loop
        self._seconds = seconds
        self._on_due = on_due
        self._waiting: OrderedDict[T, tuple[float, contextvars.Context]] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, who: T) -> None:
        """Let that one wait from now on."""
        self._waiting[who] = self._loop.time() + self._seconds, contextvars.copy_context()
        self._waiting.move_to_end(who)
        if self._timer is None:
            self._set_timer()

    def end(self, who: T) -> None:
        """It need not wait any longer. Of no effect if it does not."""
        self._waiting.pop(who, None)
        if not self._waiting and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def __iter__(self) -> Iterator[T]:
        """Who waits, the longest first."""
        return iter(self._waiting)

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def _first_s(self) -> float:
        return next(iter(self._waiting.values()))[0]

    def _set_timer(self) -> None:
        self._timer = self._loop.call_at(self._first_s(), self._look)

    def _look(self) -> None:
        self._timer = None
        now_s = self._loop.time()
        while self._waiting and self._first_s() <= now_s:
            who, (_, context) = self._waiting.popitem(last=False)
            context.run(self._on_due, who)
        if self._waiting and self._timer is None:
            self._set_timer()
