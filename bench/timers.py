"""Timers set, fired and cancelled, with a hundred others pending."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import count

from bench import Measure
from michinori.sim import EventQueue

TIMES = 5_000
PENDING = 100


def nothing() -> None: ...


def bare() -> float:
    """A heap of tuples and a loop: nothing can be cancelled and nobody knows what time it is."""
    heap: list[tuple[int, int, Callable[[object], None], object]] = []
    number = count().__next__
    left, now_ns = TIMES, 0

    def again(argument: object) -> None:
        nonlocal left
        left -= 1
        if left >= PENDING:
            heappush(heap, (now_ns + left * 7_919 % 1_000, number(), again, argument))

    for instant in range(PENDING):
        heappush(heap, (instant, number(), again, None))
    began = time.perf_counter()
    while heap:
        now_ns, _, callback, argument = heappop(heap)
        callback(argument)
    return time.perf_counter() - began


def fired() -> float:
    queue = EventQueue()
    left = TIMES

    def again() -> None:
        nonlocal left
        left -= 1
        if left >= PENDING:
            queue.call_at(queue.now_ns + left * 7_919 % 1_000, again)

    for instant in range(PENDING):
        queue.call_at(instant, again)
    began = time.perf_counter()
    queue.run()
    return time.perf_counter() - began


def posted() -> float:
    queue = EventQueue()
    left = TIMES

    def again(argument: object) -> None:
        nonlocal left
        left -= 1
        if left >= PENDING:
            queue.post(queue.now_ns + left * 7_919 % 1_000, again, argument)

    for instant in range(PENDING):
        queue.post(instant, again, None)
    began = time.perf_counter()
    queue.run()
    return time.perf_counter() - began


def cancelled() -> float:
    queue = EventQueue()
    for instant in range(PENDING):
        queue.call_at(instant, nothing)
    began = time.perf_counter()
    for instant in range(TIMES):
        queue.call_at(1_000 + instant * 7_919 % 1_000, nothing).cancel()
    queue.run()
    return time.perf_counter() - began


def measure() -> Iterator[Measure]:
    def best(work: Callable[[], float]) -> float:
        return min(work() for _ in range(50)) / TIMES * 1e6

    heap = best(bare)
    yield Measure("set a timer and let it fire", best(fired), "us", 0.8, heap)
    yield Measure("post an event and let it happen", best(posted), "us", None, heap)
    yield Measure("set a timer and cancel it", best(cancelled), "us", None, heap)
