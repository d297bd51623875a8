"""ASGI 3 applications (Starlette, FastAPI …) behind the server: HTTP, WebSocket and lifespan.

https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import unquote

from michinori.http import ServerRequest, ServerResponse
from michinori.server import websocket
from michinori.server.asgi_exchange import Application, Exchange
from michinori.server.lifespan import Lifespan, Usage

_VERSIONS: Final = {"version": "3.0", "spec_version": "2.4"}
_SECURE: Final = {"http": "ws", "https": "wss"}


class AsgiHandler:
    """A handler that lets an ASGI application answer. Start it and stop it (``server.living``) for its lifespan.

    An application goes on behind its answer (background tasks); ``aclose`` waits ``grace_s`` for those.
    """

    def __init__(
        self,
        application: Application,
        *,
        lifespan: Usage = "auto",
        sockets: websocket.SocketLimits | None = None,
        grace_s: float = 10.0,
    ) -> None:
        self._application = application
        self._lifespan = Lifespan(application, _VERSIONS, lifespan)
        self._sockets = sockets or websocket.SocketLimits()
        self._grace_s = grace_s
        self._tasks: set[asyncio.Task[Any]] = set()

    async def startup(self) -> None:
        """Raises ``lifespan.StartFailed`` if the application says that it cannot start."""
        await self._lifespan.startup()

    async def aclose(self) -> None:
        """Wait for what the application still does, then stop it."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._grace_s)
        left = list(self._tasks)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)
        await self._lifespan.shutdown(self._grace_s)

    async def __call__(self, request: ServerRequest) -> ServerResponse:
        """Answer one request. Raises what the application raises before it answers, and ``Refusal``."""
        if websocket.is_asked(request):
            scope = self._scope(request, "websocket", _SECURE[request.scheme])
            scope["subprotocols"] = websocket.subprotocols(request)
            session = websocket.Session(request, self._sockets)
            task = asyncio.get_running_loop().create_task(self._converse(session, scope))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return await session.answer()
        return self._exchange(request)

    def at_once(self, request: ServerRequest) -> ServerResponse | None:
        """The same without waiting, for what is no WebSocket."""
        return None if "upgrade" in request.headers.index else self._exchange(request)

    def _exchange(self, request: ServerRequest) -> Exchange:
        scope = self._scope(request, "http", request.scheme)
        scope["method"] = request.method
        return Exchange(request, self._application, scope)

    async def _converse(self, session: websocket.Session, scope: dict[str, Any]) -> None:
        try:
            await self._application(scope, session.receive, session.send)
        except asyncio.CancelledError:
            session.abandon()
            raise
        except Exception as error:
            session.failed(error)
        else:
            session.returned()

    def _scope(self, request: ServerRequest, kind: str, scheme: str) -> dict[str, Any]:
        whole_path, root_path = request.whole_path, request.root_path
        client, server = request.peer_address, request.own_address
        return {
            "type": kind,
            "asgi": _VERSIONS,
            "http_version": request.version[len("HTTP/") :],
            "scheme": scheme,
            "path": unquote(whole_path) if "%" in whole_path else whole_path,
            "raw_path": whole_path.encode("latin-1"),
            "query_string": request.query.encode("latin-1"),
            "root_path": unquote(root_path) if "%" in root_path else root_path,
            "headers": request.headers.lower_octets.copy(),
            "client": client if client[0] else None,
            "server": server if server[0] else None,
            "state": self._lifespan.state.copy(),
            "extensions": {"michinori.user": {"name": request.user}} if request.user else {},
        }
