"""A web in a dictionary: answers for the browser without any network, and pictures that can be looked into."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from michinori.browser import Page, Settings, open_page
from michinori.http.errors import HttpError, TooManyRedirects
from michinori.http.headers import Headers
from michinori.http.message import Hop, Request, Response

HOST = "http://www.site.example"


class Streamed:
    """What ``Client.stream`` gives, from octets that are already there."""

    def __init__(self, response: Response, pieces: int, broken: HttpError | None = None) -> None:
        self.url, self.status, self.headers = response.url, response.status, response.headers
        self._response = response
        self._pieces = pieces
        self._broken = broken

    async def __aiter__(self) -> AsyncIterator[bytes]:
        body = self._response.body
        size = max(1, len(body) // self._pieces)
        for at in range(0, len(body), size):
            await asyncio.sleep(0)
            yield body[at : at + size]
        if self._broken is not None:
            raise self._broken

    def whole(self, body: bytes) -> Response:
        self._response.body = body
        return self._response

    def give_up(self, error: BaseException) -> None: ...


class Web:
    """``pages``: by URL or by path a body, ``(type, body)``, ``(status, headers, body)`` or an error to raise."""

    def __init__(self, pages: Mapping[str, Any], pieces: int = 4) -> None:
        self.pages = dict(pages)
        self.pieces = pieces
        self.asked: list[Request] = []
        self.wait: Callable[[str], Awaitable[None]] | None = None

    @property
    def urls(self) -> list[str]:
        """What was asked for, in order; those of the usual host as paths."""
        return [request.url.removeprefix(HOST) for request in self.asked]

    async def fetch(self, request: Request) -> Response:
        self.asked.append(request)
        response, broken = await self._answer(request)
        if broken is not None:
            raise broken
        return response

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Any]:
        self.asked.append(request)
        response, broken = await self._answer(request)
        yield Streamed(response, self.pieces, broken)

    async def _answer(self, request: Request) -> tuple[Response, HttpError | None]:
        url, history = request.url, []
        while True:
            if self.wait is not None:
                await self.wait(url)
            await asyncio.sleep(0)
            key = url.partition("#")[0]
            found = self.pages.get(key, self.pages.get(key.removeprefix(HOST)))
            status, headers, body, broken = _parts(key, found)
            target = headers.get("Location")
            if not target:
                fields = (url, status, "", "HTTP/1.1", headers, body)
                return Response(*fields, history=history), broken
            target = target if "://" in target else HOST + target
            history.append(Hop(url, status, headers, target))
            if len(history) > 20:
                raise TooManyRedirects([hop.url for hop in history], 20)
            url = target


def _parts(url: str, found: Any) -> tuple[int, Headers, bytes, HttpError | None]:
    broken: HttpError | None = None
    if isinstance(found, HttpError):
        raise found
    if isinstance(found, tuple) and isinstance(found[-1], HttpError):
        *found, broken = found
        found = tuple(found)
    match found:
        case None:
            return 404, Headers({"Content-Type": "text/html"}), b"<title>404</title><h1>Not found</h1>", broken
        case (int() as status, headers, body):
            return status, Headers(headers), _octets(body), broken
        case (str() as kind, body):
            return 200, Headers({"Content-Type": kind}), _octets(body), broken
        case body:
            return 200, Headers({"Content-Type": type_by_name(url)}), _octets(body), broken


def type_by_name(url: str) -> str:
    """The type that a server would give by the ending of the name."""
    ending = url.rpartition("/")[2].rpartition(".")[2]
    types = {"css": "text/css", "png": "image/png", "jpg": "image/jpeg", "svg": "image/svg+xml", "webp": "image/webp"}
    types |= {"gif": "image/gif", "avif": "image/avif", "ttf": "font/ttf", "ico": "image/x-icon", "txt": "text/plain"}
    return types.get(ending, "text/html; charset=utf-8")


def _octets(body: str | bytes) -> bytes:
    return body.encode() if isinstance(body, str) else body


def browse(pages: Mapping[str, Any] | Web, typed: str = HOST + "/", settings: Settings | None = None) -> Page:
    """Open a page of a web in a dictionary."""
    web = pages if isinstance(pages, Web) else Web(pages)
    return asyncio.run(open_page(typed, settings or Settings(), web))


def image(kind: str, size: tuple[int, int] = (20, 10), colour: Any = (200, 30, 30), **options: Any) -> bytes:
    """An image of one colour."""
    from PIL import Image

    out = io.BytesIO()
    mode = "RGBA" if len(colour) == 4 else "RGB"
    Image.new(mode, size, colour).save(out, kind, **options)
    return out.getvalue()
