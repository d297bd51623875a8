"""Time that really passes: the driver of a loop whose hosts meet the world outside.

The same queue and the same floors as in virtual time. Before anything happens the queue's clock is set from a real one;
while nothing is due, the thread sleeps until the next deadline, or until something comes in from outside. Nothing is
looked for at intervals.
"""

from __future__ import annotations

import asyncio
import errno
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager, suppress
from typing import Final, Protocol

from michinori.aio import ending
from michinori.sim import EventQueue, Nanos
from michinori.trace import DEFAULT_EPOCH_NS, NS_PER_S

#: The longest sleep at a time; a deadline later than that costs one more waking.
_LONGEST_S: Final = 3600.0


class Input(Protocol):
    """Something outside that wakes the loop."""

    def fileno(self) -> int:
        """The descriptor that can be read when there is something."""

    def take_in(self) -> bool:
        """Take some of what is there, without waiting, and let it have its effect. False when nothing will ever come
        again.
        """


class RealTime:
    """The driver in real time. ``clock`` gives nanoseconds that never go back; the queue's clock began when it was
    made.
    """

    def __init__(self, queue: EventQueue, *, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._queue = queue
        self._clock = clock
        self._began_ns = clock() - queue.now_ns
        self._inputs: dict[int, Input] = {}
        self.at_end_of_round: list[Callable[[], None]] = []
        """What is to be done once, before time passes again."""
        self._wake_end, self._waking_end = os.pipe()
        os.set_blocking(self._wake_end, False)
        os.set_blocking(self._waking_end, False)

    # Time

    def look_at_clock(self) -> Nanos:
        """Set the queue's clock by the real one, and give it."""
        now_ns = self._clock() - self._began_ns
        queue = self._queue
        if now_ns > queue.now_ns:
            queue.now_ns = now_ns
        return queue.now_ns

    def advance(self, ready: Sized, limit_ns: Nanos) -> bool:
        """Take in what has come and let happen what is due, sleeping until there is something of it, if nothing is
        ready. What comes in goes first: an answer that is there counts, though its deadline has passed meanwhile.
        """
        queue = self._queue
        if self.at_end_of_round:
            self.end_round()
        while True:
            self._listen(0.0 if ready else self._time_left(limit_ns))
            now_ns = self.look_at_clock()
            queue.run_until_filled((), now_ns)
            if now_ns >= limit_ns:
                return False
            if ready:
                return True

    def end_round(self) -> None:
        """Do what was put off until then."""
        acts, self.at_end_of_round = self.at_end_of_round, []
        for act in acts:
            act()

    def why_not(self, tasks: list[asyncio.Task[object]], limit_ns: Nanos) -> Exception:  # noqa: ARG002
        """Outside there is always something that may happen still: only a limit ends a run."""
        return ending.LimitReached()

    def _time_left(self, limit_ns: Nanos) -> float:
        """Seconds until the next thing is due."""
        next_ns = self._queue.next_ns()
        until_ns = limit_ns if next_ns is None else min(next_ns, limit_ns)
        left_ns = until_ns - self.look_at_clock()
        return 0.0 if left_ns <= 0 else min(left_ns / NS_PER_S, _LONGEST_S)

    # What comes from outside

    def listen_to(self, source: Input) -> None:
        """Let it wake the loop from now on."""
        self._inputs[source.fileno()] = source

    def forget(self, source: Input) -> None:
        """Let it wake the loop no more."""
        self._inputs = {number: other for number, other in self._inputs.items() if other is not source}

    def wake(self) -> None:
        """End the sleep; from any thread, and from a signal handler."""
        with suppress(BlockingIOError):  # many have called already
            os.write(self._waking_end, b"\0")

    def _listen(self, timeout_s: float) -> None:
        # Not epoll: its sleeps are whole milliseconds, and these are few descriptors.
        try:
            readable, _, _ = select.select((self._wake_end, *self._inputs), (), (), timeout_s)
        except OSError as error:
            if error.errno != errno.EBADF or not self._forget_closed():
                raise
            return
        if not readable:
            return
        self.look_at_clock()
        for number in readable:
            if number == self._wake_end:
                os.read(number, 4096)
            else:
                source = self._inputs.get(number)
                if source is not None and not source.take_in():
                    self.forget(source)

    def _forget_closed(self) -> bool:
        """Somebody has closed an input that was listened to."""
        before = len(self._inputs)
        for number in list(self._inputs):
            try:
                os.fstat(number)
            except OSError:
                del self._inputs[number]
        return len(self._inputs) < before

    @contextmanager
    def woken_by_signals(self) -> Iterator[None]:
        """While inside, a signal ends the sleep, in the main thread: without it, one that comes just before the sleep
        begins would be heard only after it.
        """
        if threading.current_thread() is not threading.main_thread() or sys.platform == "win32":
            yield
            return
        before = signal.set_wakeup_fd(self._waking_end, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)

    def close(self) -> None:
        """Let go of the descriptors that are its own."""
        os.close(self._wake_end)
        os.close(self._waking_end)
        self._inputs.clear()


class RealWorldClock:
    """The clock that applications read: the real one, and the date from the world's epoch on."""

    def __init__(self, driver: RealTime, epoch_ns: int = DEFAULT_EPOCH_NS) -> None:
        self._driver = driver
        self._epoch_ns = epoch_ns

    def now_ns(self) -> int:
        """Nanoseconds since the world began."""
        return self._driver.look_at_clock()

    def date_ns(self) -> int:
        """Nanoseconds since 1970-01-01T00:00:00Z."""
        return self._epoch_ns + self._driver.look_at_clock()
