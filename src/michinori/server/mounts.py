"""Several handlers behind one name: the beginning of the path decides, and the method where it matters (row B23)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from michinori.http import Handler, Refusal, ServerRequest, ServerResponse
from michinori.server import living

_KNOWN_PATHS: Final = 256
_KEY: Final = re.compile(r"(?:([A-Z]+(?:,[A-Z]+)*) )?(/\S*)")


class _Place:
    """What stands at one prefix: a handler for some methods each, and perhaps one for all others."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._by_method: dict[str, Handler] = {}
        self._for_others: Handler | None = None

    def add(self, methods: frozenset[str], handler: Handler) -> None:
        """Raises ``ValueError`` where one stands already."""
        twice = sorted(methods & self._by_method.keys())
        if twice or (not methods and self._for_others is not None):
            method = twice[0] if twice else "every method without a handler of its own"
            raise ValueError(f"two handlers stand at {self._path} for {method}")
        self._by_method.update(dict.fromkeys(methods, handler))
        if not methods:
            self._for_others = handler

    def choose(self, method: str) -> Handler:
        """The handler that names the method, else the one that takes all. Raises ``Refusal``."""
        handler = self._by_method.get(method)
        if handler is None and method == "HEAD":
            handler = self._by_method.get("GET")
        handler = handler or self._for_others
        if handler is None:
            raise Refusal(405, "That is not done here.", {"Allow": ", ".join(sorted(self._by_method))})
        return handler


class Mounts:
    """A handler that passes each request to the handler whose prefix fits; the longest wins, ``/`` takes the rest.

    A key is a prefix (``/api``), or methods and a prefix (``POST,PUT /api``). A prefix ends where a segment of the path
    ends: ``/api`` takes ``/api`` and ``/api/users``, not ``/apis``. The handler finds the prefix in
    ``request.root_path`` and what is left in ``request.path``. Raises ``ValueError`` for what is no key.
    """

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self.inside = list({id(handler): handler for handler in handlers.values()}.values())
        """The handlers, each once, even if it is mounted twice."""
        self._places: dict[tuple[str, ...], _Place] = {}
        for key, handler in handlers.items():
            segments, methods = _read(key)
            self._places.setdefault(segments, _Place("/".join(segments) or "/")).add(methods, handler)
        self._depths = sorted({len(segments) for segments in self._places}, reverse=True)
        self._known = lru_cache(_KNOWN_PATHS)(self._find)

    async def __call__(self, request: ServerRequest) -> ServerResponse:
        """Answer one request. Raises ``Refusal``: 404 where nothing is mounted, 405 where nobody takes the method."""
        return await self._choose(request)(request)

    def at_once(self, request: ServerRequest) -> ServerResponse | None:
        """Answer without waiting, where the handler can. Raises ``Refusal``."""
        above = request.root_path
        handler = getattr(self._choose(request), "at_once", None)
        response: ServerResponse | None = handler(request) if handler is not None else None
        if response is None:
            request.root_path = above  # it will be asked again
        return response

    def _choose(self, request: ServerRequest) -> Handler:
        """The handler; what led to it is then in the request's ``root_path``."""
        handler, prefix = self._known(request.path, request.method)
        request.root_path += prefix
        return handler

    def _find(self, path: str, method: str) -> tuple[Handler, str]:
        """The handler for that path, and what led to it as it is written there. Raises ``Refusal``."""
        raw = path.split("/") if path.startswith("/") else [""]
        segments = tuple(map(unquote, raw)) if "%" in path else tuple(raw)
        for depth in self._depths:
            place = self._places.get(segments[:depth])
            if place is not None:
                return place.choose(method), "/".join(raw[:depth])
        raise Refusal(404)

    async def startup(self) -> None:
        """Start all handlers, in order; those that were started are stopped again when one fails."""
        started: list[Handler] = []
        try:
            for handler in self.inside:
                await living.start(handler)
                started.append(handler)
        except BaseException:
            for handler in reversed(started):
                await living.stop(handler)
            raise

    async def aclose(self) -> None:
        """Stop all handlers, in the opposite order."""
        for handler in reversed(self.inside):
            await living.stop(handler)


def _read(key: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """The segments of its prefix, decoded, the first one empty as nothing stands before the first slash; its methods,
    none for all of them.
    """
    match = _KEY.fullmatch(key)
    if match is None:
        raise ValueError(f"{key!r} is no place for a handler: write it as /api, or with methods as GET,HEAD /api")
    methods, prefix = match.groups()
    segments = tuple(unquote(segment) for segment in prefix.rstrip("/").split("/"))
    if "" in segments[1:]:
        raise ValueError(f"{key!r} is no place for a handler: it has an empty segment")
    return segments, frozenset(methods.split(",") if methods else ())
