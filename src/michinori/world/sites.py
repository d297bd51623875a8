"""The web servers of a world: several sites on one machine are told apart by the Host field."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from michinori.http import Handler, ServerRequest, ServerResponse, StaticSite, VirtualHosts, serve
from michinori.world.scenario import Site
from michinori.world.search import SearchSite
from michinori.world.search_index import Index

_HTML: Final = "text/html; charset=utf-8"


async def serve_sites(sites: Mapping[str, Site], folders: Mapping[str, Path], index: Index, port: int) -> None:
    """Serve sites by name on all addresses of a machine until cancelled. ``folders``: of the sites that are files."""
    handlers: dict[str, Handler] = {}
    for name, site in sites.items():
        handler: Handler = (
            SearchSite(index) if site.program == "search" else StaticSite(folders[name], compress=site.compress)
        )
        handlers[name] = Redirecting(handler, site.redirects) if site.redirects else handler
    server = await serve(VirtualHosts(handlers, default=next(iter(handlers.values()))), "0.0.0.0", port)
    await server.serve_forever()


class Redirecting:
    """Answers some paths by 302 and leaves the rest to another handler."""

    def __init__(self, handler: Handler, redirects: Mapping[str, str]) -> None:
        self._handler = handler
        self._redirects = dict(redirects)

    async def __call__(self, request: ServerRequest) -> ServerResponse:
        target = self._redirects.get(request.path)
        if target is None:
            return await self._handler(request)
        return ServerResponse(
            302, [("Location", target), ("Content-Type", _HTML)], b"<!doctype html><title>Found</title>\n"
        )
