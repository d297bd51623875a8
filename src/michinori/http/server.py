"""The server: listens, and lets each connection have its conversation."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from michinori.http.channel import Channel
from michinori.http.conversation import Conversation
from michinori.http.server_limits import ServerLimits
from michinori.http.serving import Handler

SERVER_NAME: Final = "Michinori"
BACKLOG: Final = 511


class Server:
    """A running server; made by ``serve``. Close it, or use it in ``async with``."""

    def __init__(self, handler: Handler, limits: ServerLimits, name: str) -> None:
        self._handler = handler
        self._limits = limits
        self._name = name
        self._listener: asyncio.AbstractServer | None = None
        self._conversations: dict[asyncio.Task[None], Conversation] = {}
        self._closing = False

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where it listens."""
        sockets = getattr(self._listener, "sockets", ())
        return [(str(name[0]), int(name[1])) for name in (sock.getsockname() for sock in sockets)]

    @property
    def port(self) -> int:
        """The port of the first address; good to know after port 0."""
        return self.addresses[0][1]

    @property
    def connections(self) -> int:
        """How many connections there are now."""
        return len(self._conversations)

    async def serve_forever(self) -> None:
        """Serve until cancelled, then close."""
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await self.aclose(0)

    async def aclose(self, grace_s: float = 10.0) -> None:
        """Stop listening; let answers under way be finished within that time, then drop what is left."""
        self._closing = True
        if self._listener is not None:
            self._listener.close()
        tasks = list(self._conversations)
        for conversation in list(self._conversations.values()):
            conversation.end_soon()
        if tasks and grace_s > 0:
            await asyncio.wait(tasks, timeout=grace_s)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def _greet(self, channel: Channel) -> None:
        if self._closing:
            channel.abort()
            return
        conversation = Conversation(channel, self._handler, self._limits, self._name)
        task = asyncio.get_running_loop().create_task(conversation.run())
        self._conversations[task] = conversation
        task.add_done_callback(self._conversations.pop)


async def serve(
    handler: Handler,
    host: str | Sequence[str] | None = None,
    port: int = 80,
    *,
    limits: ServerLimits | None = None,
    tls: ssl.SSLContext | None = None,
    backlog: int = BACKLOG,
    name: str = SERVER_NAME,
) -> Server:
    """Serve HTTP/1.1 there (``host`` None: on all addresses). Gives the running server; raises ``OSError``.

    The handler is awaited once for each request. It may raise ``Refusal`` for an answer that says no; anything else
    that it raises becomes 500.
    """
    server = Server(handler, limits or ServerLimits(), name)
    loop = asyncio.get_running_loop()
    server._listener = await loop.create_server(lambda: Channel(server._greet), host, port, ssl=tls, backlog=backlog)
    return server
