"""One timer for many waits of equal length."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar

from tests.http.wires import run

from michinori.http.deadlines import Deadlines


def test_each_is_called_when_its_own_wait_is_over() -> None:
    async def main() -> list[tuple[str, float]]:
        loop = asyncio.get_running_loop()
        began, called = loop.time(), list[tuple[str, float]]()
        waits = Deadlines[str](loop, 10, lambda who: called.append((who, round(loop.time() - began))))
        for who in ("one", "two", "three", "four"):
            waits.begin(who)
            await asyncio.sleep(1)
        waits.begin("two")  # anew, at 4
        waits.end("three")
        waits.end("nobody")
        assert len(waits) == 3
        await asyncio.sleep(40)
        return called

    assert run(main(), jump=True) == [("one", 10), ("four", 13), ("two", 14)]


def test_who_is_called_may_begin_anew() -> None:
    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        began, times = loop.time(), list[float]()

        def again(who: str) -> None:
            times.append(round(loop.time() - began))
            if len(times) < 3:
                waits.begin(who)

        waits = Deadlines[str](loop, 5, again)
        waits.begin("one")
        await asyncio.sleep(60)
        return times

    assert run(main(), jump=True) == [5, 10, 15]


def test_each_is_called_in_its_own_context() -> None:
    whose = ContextVar("whose", default="")

    async def main() -> list[tuple[str, str]]:
        called = list[tuple[str, str]]()
        waits = Deadlines[str](asyncio.get_running_loop(), 1, lambda who: called.append((who, whose.get())))
        for who in ("one", "two"):
            whose.set(who)
            waits.begin(who)
        await asyncio.sleep(3)
        return called

    assert run(main(), jump=True) == [("one", "one"), ("two", "two")]
