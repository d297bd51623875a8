"""One connection to the catcher: what comes is read to its end, kept, answered or not, and closed in good manners."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Protocol

from michinori.http.channel import Channel
from michinori.server.catch.caught import Caught
from michinori.server.catch.settings import CatchSettings, Tell
from michinori.server.messages import AnswerExtent, RequestExtent
from michinori.trace import current

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Desk(Protocol):
    """What a visit asks of the catcher."""

    settings: CatchSettings
    tell: Tell

    @property
    def sated(self) -> bool:
        """Whether no more is wanted."""

    def take(self, batch: list[Caught]) -> bool:
        """Keep them; False if no more were wanted, or keeping failed."""

    def take_after(self, caught: Caught) -> None:
        """Keep what came on the connection behind the answer to that one."""


class Visit:
    """Runs once, by ``run``."""

    def __init__(self, channel: Channel, desk: Desk) -> None:
        self.channel = channel
        self.desk = desk
        self.began_ns = -1
        self._peer, self._own, self._id = channel.peer_address, channel.own_address, channel.id
        self._extents = [RequestExtent()]
        self._octets = 0
        self.busy = False
        """Whether what came has been taken, and only the answer and the closing are left."""
        self.listening = False
        """Whether it has answered with another protocol, and hears what the peer says in that."""
        self._after: RequestExtent | None = None

    @property
    def silent(self) -> bool:
        """Whether nothing has come yet: browsers open connections to have them ready."""
        return self.began_ns < 0

    @property
    def pending(self) -> bool:
        """Whether something has come that is not kept yet."""
        return not self.silent and not self.busy

    async def run(self) -> None:
        """Until the connection is closed. Raises nothing but cancellation."""
        try:
            await self._run()
        except OSError:
            pass  # the peer has gone: nothing is left to be done for it
        finally:
            self.channel.close()

    def give_up(self) -> None:
        """Keep what has come so far: the catcher is being stopped."""
        if self.pending:
            self._take("interrupted")

    async def _run(self) -> None:
        why = await self._receive()
        if self.silent:
            self.desk.tell("silent", peer=self._peer)
            return
        reply = self.desk.settings.reply
        batch = self._take(why)
        if batch and reply is not None and batch[-1].whole:
            await self._answer(batch[-1], reply(batch[-1]))
        else:
            await self.close_gently()

    async def _answer(self, caught: Caught, octets: bytes) -> None:
        """Send the answer, and keep what comes behind it. Where it says that another protocol begins, the peer is heard
        to its end before the connection is closed.
        """
        self.channel.send(octets)
        self._after = caught.after = RequestExtent()
        sent = AnswerExtent(caught.head.method if caught.head is not None else "")
        sent.feed(octets)
        try:
            if sent.switched:
                self.listening = True
                await self._listen(self._after)
                self.listening = False
            await self.close_gently()
        finally:
            if self._after.octets:
                self.desk.take_after(caught)

    async def _listen(self, after: RequestExtent) -> None:
        """Until the peer has ended, has been silent for too long, or has said more than is kept."""
        bounds = self.desk.settings.bounds
        with suppress(TimeoutError):
            async with asyncio.timeout(bounds.whole_s):
                while not after.left_out:
                    async with asyncio.timeout(bounds.silence_s):
                        octets = await self.channel.receive()
                    if not octets:
                        return
                    self._add(after, octets)

    def _take(self, why: str) -> list[Caught]:
        """Hand what came to the catcher; gives it back if it was taken."""
        self.busy = True
        took_ns = current().clock.date_ns() - self.began_ns
        extents = [extent for extent in self._extents if extent.octets]
        batch = [self.caught(extent, took_ns) for extent in extents]
        batch[-1].why = why
        return batch if self.desk.take(batch) else []

    def caught(self, extent: RequestExtent, took_ns: int) -> Caught:
        """A record of what came on this connection."""
        return Caught(
            request=extent,
            peer=self._peer,
            own=self._own,
            connection=self._id,
            began_ns=self.began_ns,
            took_ns=took_ns,
        )

    async def _receive(self) -> str:
        """Read until all requests that began to come are whole. Gives why they are not, if so."""
        octets = await self.channel.receive()
        if not octets:
            return ""
        self.began_ns = current().clock.date_ns()
        bounds, loop = self.desk.settings.bounds, asyncio.get_running_loop()
        until = loop.time() + bounds.whole_s
        invited = False
        while True:
            room = bounds.octets - self._octets
            self._feed(octets[:room])
            if len(octets) > room:
                return "too-long"
            if self._whole():
                return ""
            if self._extents[-1].expects and not invited:
                self.channel.send(_CONTINUE)
                self.desk.tell("continued")
                invited = True
            octets_or_why = await self._more(until)
            if isinstance(octets_or_why, str):
                return octets_or_why
            octets = octets_or_why

    async def _more(self, until: float) -> bytes | str:
        """What comes next, or why nothing does; no reason if that is the end of it."""
        bounds, loop = self.desk.settings.bounds, asyncio.get_running_loop()
        settles = self._extents[-1].settles
        quiet_s, left_s = bounds.settle_s if settles else bounds.silence_s, until - loop.time()
        try:
            async with asyncio.timeout(min(quiet_s, left_s)):
                octets = await self.channel.receive()
        except TimeoutError:
            if quiet_s > left_s:
                return "too-slow"
            return "" if settles else "silent"
        except OSError:
            return "reset"
        if not octets:
            return "" if settles else "ended"
        return octets

    def _feed(self, octets: bytes) -> None:
        self._octets += len(octets)
        while octets:
            taken = self._extents[-1].feed(octets)
            octets = octets[taken:]
            if self._extents[-1].done:
                self._extents.append(RequestExtent())

    def _whole(self) -> bool:
        """Whether everything that began has ended. Empty lines behind a request belong to it."""
        last = self._extents[-1]
        if last.octets.strip(b"\r\n") or len(self._extents) == 1:
            return False
        self._extents.pop()
        self._extents[-1].add_empty_lines(bytes(last.octets))
        return True

    def _add(self, after: RequestExtent, octets: bytes) -> None:
        """All of it belongs there, though it may be more than one message, or none; up to the bound."""
        kept = octets[: self.desk.settings.bounds.octets - len(after.octets)]
        taken = after.feed(kept)
        after.add(kept[taken:])
        after.left_out += len(octets) - len(kept)

    async def close_gently(self) -> None:
        """Send FIN and read what is still coming, so that no unread octet turns the closing into a reset."""
        late, left = 0, self._unsent
        lingers = self.channel.end()
        while lingers:
            try:
                async with asyncio.timeout(self.desk.settings.bounds.linger_s):
                    while octets := await self.channel.receive():
                        if self._after is None:
                            late += len(octets)
                        else:
                            self._add(self._after, octets)
                lingers = False
            except TimeoutError:
                # A slow reader may take its time, one that has stopped may not.
                lingers = 0 < self._unsent < left
                left = self._unsent
        if late:
            self.desk.tell("late", octets=late)
        if self._unsent:
            self.channel.abort()
        else:
            self.channel.close()

    @property
    def _unsent(self) -> int:
        return 0 if self.channel.lost else self.channel.transport.get_write_buffer_size()
