"""Waiting until a socket can be read or written, without a selector: the socket itself says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from michinori.aio.base import LoopBase
    from michinori.host import KernelSocket


class Watch:
    """Who waits for one socket: futures, once, and callbacks, for as long as they are registered."""

    __slots__ = ("_kernel", "_loop", "_reader", "_readers", "_writer", "_writers")

    def __init__(self, loop: LoopBase, kernel: KernelSocket) -> None:
        self._loop = loop
        self._kernel = kernel
        self._readers: list[asyncio.Future[None]] = []
        self._writers: list[asyncio.Future[None]] = []
        self._reader: asyncio.Handle | None = None
        self._writer: asyncio.Handle | None = None

    async def until_readable(self) -> None:
        """Wait until reading may do something."""
        if not self._kernel.readable:
            await self._wait(self._readers)

    async def until_writable(self) -> None:
        """Wait until writing may do something."""
        if not self._kernel.writable:
            await self._wait(self._writers)

    async def _wait(self, waiting: list[asyncio.Future[None]]) -> None:
        future: asyncio.Future[None] = self._loop.create_future()
        waiting.append(future)
        self._listen()
        try:
            await future
        finally:
            if future in waiting:
                waiting.remove(future)
            self._listen()

    def set_reader(self, callback: Callable[..., object] | None, args: tuple[Any, ...] = ()) -> bool:
        """Call it again and again while the socket is readable; None to stop. Whether there was one before."""
        before, self._reader = self._reader, None
        if before is not None:
            before.cancel()
        if callback is not None:
            self._reader = self._loop.make_handle(self._call_reader, (callback, *args))
        self._listen()
        if self._reader is not None and self._kernel.readable:
            self._loop.make_ready(self._reader)
        return before is not None

    def set_writer(self, callback: Callable[..., object] | None, args: tuple[Any, ...] = ()) -> bool:
        """Call it again and again while the socket is writable; None to stop. Whether there was one before."""
        before, self._writer = self._writer, None
        if before is not None:
            before.cancel()
        if callback is not None:
            self._writer = self._loop.make_handle(self._call_writer, (callback, *args))
        self._listen()
        if self._writer is not None and self._kernel.writable:
            self._loop.make_ready(self._writer)
        return before is not None

    @property
    def idle(self) -> bool:
        """Whether nobody waits."""
        return not (self._readers or self._writers or self._reader or self._writer)

    def _listen(self) -> None:
        if self._kernel.closed:
            return
        self._kernel.on_readable = self._became_readable if self._readers or self._reader else None
        self._kernel.on_writable = self._became_writable if self._writers or self._writer else None

    def _became_readable(self) -> None:
        _wake(self._readers)
        if self._reader is not None:
            self._loop.make_ready(self._reader)

    def _became_writable(self) -> None:
        _wake(self._writers)
        if self._writer is not None:
            self._loop.make_ready(self._writer)

    def _call_reader(self, callback: Callable[..., object], *args: Any) -> None:
        handle = self._reader
        callback(*args)
        if handle is not None and handle is self._reader and self._kernel.readable:
            self._loop.make_ready(handle)

    def _call_writer(self, callback: Callable[..., object], *args: Any) -> None:
        handle = self._writer
        callback(*args)
        if handle is not None and handle is self._writer and self._kernel.writable:
            self._loop.make_ready(handle)


def _wake(waiting: list[asyncio.Future[None]]) -> None:
    for future in waiting:
        if not future.done():
            future.set_result(None)
