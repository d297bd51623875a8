"""Persistent connections: at most six to an origin, the best idle one first, and a line of those who wait for one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from heapq import heappop, heappush
from itertools import count
from typing import Final, TypeAlias

from michinori.http.connection import Connection
from michinori.http.errors import ClientClosed
from michinori.http.urls import Origin
from michinori.trace import note

PER_ORIGIN: Final = 6
IDLE_S: Final = 60.0
_CLOSES_WITHIN_S: Final = 2.0

Dial: TypeAlias = Callable[[], Awaitable[Connection]]
_Ticket: TypeAlias = "asyncio.Future[Connection | None]"


class _Place:
    """What the pool holds for one origin. ``taken`` counts the connections there are, those being made included."""

    __slots__ = ("idle", "origin", "taken", "waiting")

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.taken = 0
        self.idle: list[Connection] = []
        self.waiting: list[tuple[int, int, _Ticket]] = []


class Pool:
    """All connections of one client."""

    def __init__(self, *, per_origin: int = PER_ORIGIN, idle_s: float = IDLE_S) -> None:
        self._per_origin = per_origin
        self._idle_s = idle_s
        self._places: dict[Origin, _Place] = {}
        self._timers: dict[Connection, asyncio.TimerHandle] = {}
        self._busy: dict[Connection, None] = {}
        self._next_turn = count().__next__
        self._closed = False

    async def take(self, origin: Origin, priority: int, dial: Dial, *, fresh: bool = False) -> Connection:
        """A connection for one exchange, to be given back with ``give``.

        It is the idle one used last, or a new one by ``dial``, or, when six are there, the first to become free; who
        has the lower ``priority`` waits less. ``fresh``: not one that was used before, unless one has to wait.
        """
        if self._closed:
            raise ClientClosed
        place = self._places.setdefault(origin, _Place(origin))
        connection: Connection | None = None
        if fresh:
            self._drop_idle(place)
        else:
            connection = self._take_idle(place)
        if connection is None:
            if place.taken < self._per_origin:
                place.taken += 1
            else:
                connection = await self._wait(place, priority)
                if connection is not None and not connection.alive:
                    connection.close()
                    connection = None  # but its place is ours
        if connection is None:
            connection = await self._dial(place, dial)
        self._busy[connection] = None
        return connection

    def give(self, connection: Connection) -> None:
        """Take a connection back: for the next in line, to lie idle, or, if it cannot be used again, to be closed."""
        self._busy.pop(connection, None)
        place = self._places[connection.origin]
        if self._closed or not connection.reusable or not connection.alive:
            connection.close()
            self._free(place)
            return
        ticket = self._next_in_line(place)
        if ticket is not None:
            ticket.set_result(connection)
            return
        place.idle.append(connection)
        connection.channel.on_ended = lambda: self._retire(connection, "closed by the server")
        loop = asyncio.get_running_loop()
        self._timers[connection] = loop.call_later(self._idle_s, self._retire, connection, "idle for too long")

    def count(self, origin: Origin) -> int:
        """How many connections to that origin there are, those being made included."""
        place = self._places.get(origin)
        return place.taken if place is not None else 0

    async def aclose(self) -> None:
        """Close the idle connections, drop those in use, turn away who waits, and see them gone."""
        self._closed = True
        closing = [*self._busy, *(connection for place in self._places.values() for connection in place.idle)]
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        for place in self._places.values():
            for _, _, ticket in place.waiting:
                if not ticket.done():
                    ticket.set_exception(ClientClosed())
            place.waiting.clear()
            place.idle.clear()
        for connection in closing:
            connection.channel.on_ended = None
            connection.close()
        try:
            async with asyncio.timeout(_CLOSES_WITHIN_S):
                for connection in closing:
                    await connection.channel.wait_lost()
        except TimeoutError:  # TLS waits for the peer's goodbye
            for connection in closing:
                connection.channel.abort()

    async def _wait(self, place: _Place, priority: int) -> Connection | None:
        """Stand in line. Gives a connection, or None for the right to make one."""
        note("http", "queued", origin=str(place.origin), priority=priority, ahead=len(place.waiting))
        ticket: _Ticket = asyncio.get_running_loop().create_future()
        heappush(place.waiting, (priority, self._next_turn(), ticket))
        try:
            return await ticket
        except asyncio.CancelledError:
            if ticket.done() and not ticket.cancelled() and ticket.exception() is None:
                self._pass_on(place, ticket.result())
            raise

    async def _dial(self, place: _Place, dial: Dial) -> Connection:
        try:
            connection = await dial()
            if self._closed:
                connection.close()
                raise ClientClosed
        except BaseException:
            self._free(place)
            raise
        return connection

    def _take_idle(self, place: _Place) -> Connection | None:
        while place.idle:
            connection = place.idle.pop()
            self._no_longer_idle(connection)
            if connection.alive:
                return connection
            connection.close()
            place.taken -= 1
        return None

    def _drop_idle(self, place: _Place) -> None:
        while (connection := self._take_idle(place)) is not None:
            connection.close()
            place.taken -= 1

    def _retire(self, connection: Connection, why: str) -> None:
        """An idle connection has come to its end."""
        place = self._places[connection.origin]
        if connection in place.idle:
            place.idle.remove(connection)
            self._no_longer_idle(connection)
            note("http", "connection-retired", connection=connection.id, why=why, exchanges=connection.exchanges)
            connection.close()
            self._free(place)

    def _no_longer_idle(self, connection: Connection) -> None:
        connection.channel.on_ended = None
        timer = self._timers.pop(connection, None)
        if timer is not None:
            timer.cancel()

    def _pass_on(self, place: _Place, given: Connection | None) -> None:
        """Who was given this has gone in the meantime: the next one gets it."""
        if given is not None:
            self.give(given)
        else:
            self._free(place)

    def _free(self, place: _Place) -> None:
        """A connection less: the next in line may make one."""
        ticket = self._next_in_line(place)
        if ticket is not None:
            ticket.set_result(None)
            return
        place.taken -= 1
        if not place.taken:
            self._places.pop(place.origin, None)

    @staticmethod
    def _next_in_line(place: _Place) -> _Ticket | None:
        while place.waiting:
            _, _, ticket = heappop(place.waiting)
            if not ticket.done():
                return ticket
        return None
