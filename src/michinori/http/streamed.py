"""An answer as it comes: its head is known, its body is read piece by piece and decoded on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self

from michinori.http.codings import Stack
from michinori.http.errors import BadCoding, HttpError
from michinori.http.exchange import Exchange
from michinori.http.headers import Headers
from michinori.http.limits import Bounds
from michinori.http.message import Hop, Interim, Response
from michinori.trace import note

_NO_CONTENT = frozenset({204, 304})
_PARTIAL_CONTENT = 206


class StreamedResponse:
    """Iterate over it for the decoded body; that can be done once."""

    def __init__(self, exchange: Exchange, history: Sequence[Hop], bounds: Bounds, *, decode: bool) -> None:
        head = exchange.head
        assert head is not None
        self._exchange = exchange
        self.url = exchange.asked.url.href
        self.method = exchange.asked.method
        self.status = head.status
        self.reason = head.reason
        self.version = head.version
        self.headers = head.headers
        self.history = list(history)
        # Part of a coded whole cannot be decoded, and where there is no content nothing is coded.
        coded = decode and self.method != "HEAD" and self.status not in {*_NO_CONTENT, _PARTIAL_CONTENT}
        self._stack = Stack(head.headers.tokens("Content-Encoding") if coded else (), bounds)
        self._pieces: Iterator[bytes] = iter(())
        self._ended = False

    @property
    def trailers(self) -> Headers:
        """What came behind a chunked body; empty until the body was read."""
        return self._exchange.trailers

    @property
    def interim(self) -> list[Interim]:
        return self._exchange.interim

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        try:
            while True:
                for piece in self._pieces:
                    return piece
                octets = await self._exchange.read()
                if not octets:
                    break
                self._pieces = self._stack.feed(octets)
            self._stack.end()
        except HttpError as error:
            self.give_up(error)
            raise
        self._end_well()
        raise StopAsyncIteration

    def give_up(self, error: BaseException) -> None:
        """End it for that reason: the connection is dropped unless the answer was whole."""
        if isinstance(error, BadCoding):
            self._note_decoding(str(error))
        self._exchange.finish(error, content_octets=self._stack.given)

    def _end_well(self) -> None:
        if self._ended:
            return
        self._ended = True
        if self._stack.codings:
            self._note_decoding("")
        self._exchange.finish(content_octets=self._stack.given)

    def close(self) -> None:
        """End it, whether it was read or not."""
        self._exchange.finish(_NotReadError(), content_octets=self._stack.given)

    def whole(self, body: bytes) -> Response:
        """The answer as a value, with its body."""
        exchange = self._exchange
        return Response(
            url=self.url,
            status=self.status,
            reason=self.reason,
            version=self.version,
            headers=self.headers,
            body=body,
            method=self.method,
            trailers=exchange.trailers,
            interim=exchange.interim,
            history=self.history,
            coded_octets=self._stack.taken,
            connection=exchange.connection_id,
            phases_ns=exchange.watch.har_ns(),
            event=exchange.event,
        )

    def _note_decoding(self, why: str) -> None:
        octets = {"from": self._stack.taken, "to": self._stack.given}
        coding = ", ".join(self._stack.codings)
        note("http", "content-decoded", connection=self._exchange.connection_id, why=why, coding=coding, **octets)


class _NotReadError(HttpError):
    def __init__(self) -> None:
        super().__init__("receive: the answer was not read to its end")
