"""The event loop over the queue of a world: what it is in virtual and in real time.

Callbacks that are ready run first in, first out, in rounds. Between two rounds a driver is asked, which lets time pass:
``VirtualTime`` by letting the next thing in the queue happen, ``RealTime`` by a real clock.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sized
from contextvars import Context
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol, TypeVar, TypeVarTuple

from michinori.aio import ending, running
from michinori.aio.context import VirtualClock, context_of
from michinori.aio.counted import CausedHandle, CountedFuture, VirtualTimerHandle, counted_task_factory
from michinori.aio.endpoints import Endpoints
from michinori.aio.naming import Naming
from michinori.aio.sock_calls import SockCalls
from michinori.sim import EventQueue, Nanos
from michinori.trace import DEFAULT_EPOCH_NS, NS_PER_S, Recorder
from michinori.trace.scope import Clock

if TYPE_CHECKING:
    from michinori.host import Host

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_NO_SUBPROCESSES: Final = (
    "a world has no subprocesses: they run in real time and on this machine, not on a host of the world"
)

#: How much time tasks get to clean up when the world is closed.
CLOSING_NS: Final = 60 * NS_PER_S


class Driver(Protocol):
    """Lets time pass for a loop."""

    def advance(self, ready: Sized, limit_ns: Nanos) -> bool:
        """A round of callbacks is over: let things happen until ``ready`` holds something, if it does not already.
        False when the run cannot go on, because of the limit or otherwise; ``why_not`` says why.
        """

    def why_not(self, tasks: list[asyncio.Task[Any]], limit_ns: Nanos) -> Exception:
        """Why the run cannot go on, while these tasks wait."""


class HostLoop(Endpoints, SockCalls, Naming):
    """An asyncio event loop over the queue of a world, and a driver that lets time pass.

    Which host's sockets a task gets follows from the context that it runs in: ``run`` and ``spawn`` set it, and every
    task and callback inherits it from what made it.
    """

    closing_ns: Nanos = CLOSING_NS

    def __init__(
        self, queue: EventQueue, driver: Driver, *, recorder: Recorder | None = None, epoch_ns: int = DEFAULT_EPOCH_NS
    ) -> None:
        super().__init__()
        self.queue = queue
        self.driver = driver
        self.recorder = recorder if recorder is not None and recorder.events else None
        self.clock: Clock = VirtualClock(queue, epoch_ns)
        self.next_number = count(1).__next__
        self._limit_ns: Nanos | None = None
        self._spawned: set[asyncio.Task[Any]] = set()
        self._ending = False
        self._clock_resolution = 1e-9
        self.slow_callback_duration = float("inf")
        self.set_task_factory(counted_task_factory)  # type: ignore[arg-type]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {ending.seconds(self.queue.now_ns)} running={self.is_running()}>"

    # Running

    def run(self, coro: Coroutine[Any, Any, T], host: Host | None = None, *, limit_ns: Nanos | None = None) -> T:
        """Run the coroutine on that host, and the world with it, until it is done; give what it returns.

        Raises ``Stuck`` when nothing can happen any more, ``TimedOut`` when it is not done after ``limit_ns``. The
        coroutine is cancelled then, and the world can go on with another run.
        """
        self._check_can_run(coro)
        task = self._make_task(host, coro, _name_of(coro))
        self._limit_ns = None if limit_ns is None else self.queue.now_ns + limit_ns
        try:
            return self._run_task(task)
        except ending.LimitReached as reached:
            error: Exception = ending.timed_out(self.waiting_tasks(), limit_ns or 0, reached.of_time)
            self._cancel_now(task)
        except ending.Stuck as stuck:
            error = stuck
            self._cancel_now(task)
        finally:
            self._limit_ns = None
        raise error

    def _run_task(self, task: asyncio.Task[T]) -> T:
        return self.run_until_complete(task)

    def spawn(self, host: Host | None, coro: Coroutine[Any, Any, T], name: str | None = None) -> asyncio.Task[T]:
        """Begin a task on that host; it runs whenever the world runs. If it fails, the loop's exception handler hears
        of it at once.
        """
        task = self._make_task(host, coro, name or _name_of(coro))
        self._spawned.add(task)  # asyncio itself holds tasks weakly, and an endless server may be held by nobody else
        task.add_done_callback(self._spawned_is_done)
        return task

    def run_forever(self) -> None:
        """Run until ``stop``."""
        self._check_closed()
        if self.is_running():
            raise RuntimeError("this world is running already")
        hooks = sys.get_asyncgen_hooks()
        with running.inside(self):
            try:
                self._thread_id = threading.get_ident()
                sys.set_asyncgen_hooks(firstiter=self._asyncgen_firstiter_hook, finalizer=self._asyncgen_finalizer_hook)
                self._go_on()
            finally:
                self._stopping = False
                self._thread_id = None
                sys.set_asyncgen_hooks(*hooks)

    def run_until_complete(self, future: Generator[Any, None, T] | Awaitable[T]) -> T:
        """Run until the future is done, and give its result."""
        self._check_can_run(future)
        is_new = not asyncio.isfuture(future)
        task: asyncio.Future[T] = asyncio.ensure_future(future, loop=self)  # type: ignore[arg-type]
        task.add_done_callback(_run_until_complete_cb)
        try:
            self.run_forever()
        except BaseException:
            if is_new and task.done() and not task.cancelled():
                task.exception()
            raise
        finally:
            task.remove_done_callback(_run_until_complete_cb)
        if not task.done():
            raise RuntimeError("the world stopped before the future was done")
        return task.result()

    def _go_on(self) -> None:
        ready = self._ready
        advance = self.driver.advance
        take = ready.popleft
        limit_ns = sys.maxsize if self._limit_ns is None else self._limit_ns
        while True:
            # Callbacks that these make ready come in the next round, as in every asyncio loop.
            for _ in range(len(ready)):
                handle = take()
                if not handle._cancelled:
                    handle._run()
            if self._stopping:
                return
            if not advance(ready, limit_ns):
                raise self.driver.why_not(self.waiting_tasks(), limit_ns)

    def waiting_tasks(self) -> list[asyncio.Task[Any]]:
        """All tasks that are not done, in the order in which they were made."""
        return sorted(asyncio.all_tasks(self), key=hash)

    def _check_can_run(self, awaitable: Any) -> None:
        try:
            self._check_closed()
            if self.is_running():
                raise RuntimeError("this world is running already: await instead of run, or spawn")
        except RuntimeError:
            if asyncio.iscoroutine(awaitable):
                awaitable.close()
            raise

    def _make_task(self, host: Host | None, coro: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        self._check_closed()
        context = context_of(host, self.clock)
        return context.run(self.create_task, coro, name=name)

    def _spawned_is_done(self, task: asyncio.Task[Any]) -> None:
        self._spawned.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and not isinstance(error, (SystemExit, KeyboardInterrupt)):
            self.call_exception_handler(
                {"message": f"task {task.get_name()!r} failed", "exception": error, "task": task}
            )

    def _cancel_now(self, task: asyncio.Task[Any]) -> None:
        """Cancel a task that can get no further and let it clean up, as far as that needs no time."""
        task.cancel()
        task.add_done_callback(lambda task: task.cancelled() or task.exception())
        with running.inside(self):
            for _ in range(100):
                for _ in range(len(self._ready)):
                    handle = self._ready.popleft()
                    if not handle._cancelled:
                        handle._run()
                if task.done() or not self._ready:
                    break

    # Ending

    def close(self) -> None:
        """End all tasks, the endless ones too, and close the loop."""
        if self.is_closed():
            return
        if self.is_running():
            raise RuntimeError("a running world cannot be closed")
        try:
            self._end_all_tasks()
        finally:
            self._drop_transports()
            super().close()

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Tell of an error that nobody awaits. While the world ends, being cancelled is none: asyncio's streams before
        3.12 trip over it.
        """
        if not (self._ending and isinstance(context.get("exception"), asyncio.CancelledError)):
            super().call_exception_handler(context)

    def _end_all_tasks(self) -> None:
        self._ending = True
        self._limit_ns = self.queue.now_ns + self.closing_ns
        for _ in range(10):
            tasks = self.waiting_tasks()
            if not tasks and not self._asyncgens:
                break
            try:
                self.run_until_complete(self._cancelled_all(tasks))
            except (ending.Stuck, ending.LimitReached):
                continue
        for task in self.waiting_tasks():
            task._log_destroy_pending = False  # type: ignore[attr-defined]
        self._limit_ns = None

    async def _cancelled_all(self, tasks: list[asyncio.Task[Any]]) -> None:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        for task, result in zip(tasks, results, strict=True):
            if isinstance(result, Exception):
                self.call_exception_handler(
                    {
                        "message": f"task {task.get_name()!r} failed while it was ended",
                        "exception": result,
                        "task": task,
                    }
                )
        await self.shutdown_asyncgens()

    # What callbacks and tasks ask for

    def time(self) -> float:
        """Seconds since the world began."""
        return self.queue.now_ns / NS_PER_S

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """Let ``callback(*args)`` run at this instant, after everything that is ready now."""
        if self._closed:
            self._check_closed()
        if self._debug:
            self._check_callback(callback, "call_soon")
        recorder = self.recorder
        if recorder is None or not recorder.events:
            handle = asyncio.Handle(callback, args, self, context)
        else:
            handle = CausedHandle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Let ``callback(*args)`` run at the first nanosecond at which ``time() >= when``."""
        if when is None:
            raise TypeError("when cannot be None")
        self._check_closed()
        if self._debug:
            self._check_callback(callback, "call_at")
        handle = VirtualTimerHandle(when, callback, args, self, context)
        when_ns = round(when * NS_PER_S)
        while when_ns / NS_PER_S < when:
            when_ns += 1
        handle.timer = self.queue.call_at(when_ns, self._ready.append, handle)
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        assert isinstance(handle, VirtualTimerHandle)
        if handle.timer is not None:
            handle.timer.cancel()

    def create_future(self) -> asyncio.Future[Any]:
        """A future whose hash is the same in every run."""
        return CountedFuture(loop=self)

    def _process_events(self, event_list: Any) -> None:
        """There is no selector."""

    # What a world does not have

    async def subprocess_exec(self, *_: Any, **__: Any) -> NoReturn:
        """Raises ``RuntimeError``: the pipes of another process are none of a host's."""
        raise RuntimeError(_NO_SUBPROCESSES)

    async def subprocess_shell(self, *_: Any, **__: Any) -> NoReturn:
        """Raises ``RuntimeError``: the pipes of another process are none of a host's."""
        raise RuntimeError(_NO_SUBPROCESSES)


def _name_of(coro: object) -> str:
    return getattr(coro, "__name__", type(coro).__name__)


def _run_until_complete_cb(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        error = future.exception()
        if isinstance(error, (SystemExit, KeyboardInterrupt)):
            return  # it has left the loop already
    future.get_loop().stop()
