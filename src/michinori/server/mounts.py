"""Several handlers behind one name: the beginning of the path decides, and the method where it matters (row B23)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import unquote

from michinori.http import Handler, Refusal, ServerRequest, ServerResponse
from michinori.server import living

_KEY: Final = re.compile(r"(?:([A-Z]+(?:,[A-Z]+)*) )?(/\S*)")


class _Mount(NamedTuple):
    segments: tuple[str, ...]
    methods: frozenset[str]
    """Empty: all."""
    handler: Handler


class Mounts:
    """A handler that passes each request to the handler whose prefix fits; the longest wins, ``/`` takes the rest.

    A key is a prefix (``/api``), or methods and a prefix (``POST,PUT /api``). A prefix ends where a segment of the path
    ends: ``/api`` takes ``/api`` and ``/api/users``, not ``/apis``. The handler finds the prefix in
    ``request.root_path`` and what is left in ``request.path``. Raises ``ValueError`` for what is no key.
    """

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._mounts = [_mount(key, handler) for key, handler in handlers.items()]
        self._depths = sorted({len(mount.segments) for mount in self._mounts}, reverse=True)
        self._by_segments: dict[tuple[str, ...], list[_Mount]] = {}
        for mount in self._mounts:
            self._by_segments.setdefault(mount.segments, []).append(mount)
        for mounts in self._by_segments.values():
            _check_apart(mounts)

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
        path = request.path
        raw = path[1:].split("/") if path.startswith("/") else []
        segments = tuple(map(unquote, raw)) if "%" in path else tuple(raw)
        for depth in self._depths:
            mounts = self._by_segments.get(segments[:depth])
            if mounts is not None and len(segments) >= depth:
                handler = _by_method(mounts, request.method)
                if depth:
                    request.root_path += "/" + "/".join(raw[:depth])
                return handler
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

    @property
    def inside(self) -> list[Handler]:
        """The handlers, each once, even if it is mounted twice."""
        return list({id(mount.handler): mount.handler for mount in self._mounts}.values())


def _mount(key: str, handler: Handler) -> _Mount:
    match = _KEY.fullmatch(key)
    if match is None:
        raise ValueError(f"{key!r} is no place for a handler: write it as /api, or with methods as GET,HEAD /api")
    methods, prefix = match.groups()
    segments = tuple(unquote(segment) for segment in prefix.strip("/").split("/")) if prefix.strip("/") else ()
    if "" in segments:
        raise ValueError(f"{key!r} is no place for a handler: it has an empty segment")
    return _Mount(segments, frozenset(methods.split(",")) if methods else frozenset(), handler)


def _check_apart(mounts: list[_Mount]) -> None:
    seen: set[str] = set()
    for mount in mounts:
        methods = mount.methods or {"every method without a handler of its own"}
        twice = sorted(seen & methods)
        if twice:
            raise ValueError(f"two handlers stand at /{'/'.join(mount.segments)} for {twice[0]}")
        seen |= methods


def _by_method(mounts: list[_Mount], method: str) -> Handler:
    """The handler that names the method, else the one that takes all."""
    for mount in mounts:
        if method in mount.methods or (method == "HEAD" and "GET" in mount.methods):
            return mount.handler
    for mount in mounts:
        if not mount.methods:
            return mount.handler
    allowed = sorted({method for mount in mounts for method in mount.methods})
    raise Refusal(405, "That is not done here.", {"Allow": ", ".join(allowed)})
