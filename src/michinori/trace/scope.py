"""Whose work is being done: the recorder, the host, the clock and the dice of the running task, in a context variable.

The floors of plain asyncio (``dns/``, ``http/``, ``browser/``, ``server/``) read the date and their luck here and
nowhere else, so that the same code is exact in a virtual world and ordinary on the operating system's sockets.
"""

from __future__ import annotations

import random
import time
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from michinori.trace.recorder import Recorder

NS_PER_S = 1_000_000_000


class Clock(Protocol):
    """A clock of nanoseconds."""

    def now_ns(self) -> int:
        """Nanoseconds since the world (or this process) began; never goes back."""

    def date_ns(self) -> int:
        """Nanoseconds since 1970-01-01T00:00:00Z."""


class RealClock:
    """The clock of the machine we really run on."""

    def __init__(self) -> None:
        self._began_ns = time.monotonic_ns()

    def now_ns(self) -> int:
        return time.monotonic_ns() - self._began_ns

    def date_ns(self) -> int:
        return time.time_ns()


@dataclass(frozen=True, slots=True)
class Scope:
    """What a task may ask of its surroundings."""

    recorder: Recorder | None
    host: str
    clock: Clock
    dice: random.Random


_REAL = Scope(recorder=None, host="localhost", clock=RealClock(), dice=random.SystemRandom())
SCOPE: ContextVar[Scope] = ContextVar("michinori.scope", default=_REAL)


def current() -> Scope:
    """The scope of the running task; outside of any world that of the real machine, unrecorded."""
    return SCOPE.get()


def acting(number: int) -> AbstractContextManager[None]:
    """To be entered around what is done because of that event; of no effect where nothing was recorded (0)."""
    recorder = SCOPE.get().recorder
    return nullcontext() if recorder is None or not number else recorder.acting(number)


def note(layer: str, what: str, *, connection: str = "", why: str = "", cause: int | None = None, **data: Any) -> int:
    """Record an event of the running task's host. Gives its number, 0 when nobody watches."""
    scope = SCOPE.get()
    if scope.recorder is None:
        return 0
    return scope.recorder.event(
        scope.clock.now_ns(), scope.host, layer, what, connection=connection, why=why, cause=cause, data=data
    )
