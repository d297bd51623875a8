"""One connection of the server: request after request is read and answered, in order, until one side has enough.

What needs no waiting is answered where its octets arrive, in ``data_received``. Everything else gets a task of its own;
while that runs, the octets that come wait in the channel for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from michinori.http import answer
from michinori.http.channel import Channel
from michinori.http.refusal import Refusal
from michinori.http.reply import Reply
from michinori.http.request_body import NO_BODY, NoBody, RequestBody, has_body
from michinori.http.serving import Direct, FileBody, ServerRequest, ServerResponse, Upgraded
from michinori.http.strict import HeadBuffer, RequestHead
from michinori.trace import note

if TYPE_CHECKING:
    from michinori.http.server import Server

_log = logging.getLogger("michinori.http")
_CLOSE = b"Connection: close\r\n"


class Conversation(Channel):
    """The protocol of a connection of the server."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server
        self._limits = server.limits
        self._heads = HeadBuffer(server.limits.head)
        self._busy = False
        """Whether a task has the connection."""
        self._in_head = False
        self._last = False
        self._due_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._upgraded: Upgraded | None = None
        self._id = ""
        self._loop = server.loop
        self._watched = False
        self.scheme = "http"
        self.peer = self.own = ("", 0)

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.scheme = "https" if self.secure else "http"
        self.peer = super().peer_address
        self.own = super().own_address
        self._watched = self._server.watched
        if self._server.closing:
            self.abort()
            return
        refusal = self._server.welcome(self)
        if refusal is not None:
            self._begin(self._refuse(refusal))
        else:
            self._rest()

    def data_received(self, data: bytes) -> None:
        if self._busy:
            super().data_received(data)
            return
        self._heads.feed(data)
        self._go_on()

    def eof_received(self) -> bool:
        stays = super().eof_received()
        if not self._busy:
            self._go_on()
        return stays

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._server.farewell(self)

    # What the server and the requests ask.

    @property
    def peer_address(self) -> tuple[str, int]:
        return self.peer

    @property
    def own_address(self) -> tuple[str, int]:
        return self.own

    @property
    def id(self) -> str:
        if not self._id:
            self._id = super().id
        return self._id

    def end_soon(self, last_call_s: float) -> None:
        """The server closes: whoever says nothing within that time has had the last answer."""
        self._last = True
        if self._upgraded is not None and self._upgraded.ending is not None:
            self._upgraded.ending()
        if self._busy or self._in_head:
            return
        if last_call_s:
            self._due_s = min(self._due_s, self._loop.time() + last_call_s)
            self._wake_at(self._due_s)
        else:
            self.close()

    def drop(self) -> None:
        """Whatever is under way, it ends now."""
        self.abort()
        if self._task is not None:
            self._task.cancel()

    # Between requests.

    def _go_on(self) -> None:
        """Take the heads that have come, and answer while that can be done at once."""
        answered = 0
        while not self._busy and not self.lost:
            if answered and (self._last or self.congested or answered == self._limits.pipelined):
                self._begin(self._take_breath())
                return
            try:
                head = self._heads.take()
            except Refusal as refusal:
                self._begin(self._refuse(refusal))
                return
            if head is None:
                self._rest()
                return
            self._answer(head)
            answered += 1

    def _rest(self) -> None:
        """Wait for a head, or for the rest of one."""
        if self._ended:
            if len(self._heads):
                self._begin(self._refuse(Refusal(400, "The request is not complete.", closes=True)))
            else:
                self._close_quietly()
            return
        if not len(self._heads):
            self._in_head = False
            self._due_s = self._loop.time() + self._limits.idle_s
            if self._timer is None:
                self._wake_at(self._due_s)
        elif not self._in_head:
            self._in_head = True
            self._due_s = self._loop.time() + self._limits.head_s
            self._wake_at(self._due_s)

    def _wake_at(self, when_s: float) -> None:
        if self._timer is not None:
            if self._timer.when() <= when_s:
                return  # it looks again when it fires
            self._timer.cancel()
        self._timer = self._loop.call_at(when_s, self._on_time)

    def _on_time(self) -> None:
        self._timer = None
        if self._busy or self.closing:
            return
        if self._loop.time() < self._due_s:
            self._wake_at(self._due_s)
        elif self._in_head:
            self._begin(self._refuse(Refusal(408, "The request took too long to come.", closes=True)))
        else:
            self._close_quietly()

    def _close_quietly(self) -> None:
        """Nobody owes anything to the other, but that what was sent may still be on its way."""
        if self.transport.get_write_buffer_size():
            self._begin(self._finish())
        else:
            self.close()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Let a task have the connection."""
        self._busy = True
        self._in_head = False
        self._task = self._loop.create_task(self._guard(work))

    async def _guard(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except OSError:
            self.abort()  # the peer has gone, or is too slow
        except Exception as error:
            _log.error("a connection failed", exc_info=error)
            self.abort()
        except BaseException:
            self.abort()
            raise

    def _continue(self) -> None:
        """The task is done with the connection, which may go on."""
        self._busy = False
        if self._received:
            self._heads.feed(self._take_received())
        self._go_on()

    async def _take_breath(self) -> None:
        """Let others have their turn, and the peer take what was sent."""
        if self._last:
            await self._finish()
            return
        await asyncio.sleep(0)
        async with asyncio.timeout(self._limits.send_s):
            await self.drain()
        self._continue()

    # One request.

    def _answer(self, head: RequestHead) -> None:
        if has_body(head) or "expect" in head.headers.index:
            self._begin(self._exchange(head))
            return
        request = ServerRequest(head, NO_BODY, self)
        if self._watched:
            self._note_request(head)
        at_once = self._server.at_once
        if at_once is not None:
            try:
                response = at_once(request)
            except Refusal as refusal:
                response = answer.refused(refusal)
            except Exception as error:
                response = self._failed(request, error)
            if response is not None and self._send_at_once(request, response):
                return
        self._begin(self._respond_and_send(request, NO_BODY))

    def _send_at_once(self, request: ServerRequest, response: ServerResponse) -> bool:
        """Send an answer that is all there; False if that is not so simple."""
        body = response.body
        if response.head is None and (not isinstance(body, bytes) or self._last):
            return self._begin_sending(request, response)
        head = response.head or answer.whole_head(response)
        if head is None or "connection" in request.headers.index or request.version != "HTTP/1.1" or self._last:
            return self._begin_sending(request, response)
        assert isinstance(body, bytes), "it is whole"
        if request.method == "HEAD" or response.status in (204, 304):
            body = b""
        line_end = head.index(b"\n") + 1
        own = self._server.own_fields()
        self.transport.write(b"%b%b%b\r\n%b" % (head[:line_end], own, head[line_end:], body))
        if self._watched:
            self._note_response(response.status, own + head[line_end:], len(head) + len(own) + 2, len(body))
        if self._server.log is not None:
            self._server.log(self.peer[0], request, response.status, len(body))
        return True

    def _begin_sending(self, request: ServerRequest, response: ServerResponse) -> bool:
        self._begin(self._respond_and_send(request, NO_BODY, response))
        return True

    async def _exchange(self, head: RequestHead) -> None:
        """A request that may have a body."""
        try:
            body = RequestBody(self, self._say_go_on, self._heads, head, self._limits)
        except Refusal as refusal:
            await self._refuse(refusal)
            return
        if self._watched:
            self._note_request(head)
        await self._respond_and_send(ServerRequest(head, body, self), body)

    async def _respond_and_send(
        self, request: ServerRequest, body: RequestBody | NoBody, response: ServerResponse | None = None
    ) -> None:
        if response is None:
            response = await self._respond(request)
        if isinstance(response, Upgraded):
            await self._upgrade(request, response)
        elif await self._send(request, body, response) and await body.discard() and not self._last:
            self._continue()
        else:
            await self._finish()

    async def _respond(self, request: ServerRequest) -> ServerResponse:
        try:
            if request.version != "HTTP/1.0" and set(request.headers.tokens("Expect")) - {"100-continue"}:
                raise Refusal(417, "Only 100-continue can be expected.")
            return await self._server.handler(request)
        except Refusal as refusal:
            return answer.refused(refusal)
        except Exception as error:
            if isinstance(error, OSError) and self.lost:
                raise
            return self._failed(request, error)

    async def _send(self, request: ServerRequest, body: RequestBody | NoBody, response: ServerResponse) -> bool:
        """Send the answer. Whether the connection can go on."""
        reply = self._reply(request)
        reply.closes = reply.closes or self._last or not body.worth_discarding
        try:
            if isinstance(response, Direct):
                await response.perform(reply)
                if not reply.complete:
                    raise RuntimeError("the application ended without an answer, or in the middle of one")
            else:
                await answer.send(self, reply, response)
        except Exception as error:
            if reply.sent or self.lost:
                self._broken_off(request, reply, error)
                return False
            said = answer.refused(error) if isinstance(error, Refusal) else self._failed(request, error)
            reply = self._reply(request)
            reply.closes = reply.closes or self._last or not body.worth_discarding
            await answer.send(self, reply, said)
        finally:
            await _let_go(response)
        self._tell(request, reply)
        return not reply.closes

    def _reply(self, request: ServerRequest) -> Reply:
        modern = request.version != "HTTP/1.0"
        reply = Reply(
            self,
            self._server.own_fields(),
            modern=modern,
            to_head=request.method == "HEAD",
            send_s=self._limits.send_s,
        )
        if "connection" in request.headers.index and "close" in request.headers.tokens("Connection"):
            reply.closes = True
        return reply

    async def _refuse(self, refusal: Refusal) -> None:
        """What came is no request that could be answered."""
        if self._watched:
            note("http", "request-refused", connection=self.id, why=str(refusal))
        reply = Reply(self, self._server.own_fields(), modern=True, to_head=False, send_s=self._limits.send_s)
        reply.closes = True
        await answer.send(self, reply, answer.refused(refusal))
        self._tell(None, reply)
        await self._finish()

    async def _upgrade(self, request: ServerRequest, response: Upgraded) -> None:
        """Send the head and let the other protocol have the connection."""
        self._upgraded = response
        head = answer.upgrade_head(response)
        self.unread(self._heads.take_rest())
        self.send(head)
        if self._watched:
            self._note_response(response.status, head.partition(b"\n")[2], len(head), 0)
        if self._server.log is not None:
            self._server.log(self.peer[0], request, response.status, 0)
        try:
            await response.takeover(self)
        except Exception as error:
            if not isinstance(error, OSError):
                _log.error("the protocol behind the upgrade failed", exc_info=error)
            self.abort()
        else:
            await self._finish()

    def _say_go_on(self) -> None:
        self.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    async def _finish(self) -> None:
        """Send FIN and read on for a while: octets that arrive at a closed socket are answered by RST, which would
        destroy the answer before the peer has read it (RFC 9112 section 9.6).
        """
        left = self._limits.discard_octets
        if self.closing:
            return
        if self.end():
            try:
                async with asyncio.timeout(self._limits.linger_s):
                    while left > 0 and (octets := await self.receive()):
                        left -= len(octets)
            except TimeoutError:
                pass
        self.close()
        if not self.lost and self.transport.get_write_buffer_size():
            async with asyncio.timeout(self._limits.send_s):
                await self.wait_lost()

    # What is told of it.

    def _failed(self, request: ServerRequest, error: Exception) -> ServerResponse:
        _log.error("the handler failed on %r", request, exc_info=error)
        note("http", "handler-failed", connection=self.id, why=type(error).__name__)
        return answer.refused(Refusal(500, "The server met an error of its own."))

    def _broken_off(self, request: ServerRequest, reply: Reply, error: Exception) -> None:
        """Part of the answer is gone already: only a dropped connection tells that it is not whole."""
        if not isinstance(error, OSError):
            _log.error("the answer to %r could not be sent", request, exc_info=error)
        note("http", "answer-broken-off", connection=self.id, why=str(error) or type(error).__name__)
        self.abort()
        if self._server.log is not None:
            self._server.log(self.peer[0], request, reply.status, reply.body_octets)

    def _tell(self, request: ServerRequest | None, reply: Reply) -> None:
        if self._watched:
            fields = b"".join(b"%b: %b\r\n" % field for field in reply.fields)
            self._note_response(reply.status, self._server.own_fields() + fields, reply.head_octets, reply.body_octets)
        if self._server.log is not None:
            self._server.log(self.peer[0], request, reply.status, reply.body_octets)

    def _note_request(self, head: RequestHead) -> None:
        note(
            "http", "request-received", connection=self.id,
            method=head.method, target=head.target, version=head.version, headers=head.headers.as_lists(),
            head_octets=head.octets,
        )  # fmt: skip

    def _note_response(self, status: int, fields: bytes, head_octets: int, body_octets: int) -> None:
        lines = fields.decode("latin-1").split("\r\n")
        note(
            "http", "response-sent", connection=self.id,
            status=status, headers=[line.split(": ", 1) for line in lines if line],
            head_octets=head_octets, body_octets=body_octets,
        )  # fmt: skip


async def _let_go(response: ServerResponse) -> None:
    """The body is not wanted any longer, whether all of it, some or nothing was taken."""
    body = response.body
    if isinstance(body, FileBody):
        body.close()
    elif not isinstance(body, bytes):
        close = getattr(body, "aclose", None)
        if close is not None:
            await close()
