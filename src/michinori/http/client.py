"""The client: asks, follows redirects, undoes content codings, and keeps connections for the next question."""

from __future__ import annotations

import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Final, Self
from urllib.parse import unquote_to_bytes

from michinori.http import codings, redirects, urls
from michinori.http.errors import BadRedirect, HttpError, TooLarge, TooManyRedirects
from michinori.http.exchange import Asked, Exchange, Means
from michinori.http.headers import Headers
from michinori.http.limits import Bounds, Timeouts
from michinori.http.message import Hop, Request, Response
from michinori.http.names import HostCache
from michinori.http.pool import IDLE_S, PER_ORIGIN, Pool
from michinori.http.streamed import StreamedResponse
from michinori.http.urls import Url
from michinori.trace import note

USER_AGENT: Final = "Michinori/0.1"
_WITH_A_BODY_AS_A_RULE: Final = frozenset({"POST", "PUT", "PATCH"})
_READ_FOR_REUSE: Final = 64 * 1024


class Client:
    """An HTTP/1.1 client for tasks of one loop. Names are resolved by ``loop.getaddrinfo`` and nothing else.

    ``tls``: the context for https; without one https URLs are refused (``ssl.create_default_context()`` is the usual
    choice). ``headers``: fields for every request that does not bring its own. Close it, or use it in ``async with``.
    """

    def __init__(
        self,
        *,
        timeouts: Timeouts | None = None,
        bounds: Bounds | None = None,
        tls: ssl.SSLContext | None = None,
        headers: Headers | None = None,
        names: HostCache | None = None,
        per_origin: int = PER_ORIGIN,
        idle_s: float = IDLE_S,
    ) -> None:
        self.bounds = bounds or Bounds()
        self.names = names or HostCache()
        self.pool = Pool(per_origin=per_origin, idle_s=idle_s)
        self._headers = headers or Headers({"User-Agent": USER_AGENT, "Accept": "*/*"})
        self._accepts = ", ".join(codings.supported())
        self._means = Means(self.pool, self.names, timeouts or Timeouts(), self.bounds, tls)

    async def fetch(self, request: Request, *, follow: bool = True, decode: bool = True) -> Response:
        """Ask, and keep the whole answer. Raises ``HttpError``.

        Where an answer breaks off inside its body, the error's ``octets`` hold what of it could be kept, decoded.
        """
        async with self.stream(request, follow=follow, decode=decode) as streamed:
            body = bytearray()
            try:
                async for piece in streamed:
                    body += piece
                    if len(body) > self.bounds.body_octets:
                        raise TooLarge("the body of the answer", f"{self.bounds.body_octets} octets")
            except HttpError as error:
                streamed.give_up(error)
                error.octets = bytes(body)
                error.partial = streamed.whole(error.octets)
                raise
            return streamed.whole(bytes(body))

    @asynccontextmanager
    async def stream(
        self, request: Request, *, follow: bool = True, decode: bool = True
    ) -> AsyncIterator[StreamedResponse]:
        """Ask, and read the answer as it comes: ``async with client.stream(request) as response: async for piece in
        response``. An answer not read to its end costs the connection. Raises ``HttpError``.
        """
        streamed = await self._ask(request, follow=follow, decode=decode)
        try:
            yield streamed
        except BaseException as error:
            streamed.give_up(error)
            raise
        finally:
            streamed.close()

    async def aclose(self) -> None:
        """Close all connections; exchanges under way end with an error."""
        await self.names.aclose()
        await self.pool.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _ask(self, request: Request, *, follow: bool, decode: bool) -> StreamedResponse:
        """Up to the head of the answer that is no redirect any more."""
        asked = self._prepare(request)
        history: list[Hop] = []
        while True:
            exchange = Exchange(self._means, asked)
            head = await exchange.open()
            try:
                target = redirects.location(head.status, head.headers, asked.url)
                if target is not None:
                    exchange.redirect_url = target.href
                streamed = StreamedResponse(exchange, history, self.bounds, decode=decode)
                if target is None or not follow:
                    return streamed
                history.append(Hop(asked.url.href, head.status, head.headers, target.href))
                if len(history) > self.bounds.redirects:
                    raise TooManyRedirects([*(hop.url for hop in history), target.href], self.bounds.redirects)
                note(
                    "http", "redirected", connection=exchange.connection_id,
                    status=head.status, url=asked.url.href, location=target.href,
                )  # fmt: skip
                next_one = self._redirected(asked, head.status, target)
            except HttpError as error:
                exchange.finish(error)
                raise
            await _skip(streamed)
            asked = next_one

    def _prepare(self, request: Request) -> Asked:
        """The request with all that has to be said, ``Host`` first (RFC 9110 section 7.2)."""
        url = urls.parse(request.url)
        given = request.headers
        headers = Headers({"Host": given.get("Host") or url.authority})
        rest = given.copy()
        rest.remove("Host")
        for name, value in self._headers:
            rest.set_default(name, value)
        if self._accepts and "Range" not in rest:
            # A range of coded octets could not be decoded.
            rest.set_default("Accept-Encoding", self._accepts)
        if url.username or url.password:
            rest.set_default("Authorization", _basic(url))
        if isinstance(request.body, bytes):
            if request.body or request.method in _WITH_A_BODY_AS_A_RULE:
                rest.set_default("Content-Length", str(len(request.body)))
        elif request.body is not None:
            if "Content-Length" not in rest:
                rest.set_default("Transfer-Encoding", "chunked")
        elif request.method in _WITH_A_BODY_AS_A_RULE:
            rest.set_default("Content-Length", "0")
        for name, value in rest:
            headers.add(name, value)
        return Asked(request.method, url, headers, request.body, request.priority, request.about)

    def _redirected(self, asked: Asked, status: int, target: Url) -> Asked:
        keeps_body = redirects.keeps_body(status, asked.method)
        headers = redirects.headers(asked.headers, source=asked.url, target=target, keeps_body=keeps_body)
        body = asked.body if keeps_body else None
        if body is not None and not isinstance(body, bytes):
            raise BadRedirect(target.href, "wants a body again that could be read only once")
        method = redirects.method(status, asked.method)
        return self._prepare(Request(method, target.href, headers, body, priority=asked.priority, about=asked.about))


def _basic(url: Url) -> str:
    """RFC 7617, from the user and password in the URL."""
    secret = unquote_to_bytes(url.username) + b":" + unquote_to_bytes(url.password)
    return "Basic " + base64.b64encode(secret).decode("ascii")


async def _skip(streamed: StreamedResponse) -> None:
    """Read what a redirect says beside its location, so that the connection can be used again; but not for long."""
    skipped = 0
    try:
        async for piece in streamed:
            skipped += len(piece)
            if skipped > _READ_FOR_REUSE:
                break
    except HttpError:
        pass  # it has been noted; where to go is known all the same
    finally:
        streamed.close()
