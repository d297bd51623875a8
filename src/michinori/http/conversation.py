"""One request after the other on a connection of the server: read, handed to the handler, answered.

What needs no waiting is answered where its octets arrive, in ``data_received``. Everything else gets a task of its own.
"""

from __future__ import annotations

import logging
from functools import partial

from michinori.http import answer
from michinori.http.refusal import Refusal
from michinori.http.reply import Reply
from michinori.http.request_body import NO_BODY, NoBody, RequestBody
from michinori.http.serving import Direct, FileBody, ServerRequest, ServerResponse, Upgraded
from michinori.http.strict import RequestHead
from michinori.http.turns import Turns

_log = logging.getLogger("michinori.http")


class Conversation(Turns):
    """The protocol of a connection of the server."""

    _says_last = False
    """The client has said that this is its last request."""
    _body: RequestBody | NoBody = NO_BODY
    """Of the request that is being answered."""

    def _answer(self, head: RequestHead) -> None:
        if head.is_last:
            self._says_last = True
        if not head.is_all:
            self._begin(self._exchange(head))
            return
        request = ServerRequest(head, NO_BODY, self)
        server = self._server
        if server.chronicle.watched:
            server.chronicle.received(self, head)
        at_once = server.at_once
        if at_once is not None:
            try:
                response = at_once(request)
            except Refusal as refusal:
                response = answer.refused(refusal)
            except Exception as error:
                response = self._failure(request, error)
            if response is not None:
                if isinstance(response, Direct):
                    self._begin(self._perform(request, NO_BODY, response))
                else:
                    self._send_at_once(request, response)
                return
        self._begin(self._respond_and_send(request, NO_BODY))

    def _send_at_once(self, request: ServerRequest, response: ServerResponse) -> None:
        """Send an answer that is all there, or let a task do it if that is not so simple."""
        body, head = response.body, response.head
        if head is None and isinstance(body, bytes):
            head = answer.whole_head(response)
        if head is None or self._last or request.version != "HTTP/1.1":
            self._begin(self._respond_and_send(request, NO_BODY, response))
            return
        assert isinstance(body, bytes), "it is whole"
        if request.method == "HEAD" or response.status in (204, 304):
            body = b""
        line, block = head
        own = self._server.own_fields()
        ending = b"Connection: close\r\n\r\n" if self._says_last else b"\r\n"
        parts = line, own, block, ending, body
        if response.sent[0] != parts:
            response.sent = parts, b"".join(parts)
        self.transport.write(response.sent[1])
        if self._server.chronicle.observed:
            fields = own + block + ending[:-2]
            self._server.chronicle.sent(self, request, response.status, fields, len(line) + len(fields) + 2, len(body))
        if self._says_last:
            self._finish(nothing_follows=True)

    async def _exchange(self, head: RequestHead) -> None:
        """A request that may have a body."""
        try:
            body = RequestBody(self, self._say_go_on, self._heads, head, self._limits)
        except Refusal as refusal:
            await self._refuse(refusal)
            return
        self._server.chronicle.received(self, head)
        await self._respond_and_send(ServerRequest(head, body, self), body)

    async def _respond_and_send(
        self, request: ServerRequest, body: RequestBody | NoBody, response: ServerResponse | None = None
    ) -> None:
        if response is None:
            response = await self._respond(request)
        if isinstance(response, Upgraded):
            await self._upgrade(request, response)
        elif isinstance(response, Direct):
            await self._perform(request, body, response)
        else:
            self._proceed(body, goes_on=await self._send(request, body, response))

    def _proceed(self, body: RequestBody | NoBody, *, goes_on: bool) -> None:
        """The answer has been given, and its task is done with the connection."""
        self._task = None
        self._body = NO_BODY
        if not goes_on or self._last:
            self._finish(nothing_follows=self._says_last and body.complete)
        elif body.complete:
            self._continue()
        else:
            self._begin(self._discard(body))

    async def _discard(self, body: RequestBody | NoBody) -> None:
        """Read what the handler has left of the body, as the next request stands behind it."""
        self._proceed(body, goes_on=await body.discard())

    async def _respond(self, request: ServerRequest) -> ServerResponse:
        try:
            if (
                "expect" in request.headers.index
                and request.version != "HTTP/1.0"
                and set(request.headers.tokens("Expect")) - {"100-continue"}
            ):
                raise Refusal(417, "Only 100-continue can be expected.")
            return await self._server.handler(request)
        except Refusal as refusal:
            return answer.refused(refusal)
        except Exception as error:
            if isinstance(error, OSError) and self.lost:
                raise
            return self._failure(request, error)

    def _failure(self, request: ServerRequest, error: Exception) -> ServerResponse:
        self._server.chronicle.failed(self, request, error)
        return answer.refused(Refusal(500, "The server met an error of its own."))

    async def _send(self, request: ServerRequest, body: RequestBody | NoBody, response: ServerResponse) -> bool:
        """Send the answer. Whether the connection can go on."""
        reply = self._reply(request, body)
        try:
            await answer.send(self, reply, response)
        except Exception as error:
            if reply.sent or self.lost:
                self._server.chronicle.broken_off(self, request, reply, error)
                self.abort()  # only a dropped connection tells that the answer is not whole
                return False
            said = answer.refused(error) if isinstance(error, Refusal) else self._failure(request, error)
            reply = self._reply(request, body)
            await answer.send(self, reply, said)
        finally:
            await _let_go(response)
        self._server.chronicle.replied(self, request, reply)
        return not reply.closes

    async def _perform(self, request: ServerRequest, body: RequestBody | NoBody, response: Direct) -> None:
        """Let the handler write its answer. As soon as that is complete the connection goes on, whatever else the
        handler does behind it.
        """
        task = self._task
        assert task is not None, "this is it"
        reply = self._reply(request, body)
        reply.on_complete = partial(self._performed, request, body)
        try:
            await response.perform(reply)
            if not reply.complete:
                raise RuntimeError("the application ended without an answer, or in the middle of one")
        except Exception as error:
            if reply.complete:
                self._server.chronicle.failed_afterwards(request, error)
            elif reply.sent or self.lost:
                self._server.chronicle.broken_off(self, request, reply, error)
                self.abort()
            else:
                said = answer.refused(error) if isinstance(error, Refusal) else self._failure(request, error)
                self._proceed(body, goes_on=await self._send(request, body, said))
        finally:
            self._server.behind.discard(task)

    def _performed(self, request: ServerRequest, body: RequestBody | NoBody, reply: Reply) -> None:
        """The answer is complete; its handler may go on, without the connection."""
        assert self._task is not None, "it performs"
        server = self._server
        server.behind.add(self._task)
        if server.chronicle.observed:
            server.chronicle.replied(self, request, reply)
        self._proceed(body, goes_on=not reply.closes)

    def _may_go_on(self) -> bool:
        return not self._last and self._body.worth_discarding

    def _reply(self, request: ServerRequest, body: RequestBody | NoBody) -> Reply:
        self._body = body
        reply = Reply(
            self,
            self._server.own_fields(),
            may_go_on=self._may_go_on,
            modern=request.version != "HTTP/1.0",
            to_head=request.method == "HEAD",
            send_s=self._limits.send_s,
        )
        reply.closes = self._says_last
        return reply

    async def _refuse(self, refusal: Refusal) -> None:
        """What came is no request that could be answered."""
        self._server.chronicle.refused(self, refusal)
        reply = Reply(self, self._server.own_fields(), may_go_on=lambda: False, send_s=self._limits.send_s)
        await answer.send(self, reply, answer.refused(refusal))
        self._server.chronicle.replied(self, None, reply)
        self._finish()

    async def _upgrade(self, request: ServerRequest, response: Upgraded) -> None:
        """Send the head and let the other protocol have the connection."""
        self._upgraded = response
        head = answer.upgrade_head(response)
        self.unread(self._heads.take_rest())
        self.send(head)
        self._server.chronicle.sent(self, request, response.status, head.partition(b"\r\n")[2], len(head), 0)
        try:
            await response.takeover(self)
        except Exception as error:
            if not isinstance(error, OSError):
                _log.error("the protocol behind the upgrade failed", exc_info=error)
            self.abort()
        else:
            self._finish()

    def _say_go_on(self) -> None:
        self.send(b"HTTP/1.1 100 Continue\r\n\r\n")


async def _let_go(response: ServerResponse) -> None:
    """The body is not wanted any longer, whether all of it, some or nothing was taken."""
    body = response.body
    if isinstance(body, FileBody):
        body.close()
    elif not isinstance(body, bytes):
        close = getattr(body, "aclose", None)
        if close is not None:
            await close()
