"""The body of a request, read by the handler as it likes; what it leaves is seen to afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

from michinori.http.channel import Channel
from michinori.http.chunked import ChunkedDecoder
from michinori.http.headers import Headers
from michinori.http.refusal import Refusal
from michinori.http.server_limits import ServerLimits
from michinori.http.strict import HeadBuffer, RequestHead


class NoBody:
    """Of a request that has none."""

    complete = True
    worth_discarding = True
    trailers = Headers()

    async def read(self) -> bytes:
        return b""

    async def discard(self) -> bool:
        return True


NO_BODY: Final = NoBody()


def has_body(headers: Headers) -> bool:
    """Whether something follows the head; a length of 0 counts, it costs nothing to look."""
    fields = headers.index
    return "content-length" in fields or "transfer-encoding" in fields


class RequestBody:
    """Reads exactly one body from the connection. What came behind it goes back into the buffer of heads."""

    def __init__(
        self, channel: Channel, go_on: Callable[[], None], buffer: HeadBuffer, head: RequestHead, limits: ServerLimits
    ) -> None:
        self._channel = channel
        self._go_on = go_on
        self._buffer = buffer
        self._limits = limits
        self._chunks = ChunkedDecoder() if "transfer-encoding" in head.headers else None
        self._left = int(head.headers.get("Content-Length") or 0)
        """Of a body whose length was announced."""
        self._surplus = b""
        self._pieces: Iterator[bytes] = iter(())
        self._received = 0
        self._waited_s = 0.0
        self.complete = self._chunks is None and not self._left
        self.awaits_continue = (
            not self.complete
            and head.version != "HTTP/1.0"
            and "100-continue" in head.headers.tokens("Expect")
            and not len(buffer)
        )
        """Whether the client holds the body back until it is told to go on (RFC 9110 section 10.1.1)."""
        if self._left > limits.body_octets:
            raise self._too_long()

    async def read(self) -> bytes:
        """The next octets, ``b""`` at the end. Raises ``Refusal`` for a broken body, ``OSError`` for a lost peer."""
        while not self.complete:
            piece = next(self._pieces, b"")
            if piece:
                self._received += len(piece)
                if self._received > self._limits.body_octets:
                    raise self._too_long()
                return piece
            if self._chunks.done if self._chunks is not None else not self._left:
                self.complete = True
                self._buffer.feed(self._chunks.surplus if self._chunks is not None else self._surplus)
            else:
                self._take(await self._more())
        return b""

    @property
    def trailers(self) -> Headers:
        """What came behind a chunked body."""
        return self._chunks.trailers if self._chunks is not None else Headers()

    @property
    def worth_discarding(self) -> bool:
        """Whether what is left of it, if anything, is little enough to be read for the sake of the connection."""
        short = self._chunks is None and self._left <= self._limits.discard_octets
        return self.complete or (short and not self.awaits_continue)

    async def discard(self) -> bool:
        """Read what is left. Whether the connection is now at the beginning of the next request."""
        if not self.worth_discarding:
            return False
        try:
            while await self.read():
                pass
        except Refusal:
            return False
        return True

    async def _more(self) -> bytes:
        if len(self._buffer):
            return self._buffer.take_rest()
        if self.awaits_continue:
            self.awaits_continue = False
            self._go_on()
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(self._patience_s()):
                octets = await self._channel.receive()
        except TimeoutError as error:
            if error.errno is not None:
                raise
            raise Refusal(408, "The body took too long to come.", closes=True) from None
        if not octets:
            raise Refusal(400, "The body is not complete.", closes=True)
        self._waited_s += loop.time() - began
        self.awaits_continue = False
        return octets

    def _patience_s(self) -> float:
        """How long to wait now: for the next octets so long, and in all no longer than the least rate allows."""
        limits = self._limits
        in_all = limits.body_s + self._received / limits.body_octets_per_s
        return max(0.0, min(limits.body_s, in_all - self._waited_s))

    def _take(self, octets: bytes) -> None:
        if self._chunks is not None:
            self._pieces = self._chunks.feed(octets)
            return
        piece, self._surplus = octets[: self._left], octets[self._left :]
        self._left -= len(piece)
        self._pieces = iter((piece,))

    def _too_long(self) -> Refusal:
        return Refusal(413, f"The body is longer than {self._limits.body_octets} octets.", closes=True)
