"""One heap of everything that is going to happen, ordered by time and then by the order in which it was asked for.

The heap holds plain tuples ``(time_ns, counter, callback, argument)``: comparing tuples never leaves C, where objects
with ``__lt__`` are three times slower. The counter makes the order total, so a callback is never compared. An entry
without a callback is a timer, and the argument is it. A cancelled timer stays in the heap until its turn comes or until
such entries are the larger part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sized
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Any, Final, TypeAlias

import msgspec

Nanos: TypeAlias = int

_COMPACT_ABOVE: Final = 512


class Timer(msgspec.Struct, eq=False):
    """Something that is going to happen once, unless it is cancelled first. Made by ``EventQueue.call_at``.

    A struct because one is made for each call: that takes a quarter of the time of a class with slots.
    """

    _queue: EventQueue
    when_ns: Nanos
    _callback: Callable[..., object] | None
    _args: tuple[Any, ...]

    @property
    def pending(self) -> bool:
        """Whether it is still going to happen."""
        return self._callback is not None

    def cancel(self) -> None:
        """Take it back; of no effect when it has happened or was cancelled before."""
        if self._callback is not None:
            self._callback = None
            self._args = ()
            self._queue._one_was_cancelled()

    def __repr__(self) -> str:
        # Not the fields: they lead to the whole world.
        return f"<Timer at {self.when_ns} ns{'' if self.pending else ', over'}>"


class EventQueue:
    """The queue and the clock of a world.

    ``now_ns`` is the virtual instant, in nanoseconds since the world began; it moves only when something happens, and
    never back. A driver in real time sets it from a real clock before it lets things happen.

    ``heap`` and ``counter`` are for cables, which spare the call of ``post`` for each frame.
    """

    def __init__(self) -> None:
        self.now_ns: Nanos = 0
        self.heap: list[tuple[Nanos, int, Callable[[Any], object] | None, Any]] = []
        self.counter = count()
        self._cancelled = 0

    def call_at(self, when_ns: Nanos, callback: Callable[..., object], *args: Any) -> Timer:
        """Let ``callback(*args)`` happen at that instant, or at once if it has passed. The timer can be cancelled."""
        if when_ns < self.now_ns:
            when_ns = self.now_ns
        timer = Timer(self, when_ns, callback, args)
        heappush(self.heap, (when_ns, next(self.counter), None, timer))
        return timer

    def call_in(self, delay_ns: Nanos, callback: Callable[..., object], *args: Any) -> Timer:
        """Let ``callback(*args)`` happen after that time."""
        return self.call_at(self.now_ns + delay_ns, callback, *args)

    def post(self, when_ns: Nanos, callback: Callable[[Any], object], argument: Any) -> None:
        """Let ``callback(argument)`` happen, never before now; it cannot be cancelled. The cheap form, for frames in
        flight.
        """
        if when_ns < self.now_ns:
            when_ns = self.now_ns
        heappush(self.heap, (when_ns, next(self.counter), callback, argument))

    def redirect(self, before: Callable[[Any], object], after: Callable[[Any], object]) -> None:
        """Let everything that was posted with the one callback, that very object, happen by the other."""
        heap = self.heap
        heap[:] = [entry if entry[2] is not before else (*entry[:2], after, entry[3]) for entry in heap]

    def next_ns(self) -> Nanos | None:
        """The instant of what happens next, or None if nothing is going to."""
        heap = self.heap
        while heap:
            when_ns, _, callback, argument = heap[0]
            if callback is not None or argument._callback is not None:
                return when_ns
            heappop(heap)
            self._cancelled -= 1
        return None

    def step(self) -> bool:
        """Move the clock to what happens next and let it happen. False if nothing is left."""
        heap = self.heap
        while heap:
            when_ns, _, callback, argument = heappop(heap)
            if callback is not None:
                if when_ns > self.now_ns:
                    self.now_ns = when_ns
                callback(argument)
                return True
            callback = argument._callback
            if callback is not None:
                if when_ns > self.now_ns:
                    self.now_ns = when_ns
                argument._callback = None
                callback(*argument._args)
                return True
            self._cancelled -= 1
        return False

    def run_until(self, until_ns: Nanos) -> None:
        """Let everything happen up to and including that instant, and move the clock there."""
        while (when_ns := self.next_ns()) is not None and when_ns <= until_ns:
            self.step()
        if self.now_ns < until_ns:
            self.now_ns = until_ns

    def run_until_filled(self, ready: Sized, limit_ns: Nanos) -> bool:
        """Let things happen up to that instant until ``ready`` holds something; whether it does.

        For an event loop whose callbacks run before the next thing happens: ``step`` without the way back and forth.
        """
        heap = self.heap
        while heap:
            entry = heappop(heap)
            when_ns, _, callback, argument = entry
            if when_ns > limit_ns:
                heappush(heap, entry)
                return False
            if callback is not None:
                if when_ns > self.now_ns:
                    self.now_ns = when_ns
                callback(argument)
            else:
                callback = argument._callback
                if callback is None:
                    self._cancelled -= 1
                    continue
                if when_ns > self.now_ns:
                    self.now_ns = when_ns
                argument._callback = None
                callback(*argument._args)
            if ready:
                return True
        return False

    def run(self) -> None:
        """Let everything happen until nothing is left."""
        step = self.step
        while step():
            pass

    def __len__(self) -> int:
        """How many things are going to happen."""
        return len(self.heap) - self._cancelled

    def _one_was_cancelled(self) -> None:
        self._cancelled += 1
        heap = self.heap
        if self._cancelled > _COMPACT_ABOVE and self._cancelled * 2 > len(heap):
            # In place: a loop that holds the list must go on seeing it.
            heap[:] = [entry for entry in heap if entry[2] is not None or entry[3]._callback is not None]
            heapify(heap)
            self._cancelled = 0
