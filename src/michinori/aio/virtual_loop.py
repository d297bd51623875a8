"""The event loop of a world in virtual time.

All ready callbacks run before the next thing in the world's queue happens: that may be a frame that arrives, a timer of
TCP, or a ``call_at`` of an application. Time stands still while callbacks run. Nothing here waits in real time.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sized
from contextvars import Context
from typing import TYPE_CHECKING, Any, Final, TypeVar, TypeVarTuple

from michinori.aio import ending
from michinori.aio.executors import InlineExecutors
from michinori.aio.loop import HostLoop
from michinori.sim import EventQueue, Nanos
from michinori.trace import DEFAULT_EPOCH_NS, NS_PER_S, Recorder

if TYPE_CHECKING:
    from michinori.host import Host

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

#: How much virtual time a run may take unless told otherwise.
DEFAULT_LIMIT_NS: Final = 3600 * NS_PER_S
#: So many rounds of callbacks at one instant are a loop that never lets time pass.
_SPINNING: Final = 1_000_000


class VirtualTime:
    """The driver in virtual time: the next thing in the queue happens at once, and it is then."""

    def __init__(self, queue: EventQueue) -> None:
        self._queue = queue
        self._until_filled = queue.run_until_filled
        self._rounds = 0
        self._instant_ns: Nanos = -1
        self._spinning = False

    def advance(self, ready: Sized, limit_ns: Nanos) -> bool:
        """Let things happen until something is ready."""
        if not ready:
            return self._until_filled(ready, limit_ns)
        self._rounds += 1
        if self._rounds > _SPINNING:
            self._rounds = 0
            self._spinning = self._queue.now_ns == self._instant_ns
            self._instant_ns = self._queue.now_ns
            return not self._spinning
        return True

    def why_not(self, tasks: list[asyncio.Task[Any]], limit_ns: Nanos) -> Exception:
        """Nothing is left to happen, or nothing before the limit, or the tasks let no time pass."""
        queue = self._queue
        if self._spinning:
            self._spinning = False
            self._instant_ns = -1
            return ending.spinning(tasks, queue.now_ns)
        if queue.next_ns() is None:
            return ending.stuck(tasks, queue.now_ns)
        queue.now_ns = limit_ns
        return ending.LimitReached("virtual time")


class VirtualLoop(InlineExecutors, HostLoop):
    """An asyncio event loop over the queue of a world, in virtual time."""

    def __init__(
        self, queue: EventQueue, *, recorder: Recorder | None = None, epoch_ns: int = DEFAULT_EPOCH_NS
    ) -> None:
        super().__init__(queue, VirtualTime(queue), recorder=recorder, epoch_ns=epoch_ns)

    def run(
        self, coro: Coroutine[Any, Any, T], host: Host | None = None, *, limit_ns: Nanos | None = DEFAULT_LIMIT_NS
    ) -> T:
        """As ``HostLoop.run``, for an hour of virtual time at most unless told otherwise."""
        return super().run(coro, host, limit_ns=limit_ns)

    def call_soon_threadsafe(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """As ``call_soon``. Raises ``RuntimeError`` in another thread than the one that runs the world."""
        if self._thread_id is not None and self._thread_id != threading.get_ident():
            raise RuntimeError(
                "another thread cannot reach into a world: virtual time would depend on real time. "
                "Use loop.run_in_executor or asyncio.to_thread, which run inline"
            )
        self._check_not_waiting_inline(callback)
        return self.call_soon(callback, *args, context=context)

    def _write_to_self(self) -> None:
        """Nobody needs to be woken: callbacks from other threads are refused."""

    def add_signal_handler(self, sig: int, callback: Callable[[*Ts], object], *args: *Ts) -> None:
        """Raises ``NotImplementedError``: signals come in real time."""
        raise NotImplementedError("signals come in real time: a world has none")

    def remove_signal_handler(self, sig: int) -> bool:
        """Raises ``NotImplementedError``."""
        raise NotImplementedError("signals come in real time: a world has none")
