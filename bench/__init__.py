"""Speed and memory, measured: ``python -m bench [NAME...]`` prints one table.

Each module here with a function ``measure() -> Iterable[Measure]`` adds its lines to the table. Machines differ, so
where it can be, a line says how long the same thing takes *bare*: written out flat, without values, layers or checks of
what nobody sends. The ratio of the two travels from machine to machine; seconds do not.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """One line: what was measured, in which unit, at most how much it should be, and what the bare form takes."""

    what: str
    value: float
    unit: str
    goal: float | None = None
    bare: float | None = None


def best_us(work: Callable[[], object], times: int = 1_000, rounds: int = 100) -> float:
    """Microseconds a call takes, in the best of many short rounds: the others say how busy the machine was."""
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        for _ in range(times):
            work()
        best = min(best, time.perf_counter() - began)
    return best / times * 1e6
