"""The server: listens, and lets each connection have its conversation."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Final, Self

from michinori.http.chronicle import Chronicle, Log
from michinori.http.conversation import Conversation
from michinori.http.dates import format_date
from michinori.http.deadlines import Deadlines
from michinori.http.door import Door
from michinori.http.refusal import Refusal
from michinori.http.server_limits import ServerLimits
from michinori.http.serving import Handler, ServerRequest, ServerResponse
from michinori.http.strict import KnownBlocks
from michinori.http.turns import Turns
from michinori.trace import NS_PER_S, current

SERVER_NAME: Final = "Michinori"
BACKLOG: Final = 2048


class Server:
    """A running server; made by ``serve``. Close it, or use it in ``async with``."""

    def __init__(
        self, handler: Handler, limits: ServerLimits, name: str, log: Log | None = None, *, secure: bool = False
    ) -> None:
        self.limits = limits
        self.secure = secure
        self.chronicle = Chronicle(log)
        self.loop = asyncio.get_running_loop()
        self.closing = False
        self.only_address: tuple[str, int] | None = None
        """The own end of every connection, where the system need not be asked for each."""
        self.known_blocks = KnownBlocks()
        self.rests = self._deadlines(limits.idle_s, Turns.on_rested)
        self.heads = self._deadlines(limits.head_s, Turns.on_late_head)
        self.partings = self._deadlines(limits.linger_s, Turns.on_parted)
        self.flushes = self._deadlines(limits.send_s, Turns.on_stuck)
        self.doors = Deadlines(self.loop, limits.head_s, Door.drop)
        self._name = name
        self._clock = current().clock
        self._second = -1
        self._own_fields = b""
        self._listeners: list[asyncio.AbstractServer] = []
        self._conversations: dict[Turns, None] = {}
        self._of_address: dict[str, int] = {}
        self._empty: asyncio.Future[None] | None = None
        self.behind: set[asyncio.Task[None]] = set()
        """Handlers that go on behind their answers; no connection waits for them any longer."""
        self.use(handler)

    def use(self, handler: Handler) -> None:
        """Let that handler answer from now on."""
        self.handler = handler
        self.at_once: Callable[[ServerRequest], ServerResponse | None] | None = getattr(handler, "at_once", None)

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where it listens, each place once."""
        sockets = [sock for listener in self._listeners for sock in getattr(listener, "sockets", ())]
        names = [sock.getsockname() for sock in sockets]
        return list(dict.fromkeys((str(name[0]), int(name[1])) for name in names if isinstance(name, tuple)))

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
            await self.loop.create_future()
        finally:
            await self.aclose(0)

    async def aclose(self, grace_s: float = 10.0, *, last_call_s: float = 0.0) -> None:
        """Stop listening; let answers under way be finished within that time, then drop what is left.

        ``last_call_s``: so long connections at rest may still ask one thing more, as their request may be on its way.
        """
        self.closing = not last_call_s
        if last_call_s:
            await asyncio.sleep(0.01)  # who waits in the backlog is let in
        for listener in self._listeners:
            listener.close()
        last_call_s = min(last_call_s, grace_s)
        last_call = self._deadlines(last_call_s, Turns.on_rested) if last_call_s else None
        for conversation in list(self._conversations):
            conversation.end_soon(last_call)
        if grace_s > 0:
            await self._until_empty(grace_s)
        self.closing = True
        for door in list(self.doors):
            door.drop()
        for conversation in list(self._conversations):
            conversation.drop()
        await self._until_empty(grace_s + 1)
        if self.behind:
            await asyncio.wait(list(self.behind), timeout=grace_s)
        for task in list(self.behind):
            task.cancel()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    # What the conversations ask.

    def welcome(self, conversation: Turns) -> Refusal | None:
        """Count a new connection; says no when there are too many."""
        address = conversation.peer_address[0]
        of_address = self._of_address.get(address, 0) + 1
        self._conversations[conversation] = None
        self._of_address[address] = of_address
        if len(self._conversations) > self.limits.connections or of_address > self.limits.connections_per_address:
            return Refusal(503, "There are too many connections.", {"Retry-After": "5"}, closes=True)
        return None

    def farewell(self, conversation: Turns) -> None:
        """A connection is gone."""
        if conversation not in self._conversations:
            return
        del self._conversations[conversation]
        address = conversation.peer_address[0]
        left = self._of_address[address] - 1
        if left:
            self._of_address[address] = left
        else:
            del self._of_address[address]
        if not self._conversations and self._empty is not None and not self._empty.done():
            self._empty.set_result(None)

    def own_fields(self) -> bytes:
        """Date (RFC 9110 section 6.6.1) and Server, as they stand in every answer of this second."""
        second = self._clock.date_ns() // NS_PER_S
        if second != self._second:
            self._second = second
            name = f"Server: {self._name}\r\n" if self._name else ""
            self._own_fields = f"Date: {format_date(second)}\r\n{name}".encode("latin-1")
        return self._own_fields

    def _deadlines(self, seconds: float, on_due: Callable[[Turns], None]) -> Deadlines[Turns]:
        return Deadlines(self.loop, seconds, on_due)

    async def _until_empty(self, within_s: float) -> None:
        if not self._conversations:
            return
        self._empty = self.loop.create_future()
        await asyncio.wait([self._empty], timeout=within_s)


async def serve(
    handler: Handler,
    host: str | Sequence[str] | None = None,
    port: int = 80,
    *,
    limits: ServerLimits | None = None,
    tls: ssl.SSLContext | None = None,
    backlog: int = BACKLOG,
    name: str = SERVER_NAME,
    log: Log | None = None,
    sockets: Sequence[socket.socket] = (),
) -> Server:
    """Serve HTTP/1.1 there (``host`` None: on all addresses; or on these bound sockets). Gives the running server.

    The handler is awaited once for each request. It may raise ``Refusal`` for an answer that says no; anything else
    that it raises becomes 500. If it has a method ``at_once(request)``, that is asked first for requests without a
    body; what it gives is sent without any waiting, None leaves the request to the handler. Raises ``OSError``.
    """
    server = Server(handler, limits or ServerLimits(), name, log, secure=tls is not None)
    loop = server.loop

    def protocol() -> asyncio.Protocol:
        return Conversation(server) if tls is None else Door(server, tls)

    places: list[dict[str, Any]] = [{"sock": sock} for sock in sockets] or [{"host": host, "port": port}]
    try:
        for place in places:
            server._listeners.append(await loop.create_server(protocol, **place, backlog=backlog))
    except BaseException:
        await server.aclose(0)
        raise
    server.only_address = _only(server.addresses)
    return server


def _only(places: list[tuple[str, int]]) -> tuple[str, int] | None:
    """The place, if there is but one and it is no wildcard that stands for many."""
    if len(places) != 1 or ip_address(places[0][0].partition("%")[0]).is_unspecified:
        return None
    return places[0]
