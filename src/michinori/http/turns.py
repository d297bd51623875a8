"""A connection of the server between requests: heads are gathered, times kept, turns taken, ends made gently."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from michinori.http.channel import Channel
from michinori.http.deadlines import Deadlines
from michinori.http.refusal import Refusal
from michinori.http.serving import Upgraded
from michinori.http.strict import HeadBuffer, RequestHead

if TYPE_CHECKING:
    from michinori.http.server import Server

_log = logging.getLogger("michinori.http")


class Turns(Channel, ABC):
    """The protocol of a connection of the server; what is done with a request is said below it, in ``Conversation``.

    While a task has the connection (``_busy``), the octets that come wait in the channel for it.
    """

    _busy = False
    """Whether a task has the connection."""
    _in_head = False
    _last = False
    """The server has said that this is the last answer."""
    _parting: int | None = None
    """How much is still read behind the FIN, once that is sent."""
    _waits: Deadlines[Turns] | None = None
    """What ends the connection, or a part of its life, if nothing happens."""
    _task: asyncio.Task[None] | None = None
    _upgraded: Upgraded | None = None
    _id = ""
    _own: tuple[str, int] | None = None
    peer_address = ("", 0)

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server
        self.scheme = "https" if server.secure else "http"
        self._limits = server.limits
        self._heads = HeadBuffer(server.limits.head, server.known_blocks)

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._context = contextvars.copy_context()
        self.peer_address = super().peer_address
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
            self._wait_for_another()

    def eof_received(self) -> bool:
        stays = super().eof_received()
        if self._parting is not None:
            self._shut()
        elif not self._busy:
            self._go_on()
        return stays

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._waits is not None:
            self._waits.end(self)
        self._server.farewell(self)

    # What the server and the requests ask.

    @property
    def secure(self) -> bool:
        return self._server.secure

    @property
    def own_address(self) -> tuple[str, int]:
        if self._own is None:
            self._own = self._server.only_address or super().own_address
        return self._own

    @property
    def id(self) -> str:
        if not self._id:
            self._id = super().id
        return self._id

    def end_soon(self, last_call: Deadlines[Turns] | None) -> None:
        """The server closes: who says nothing within the last call, if there is one, has had the last answer."""
        self._last = True
        if self._upgraded is not None and self._upgraded.ending is not None:
            self._upgraded.ending()
        if self._busy or self._in_head:
            return
        if last_call is not None:
            self._wait(last_call)
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
            self._wait_for_another()
        elif not self._in_head:
            self._in_head = True
            self._wait(self._server.heads)

    def _wait_for_another(self) -> None:
        """Nothing of the next request has come yet."""
        self._in_head = False
        self._wait(self._server.rests)

    def _wait(self, deadlines: Deadlines[Turns]) -> None:
        """From now on for that; no longer for something else."""
        if self._waits is not deadlines:
            if self._waits is not None:
                self._waits.end(self)
            self._waits = deadlines
        deadlines.begin(self)

    # What happens when a wait was too long. Those of a connection that has become busy in the meantime mean nothing.

    def on_rested(self) -> None:
        """No request has come."""
        if not self._busy and not self.closing:
            self._close_quietly()

    def on_late_head(self) -> None:
        """The rest of a request head has not come."""
        if not self._busy and not self.closing:
            self._begin(self._refuse(Refusal(408, "The request took too long to come.", closes=True)))

    def on_parted(self) -> None:
        """The peer has not closed its side behind our FIN."""
        self._shut()

    def on_stuck(self) -> None:
        """What was left to be sent at the end does not get away."""
        self.abort()

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
        self._task = self._server.loop.create_task(self._guard(work))

    async def _guard(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except OSError:
            self.abort()  # the peer has gone, or is too slow
        except Exception as error:
            _log.error("a connection failed", exc_info=error)
            self.abort()
        except BaseException:
            if self._task is asyncio.current_task():
                self.abort()
            raise

    def _continue(self) -> None:
        """The task is done with the connection, which goes on: not in the context of that task, where an application
        may have left what is its own.
        """
        self._busy = False
        if self._received:
            self._heads.feed(self._take_received())
        nothing_came = not len(self._heads) and not self._ended
        self._context.run(self._wait_for_another if nothing_came else self._go_on)

    async def _take_breath(self) -> None:
        """Let others have their turn, and the peer take what was sent."""
        if self._last:
            self._finish()
            return
        await asyncio.sleep(0)
        async with asyncio.timeout(self._limits.send_s):
            await self.drain()
        self._continue()

    def _finish(self, *, nothing_follows: bool = False) -> None:
        """Send FIN and read on for a while: octets that arrive at a closed socket are answered by RST, which would
        destroy the answer before the peer has read it (RFC 9112 section 9.6). Nobody has to wait for that, and it is
        left out where all of the last request has come and its client has said that nothing follows.
        """
        if self.closing:
            return
        self._busy = True
        if nothing_follows and not self._received and not len(self._heads):
            self._shut()
            return
        try:
            reads_on = self.end()
        except OSError:
            self.abort()  # the peer has gone
            return
        self._parting = self._limits.discard_octets - len(self._take_received())
        if not reads_on or self._ended or self._parting <= 0:
            self._shut()
        else:
            self._wait(self._server.partings)

    def _shut(self) -> None:
        """Close; what was sent has its time to get away."""
        if self.closing:
            return
        self.close()
        if not self.lost and self.transport.get_write_buffer_size():
            self._wait(self._server.flushes)

    @abstractmethod
    def _answer(self, head: RequestHead) -> None:
        """Answer a request, or let a task do it."""

    @abstractmethod
    async def _refuse(self, refusal: Refusal) -> None:
        """Say no to what is no request that could be answered, and end."""
