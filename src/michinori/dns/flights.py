"""What is being found out right now: who asks the same thing meanwhile waits for the same answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(slots=True, eq=False)
class _Flight(Generic[Value]):
    task: asyncio.Task[Value]
    waiting: int = 0


class Flights(Generic[Key, Value]):
    """Runs at most one task for each key. The task is cancelled when nobody waits for it any more."""

    def __init__(self) -> None:
        self._flights: dict[Key, _Flight[Value]] = {}

    def __contains__(self, key: Key) -> bool:
        return key in self._flights

    def __len__(self) -> int:
        return len(self._flights)

    async def join(self, key: Key, start: Callable[[], Coroutine[Any, Any, Value]]) -> Value:
        """The result of the task for that key, begun by ``start`` if there is none under way."""
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.get_running_loop().create_task(self._run(key, start)))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                self._land(key, flight.task)
                flight.task.cancel()

    async def _run(self, key: Key, start: Callable[[], Coroutine[Any, Any, Value]]) -> Value:
        try:
            return await start()
        finally:
            self._land(key, asyncio.current_task())

    def _land(self, key: Key, task: asyncio.Task[Any] | None) -> None:
        flight = self._flights.get(key)
        if flight is not None and flight.task is task:
            del self._flights[key]
