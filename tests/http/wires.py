"""What the tests of HTTP stand on: loops to run in, peers that say exactly what they are told, and recordings."""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from michinori.http import Client, Handler, Request, Server, serve
from michinori.trace import SCOPE, Event, Recorder, Scope, current

T = TypeVar("T")
Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

_GRACE_S = 0.004


def run(main: Coroutine[Any, Any, T], *, jump: bool = False) -> T:
    """Run to the end; an error in any callback or forgotten task fails the test.

    ``jump``: where nothing happens, time does not pass but jumps to the next timer, so a test of a time-out of a
    minute takes no minute. (Not with threads: they are not waited for.)
    """
    loop = _JumpingLoop() if jump else asyncio.new_event_loop()
    unhandled: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: unhandled.append(context))
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        result = runner.run(_bounded(main, jump=jump))
    assert not unhandled, unhandled
    return result


async def _bounded(main: Coroutine[Any, Any, T], *, jump: bool) -> T:
    async with asyncio.timeout(100_000 if jump else 60):
        return await main


class _JumpingSelector(selectors.DefaultSelector):
    jumped_s = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None or timeout <= _GRACE_S:
            return super().select(timeout)
        ready = super().select(_GRACE_S)
        if not ready:
            self.jumped_s += timeout
        return ready


class _JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.jumping = _JumpingSelector()
        super().__init__(self.jumping)

    def time(self) -> float:
        return super().time() + self.jumping.jumped_s


@asynccontextmanager
async def peer(answer: Peer) -> AsyncIterator[str]:
    """A server that does what ``answer`` does with each connection. Gives its URL, without a final slash."""
    tasks: list[asyncio.Task[None]] = []

    async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def made(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.get_running_loop().create_task(met(reader, writer)))

    server = await asyncio.start_server(made, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


def says(answer: bytes, *, then: str = "close", piece: int = 0) -> Peer:
    """Reads one request head and sends that, whole or in pieces; ``then``: ``"close"``, ``"reset"`` or ``"stay"``."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for start in range(0, len(answer), piece or len(answer) or 1):
            writer.write(answer[start : start + (piece or len(answer))])
            if piece:
                await writer.drain()
                await asyncio.sleep(0)
        await writer.drain()
        if then == "stay":
            await reader.read()
        elif then == "reset":
            await asyncio.sleep(0.01)
            writer.transport.abort()

    return play


@asynccontextmanager
async def served(handler: Handler, **options: Any) -> AsyncIterator[tuple[Server, str]]:
    """Our server with that handler; gives it and its URL, without a final slash."""
    server = await serve(handler, "127.0.0.1", 0, **options)
    async with server:
        yield server, f"http://127.0.0.1:{server.port}"


async def get(url: str, **headers: str) -> Any:
    """One GET by a client of its own; underscores in names stand for hyphens."""
    async with Client() as client:
        return await client.fetch(Request.get(url, {name.replace("_", "-"): value for name, value in headers.items()}))


@contextmanager
def recorded() -> Iterator[Callable[[], list[Event]]]:
    """What happens inside is recorded; gives a function that reads the events so far."""
    recorder = Recorder()
    scope = Scope(recorder=recorder, host="test", clock=current().clock, dice=random.Random(0))
    token = SCOPE.set(scope)
    try:
        yield lambda: list(recorder.read())
    finally:
        SCOPE.reset(token)
        recorder.close()
