"""One HTTP request as an ASGI application sees it: ``receive`` and ``send``, with bounds and with endings."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from michinori.http import Direct, Refusal, Reply, ServerRequest
from michinori.http.request_body import has_body

Message: TypeAlias = MutableMapping[str, Any]
Application: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]

_log = logging.getLogger("michinori.server")


class ClientGone(OSError):
    """What ``send`` raises once the client has gone (ASGI HTTP specification 2.4)."""

    def __init__(self) -> None:
        super().__init__("the client has gone")


class Exchange(Direct):
    """Everything happens in the task of the connection; only a body is read by a task of its own, because frameworks
    wait for it beside their answer and may be done with that first.
    """

    _reply: Reply
    _told_of_the_end = False
    _pieces: AsyncIterator[bytes] | None = None
    _reading: asyncio.Task[bytes | None] | None = None
    _over: asyncio.Future[None] | None = None
    """Somebody waits for the end of this exchange."""
    _refusal: Refusal | None = None
    _gone = False

    def __init__(self, request: ServerRequest, application: Application, scope: dict[str, Any]) -> None:
        self._request = request
        self._application = application
        self._scope = scope

    async def perform(self, reply: Reply) -> None:
        """Let the application answer. Raises what it raises, ``Refusal`` for a broken body, ``ClientGone``."""
        self._reply = reply
        try:
            await self._application(self._scope, self.receive, self.send)
        except Exception as error:
            if self._reply.complete and isinstance(error, ClientGone):
                pass  # the client had its answer, and what the application went on saying had nobody to hear it
            elif self._reply.complete:
                _log.error("the application failed behind its answer to %r", self._request, exc_info=error)
            elif self._refusal is not None:
                raise self._refusal from None
            elif self._gone:
                raise ClientGone from error
            else:
                raise
        finally:
            if self._reading is not None:
                await self._stop_reading()
        if not self._reply.complete and (self._refusal is not None or self._gone):
            raise self._refusal or ClientGone()

    async def receive(self) -> Message:
        """The next event: pieces of the body, its end, and then, when it comes to that, the end of the connection."""
        if not self._told_of_the_end and not self._reply.complete and not self._gone:
            piece = await self._next_piece() if has_body(self._request.headers) else b""
            if piece is not None:
                self._told_of_the_end = not piece
                return {"type": "http.request", "body": piece, "more_body": bool(piece)}
        await self._wait_for_the_end()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take a part of the answer; waits while too much of it waits for the client. Raises ``OSError``."""
        kind, reply = message["type"], self._reply
        if self._gone:
            raise ClientGone
        if kind == "http.response.start" and not reply.started:
            reply.start(int(message["status"]), message.get("headers", ()))
            return
        if kind != "http.response.body" or not reply.started or reply.complete:
            raise RuntimeError(f"the application sent {kind!r} where it cannot stand")
        more = message.get("more_body", False)
        if not more and self._reading is not None:
            await self._stop_reading()
        try:
            if more and reply.silent:
                self._end_early()
            else:
                reply.write(message.get("body", b""), more=more)
                if not more:
                    self._end()
            if reply.congested:
                await reply.drain()
        except OSError as error:
            self._gone = True
            self._end()
            raise ClientGone from error

    def _end_early(self) -> None:
        """The answer is all there, but nobody wants to hear the rest: it may be endless."""
        self._reply.write(b"", more=True)
        self._reply.write(b"")
        self._gone = True
        self._end()

    async def _next_piece(self) -> bytes | None:
        """The next octets of the body, ``b""`` at its end; None if the exchange is over before they come."""
        loop = asyncio.get_running_loop()
        if self._reading is None:
            self._reading = loop.create_task(self._read())
        if self._over is None:
            self._over = loop.create_future()
        either: list[asyncio.Future[Any]] = [self._reading, self._over]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if self._reading is None or not self._reading.done() or self._reading.cancelled():
            return None
        piece, self._reading = self._reading.result(), None
        return piece

    async def _read(self) -> bytes | None:
        if self._pieces is None:
            self._pieces = aiter(self._request)
        try:
            return await anext(self._pieces)
        except StopAsyncIteration:
            return b""
        except Refusal as refusal:
            self._refusal = refusal
        except OSError:
            pass
        self._gone = True
        self._end()
        return None

    async def _stop_reading(self) -> None:
        """Leave what is left of the body to the server, before the answer is complete and it turns to that."""
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.cancel()
            await asyncio.wait([reading])

    async def _wait_for_the_end(self) -> None:
        """A client that goes ends its stream first; whether it still reads is only found out by sending."""
        if self._reply.complete or self._gone:
            return
        loop = asyncio.get_running_loop()
        if self._over is None:
            self._over = loop.create_future()
        ended = loop.create_task(self._request.ended())
        try:
            either: list[asyncio.Future[Any]] = [ended, self._over]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()

    def _end(self) -> None:
        if self._over is not None and not self._over.done():
            self._over.set_result(None)
