"""The two doors of a name server, UDP and TCP (RFC 7766), before a handler that turns octets into octets."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, Final, Literal, TypeAlias, cast

from michinori.dns.telling import note

Address: TypeAlias = tuple[str, int]

_ATTEMPTS_AT_A_COMMON_PORT: Final = 16


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks, and by which transport."""

    address: Address
    transport: Literal["udp", "tcp"]
    connection: str
    """As traces name it."""


#: Takes the octets of a message; gives those of the answer, or None to stay silent, at once or when awaited.
Handler: TypeAlias = Callable[[bytes, Client], "bytes | Coroutine[Any, Any, bytes | None] | None"]


@dataclass(frozen=True, slots=True)
class Doors:
    """How much a server takes on at a time."""

    idle_s: float = 10.0
    """A TCP connection on which nothing is asked for that long is closed."""
    connections: int = 150
    waiting: int = 1000
    """Questions that are being worked on; a datagram beyond is dropped, and a connection is not read."""
    waiting_per_connection: int = 64


class Listener:
    """Listens at one port over UDP and TCP until it is cancelled."""

    def __init__(self, handler: Handler, doors: Doors | None = None) -> None:
        self.doors = doors or Doors()
        self.ready = asyncio.Event()
        """Set when both doors are open."""
        self.addresses: list[Address] = []
        """Where it listens; the way to learn the port when 0 was asked for."""
        self._handler = handler
        # Dictionaries as ordered sets: whatever is cancelled at the end is cancelled in the order of its beginning.
        self._connections: dict[asyncio.Task[None], None] = {}
        self._working: dict[asyncio.Task[None], None] = {}

    async def serve(self, host: str | Sequence[str] = "0.0.0.0", port: int = 53) -> None:
        """Serve at these addresses until cancelled. Raises ``OSError`` when an address cannot be had."""
        hosts = [host] if isinstance(host, str) else list(host)
        opened: list[tuple[asyncio.Server, _Datagrams]] = []
        try:
            for one in hosts:
                opened.append(await self._open(one, port))  # noqa: PERF401 - what is open must be closed
            self.ready.set()
            await asyncio.get_running_loop().create_future()
        finally:
            self.ready.clear()
            self.addresses.clear()
            for server, datagrams in opened:
                datagrams.close()
                server.close()
            for task in [*self._working, *self._connections]:
                task.cancel()
            for server, datagrams in opened:
                await server.wait_closed()
                await datagrams.closed.wait()

    async def _open(self, host: str, port: int) -> tuple[asyncio.Server, _Datagrams]:
        """Both doors at the same port. Asked for any port, UDP may find that of TCP taken: then once more."""
        loop = asyncio.get_running_loop()
        attempts = _ATTEMPTS_AT_A_COMMON_PORT if port == 0 else 1
        for attempt in range(attempts):
            server = await asyncio.start_server(self._accepted, host, port)
            address = server.sockets[0].getsockname()[:2]
            try:
                _, datagrams = await loop.create_datagram_endpoint(lambda: _Datagrams(self), local_addr=address)
            except OSError as error:
                server.close()
                await server.wait_closed()
                if error.errno != errno.EADDRINUSE or attempt == attempts - 1:
                    raise
            else:
                self.addresses.append(address)
                return server, datagrams
        raise AssertionError("the last attempt returns or raises")

    def datagram(self, octets: bytes, address: Address, door: asyncio.DatagramTransport) -> None:
        """A datagram has come."""
        own = door.get_extra_info("sockname")
        client = Client(address, "udp", f"udp {own[0]}:{own[1]} {address[0]}:{address[1]}")
        if len(self._working) >= self.doors.waiting:
            note("dropped", connection=client.connection, why="too many questions at a time")
            return
        answer = self._handler(octets, client)
        if isawaitable(answer):
            self._work(self._answer_later(answer, door, address))
        elif answer is not None:
            door.sendto(answer, address)

    async def _answer_later(
        self, answer: Awaitable[bytes | None], door: asyncio.DatagramTransport, address: Address
    ) -> None:
        octets = await answer
        if octets is not None and not door.is_closing():
            door.sendto(octets, address)

    def _work(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._working[task] = None
        task.add_done_callback(self._working.pop)
        return task

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        # A connection that was reset before it was accepted has no peer any more.
        own, peer = (writer.get_extra_info(end) or ("", 0) for end in ("sockname", "peername"))
        client = Client(peer[:2], "tcp", f"tcp {own[0]}:{own[1]} {peer[0]}:{peer[1]}")
        self._connections[task] = None
        try:
            if len(self._connections) > self.doors.connections:
                note("dropped", connection=client.connection, why="too many connections")
            else:
                await _Conversation(self, reader, writer, client).run()
        except asyncio.CancelledError:
            # Only serve() cancels, at its end; streams log a handler that ends cancelled as an error.
            pass
        finally:
            self._connections.pop(task)
            writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._door: asyncio.DatagramTransport | None = None
        self.closed = asyncio.Event()

    def close(self) -> None:
        if self._door is not None:
            self._door.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.closed.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._door = cast(asyncio.DatagramTransport, transport)  # not every loop's is a subclass

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        if self._door is not None:
            self._listener.datagram(data, addr[:2], self._door)

    def error_received(self, exc: Exception) -> None:
        """A client went away before its answer came. It is not our concern."""


class _Conversation:
    """One TCP connection: several questions, answered as the answers come, in any order."""

    def __init__(
        self, listener: Listener, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, client: Client
    ) -> None:
        self._listener = listener
        self._reader = reader
        self._writer = writer
        self._client = client
        self._waiting: dict[asyncio.Task[None], None] = {}
        self._room = asyncio.Semaphore(listener.doors.waiting_per_connection)

    async def run(self) -> None:
        try:
            while (octets := await self._next_message()) is not None:
                await self._room.acquire()
                answer = self._listener._handler(octets, self._client)
                if isawaitable(answer):
                    task = self._listener._work(self._answer_later(answer))
                    self._waiting[task] = None
                    task.add_done_callback(self._waiting.pop)
                else:
                    self._room.release()
                    if answer is not None:
                        await self._send(answer)
            for task in list(self._waiting):
                await task
        except (OSError, TimeoutError):
            pass
        finally:
            for task in list(self._waiting):
                task.cancel()

    async def _next_message(self) -> bytes | None:
        """The octets of the next message; None when there will be no more."""
        idle_s = self._listener.doors.idle_s
        try:
            while True:
                try:
                    async with asyncio.timeout(idle_s):
                        length = await self._reader.readexactly(2)
                    break
                except TimeoutError:
                    # A connection with a question under way is not idle.
                    if not self._waiting:
                        return None
            async with asyncio.timeout(idle_s):
                return await self._reader.readexactly(int.from_bytes(length, "big"))
        except (asyncio.IncompleteReadError, TimeoutError):
            return None

    async def _answer_later(self, answer: Awaitable[bytes | None]) -> None:
        try:
            octets = await answer
            if octets is not None:
                with suppress(OSError, TimeoutError):
                    await self._send(octets)
        finally:
            self._room.release()

    async def _send(self, octets: bytes) -> None:
        self._writer.write(len(octets).to_bytes(2, "big") + octets)
        async with asyncio.timeout(self._listener.doors.idle_s):
            await self._writer.drain()
