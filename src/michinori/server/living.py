"""Handlers that live: what has to be started before the first request and stopped after the last."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol, runtime_checkable

from michinori.http import Handler


@runtime_checkable
class Living(Protocol):
    """A handler with a beginning and an end."""

    async def startup(self) -> None:
        """Called once, before the first request. What it raises stops the start."""

    async def aclose(self) -> None:
        """Called once, when no request is under way any more."""


async def start(handler: Handler) -> None:
    """Start a handler that needs it."""
    if isinstance(handler, Living):
        await handler.startup()


async def stop(handler: Handler) -> None:
    """Stop a handler that needs it."""
    if isinstance(handler, Living):
        await handler.aclose()


def crown(outermost: Handler) -> Handler:
    """Tell those inside that send requests around (CGI's local redirects) where a request comes in: what is forbidden
    there stays forbidden.
    """
    waiting: list[Any] = [outermost]
    while waiting:
        handler = waiting.pop()
        if hasattr(handler, "site"):
            handler.site = outermost
        waiting.extend(getattr(handler, "inside", ()))
    return outermost


@asynccontextmanager
async def alive(handler: Handler) -> AsyncIterator[Handler]:
    """The handler, started for as long as the block runs."""
    await start(handler)
    try:
        yield handler
    finally:
        await stop(handler)
