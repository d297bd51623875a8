"""A visit that stands before a real server: every octet is passed on at once, both ways, and both ways are kept."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from michinori.http import dialing
from michinori.http.channel import Channel
from michinori.http.errors import HttpError, NameNotResolved
from michinori.http.names import HostCache
from michinori.server.catch.caught import Caught
from michinori.server.catch.exchanges import Exchange, Exchanges
from michinori.server.catch.settings import Forward
from michinori.server.catch.visit import Desk, Visit
from michinori.trace import current


class Passage(Visit):
    """The connection of a client, and one to the server for it. The server is called when the client speaks."""

    def __init__(self, channel: Channel, desk: Desk) -> None:
        super().__init__(channel, desk)
        self._exchanges = Exchanges(desk.settings.bounds.octets)

    @property
    def pending(self) -> bool:
        """Whether an exchange is under way."""
        return not self.busy and not self._exchanges.empty

    def give_up(self) -> None:
        """Keep what has passed so far: the catcher is being stopped."""
        self._keep(self._exchanges.rest(), "interrupted")

    async def _run(self) -> None:
        octets = await self.channel.receive()
        if not octets:
            self.desk.tell("silent", peer=self._peer)
            return
        self.began_ns = current().clock.date_ns()
        self._exchanges.requested(octets, self.began_ns)
        forward = self.desk.settings.forward
        assert forward is not None, "a passage leads somewhere"
        try:
            server = await _dial(forward)
        except HttpError as error:
            self.desk.tell("no-server", error=error)
            self._keep(self._exchanges.rest(), "no-server")
            self.busy = True
            await self.close_gently()
            return
        self.desk.tell("passing", peer=self._peer, server=server.peer_address)
        try:
            await self._pass_on(octets, server)
        finally:
            server.close()

    async def _pass_on(self, octets: bytes, server: Channel) -> None:
        upward = asyncio.create_task(self._upward(octets, server))
        why = ""
        try:
            why = await self._downward(server)
        except OSError:
            why = "reset"
        finally:
            upward.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await upward
        if why == "ended":
            self._exchanges.close()
        self._keep(self._exchanges.rest(), why)
        self.busy = True
        if why == "reset":
            self.channel.abort()  # as the server did
        else:
            await self.close_gently()

    async def _upward(self, octets: bytes, server: Channel) -> None:
        """From the client to the server, until the client has no more to say or goes away."""
        try:
            while octets:
                server.send(octets)
                await server.drain()
                octets = await self.channel.receive()
                self._exchanges.requested(octets, current().clock.date_ns())
            server.end()
        except OSError:
            server.abort()  # one of the two has gone; the other learns of it

    async def _downward(self, server: Channel) -> str:
        """From the server to the client, until either has ended or enough was caught. Gives why it is not whole."""
        while octets := await server.receive():
            self.channel.send(octets)
            await self.channel.drain()
            self._keep(self._exchanges.answered(octets, current().clock.date_ns()), "")
            if self.desk.sated and self._exchanges.empty:
                return ""
        return "ended"

    def _keep(self, exchanges: list[Exchange], why: str) -> None:
        now_ns = current().clock.date_ns()
        for exchange in exchanges:
            if not exchange.request.octets and exchange.answer is None:
                continue
            caught = self._record(exchange, why, now_ns)
            if self.desk.sated:
                return
            self.desk.take([caught])

    def _record(self, exchange: Exchange, why: str, now_ns: int) -> Caught:
        caught = self.caught(exchange.request, (exchange.requested_ns or now_ns) - exchange.began_ns)
        caught.began_ns = exchange.began_ns
        caught.answer = exchange.answer
        if exchange.answered_ns >= 0:
            caught.first_answer_ns = exchange.answered_ns - exchange.began_ns
        if not exchange.request.done and not exchange.request.settles:
            caught.why = why or "ended"
        if exchange.answer is None or not exchange.answer.done:
            caught.answer_why = why or "ended"
        if caught.request.left_out:
            caught.why = "too-long"
        if exchange.answer is not None and exchange.answer.left_out:
            caught.answer_why = "too-long"
        return caught


async def _dial(forward: Forward) -> Channel:
    """Connect to the server. Raises ``HttpError``."""
    url, names = forward.url, HostCache()
    try:
        async with asyncio.timeout(forward.connect_s):
            addresses = await names.resolve(url.host, url.port)
    except TimeoutError:
        raise NameNotResolved(url.host, "no answer in time") from None
    finally:
        await names.aclose()
    server = await dialing.connect(url.host, addresses, url.port, timeout_s=forward.connect_s)
    if forward.tls is not None:
        await dialing.secure(server, forward.tls, url.host, timeout_s=forward.connect_s)
    return server
