"""WebSocket (RFC 6455) as an ASGI application sees it: the handshake here, the frames by wsproto."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import logging
import re
from collections import deque
from dataclasses import dataclass
from typing import Any, Final

from michinori.http import Headers, Refusal, ServerRequest, ServerResponse, Upgraded
from michinori.http.channel import Channel
from michinori.server import extras
from michinori.server.asgi_exchange import ClientGone, Message
from michinori.server.frames import ABNORMAL, GOING_AWAY, INTERNAL_ERROR, NORMAL, Frames

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_NAME: Final = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
_VALUE: Final = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")
_ITS_OWN: Final = frozenset(
    {"connection", "upgrade", "sec-websocket-accept", "sec-websocket-extensions", "sec-websocket-protocol"}
)

_log = logging.getLogger("michinori.server")


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """Bounds of one WebSocket; times in seconds on the loop's clock."""

    message_octets: int = 16 << 20
    """Of one message, decompressed; a longer one ends the connection with 1009."""
    waiting_messages: int = 32
    """Received and not yet taken by the application; then the connection is not read."""
    ping_s: float | None = 30.0
    """After so long a silence the client is asked whether it is there; after as long again it is not."""
    send_s: float = 30.0
    """While something waits and nothing of it gets away."""
    close_s: float = 5.0
    """How long the client's own close frame is waited for."""


def is_asked(request: ServerRequest) -> bool:
    """Whether the request asks for a WebSocket."""
    headers = request.headers
    return (
        request.method == "GET"
        and request.version != "HTTP/1.0"
        and "websocket" in headers.tokens("Upgrade")
        and "upgrade" in headers.tokens("Connection")
    )


def subprotocols(request: ServerRequest) -> list[str]:
    """What the client offers, its favourite first."""
    offered = (name.strip() for value in request.headers.all("Sec-WebSocket-Protocol") for name in value.split(","))
    return [name for name in offered if name]


class Session:
    """One WebSocket: the application calls ``receive`` and ``send``, the server waits for ``answer``.

    Raises ``Refusal`` for a handshake that is none (RFC 6455 section 4.2).
    """

    def __init__(self, request: ServerRequest, limits: SocketLimits) -> None:
        self._key = _check(request)
        self._request = request
        self._limits = limits
        extras.load("wsproto", "a WebSocket")  # missed now, not behind the handshake
        loop = asyncio.get_running_loop()
        self._incoming: deque[Message] = deque([{"type": "websocket.connect"}])
        self._receiver: asyncio.Future[None] | None = None
        self._reader: asyncio.Future[None] | None = None
        self._response: asyncio.Future[ServerResponse] = loop.create_future()
        self._channel: Channel | None = None
        self._early = b""
        """What the application sent before the connection was handed over."""
        self._frames: Frames | None = None
        self._denial: Message | None = None
        self._denial_body = bytearray()
        self._over: tuple[int, str] | None = None
        """How it ended: code and reason."""
        self._closed_here = False

    async def answer(self) -> ServerResponse:
        """What the application decides about the handshake."""
        watching = asyncio.get_running_loop().create_task(self._wait_gone())
        try:
            return await self._response
        except asyncio.CancelledError:
            self.abandon()
            raise
        finally:
            watching.cancel()

    # What the application calls.

    async def receive(self) -> Message:
        """The next event: the connection asked for, then messages, then its end."""
        while not self._incoming:
            if self._over is not None:
                code, reason = self._over
                return {"type": "websocket.disconnect", "code": code, "reason": reason}
            self._receiver = asyncio.get_running_loop().create_future()
            await self._receiver
        message = self._incoming.popleft()
        _wake(self._reader)
        return message

    async def send(self, message: Message) -> None:
        """Accept, deny, send or close. Raises ``ClientGone`` when nobody is there any more."""
        kind = message["type"]
        if self._over is not None:
            raise ClientGone
        if not self._response.done():
            self._decide(kind, message)
        elif kind == "websocket.send" and self._frames is not None and not self._closed_here:
            text, octets = message.get("text"), message.get("bytes")
            data = text if text is not None else octets
            if data is None:
                raise RuntimeError("the application sent a message with neither text nor bytes")
            await self._write(self._frames.message(data))
        elif kind == "websocket.close" and self._frames is not None and not self._closed_here:
            await self._close(int(message.get("code", NORMAL)), str(message.get("reason") or ""))
        else:
            raise RuntimeError(f"the application sent {kind!r} where it cannot stand")

    def returned(self) -> None:
        """The application has returned."""
        if not self._response.done():
            self.failed(RuntimeError("the application returned without an answer to the handshake"))
        else:
            self._end_by_server(NORMAL)

    def failed(self, error: BaseException) -> None:
        """The application has raised that."""
        if not self._response.done():
            self._response.set_exception(error)
            return
        if self._over is None or not isinstance(error, OSError):
            _log.error("the application failed on %r", self._request, exc_info=error)
        self._end_by_server(INTERNAL_ERROR)

    def abandon(self) -> None:
        """Nobody is there any more."""
        self._ended(ABNORMAL, "")
        if not self._response.done():
            self._response.set_exception(ClientGone())
            self._response.exception()  # perhaps nobody asks

    # The handshake.

    def _decide(self, kind: str, message: Message) -> None:
        if kind == "websocket.accept" and self._denial is None:
            self._response.set_result(self._accept(message))
        elif kind == "websocket.close" and self._denial is None:
            self._response.set_result(ServerResponse(403))
            self._ended(ABNORMAL, "")
        elif kind == "websocket.http.response.start" and self._denial is None:
            self._denial = message
        elif kind == "websocket.http.response.body" and self._denial is not None:
            self._denial_body += message.get("body", b"")
            if not message.get("more_body", False):
                headers = Headers.from_octets(self._denial.get("headers", ()))
                headers.remove("Transfer-Encoding", "Connection")
                self._response.set_result(ServerResponse(self._denial["status"], headers, bytes(self._denial_body)))
                self._ended(ABNORMAL, "")
        else:
            raise RuntimeError(f"the application sent {kind!r} where it cannot stand")

    def _accept(self, message: Message) -> Upgraded:
        headers = Headers({"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept(self._key)})
        subprotocol = message.get("subprotocol")
        if subprotocol is not None:
            if subprotocol not in subprotocols(self._request):
                raise RuntimeError(f"the application chose the subprotocol {subprotocol!r}, which was not offered")
            headers.add("Sec-WebSocket-Protocol", subprotocol)
        self._frames, extensions = Frames.negotiate(self._request.headers.all("Sec-WebSocket-Extensions"))
        if extensions:
            headers.add("Sec-WebSocket-Extensions", extensions)
        for name, value in Headers.from_octets(message.get("headers") or ()):
            if name.lower() not in _ITS_OWN:
                if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
                    raise ValueError(f"the application sent a header field that is none: {name!r}")
                headers.add(name, value)
        return Upgraded(101, headers, self._take_over, ending=lambda: self._end_by_server(GOING_AWAY))

    async def _wait_gone(self) -> None:
        await self._request.gone()
        self.abandon()

    # The connection.

    async def _take_over(self, channel: Channel) -> None:
        self._channel = channel
        channel.send(self._early)
        try:
            await self._read(channel)
        finally:
            self._ended(ABNORMAL, "")

    async def _read(self, channel: Channel) -> None:
        """Until the connection is closed by both sides, or by one without manners."""
        assert self._frames is not None
        while self._over is None:
            octets = await self._receive_octets(channel)
            if not octets:
                return
            for message in self._frames.receive(octets, self._limits.message_octets):
                self._incoming.append({"type": "websocket.receive", **message})
                _wake(self._receiver)
            channel.send(self._frames.to_send())
            if self._frames.end is not None:
                self._ended(*self._frames.end)
                return
            while len(self._incoming) >= self._limits.waiting_messages and not (self._over or self._closed_here):
                self._reader = asyncio.get_running_loop().create_future()
                await self._reader

    async def _receive_octets(self, channel: Channel) -> bytes:
        """What comes next; ``b""`` at the end, or when the client answers no more. Raises ``OSError``."""
        assert self._frames is not None
        asked = False
        while True:
            bound = self._limits.close_s if self._closed_here else self._limits.ping_s
            try:
                async with asyncio.timeout(bound):
                    return await channel.receive()
            except TimeoutError as error:
                if error.errno is not None:
                    raise
                if asked or self._closed_here:
                    channel.abort()
                    return b""
                asked = True
                channel.send(self._frames.ping())

    async def _write(self, octets: bytes) -> None:
        channel = self._channel
        if channel is None:
            self._early += octets
            return
        try:
            channel.send(octets)
            async with asyncio.timeout(self._limits.send_s):
                await channel.drain()
        except OSError as error:
            if isinstance(error, TimeoutError):
                channel.abort()
            self._ended(ABNORMAL, "")
            raise ClientGone from None

    async def _close(self, code: int, reason: str) -> None:
        assert self._frames is not None
        octets = self._frames.close(code, reason)
        self._closed_here = True
        await self._write(octets)
        self._wait_for_the_close()

    def _end_by_server(self, code: int) -> None:
        """Begin to close, without waiting: the reader does the rest."""
        if self._over is not None or self._closed_here or self._frames is None:
            return
        self._closed_here = True
        octets = self._frames.close(code, "")
        if self._channel is None:
            self._early += octets
        else:
            try:
                self._channel.send(octets)
            except OSError:
                self._ended(ABNORMAL, "")
        self._wait_for_the_close()

    def _wait_for_the_close(self) -> None:
        """The reader may be waiting for octets without that bound, or for the application to take messages."""
        _wake(self._reader)
        asyncio.get_running_loop().call_later(self._limits.close_s, self._abort_if_open)

    def _abort_if_open(self) -> None:
        if self._over is None and self._channel is not None:
            self._channel.abort()

    def _ended(self, code: int, reason: str) -> None:
        if self._over is None:
            self._over = (code, reason)
            _wake(self._receiver)
            _wake(self._reader)


def accept(key: bytes) -> str:
    """The proof that the handshake was understood (RFC 6455 section 4.2.2)."""
    return base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest()).decode("ascii")


def _check(request: ServerRequest) -> bytes:
    """The key of the handshake."""
    headers = request.headers
    if headers.get("Sec-WebSocket-Version") != "13":
        raise Refusal(
            426, "WebSocket version 13 is spoken here.", {"Sec-WebSocket-Version": "13", "Upgrade": "websocket"}
        )
    keys = headers.all("Sec-WebSocket-Key")
    try:
        whole = len(keys) == 1 and len(base64.b64decode(keys[0], validate=True)) == 16
    except (binascii.Error, ValueError):
        whole = False
    if not whole:
        raise Refusal(400, "The handshake has no proper Sec-WebSocket-Key.")
    if "Transfer-Encoding" in headers or headers.get("Content-Length", "0") != "0":
        raise Refusal(400, "A handshake has no body.", closes=True)
    return keys[0].encode("ascii")


def _wake(waiter: asyncio.Future[Any] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)
