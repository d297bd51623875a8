"""A connection of the server between requests: heads are gathered, times kept, turns taken, ends made gently."""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from michinori.http.channel import Channel
from michinori.http.chronicle import Chronicle
from michinori.http.refusal import Refusal
from michinori.http.serving import Upgraded
from michinori.http.strict import HeadBuffer, RequestHead

if TYPE_CHECKING:
    from michinori.http.server import Server

_log = logging.getLogger("michinori.http")


class Turns(Channel):
    """The protocol of a connection of the server; what is done with a request is said below it, in ``Conversation``.

    While a task has the connection (``_busy``), the octets that come wait in the channel for it.
    """

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server
        self._limits = server.limits
        self._heads = HeadBuffer(server.limits.head)
        self._busy = False
        """Whether a task has the connection."""
        self._in_head = False
        self._last = False
        self._parting: int | None = None
        """How much is still read behind the FIN, once that is sent."""
        self._due_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._upgraded: Upgraded | None = None
        self._id = ""
        self._loop = server.loop
        self._chronicle = Chronicle(server, weakref.proxy(self))  # no cycle: the collector has less to find
        self.scheme = "http"
        self.peer = self.own = ("", 0)

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.scheme = "https" if self.secure else "http"
        self.peer = super().peer_address
        self.own = super().own_address
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
            if self._parting is None:
                super().data_received(data)
            else:
                self._parting -= len(data)
                if self._parting <= 0:
                    self._shut()
            return
        try:
            head = self._heads.take_from(data)
        except Refusal as refusal:
            self._begin(self._refuse(refusal))
            return
        if head is None:
            self._go_on()
            return
        self._answer(head)
        if not self._busy:
            self._rest()

    def eof_received(self) -> bool:
        stays = super().eof_received()
        if self._parting is not None:
            self._shut()
        elif not self._busy:
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
        if self.lost or (self._parting is None and (self._busy or self.closing)):
            return
        if self._loop.time() < self._due_s:
            self._wake_at(self._due_s)
        elif self._parting is not None:
            if self.closing:
                self.abort()  # the peer takes nothing
            else:
                self._shut()
        elif self._in_head:
            self._begin(self._refuse(Refusal(408, "The request took too long to come.", closes=True)))
        else:
            self._close_quietly()

    def _close_quietly(self) -> None:
        """Nobody owes anything to the other, but that what was sent may still be on its way."""
        if self.transport.get_write_buffer_size():
            self._finish()
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
            self._finish()
            return
        await asyncio.sleep(0)
        async with asyncio.timeout(self._limits.send_s):
            await self.drain()
        self._continue()

    def _finish(self) -> None:
        """Send FIN and read on for a while: octets that arrive at a closed socket are answered by RST, which would
        destroy the answer before the peer has read it (RFC 9112 section 9.6). Nobody has to wait for that.
        """
        if self.closing:
            return
        self._busy = True
        try:
            reads_on = self.end()
        except OSError:
            self.abort()  # the peer has gone
            return
        self._parting = self._limits.discard_octets - len(self._take_received())
        if not reads_on or self._ended or self._parting <= 0:
            self._shut()
        else:
            self._due_s = self._loop.time() + self._limits.linger_s
            self._wake_at(self._due_s)

    def _shut(self) -> None:
        """Close; what was sent has its time to get away."""
        if self.closing:
            return
        self.close()
        if not self.lost and self.transport.get_write_buffer_size():
            self._due_s = self._loop.time() + self._limits.send_s
            self._wake_at(self._due_s)

    def _answer(self, head: RequestHead) -> None:
        """Answer a request, or let a task do it."""
        raise NotImplementedError

    async def _refuse(self, refusal: Refusal) -> None:
        """Say no to what is no request that could be answered, and end."""
        raise NotImplementedError
