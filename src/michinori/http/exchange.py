"""One request and its answer: a connection found, the request sent, the answer received, everything noted.

If the connection was used before and the server closed it in just that moment, the exchange begins once more on a new
one, provided that this can do no harm (RFC 9110 section 9.2.2).
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from michinori.http import dialing
from michinori.http.connection import Connection
from michinori.http.errors import BadUrl, Disconnected, IncompleteBody, ProtocolError, TimedOut, TooLarge, cause_of
from michinori.http.framing import ClientFraming, End, ResponseHead
from michinori.http.headers import Headers
from michinori.http.limits import Bounds, Timeouts
from michinori.http.message import Body, Interim
from michinori.http.names import HostCache
from michinori.http.phases import Stopwatch
from michinori.http.pool import Pool
from michinori.http.record import describe
from michinori.http.status import IDEMPOTENT
from michinori.http.upload import Upload
from michinori.http.urls import Url
from michinori.trace import acting, current, note


@dataclass(slots=True)
class Means:
    """What the exchanges of one client share."""

    pool: Pool
    names: HostCache
    timeouts: Timeouts
    bounds: Bounds
    tls: ssl.SSLContext | None
    connection_numbers: count[int] = field(default_factory=lambda: count(1))


@dataclass(slots=True)
class Asked:
    """A request, ready to be sent."""

    method: str
    url: Url
    headers: Headers
    body: Body
    priority: int
    about: dict[str, Any]

    @property
    def repeatable(self) -> bool:
        """Whether asking twice does no more than asking once, and can be done at all."""
        return self.method in IDEMPOTENT and (self.body is None or isinstance(self.body, bytes))


class Exchange:
    """``open``, then ``read`` until it gives ``b""``, then ``finish``."""

    def __init__(self, means: Means, asked: Asked) -> None:
        self._means = means
        self.asked = asked
        self.watch = Stopwatch(current().clock)
        self.connection: Connection | None = None
        self.connection_id = ""
        self.server_address = ""
        self.framing: ClientFraming | None = None
        self.upload: Upload | None = None
        self.request_head_octets = 0
        self.attempts = 0
        self.reused = False
        self.first_octet_ns: int | None = None
        self.head: ResponseHead | None = None
        self.interim: list[Interim] = []
        self.trailers = Headers()
        self.redirect_url = ""
        self.event = 0
        self._complete = False
        self._finished = False

    async def open(self) -> ResponseHead:
        """Send the request and wait for the head of the answer. Raises ``HttpError``; it is then finished."""
        try:
            while True:
                connection = await self._connect()
                try:
                    self._send(connection)
                    return await self._receive_head(connection)
                except Disconnected as error:
                    if not self._may_try_again():
                        raise
                    note("http", "tried-again", connection=self.connection_id, why=str(error), url=self.asked.url.href)
                    self._release()
                    self.watch.forget_connecting()
        except BaseException as error:
            self.finish(error)
            raise

    async def read(self) -> bytes:
        """The next octets of the body as they are coded, ``b""`` at its end. Raises ``HttpError``."""
        framing, connection = self.framing, self.connection
        if framing is None or connection is None:
            return b""
        while True:
            part = framing.next()
            if isinstance(part, bytes):
                return part
            if isinstance(part, End):
                self.trailers = part.trailers
                self._complete = True
                self.watch.stop()
                self._release()
                return b""
            framing.receive(await self._more_of_the_body(connection, framing))

    def finish(self, error: BaseException | None = None, *, content_octets: int | None = None) -> None:
        """It is over: let the connection go and note everything. Of no effect the second time."""
        if self._finished:
            return
        self._finished = True
        if not self._complete:
            self.watch.stop()
        self._release()
        if current().recorder is not None:
            why = "" if error is None else str(error) or "given up by the one who asked"
            data = describe(self, content_octets)
            self.event = note("http", "exchange", connection=self.connection_id, why=why, **data)

    # Getting a connection.

    async def _connect(self) -> Connection:
        self.attempts += 1
        asked = self.asked
        connection = await self._means.pool.take(asked.url.origin, asked.priority, self._dial, fresh=self.attempts > 1)
        self.connection = connection
        self.connection_id = connection.id
        self.server_address = connection.server_address
        self.reused = connection.exchanges > 0
        return connection

    async def _dial(self) -> Connection:
        url, means = self.asked.url, self._means
        if url.scheme == "https" and means.tls is None:
            raise BadUrl(url.href, "this client was given no TLS context")
        addresses = await self._resolve(url)
        self.watch.enter("connect")
        channel = await dialing.connect(url.host, addresses, url.port, timeout_s=means.timeouts.connect_s)
        if url.scheme == "https" and means.tls is not None:
            self.watch.enter("ssl")
            await dialing.secure(channel, means.tls, url.host, timeout_s=means.timeouts.connect_s)
            note("tls", "handshake-done", connection=channel.id, **dialing.agreed(channel, url.host))
        connection = Connection(channel, url.origin, next(means.connection_numbers))
        note(
            "http", "connected", connection=connection.id,
            origin=str(url.origin), address=connection.server_address, number=connection.number,
        )  # fmt: skip
        return connection

    async def _resolve(self, url: Url) -> list[str]:
        names, bound_s = self._means.names, self._means.timeouts.resolve_s
        addresses = names.fresh(url.host)
        if addresses is not None:
            return addresses
        self.watch.enter("dns")
        try:
            async with asyncio.timeout(bound_s):
                return await names.resolve(url.host, url.port)
        except TimeoutError:
            raise TimedOut("dns", f"no address of {url.host}", bound_s or 0) from None

    # Sending.

    def _send(self, connection: Connection) -> None:
        asked = self.asked
        self.watch.enter("send")
        framing = self.framing = connection.begin(self._means.bounds)
        head = framing.head(asked.method, asked.url.target, asked.headers)
        self.request_head_octets = len(head)
        held_back = "100-continue" in asked.headers.tokens("Expect")
        upload = Upload(connection.channel, framing, asked.body, self._means.timeouts, held_back=held_back)
        self.upload = upload
        number = note(
            "http", "request-sent", connection=connection.id,
            method=asked.method, target=asked.url.target, version="HTTP/1.1", headers=asked.headers.as_lists(),
            head_octets=len(head), body_octets=len(asked.body) if isinstance(asked.body, bytes) else 0,
        )  # fmt: skip
        try:
            with acting(number):
                upload.begin(head)
        except OSError as error:
            raise Disconnected(asked.url.host, cause_of(error), stage="send", errno=error.errno or 0) from None

    def _may_try_again(self) -> bool:
        """Only on a connection that was used before and gave no answer, and only what may be asked twice."""
        answered = self.framing is not None and self.framing.received > 0
        return self.attempts == 1 and self.reused and not answered and self.asked.repeatable

    # Receiving.

    async def _receive_head(self, connection: Connection) -> ResponseHead:
        framing, upload, head_s = self.framing, self.upload, self._means.timeouts.head_s
        assert framing is not None
        assert upload is not None
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(None) as bound:

                def sent() -> None:
                    if self.watch.phase == "send":
                        self.watch.enter("wait")
                    if head_s is not None:
                        bound.reschedule(loop.time() + head_s)

                upload.when_sent(sent)
                while True:
                    part = framing.next()
                    if isinstance(part, ResponseHead):
                        if not part.interim:
                            upload.stop()
                            return self._take_head(part)
                        self._take_interim(part, upload)
                    elif isinstance(part, bytes | End):
                        raise ProtocolError("a body came before its head")
                    else:
                        framing.receive(await self._more_of_the_head(connection, framing))
        except TimeoutError:
            raise TimedOut("wait", f"no answer from {self.asked.url.host}", head_s or 0) from None
        except Exception:
            if upload.error is not None:  # the reason why the connection was dropped
                raise upload.error from None
            raise

    def _take_interim(self, head: ResponseHead, upload: Upload) -> None:
        self.interim.append(Interim(head.status, head.reason, head.headers))
        if len(self.interim) > self._means.bounds.interim_responses:
            raise TooLarge("the number of interim answers", self._means.bounds.interim_responses)
        note("http", "interim-response", connection=self.connection_id, **_told(head))
        if head.status == 100:
            upload.go_on()
        self.watch.enter("wait")

    def _take_head(self, head: ResponseHead) -> ResponseHead:
        self.head = head
        note("http", "response-head", connection=self.connection_id, **_told(head))
        return head

    async def _more_of_the_head(self, connection: Connection, framing: ClientFraming) -> bytes:
        host = self.asked.url.host
        try:
            octets = await connection.channel.receive()
        except OSError as error:
            raise Disconnected(host, cause_of(error), errno=error.errno or 0) from None
        if octets:
            self.watch.enter("receive")
            self.first_octet_ns = self.watch.intervals_ns["receive"][0]
        elif not framing.received:
            raise Disconnected(host, "it closed without a word")
        return octets

    async def _more_of_the_body(self, connection: Connection, framing: ClientFraming) -> bytes:
        idle_s = None if connection.channel.ready else self._means.timeouts.idle_s
        try:
            async with asyncio.timeout(idle_s):
                return await connection.channel.receive()
        except OSError as error:
            if isinstance(error, TimeoutError) and error.errno is None:
                raise TimedOut("receive", f"no more of the body from {self.asked.url.host}", idle_s or 0) from None
            raise IncompleteBody(framing.coded_octets, framing.expected_octets, cause_of(error)) from None

    def _release(self) -> None:
        """Give the connection back to the pool, in the state in which it is."""
        connection, self.connection = self.connection, None
        if self.upload is not None:
            self.upload.stop()
        if connection is not None:
            connection.whole = self._complete and self.framing is not None and self.framing.whole
            connection.reusable = self._complete and self.framing is not None and self.framing.reusable
            self._means.pool.give(connection)


def _told(head: ResponseHead) -> dict[str, Any]:
    return {
        "status": head.status,
        "reason": head.reason,
        "version": head.version,
        "headers": head.headers.as_lists(),
        "head_octets": head.octets,
    }
