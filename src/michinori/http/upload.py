"""The way of a request onto the wire: a small one at once, a large one piece by piece while the answer is awaited.

A server may answer before it has seen the whole body (RFC 9112 section 9.5), so sending and receiving go on at the
same time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Final

from michinori.http.channel import Channel
from michinori.http.errors import TimedOut
from michinori.http.framing import ClientFraming
from michinori.http.limits import Timeouts

_AT_ONCE: Final = 64 * 1024


class Upload:
    """Sends one request. ``held_back``: the body waits for the server's word (``Expect: 100-continue``)."""

    def __init__(
        self,
        channel: Channel,
        framing: ClientFraming,
        body: bytes | AsyncIterable[bytes] | None,
        timeouts: Timeouts,
        *,
        held_back: bool = False,
    ) -> None:
        self._channel = channel
        self._framing = framing
        self._body = body
        self._timeouts = timeouts
        self._held_back = held_back
        self._task: asyncio.Task[None] | None = None
        self._word = asyncio.Event()
        self._when_sent: Callable[[], None] | None = None
        self._sent = False
        self.body_octets = 0
        """Given to the connection so far, chunk framing not counted."""
        self.error: Exception | None = None
        """What broke the sending off, other than the peer: a time-out, or whatever the application's body raised."""

    def begin(self, head: bytes) -> None:
        """Send the head, and a small body with it in one piece. Raises ``OSError``."""
        body = self._body
        if body is None or (isinstance(body, bytes) and len(body) <= _AT_ONCE and not self._held_back):
            content = self._framing.data(body) if body else b""
            self._channel.send(head + content + self._framing.end())
            self.body_octets = len(body or b"")
            self._all_is_sent()
            return
        self._channel.send(head)
        self._task = asyncio.get_running_loop().create_task(self._run(_pieces(body)))

    def when_sent(self, callback: Callable[[], None]) -> None:
        """Call back when all has been sent, or at once if it has."""
        self._when_sent = callback
        if self._sent:
            callback()

    def go_on(self) -> None:
        """The server wants to have the body."""
        self._word.set()

    def stop(self) -> None:
        """The rest is not wanted any more."""
        self._when_sent = None
        if self._task is not None:
            self._task.cancel()

    async def _run(self, pieces: AsyncIterator[bytes]) -> None:
        try:
            if self._held_back:
                await self._wait_for_the_word()
            async for piece in pieces:
                self._channel.send(self._framing.data(piece))
                self.body_octets += len(piece)
                async with asyncio.timeout(self._timeouts.idle_s):
                    await self._channel.drain()
            self._channel.send(self._framing.end())
        except OSError as error:
            if isinstance(error, TimeoutError) and error.errno is None:
                self._break_off(TimedOut("send", "nothing of the body got away", self._timeouts.idle_s or 0))
            # Else the connection broke: the answer that may have come before it, or its lack, tells more.
        except Exception as error:
            self._break_off(error)
        self._all_is_sent()

    async def _wait_for_the_word(self) -> None:
        try:
            async with asyncio.timeout(self._timeouts.continue_s):
                await self._word.wait()
        except TimeoutError:
            return  # RFC 9110 section 10.1.1: do not wait indefinitely

    def _break_off(self, error: Exception) -> None:
        self.error = error
        self._channel.abort()

    def _all_is_sent(self) -> None:
        self._sent = True
        if self._when_sent is not None:
            self._when_sent()


async def _pieces(body: bytes | AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    if isinstance(body, bytes):
        for start in range(0, len(body), _AT_ONCE):
            yield body[start : start + _AT_ONCE]
    else:
        async for piece in body:
            yield piece
