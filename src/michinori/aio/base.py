"""What the parts of the loop share: asyncio's own base class, and what of its inside they build on.

``asyncio.BaseEventLoop`` is made to be completed by event loops, through methods whose names begin with an underscore;
its type stubs do not name all of them. Here they are, so that it is written down what would have to be looked at when a
new Python changes them.
"""

from __future__ import annotations

import asyncio
import weakref
from abc import ABC, abstractmethod
from asyncio import transports, trsock
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Any, cast

from michinori.aio.host_socket import HostSocket
from michinori.sim import EventQueue
from michinori.trace import Recorder


class LoopBase(asyncio.BaseEventLoop, ABC):
    """The base of the loop and of its parts. ``recorder`` is there only where events, and so causes, are recorded."""

    queue: EventQueue
    recorder: Recorder | None
    next_number: Callable[[], int]
    """Numbers that serve as hashes, so that sets have the same order in every run."""
    _ready: deque[asyncio.Handle]

    if TYPE_CHECKING:
        _asyncgens: weakref.WeakSet[AsyncGenerator[Any, Any]]
        _closed: bool
        _debug: bool
        _stopping: bool
        _thread_id: int | None
        _clock_resolution: float

        def _check_closed(self) -> None: ...
        def _check_callback(self, callback: Any, method: str) -> None: ...
        def _asyncgen_firstiter_hook(self, agen: AsyncGenerator[Any, Any]) -> None: ...
        def _asyncgen_finalizer_hook(self, agen: AsyncGenerator[Any, Any]) -> None: ...
        async def _ensure_resolved(
            self,
            address: tuple[Any, ...],
            *,
            family: int = 0,
            type: int = 0,  # noqa: A002
            proto: int = 0,
            flags: int = 0,
            loop: asyncio.AbstractEventLoop,
        ) -> list[Any]: ...

    @abstractmethod
    def make_handle(self, callback: Callable[..., object], args: tuple[Any, ...] = ()) -> asyncio.Handle:
        """A handle that can be made ready again and again."""

    @abstractmethod
    def make_ready(self, handle: asyncio.Handle) -> None:
        """Let it run at this instant, after everything that is ready now."""

    def at_end_of_round(self, act: Callable[[], None]) -> bool:  # noqa: ARG002
        """Call it when this callback, and those that were ready with it, are over, so that their text goes together.
        False: it is not called, as in virtual time everything goes at once.
        """
        return False

    def look_at_clock(self) -> None:
        """An application is about to act on a socket. In virtual time no time has passed since its callback began."""

    @abstractmethod
    def transport_opened(self, transport: TransportBase) -> None:
        """It is to be told when the world ends."""

    @abstractmethod
    def transport_closed(self, transport: TransportBase) -> None:
        """It has ended by itself."""


class TransportBase(transports._FlowControlMixin, ABC):
    """What the transports over a host's sockets share, on top of asyncio's bookkeeping of what waits to be written."""

    _loop: LoopBase
    _protocol: Any

    if TYPE_CHECKING:
        _extra: dict[str, Any]

        def _maybe_pause_protocol(self) -> None: ...
        def _maybe_resume_protocol(self) -> None: ...

    def __init__(self, loop: LoopBase, sock: HostSocket, extra: dict[str, Any] | None) -> None:
        super().__init__(extra, loop)
        self._number = loop.next_number()
        self._sock = sock
        self._closing = False
        self._extra["socket"] = trsock.TransportSocket(sock)  # type: ignore[arg-type]
        self._extra["sockname"] = sock.getsockname()

    def __hash__(self) -> int:
        return self._number  # the order of a server's set of transports is the same in every run

    def _begin(self, start_reading: Callable[[], None], waiter: asyncio.Future[Any] | None) -> None:
        """Introduce the transport to its protocol, then to what comes; then the waiter may have it."""
        loop = self._loop
        loop.transport_opened(self)
        loop.call_soon(self._protocol.connection_made, self)
        loop.call_soon(start_reading)
        if waiter is not None:
            loop.call_soon(set_unless_done, waiter)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Who hears of what comes from now on."""
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Who hears of what comes."""
        return cast("asyncio.BaseProtocol", self._protocol)

    def is_closing(self) -> bool:
        """Whether it is closed or being closed."""
        return self._closing

    @abstractmethod
    def abort(self) -> None:
        """Let go of the socket at once; what waits is lost."""

    @abstractmethod
    def abandon(self) -> None:
        """The world ends: nothing of this will happen any more."""


def set_unless_done(waiter: asyncio.Future[Any]) -> None:
    """Let who waits go on, if somebody still does."""
    if not waiter.done():
        waiter.set_result(None)
