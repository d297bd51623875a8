"""The way of a handler's answer onto the wire: whole, as parts of a file, or piece by piece."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from typing import Final

from michinori.http.channel import Channel
from michinori.http.headers import Headers
from michinori.http.refusal import Refusal, page
from michinori.http.reply import WITHOUT_CONTENT, Reply, check_fields, status_line
from michinori.http.serving import FileBody, ServerResponse, Verbatim

_BY_SENDFILE: Final = 64 * 1024
_FILE_PIECE: Final = 128 * 1024


def refused(refusal: Refusal) -> ServerResponse:
    """The answer that says no."""
    response = ServerResponse(refusal.status, refusal.headers, page(refusal.status, refusal.detail))
    response.headers.set_default("Content-Type", "text/html; charset=utf-8")
    if refusal.closes:
        response.headers.set("Connection", "close")
    return response


def upgrade_head(response: ServerResponse) -> bytes:
    """The octets of a head behind which another protocol begins. Raises ``ValueError``."""
    block = _block(response.headers)
    check_fields(block, len(response.headers))
    return status_line(response.status, response.reason) + block + b"\r\n"


def whole_head(response: ServerResponse) -> tuple[bytes, bytes] | None:
    """Status line and block of fields of an answer that is all there, with its length and nothing about the connection.

    Kept with the answer, so that it costs little to give it again. None if it is not so simple, or wrong.
    """
    fields = response.headers.index
    if "connection" in fields or "transfer-encoding" in fields or "date" in fields or "server" in fields:
        return None
    block = _block(response.headers)
    count = len(response.headers)
    if "content-length" not in fields and response.status not in WITHOUT_CONTENT:
        assert isinstance(response.body, bytes), "it is whole"
        block += b"Content-Length: %d\r\n" % len(response.body)
        count += 1
    elif response.status not in WITHOUT_CONTENT:
        return None
    try:
        check_fields(block, count)
        response.head = status_line(response.status, response.reason), block
    except ValueError:
        return None  # who sends it piece by piece will say so
    return response.head


async def send(channel: Channel, reply: Reply, response: ServerResponse) -> None:
    """Send it all.

    Raises ``OSError`` when the peer is lost or takes nothing for too long, ``ValueError`` when it is no answer or not
    as long as announced, and what the body itself raises.
    """
    if isinstance(response, Verbatim):
        await _send_verbatim(reply, response)
        return
    body = response.body
    fields = response.headers.octets()
    if isinstance(body, FileBody) and "Content-Length" not in response.headers:
        fields.append((b"Content-Length", b"%d" % body.length))
    reply.start(response.status, fields, response.reason)
    trailers = response.trailers.octets() if response.trailers else ()
    if isinstance(body, bytes):
        reply.write(body, trailers=trailers)
    elif reply.silent:
        reply.write(b"", more=not isinstance(body, FileBody))
        if not reply.complete:
            reply.write(b"")
    elif isinstance(body, FileBody):
        await _send_parts(channel, reply, body)
    else:
        reply.write(b"", more=True)  # nobody knows when the first piece comes
        async for piece in body:
            if piece:
                reply.write(piece, more=True)
            if reply.congested:
                await reply.drain()
        reply.write(b"", trailers=trailers)
    if reply.congested:
        await reply.drain()


async def _send_verbatim(reply: Reply, response: Verbatim) -> None:
    assert isinstance(response.body, AsyncIterable), "it comes in pieces"
    async for piece in response.body:
        reply.pass_on(response.status, piece, more=True)
        if reply.congested:
            await reply.drain()
    reply.pass_on(response.status, b"", more=False)


async def _send_parts(channel: Channel, reply: Reply, body: FileBody) -> None:
    for part in body.parts:
        if isinstance(part, bytes):
            reply.write(part, more=True)
        elif part[1] < _BY_SENDFILE or not await _by_sendfile(channel, reply, body, part):
            async for piece in body.pieces(*part):
                reply.write(piece, more=True)
                if reply.congested:
                    await reply.drain()
    if not reply.complete:
        reply.write(b"")


async def _by_sendfile(channel: Channel, reply: Reply, body: FileBody, part: tuple[int, int]) -> bool:
    """Let the system send that part without copying it. False, with nothing sent, where the loop cannot."""
    loop = asyncio.get_running_loop()
    if channel.secure or not channel.sends_files:
        return False
    offset, left = part
    if not reply.sent:
        reply.write(b"", more=True)
    while left:
        try:
            async with asyncio.timeout(reply.send_s):
                sent = await loop.sendfile(channel.transport, body.file, offset, min(left, _FILE_PIECE), fallback=False)
        except RuntimeError:  # of which NotImplementedError and SendfileNotAvailableError are kinds
            channel.sends_files = False
            if left == part[1]:
                return False
            raise OSError("the file can no longer be sent") from None
        if not sent:
            raise OSError("the file has become shorter while it was sent")
        reply.sent_beside(sent)
        offset += sent
        left -= sent
    return True


def _block(headers: Headers) -> bytes:
    return "".join([f"{name}: {value}\r\n" for name, value in headers]).encode("latin-1")
