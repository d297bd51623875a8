"""A catcher in this process, clients that say exactly what they are told, and commands in processes of their own."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self

from journeys import SOURCE

from michinori.server.catch import CatchBounds, Catcher, CatchSettings, Caught, InMemory, Keeper, Outcome

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Catching:
    """A running catcher and what it told."""

    def __init__(self, settings: CatchSettings, keeper: Keeper | None = None) -> None:
        self.memory = InMemory()
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.catcher = Catcher(settings, keeper or self.memory, self._tell)
        self._waiting = asyncio.Event()
        self.task = asyncio.create_task(self.catcher.run())

    def _tell(self, what: str, /, **data: Any) -> None:
        self.told.append((what, data))
        if what == "waiting":
            self._waiting.set()

    async def ready(self) -> Self:
        await self._waiting.wait()
        return self

    async def outcome(self) -> Outcome:
        async with asyncio.timeout(20):
            return await self.task

    @property
    def stages(self) -> list[str]:
        return [what for what, _ in self.told]

    @property
    def caught(self) -> list[Caught]:
        return self.memory.caught

    async def connect(self, host: str = "127.0.0.1") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(host, self.catcher.port)

    async def say(self, *pieces: bytes, pause_s: float = 0.0) -> bytes:
        """Send the pieces one after the other, as far as they are wanted, and read what comes back up to the end."""
        reader, writer = await self.connect()
        with suppress(ConnectionError):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause_s)
        came = await reader.read()
        writer.close()
        return came


@asynccontextmanager
async def catching(keeper: Keeper | None = None, **settings: Any) -> AsyncIterator[Catching]:
    """A catcher on a free port, ended with the block."""
    short = {"silence_s": 5.0, "settle_s": 0.1, "linger_s": 1.0, "again_s": 0.02}
    bounds = CatchBounds(**short | settings.pop("bounds", {}))
    one = Catching(CatchSettings(**{"port": 0, "bounds": bounds} | settings), keeper)
    await one.ready()
    try:
        yield one
    finally:
        one.task.cancel()
        await asyncio.gather(one.task, return_exceptions=True)


class Command:
    """``michinori`` in a process of its own, its lines read as they come."""

    def __init__(self, *arguments: str, cwd: Path, **popen: Any) -> None:
        self.said = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "michinori", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=os.environ | {"PYTHONPATH": SOURCE, "PYTHONIOENCODING": "utf-8"},
            **popen,
        )

    def wait_for(self, text: str, within_s: float = 60.0) -> str:
        """Until it has said that."""
        assert self.process.stdout is not None
        until = time.monotonic() + within_s
        while text not in self.said:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, until - time.monotonic()))
            octets = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            assert octets, f"it never said {text!r}, but {self.said!r}"
            self.said += octets.decode()
        return self.said

    def end(self, signal_number: int | None = None) -> int:
        """Its exit status, after a signal if one is given."""
        if signal_number is not None:
            self.process.send_signal(signal_number)
        rest, _ = self.process.communicate(timeout=30)
        self.said += rest.decode()
        return self.process.returncode

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(peer: Peer, **settings: Any) -> AsyncIterator[int]:
    """A server on 127.0.0.1 that does what the test says. Gives its port."""

    tasks: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await peer(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0, **settings)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        if tasks:
            await asyncio.wait(tasks, timeout=5)  # they learn from the closing that it is over
