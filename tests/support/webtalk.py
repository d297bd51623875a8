"""A server under test and a client that says exactly what it is told to say."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from michinori.http import Handler, serve
from michinori.server.living import alive

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T], within_s: float = 60.0) -> T:
    """Run to the end; an error in any callback or forgotten task fails the test."""
    unhandled: list[dict[str, Any]] = []

    async def bounded() -> T:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: unhandled.append(context))
        async with asyncio.timeout(within_s):
            return await main

    result = asyncio.run(bounded())
    assert not unhandled, unhandled
    return result


@asynccontextmanager
async def served(handler: Handler, **settings: Any) -> AsyncIterator[int]:
    """The handler, started and served on a port of 127.0.0.1."""
    async with alive(handler), await serve(handler, "127.0.0.1", 0, **settings) as server:
        yield server.port


async def talk(port: int, octets: bytes, *, end: bool = True, piece: int = 0) -> bytes:
    """Send octets, in pieces of so many if that is said, and give all that is answered until the server closes. Raises
    ``OSError`` if it breaks off.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for start in range(0, len(octets), piece or len(octets) or 1):
            writer.write(octets[start : start + (piece or len(octets))])
            if piece:
                await asyncio.sleep(0)
        with contextlib.suppress(OSError):
            if end:
                writer.write_eof()
            await writer.drain()
        return await reader.read()
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def reset(writer: asyncio.StreamWriter) -> None:
    """Drop the connection by RST."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def until(happened: Callable[[], bool], within_s: float = 60.0) -> None:
    """Wait until that is so."""
    async with asyncio.timeout(within_s):
        while not happened():  # noqa: ASYNC110 (anything may make it so)
            await asyncio.sleep(0.005)


def dechunked(answer: bytes) -> bytes:
    """The body of a chunked answer."""
    rest = answer.partition(b"\r\n\r\n")[2]
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        body, rest = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return body
