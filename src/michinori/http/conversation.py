"""One connection of the server: request after request is read and answered, in order, until one side has enough."""

from __future__ import annotations

import asyncio
import logging

from michinori.http import answer
from michinori.http.channel import Channel
from michinori.http.errors import ProtocolError
from michinori.http.framing import RequestHead, ServerFraming
from michinori.http.headers import Headers
from michinori.http.refusal import Refusal
from michinori.http.request_body import RequestBody
from michinori.http.server_limits import ServerLimits
from michinori.http.serving import FileBody, Handler, ServerRequest, ServerResponse, Upgraded
from michinori.http.status import reason
from michinori.http.strict import HeadBuffer
from michinori.trace import note

_log = logging.getLogger("michinori.http")


class Conversation:
    """Runs once, by ``run``."""

    def __init__(self, channel: Channel, handler: Handler, limits: ServerLimits, server_name: str) -> None:
        self._channel = channel
        self._handler = handler
        self._limits = limits
        self._server_name = server_name
        self._buffer = HeadBuffer(limits.head)
        self._idle = True
        self._last = False
        self._upgraded: Upgraded | None = None
        self._scheme = "https" if channel.secure else "http"
        self._peer = channel.peer_address
        self._own = channel.own_address
        self._id = channel.id

    async def run(self) -> None:
        """Until the connection is closed. Raises nothing but cancellation."""
        try:
            while await self._serve_one():
                if len(self._buffer):
                    await asyncio.sleep(0)  # pipelined requests do not keep the loop from the others
            await self._close_gently()
        except OSError:
            self._channel.abort()  # the peer has gone, or is too slow
        finally:
            if not self._channel.closing:
                self._channel.abort()

    def end_soon(self) -> None:
        """The server closes: end at once if no request is under way, else after its answer."""
        self._last = True
        if self._idle:
            self._channel.close()
        elif self._upgraded is not None and self._upgraded.ending is not None:
            self._upgraded.ending()

    async def _serve_one(self) -> bool:
        """Read a request and answer it. Whether another may follow."""
        framing = ServerFraming()
        try:
            octets = await self._read_head()
            if octets is None:
                return False
            head = _parse(framing, octets)
            body = RequestBody(self._channel, framing, self._buffer, head, self._limits)
        except Refusal as refusal:
            note("http", "request-refused", connection=self._id, why=str(refusal))
            await self._answer(framing, None, None, answer.refused(refusal))
            return False
        request = ServerRequest(
            head, body, scheme=self._scheme, peer_address=self._peer, own_address=self._own, connection=self._id,
            gone=self._channel.wait_lost,
        )  # fmt: skip
        note(
            "http", "request-received", connection=self._id,
            method=head.method, target=head.target, version=head.version, headers=head.headers.as_lists(),
            head_octets=head.octets,
        )  # fmt: skip
        response = await self._respond(request)
        if isinstance(response, Upgraded):
            await self._upgrade(response)
            return False
        return await self._answer(framing, request, body, response) and not self._last

    async def _upgrade(self, response: Upgraded) -> None:
        """Send the head and let the other protocol have the connection."""
        self._upgraded = response
        head = answer.upgrade_head(response)
        self._channel.unread(self._buffer.take_rest())
        self._channel.send(head)
        note(
            "http", "response-sent", connection=self._id,
            status=response.status, headers=response.headers.as_lists(), head_octets=len(head), body_octets=0,
        )  # fmt: skip
        try:
            await response.takeover(self._channel)
        except Exception as error:
            if not isinstance(error, OSError):
                _log.error("the protocol behind the upgrade failed", exc_info=error)
            self._channel.abort()

    async def _read_head(self) -> bytes | None:
        """The next whole request head; None when there is none to come. Raises ``Refusal``."""
        loop = asyncio.get_running_loop()
        head = self._buffer.take()
        self._idle = head is None and not len(self._buffer)
        try:
            async with asyncio.timeout(self._limits.idle_s if self._idle else self._limits.head_s) as bound:
                while head is None:
                    octets = await self._channel.receive()
                    if not octets:
                        if self._idle:
                            return None
                        raise Refusal(400, "The request is not complete.", closes=True)
                    if self._idle:
                        bound.reschedule(loop.time() + self._limits.head_s)
                    self._idle = False
                    self._buffer.feed(octets)
                    head = self._buffer.take()
        except TimeoutError:
            if self._idle:
                return None
            raise Refusal(408, "The request took too long to come.", closes=True) from None
        return head

    async def _respond(self, request: ServerRequest) -> ServerResponse:
        try:
            if request.version != "HTTP/1.0" and set(request.headers.tokens("Expect")) - {"100-continue"}:
                raise Refusal(417, "Only 100-continue can be expected.")
            return await self._handler(request)
        except Refusal as refusal:
            return answer.refused(refusal)
        except Exception as error:
            if isinstance(error, OSError) and self._channel.lost:
                raise
            return self._failed(request, error)

    def _failed(self, request: ServerRequest | None, error: Exception) -> ServerResponse:
        _log.error("the handler failed on %r", request, exc_info=error)
        note("http", "handler-failed", connection=self._id, why=type(error).__name__)
        return answer.refused(Refusal(500, "The server met an error of its own."))

    def _head(
        self, framing: ServerFraming, body: RequestBody | None, response: ServerResponse
    ) -> tuple[bytes, Headers]:
        """The octets of the head, and its fields. Raises ``ValueError``."""
        headers = answer.complete_headers(response, self._server_name)
        if self._last or body is None or not body.worth_discarding:
            headers.set("Connection", "close")
        phrase = reason(response.status) if response.reason is None else response.reason
        return framing.head(response.status, phrase, headers), headers

    async def _answer(
        self, framing: ServerFraming, request: ServerRequest | None, body: RequestBody | None, response: ServerResponse
    ) -> bool:
        """Send the answer and see to what is left of the request. Whether the connection can go on."""
        try:
            try:
                head, headers = self._head(framing, body, response)
            except ValueError as error:  # the handler's doing; nothing has been sent yet
                response, failed = self._failed(request, error), response
                _let_go(failed)
                head, headers = self._head(framing, body, response)
            to_head = request is not None and request.method == "HEAD"
            sent = await answer.send(
                self._channel, framing, head, response, send_s=self._limits.send_s, to_head=to_head
            )
        except Exception as error:
            # Part of the answer may be gone already: only a dropped connection tells that it is not whole.
            if not isinstance(error, OSError):
                _log.error("the answer to %r could not be sent", request, exc_info=error)
            note("http", "answer-broken-off", connection=self._id, why=str(error) or type(error).__name__)
            self._channel.abort()
            return False
        finally:
            _let_go(response)
        note(
            "http", "response-sent", connection=self._id,
            status=response.status, headers=headers.as_lists(), head_octets=len(head), body_octets=sent,
        )  # fmt: skip
        return body is not None and framing.persistent and await body.discard()

    async def _close_gently(self) -> None:
        """Send FIN and read on for a while: octets that arrive at a closed socket are answered by RST, which would
        destroy the answer before the peer has read it (RFC 9112 section 9.6).
        """
        channel, left = self._channel, self._limits.discard_octets
        if channel.closing:
            return
        if channel.end():
            try:
                async with asyncio.timeout(self._limits.linger_s):
                    while left > 0 and (octets := await channel.receive()):
                        left -= len(octets)
            except TimeoutError:
                pass
        channel.close()


def _let_go(response: ServerResponse) -> None:
    if isinstance(response.body, FileBody):
        response.body.close()


def _parse(framing: ServerFraming, octets: bytes) -> RequestHead:
    try:
        return framing.open(octets)
    except ProtocolError as error:
        raise Refusal(400, error.cause, closes=True) from None
