"""The event loop of a world in real time: the hosts' sockets, and threads and signals as everywhere."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context
from types import FrameType
from typing import Any, Final, TypeVar, TypeVarTuple

from michinori.aio import ending, patches
from michinori.aio.loop import HostLoop
from michinori.aio.real_time import RealTime, RealWorldClock
from michinori.sim import EventQueue
from michinori.trace import DEFAULT_EPOCH_NS, NS_PER_S, Recorder

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

#: How long tasks get to clean up when the world is closed.
CLOSING_NS: Final = 2 * NS_PER_S


class RealLoop(HostLoop):
    """An asyncio event loop over the queue of a world, in real time. What its ``driver`` listens to wakes it.

    Unlike a virtual world it has threads (``run_in_executor``, ``call_soon_threadsafe``) and signals, and it is never
    stuck: something may always come from outside. Ctrl-C cancels what ``run`` runs, a second one breaks it off.
    """

    driver: RealTime
    closing_ns = CLOSING_NS

    def __init__(
        self,
        queue: EventQueue,
        driver: RealTime | None = None,
        *,
        recorder: Recorder | None = None,
        epoch_ns: int = DEFAULT_EPOCH_NS,
    ) -> None:
        driver = driver or RealTime(queue)
        super().__init__(queue, driver, recorder=recorder, epoch_ns=epoch_ns)
        self.clock = RealWorldClock(driver, epoch_ns)
        self._signal_handlers: dict[int, asyncio.Handle] = {}

    def time(self) -> float:
        """Seconds since the world began; they pass while callbacks run, too."""
        return self.driver.look_at_clock() / NS_PER_S

    def look_at_clock(self) -> None:
        """Let what an application does now happen now, however long ago its callback began."""
        self.driver.look_at_clock()

    def at_end_of_round(self, act: Callable[[], None]) -> bool:
        """Call it before anything else comes in or is due."""
        self.driver.at_end_of_round.append(act)
        return True

    def run_forever(self) -> None:
        """Run until ``stop``."""
        with self.driver.woken_by_signals():
            try:
                super().run_forever()
            finally:
                self.driver.end_round()

    def _run_task(self, task: asyncio.Task[T]) -> T:
        with self._interruptible(task) as interrupted:
            try:
                return self.run_until_complete(task)
            except asyncio.CancelledError:
                if interrupted and task.uncancel() == 0:
                    raise KeyboardInterrupt from None
                raise

    @contextmanager
    def _interruptible(self, task: asyncio.Task[Any]) -> Iterator[list[int]]:
        """As in ``asyncio.run``: the first Ctrl-C cancels the task, which can clean up; another one is raised."""
        came: list[int] = []

        def on_interrupt(number: int, _: FrameType | None) -> None:
            came.append(number)
            if len(came) > 1 or task.done():
                raise KeyboardInterrupt
            task.cancel()
            self.driver.wake()

        if (
            threading.current_thread() is not threading.main_thread()
            or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
        ):
            yield came
            return
        signal.signal(signal.SIGINT, on_interrupt)
        try:
            yield came
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    # Threads

    def call_soon_threadsafe(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """As ``call_soon``, from any thread."""
        handle = self.call_soon(callback, *args, context=context)
        self.driver.wake()
        return handle

    def _write_to_self(self) -> None:
        self.driver.wake()

    # Signals

    def add_signal_handler(self, sig: int, callback: Callable[[*Ts], object], *args: *Ts) -> None:
        """Call it when that signal comes. Raises ``ValueError`` outside of the main thread, ``RuntimeError`` for one
        that cannot be caught.
        """
        if asyncio.iscoroutine(callback) or asyncio.iscoroutinefunction(callback):
            raise TypeError("coroutines cannot be used with add_signal_handler()")
        self._check_closed()
        handle = asyncio.Handle(callback, args, self, None)
        try:
            patches.real_signal(sig, self._signalled)
        except OSError as error:
            raise RuntimeError(f"sig {sig} cannot be caught") from error
        signal.siginterrupt(sig, False)
        self._signal_handlers[sig] = handle

    def remove_signal_handler(self, sig: int) -> bool:
        """Let the signal do what it did by itself. Whether there was a handler."""
        if self._signal_handlers.pop(sig, None) is None:
            return False
        patches.real_signal(sig, signal.default_int_handler if sig == signal.SIGINT else signal.SIG_DFL)
        return True

    def _signalled(self, number: int, _: FrameType | None) -> None:
        handle = self._signal_handlers.get(number)
        if handle is not None and not handle.cancelled():
            self._ready.append(handle)
            self.driver.wake()

    # Ending

    def close(self) -> None:
        """End all tasks, tell the peers of what is still open, and close the loop."""
        if self.is_closed():
            return
        try:
            super().close()
        finally:
            for number in list(self._signal_handlers):
                self.remove_signal_handler(number)
            self.driver.close()

    def _end_all_tasks(self) -> None:
        super()._end_all_tasks()
        self._ending = True
        self._limit_ns = self.queue.now_ns + self.closing_ns
        with suppress(ending.LimitReached):
            self.run_until_complete(self._end_transports())
        self._limit_ns = None

    async def _end_transports(self) -> None:
        """What nobody has closed is broken off, so that the peers hear of it; threads get to finish."""
        for transport in list(self._transports):
            transport.abort()
        await asyncio.sleep(0)
        await self.shutdown_default_executor()
