"""The way of an answer onto the wire: its header fields completed, its body framed and sent as fast as it gets away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from typing import Final

from michinori.http.channel import Channel
from michinori.http.dates import format_date, now_s
from michinori.http.framing import ServerFraming
from michinori.http.headers import Headers
from michinori.http.refusal import Refusal, page
from michinori.http.serving import FileBody, ServerResponse
from michinori.http.status import reason

_WITHOUT_CONTENT: Final = frozenset({204, 304})


def refused(refusal: Refusal) -> ServerResponse:
    """The answer that says no."""
    response = ServerResponse(refusal.status, refusal.headers, page(refusal.status, refusal.detail))
    response.headers.set_default("Content-Type", "text/html; charset=utf-8")
    if refusal.closes:
        response.headers.set("Connection", "close")
    return response


def complete_headers(response: ServerResponse, server_name: str) -> Headers:
    """The fields as they are sent: with Date (RFC 9110 section 6.6.1), Server and, where it is known, the length."""
    headers = Headers()
    if "Date" not in response.headers:
        headers.add("Date", format_date(now_s()))
    if server_name and "Server" not in response.headers:
        headers.add("Server", server_name)
    for name, value in response.headers:
        headers.add(name, value)
    if response.status not in _WITHOUT_CONTENT and "Transfer-Encoding" not in headers:
        if isinstance(response.body, bytes):
            headers.set_default("Content-Length", str(len(response.body)))
        elif isinstance(response.body, FileBody):
            headers.set_default("Content-Length", str(response.body.length))
    return headers


def upgrade_head(response: ServerResponse) -> bytes:
    """The octets of a head behind which another protocol begins."""
    lines = [f"HTTP/1.1 {response.status} {reason(response.status)}", *(f"{n}: {v}" for n, v in response.headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


async def send(
    channel: Channel, framing: ServerFraming, head: bytes, response: ServerResponse, *, send_s: float, to_head: bool
) -> int:
    """Send head and body; gives the number of octets behind the head.

    Raises ``OSError`` when the peer is lost or takes nothing for ``send_s``, ``ValueError`` when the body is not as
    long as announced, and what the body itself raises.
    """
    try:
        return await _send(channel, framing, head, response, send_s=send_s, to_head=to_head)
    finally:
        close = getattr(response.body, "aclose", None)
        if close is not None:  # who makes the pieces learns that no more are wanted
            await close()


async def _send(
    channel: Channel, framing: ServerFraming, head: bytes, response: ServerResponse, *, send_s: float, to_head: bool
) -> int:
    content: bytes | AsyncIterable[bytes] = response.body
    if to_head or response.status in _WITHOUT_CONTENT:
        content = b""
    if isinstance(content, bytes):
        # Head and body in one write: two small ones would wait for each other (Nagle here, delayed ACK there).
        body = (framing.data(content) if content else b"") + framing.end(response.trailers)
        channel.send(head + body)
        await _drain(channel, send_s)
        return len(body)
    ready, sent = head, -len(head)
    if not isinstance(content, FileBody):
        channel.send(head)  # nobody knows when the first piece comes
        ready, sent = b"", 0
    async for piece in content:
        octets = ready + framing.data(piece)
        ready = b""
        channel.send(octets)
        sent += len(octets)
        await _drain(channel, send_s)
    octets = ready + framing.end(response.trailers)
    channel.send(octets)
    await _drain(channel, send_s)
    return sent + len(octets)


async def _drain(channel: Channel, send_s: float) -> None:
    async with asyncio.timeout(send_s):
        await channel.drain()
