"""How a run ends when it does not end by itself, and what each task was waiting for then."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Any, Final

_MOST_NAMED: Final = 20


class Stuck(RuntimeError):
    """Nothing can happen any more, and the run is not done: every task waits for something that will never come."""


class TimedOut(RuntimeError):
    """The run was not done at its limit of time."""


class LimitReached(Exception):
    """The time of this run is over; ``of_time`` says of which clock: ``virtual time`` or nothing."""

    def __init__(self, of_time: str = "") -> None:
        super().__init__(of_time)
        self.of_time = of_time


def stuck(tasks: Iterable[asyncio.Task[Any]], now_ns: int) -> Stuck:
    """The error that names every waiting task."""
    return Stuck(f"nothing can happen any more at {seconds(now_ns)}:{_listing(tasks)}")


def spinning(tasks: Iterable[asyncio.Task[Any]], now_ns: int) -> Stuck:
    """The error for tasks that run for ever without letting time go on."""
    return Stuck(
        f"the tasks run on and on at {seconds(now_ns)} without letting time pass "
        f"(a loop around sleep(0)? sleep a little longer):{_listing(tasks)}"
    )


def timed_out(tasks: Iterable[asyncio.Task[Any]], limit_ns: int, of_time: str) -> TimedOut:
    """The error that names every task that was still waiting."""
    took = f"{seconds(limit_ns)} of {of_time}" if of_time else seconds(limit_ns)
    return TimedOut(f"not done after {took}:{_listing(tasks)}")


def seconds(time_ns: int) -> str:
    """A time for a person: ``1.25 s``."""
    whole, rest = divmod(time_ns, 1_000_000_000)
    return f"{whole}.{rest:09d}".rstrip("0").rstrip(".") + " s"


def describe(task: asyncio.Task[Any]) -> str:
    """One line: the task, its host, and what it waits for."""
    host = _host_of(task)
    where = f" on {host}" if host else ""
    return f"task {task.get_name()!r}{where} waits for {_awaited(task)}"


def _listing(tasks: Iterable[asyncio.Task[Any]]) -> str:
    lines = [describe(task) for task in tasks]
    if not lines:
        return " no task is left"
    if len(lines) > _MOST_NAMED:
        lines[_MOST_NAMED:] = [f"and {len(lines) - _MOST_NAMED} more tasks"]
    return "".join(f"\n  {line}" for line in lines)


def _host_of(task: asyncio.Task[Any]) -> str:
    host = getattr(task, "host", None)
    return host.name if host is not None else ""


def _awaited(task: asyncio.Task[Any]) -> str:
    future = getattr(task, "_fut_waiter", None)
    if isinstance(future, asyncio.Task):
        return f"task {future.get_name()!r}"
    frames = list(_frames(task.get_coro()))
    if not frames:
        return "its first step" if future is None else "a future"
    innermost, outermost = frames[-1], frames[0]
    waiting_in = innermost.f_code.co_qualname if hasattr(innermost.f_code, "co_qualname") else innermost.f_code.co_name
    line = f"{PurePath(outermost.f_code.co_filename).name} line {outermost.f_lineno}"
    connection = next((name for frame in reversed(frames) if (name := _connection(frame))), "")
    over = f" over {connection}" if connection else ""
    return f"{waiting_in}{over} ({line})"


def _frames(coroutine: Any) -> Iterator[types.FrameType]:
    """The frames of a suspended coroutine, from the outermost to the one that really waits."""
    seen = 0
    while coroutine is not None and seen < 1000:
        seen += 1
        if isinstance(coroutine, types.CoroutineType):
            frame, coroutine = coroutine.cr_frame, coroutine.cr_await
        elif isinstance(coroutine, types.GeneratorType):
            frame, coroutine = coroutine.gi_frame, coroutine.gi_yieldfrom
        elif isinstance(coroutine, types.AsyncGeneratorType):
            frame, coroutine = coroutine.ag_frame, coroutine.ag_await
        else:
            return
        if frame is not None:
            yield frame


def _connection(frame: types.FrameType) -> str:
    """The connection that a frame of a stream, a transport or a socket call works on, if it is one."""
    for name in ("self", "sock", "transport"):
        thing = frame.f_locals.get(name)
        transport = getattr(thing, "_transport", None) or thing
        kernel = getattr(transport, "kernel", None)
        if kernel is not None and hasattr(kernel, "name"):
            return str(kernel.name())
    return ""
