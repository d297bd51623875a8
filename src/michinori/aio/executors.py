"""Executors without threads: the work is done in the thread of the world, at one virtual instant.

``run_in_executor`` (and so ``asyncio.to_thread``, files of web frameworks, synchronous endpoints) calls the function
when its turn comes among the ready callbacks. A function that takes long in reality takes no time in the world.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any, TypeVar, TypeVarTuple

from michinori.aio import running
from michinori.aio.base import LoopBase

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class InlineExecutors(LoopBase):
    """The part of the loop that stands in for threads."""

    runs_inline = True
    _inline_depth = 0

    def run_in_executor(
        self,
        executor: Any,  # noqa: ARG002
        func: Callable[[*Ts], T],
        *args: *Ts,
    ) -> asyncio.Future[T]:
        """Call ``func(*args)`` at this instant, whatever the executor."""
        self._check_closed()
        if self._debug:
            self._check_callback(func, "run_in_executor")
        future: asyncio.Future[T] = self.create_future()
        self.call_soon(self._work, future, func, args)
        return future

    def set_default_executor(self, executor: Any) -> None:
        """Taken, and never used."""

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """There is nothing to shut down."""

    def run_inline(self, func: Callable[[], T]) -> T:
        """Call it as another thread would: no loop is running as far as it can see."""
        self._inline_depth += 1
        try:
            with running.outside():
                return func()
        finally:
            self._inline_depth -= 1

    def _work(self, future: asyncio.Future[T], func: Callable[..., T], args: tuple[Any, ...]) -> None:
        if future.cancelled():
            return
        try:
            result = self.run_inline(lambda: contextvars.copy_context().run(func, *args))
        except (SystemExit, KeyboardInterrupt):
            raise
        except StopIteration as error:
            wrapped = RuntimeError("the function in the executor raised StopIteration")
            wrapped.__cause__ = error
            future.set_exception(wrapped)
        except BaseException as error:
            future.set_exception(error)
        else:
            if not future.cancelled():
                future.set_result(result)

    def _check_not_waiting_inline(self, callback: Callable[..., object]) -> None:
        """Whoever asks the loop from inside inline work and waits for the answer would wait for ever."""
        if self._inline_depth and getattr(callback, "__qualname__", "").startswith("run_coroutine_threadsafe."):
            for cell in getattr(callback, "__closure__", None) or ():
                if asyncio.iscoroutine(cell.cell_contents):
                    cell.cell_contents.close()  # nobody will ever await it
            raise RuntimeError(
                "work that runs inline cannot wait for the loop: run_coroutine_threadsafe and anyio.from_thread.run "
                "need a thread of their own, which a world does not have"
            )
