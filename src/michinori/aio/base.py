"""What the parts of the loop share: asyncio's own base class, and what of its inside they build on.

``asyncio.BaseEventLoop`` is made to be completed by event loops, through methods whose names begin with an underscore;
its type stubs do not name all of them. Here they are, so that it is written down what would have to be looked at when a
new Python changes them.
"""

from __future__ import annotations

import asyncio
import weakref
from asyncio import transports
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Any

from michinori.sim import EventQueue
from michinori.trace import Recorder


class LoopBase(asyncio.BaseEventLoop):
    """The base of the loop and of its parts. ``recorder`` is there only where events, and so causes, are recorded."""

    queue: EventQueue
    recorder: Recorder | None
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

    def make_handle(self, callback: Callable[..., object], args: tuple[Any, ...] = ()) -> asyncio.Handle:
        """A handle that can be made ready again and again."""
        raise NotImplementedError

    def make_ready(self, handle: asyncio.Handle) -> None:
        """Let it run at this instant, after everything that is ready now."""
        raise NotImplementedError

    def look_at_clock(self) -> None:
        """An application is about to act on a socket. In virtual time no time has passed since its callback began."""


class TransportBase(transports._FlowControlMixin):
    """The base of transports: asyncio's bookkeeping of what waits to be written, and when the protocol has to wait."""

    if TYPE_CHECKING:
        _extra: dict[str, Any]

        def __init__(self, extra: dict[str, Any] | None, loop: asyncio.AbstractEventLoop) -> None: ...
        def _maybe_pause_protocol(self) -> None: ...
        def _maybe_resume_protocol(self) -> None: ...


def set_unless_done(waiter: asyncio.Future[Any]) -> None:
    """Let who waits go on, if somebody still does."""
    if not waiter.done():
        waiter.set_result(None)
