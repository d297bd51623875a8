"""Futures, tasks and handles that behave the same in every run.

The order of a ``set`` follows from hashes, and the hash of a plain task from where it lies in memory. Tasks and futures
here take a number of their loop as their hash when one is first asked for.

A handle remembers what caused it, so that the chain of causes survives everything that is put off.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from michinori.aio.context import CURRENT_HOST

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from contextvars import Context

    from michinori.aio.base import LoopBase
    from michinori.host import Host
    from michinori.sim import Timer

T = TypeVar("T")


class _Counted:
    """Whose hash is a number of its loop, given when it is first asked for."""

    _loop: LoopBase
    _number: int

    def __hash__(self) -> int:
        try:
            return self._number
        except AttributeError:
            self._number = self._loop.next_number()
            return self._number


class CountedFuture(_Counted, asyncio.Future[T]):
    """A future whose hash is the same in every run."""


class CountedTask(_Counted, asyncio.Task[T]):
    """A task whose hash is the same in every run; ``host`` is where it runs."""

    host: Host | None


def counted_task_factory(
    loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, T], **options: Any
) -> CountedTask[T]:
    """The task factory of a virtual loop."""
    task = CountedTask(coro, loop=loop, **options)
    context = options.get("context")
    task.host = CURRENT_HOST.get() if context is None else context.get(CURRENT_HOST)
    return task


class _Caused:
    """A handle that acts because of what was going on when it was made."""

    __slots__ = ()
    _loop: LoopBase
    cause: int

    def _run(self) -> None:
        recorder = self._loop.recorder
        if recorder is None:
            super()._run()  # type: ignore[misc]
            return
        before, recorder.cause = recorder.cause, self.cause
        try:
            super()._run()  # type: ignore[misc]
        finally:
            recorder.cause = before


class CausedHandle(_Caused, asyncio.Handle):
    """A handle of a recorded world."""

    __slots__ = ("cause",)

    def __init__(
        self, callback: Callable[..., object], args: tuple[Any, ...], loop: LoopBase, context: Context | None
    ) -> None:
        super().__init__(callback, args, loop, context)
        recorder = loop.recorder
        self.cause = 0 if recorder is None else recorder.cause


class VirtualTimerHandle(_Caused, asyncio.TimerHandle):
    """What ``call_at`` gives: a handle that waits in the world's queue."""

    __slots__ = ("cause", "timer")

    def __init__(
        self,
        when: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: LoopBase,
        context: Context | None,
    ) -> None:
        super().__init__(when, callback, args, loop, context)
        recorder = loop.recorder
        self.cause = 0 if recorder is None else recorder.cause
        self.timer: Timer | None = None
