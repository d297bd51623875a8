"""What a handler is given and what it gives back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Sequence
from typing import BinaryIO, Final, Protocol, TypeAlias
from urllib.parse import urlsplit

from michinori.http.channel import Channel
from michinori.http.headers import Fields, Headers
from michinori.http.refusal import Refusal
from michinori.http.reply import Reply
from michinori.http.strict import RequestHead

_PIECE: Final = 128 * 1024


class BodyReader(Protocol):
    """The body of a request, as the connection reads it."""

    async def read(self) -> bytes:
        """The next octets, ``b""`` at the end. Raises ``Refusal`` for a broken body, ``OSError`` for a lost peer."""

    @property
    def trailers(self) -> Headers: ...


class Link(Protocol):
    """The connection that a request came over."""

    @property
    def scheme(self) -> str: ...
    @property
    def peer_address(self) -> tuple[str, int]: ...
    @property
    def own_address(self) -> tuple[str, int]: ...
    @property
    def id(self) -> str:
        """As traces call it."""

    async def wait_ended(self) -> None:
        """Wait until the peer's stream has ended, or it is lost."""

    async def wait_lost(self) -> None:
        """Wait until it is lost."""


class ServerRequest:
    """A request as the server received it. Iterate over it for its body, piece by piece.

    ``whole_path`` is the path of the target, still percent-encoded (``*`` for ``OPTIONS *``), ``query`` what stands
    behind its first ``?``. ``root_path`` is the beginning of the path that led to this handler: not part of ``path``.
    ``user`` is who the client has proved to be, if anybody.
    """

    __slots__ = (
        *("_body", "_link", "headers", "method", "query", "root_path"),
        *("target", "user", "version", "whole_path"),
    )

    def __init__(self, head: RequestHead, body: BodyReader, link: Link) -> None:
        self.method = head.method
        self.target = target = head.target
        self.version = head.version
        self.headers = head.headers.twin()
        self.whole_path, _, self.query = (target if target[0] == "/" else self._origin_form).partition("?")
        self.root_path = self.user = ""
        self._body = body
        self._link = link

    @property
    def scheme(self) -> str:
        return self._link.scheme

    @property
    def peer_address(self) -> tuple[str, int]:
        return self._link.peer_address

    @property
    def own_address(self) -> tuple[str, int]:
        return self._link.own_address

    @property
    def connection(self) -> str:
        """As traces call it."""
        return self._link.id

    async def gone(self) -> None:
        """Wait until the connection is lost; that the client has ended its own stream is no loss."""
        await self._link.wait_lost()

    async def ended(self) -> None:
        """Wait until the client has ended its stream, or the connection is lost. Some end it and still read."""
        await self._link.wait_ended()

    @property
    def path(self) -> str:
        """The path of the target below ``root_path``, still percent-encoded."""
        return self.whole_path[len(self.root_path) :] or "/" if self.root_path else self.whole_path

    @property
    def authority(self) -> str:
        """Host and port as the client wrote them: those of an absolute target, else the Host field."""
        if self.target.startswith("/") or self.target == "*":
            return self.headers.get("Host")
        return urlsplit(self.target).netloc if self.method != "CONNECT" else self.target

    @property
    def host(self) -> str:
        """The host in lower case, without port, brackets and final dot."""
        authority = self.authority.lower()
        if authority.startswith("["):
            return authority[1:].partition("]")[0]
        return authority.partition(":")[0].removesuffix(".")

    @property
    def trailers(self) -> Headers:
        """Known when the body has been read."""
        return self._body.trailers

    def in_place_of_it(self, head: RequestHead, body: BodyReader) -> ServerRequest:
        """Another request of the same client, over the same connection."""
        other = ServerRequest(head, body, self._link)
        other.user = self.user
        return other

    async def read(self, limit: int = 16 << 20) -> bytes:
        """The whole body. Raises ``Refusal`` (413) if it is longer than the limit."""
        body = bytearray()
        async for piece in self:
            body += piece
            if len(body) > limit:
                raise Refusal(413, f"The body is longer than {limit} octets.", closes=True)
        return bytes(body)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await self._body.read():
            yield piece

    @property
    def _origin_form(self) -> str:
        """The target as it is, but for the absolute form, which loses its beginning."""
        if self.target == "*" or self.method == "CONNECT":
            return self.target
        parts = urlsplit(self.target)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def __repr__(self) -> str:
        return f"<ServerRequest {self.method} {self.target}>"


class FileBody:
    """Parts of an open file with octets between them, streamed; the file is closed at the end whatever happens.

    A part is ``(offset, length)`` of the file, or octets as they are.
    """

    def __init__(self, file: BinaryIO, parts: Sequence[bytes | tuple[int, int]]) -> None:
        self.file = file
        self.parts = parts
        self.length = sum(len(part) if isinstance(part, bytes) else part[1] for part in parts)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            if isinstance(part, bytes):
                yield part
            else:
                async for piece in self.pieces(*part):
                    yield piece

    async def pieces(self, offset: int, length: int) -> AsyncIterator[bytes]:
        """A part of the file, read as it is taken. Raises ``OSError`` if the file has become shorter."""
        loop = asyncio.get_running_loop()
        while length:
            piece = await loop.run_in_executor(None, self._read, offset, min(length, _PIECE))
            if not piece:
                raise OSError("the file has become shorter while it was sent")
            yield piece
            offset += len(piece)
            length -= len(piece)

    def close(self) -> None:
        self.file.close()

    def _read(self, offset: int, size: int) -> bytes:
        self.file.seek(offset)
        return self.file.read(size)


class ServerResponse:
    """The answer. ``body``: octets, parts of a file, or pieces as they come (chunked unless a length is given).

    ``head`` and ``sent`` are for the server, where one answer is given many times: the octets of its status line and of
    its fields, and what went out last, in parts and as a whole (the same octets go out from warm caches).
    """

    __slots__ = ("body", "head", "headers", "reason", "sent", "status", "trailers")

    def __init__(
        self,
        status: int = 200,
        headers: Fields = (),
        body: bytes | FileBody | AsyncIterable[bytes] = b"",
        *,
        reason: str | None = None,
        trailers: Headers | None = None,
    ) -> None:
        self.status = status
        self.headers = Headers(headers)
        self.body = body
        self.reason = reason
        self.trailers = trailers
        self.head: tuple[bytes, bytes] | None = None
        self.sent: tuple[tuple[bytes, ...], bytes] = (), b""

    def __repr__(self) -> str:
        return f"<ServerResponse {self.status}>"


class Verbatim(ServerResponse):
    """An answer that somebody else has made whole, head and framing included: its octets go out as they are.

    The connection ends behind them, as only who made them knows where they end. ``status`` is for the log.
    """

    __slots__ = ()

    def __init__(self, status: int, octets: AsyncIterable[bytes]) -> None:
        super().__init__(status, (), octets)


class Direct(ServerResponse):
    """An answer that writes itself, piece by piece; made for every request. No ABC: whether an answer is one is asked
    twice a request, which would take five times as long.
    """

    __slots__ = ()

    def __init__(self) -> None:
        pass  # it has no head and no body of its own

    async def perform(self, reply: Reply) -> None:
        """Write it. What this raises before the reply has begun becomes 500; after that the answer is broken off."""
        raise NotImplementedError


class Upgraded(ServerResponse):
    """The head of an answer behind which the connection speaks another protocol (RFC 9110 section 7.8).

    ``takeover`` is given the connection, with what came behind the request still to be received, and closes it or
    lets it be closed by returning. ``ending`` is called when the server is about to stop.
    """

    __slots__ = ("ending", "takeover")

    def __init__(
        self,
        status: int,
        headers: Fields,
        takeover: Callable[[Channel], Awaitable[None]],
        *,
        ending: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(status, headers)
        self.takeover = takeover
        self.ending = ending


Handler: TypeAlias = Callable[[ServerRequest], Awaitable[ServerResponse]]
