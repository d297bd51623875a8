"""Waiting until a socket can be read or written, without a selector: the socket itself says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from michinori.aio.base import LoopBase, set_unless_done
from michinori.host import KernelSocket


class Side:
    """Who waits until one socket can be read, or until it can be written."""

    __slots__ = ("_callback", "_can", "_loop", "_waiting", "_watch")

    def __init__(self, watch: Watch, loop: LoopBase, can: Callable[[], bool]) -> None:
        self._watch = watch
        self._loop = loop
        self._can = can
        self._waiting: list[asyncio.Future[None]] = []
        self._callback: asyncio.Handle | None = None

    async def wait(self) -> None:
        """Wait until it may do something."""
        if self._can():
            return
        future: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append(future)
        self._watch.listen()
        try:
            await future
        finally:
            self._waiting.remove(future)
            self._watch.listen()

    def set_callback(self, callback: Callable[..., object] | None, args: tuple[Any, ...] = ()) -> bool:
        """Call it again and again while the socket can; None to stop. Whether there was one before."""
        before, self._callback = self._callback, None
        if before is not None:
            before.cancel()
        if callback is not None:
            self._callback = self._loop.make_handle(self._call, (callback, *args))
        self._watch.listen()
        if self._callback is not None and self._can():
            self._loop.make_ready(self._callback)
        return before is not None

    @property
    def idle(self) -> bool:
        """Whether nobody waits."""
        return not self._waiting and self._callback is None

    def became_able(self) -> None:
        """The socket says that it may do something."""
        for future in self._waiting:
            set_unless_done(future)
        if self._callback is not None:
            self._loop.make_ready(self._callback)

    def _call(self, callback: Callable[..., object], *args: Any) -> None:
        handle = self._callback
        try:
            callback(*args)
        finally:  # it is called again though it has failed: what it left is there still
            if handle is not None and handle is self._callback and self._can():
                self._loop.make_ready(handle)


class Watch:
    """Who waits for one socket: futures, once, and callbacks, for as long as they are registered."""

    __slots__ = ("_kernel", "reading", "writing")

    def __init__(self, loop: LoopBase, kernel: KernelSocket) -> None:
        self._kernel = kernel
        self.reading = Side(self, loop, lambda: kernel.readable)
        self.writing = Side(self, loop, lambda: kernel.writable)

    @property
    def idle(self) -> bool:
        """Whether nobody waits."""
        return self.reading.idle and self.writing.idle

    def listen(self) -> None:
        """Be told by the socket of what somebody waits for, and of nothing else."""
        if not self._kernel.closed:
            self._kernel.on_readable = None if self.reading.idle else self.reading.became_able
            self._kernel.on_writable = None if self.writing.idle else self.writing.became_able
