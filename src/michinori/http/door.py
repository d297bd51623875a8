"""The door of a server that speaks TLS: who asks in plain HTTP there is told so, and everybody else shakes hands.

A record of TLS begins with the octet 22 (RFC 8446 section 5.1), a request of HTTP with a letter of its method. Without
a look at the first octet the plain request would be a broken handshake, and its client would be left without a word.
"""

from __future__ import annotations

import asyncio
import ssl
from asyncio import sslproto
from typing import TYPE_CHECKING, Any, Final, cast

from michinori.http import answer
from michinori.http.conversation import Conversation
from michinori.http.refusal import Refusal
from michinori.http.serving import ServerRequest, ServerResponse
from michinori.http.strict import RequestHead

if TYPE_CHECKING:
    from michinori.http.server import Server


#: Of a request that does not come to its end, and of too many connections: that counts for more than its being plain.
_STILL: Final = frozenset({408, 503})


class Door(asyncio.Protocol):
    """The protocol of a connection until its first octets have come."""

    def __init__(self, server: Server, tls: ssl.SSLContext) -> None:
        self._server = server
        self._tls = tls
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        if self._server.closing:
            self.drop()
        else:
            self._server.doors.begin(self)

    def data_received(self, data: bytes) -> None:
        self._server.doors.end(self)
        if data[:1].isalpha():
            plain = Misdirected(self._server)
            self._let_in(plain)
            plain.data_received(data)
        else:
            self._shake_hands(data)

    def connection_lost(self, _: Exception | None) -> None:
        self._server.doors.end(self)

    def drop(self) -> None:
        """Nothing has come for too long, or the server closes."""
        self._transport.abort()

    def _shake_hands(self, data: bytes) -> None:
        secured = sslproto.SSLProtocol(
            self._server.loop,
            Conversation(self._server),
            self._tls,
            cast("asyncio.Future[Any]", None),  # nobody waits for it
            server_side=True,
            ssl_handshake_timeout=cast("int", self._server.limits.head_s),  # typeshed knows no parts of seconds
        )
        self._let_in(secured)
        while data:
            room = secured.get_buffer(len(data))
            taken = min(len(data), len(room))
            room[:taken] = data[:taken]
            secured.buffer_updated(taken)
            data = data[taken:]

    def _let_in(self, protocol: asyncio.BaseProtocol) -> None:
        """From now on the connection is that one's."""
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)


class Misdirected(Conversation):
    """A conversation in plain HTTP where TLS is spoken: one answer, whatever was asked."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.scheme = "http"

    @property
    def secure(self) -> bool:
        return False

    def _answer(self, head: RequestHead) -> None:
        self._says_last = head.is_last
        self._begin(self._exchange(head))

    async def _respond(self, request: ServerRequest) -> ServerResponse:
        host = request.headers.get("Host")
        asked = f"https://{host}{request.target}" if host and request.target.startswith("/") else "https://"
        return answer.refused(_plain(asked))

    async def _refuse(self, refusal: Refusal) -> None:
        await super()._refuse(refusal if refusal.status in _STILL else _plain("https://"))


def _plain(instead: str) -> Refusal:
    return Refusal(400, f"This port speaks TLS, and the request came in plain HTTP: use {instead}", closes=True)
