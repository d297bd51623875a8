"""Octets to and from one peer, over whatever transport the loop gives: awaited reads, bounded buffers, two endings."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, cast

from michinori.http.urls import bracketed

_READ_AHEAD: Final = 256 * 1024
_NO_LINGERING: Final = struct.pack("ii", 1, 0)


class Channel(asyncio.Protocol):
    """The protocol of one connection, for one reader and one writer at a time.

    Reading stops at the transport while more than 256 kB wait here. What had come before a connection was lost can
    still be read; after it the loss is raised.
    """

    _transport: asyncio.Transport | None = None
    _ended = False
    _error: Exception | None = None
    _reader: asyncio.Future[None] | None = None
    _reading_paused = False
    congested = False
    """Whether the transport's buffer is full: time to ``drain``."""
    lost = False
    sends_files = True
    """False once it has turned out that the loop cannot."""
    on_ended: Callable[[], None] | None = None
    """Called when the peer's stream ends or the connection is lost."""

    def __init__(self, on_made: Callable[[Channel], None] | None = None) -> None:
        self._on_made = on_made
        self._received = bytearray()
        self._writers: list[asyncio.Future[None]] = []
        self._gone: list[asyncio.Future[None]] = []
        self._ends: list[asyncio.Future[None]] = []

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if self._on_made is not None:
            self._on_made(self)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) > _READ_AHEAD and not self._reading_paused and self._transport is not None:
            self._transport.pause_reading()
            self._reading_paused = True
        _wake(self._reader)

    def eof_received(self) -> bool:
        self._ended = True
        _wake(self._reader)
        for waiter in self._ends:
            _wake(waiter)
        if self.on_ended is not None:
            self.on_ended()
        return not self.secure  # TLS has no half-closed connections

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = self._ended = True
        self._error = exc
        _wake(self._reader)
        for waiter in (*self._writers, *self._gone, *self._ends):
            _wake(waiter)
        if self.on_ended is not None:
            self.on_ended()

    def pause_writing(self) -> None:
        self.congested = True

    def resume_writing(self) -> None:
        self.congested = False
        for waiter in self._writers:
            _wake(waiter)

    # What the application calls.

    async def receive(self) -> bytes:
        """What has come, at least one octet; ``b""`` at the end of the stream. Raises ``OSError`` if it was lost."""
        while not self._received and not self._ended:
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        if not self._received:
            if self._error is not None:
                raise self._as_os_error(self._error)
            return b""
        return self._take_received()

    def _take_received(self) -> bytes:
        octets = bytes(self._received)
        self._received.clear()
        if self._reading_paused and self._transport is not None:
            self._reading_paused = False
            self._transport.resume_reading()
        return octets

    def unread(self, octets: bytes) -> None:
        """Put octets back that were received, to be received again before all others."""
        self._received[:0] = octets

    def send(self, octets: bytes) -> None:
        """Give octets to the transport; raises ``OSError`` if the connection is lost."""
        if self.lost or self._transport is None:
            raise self._as_os_error(self._error or ConnectionResetError("the connection is lost"))
        if octets:
            self._transport.write(octets)

    async def drain(self) -> None:
        """Wait until the transport's buffer has room. Raises ``OSError`` if the connection was lost."""
        if self.congested and not self.lost:
            waiter = asyncio.get_running_loop().create_future()
            self._writers.append(waiter)
            try:
                await waiter
            finally:
                self._writers.remove(waiter)
        if self.lost:
            raise self._as_os_error(self._error or ConnectionResetError("the connection is lost"))

    def end(self) -> bool:
        """Say that no more will be sent, and go on receiving. False where the transport cannot."""
        transport = self._transport
        if transport is None or self.lost or not transport.can_write_eof():
            return False
        transport.write_eof()
        return True

    def close(self) -> None:
        """Close after what was sent has gone."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Drop the connection at once, by RST: a FIN would say that what was sent was all there is to be sent."""
        if self._transport is None:
            return
        sock = self._info("socket")
        if sock is not None and not self.lost:
            with suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
        self._transport.abort()

    async def wait_ended(self) -> None:
        """Wait until the peer's stream has ended, or the connection is gone."""
        if not self._ended:
            waiter = asyncio.get_running_loop().create_future()
            self._ends.append(waiter)
            try:
                await waiter
            finally:
                self._ends.remove(waiter)

    async def wait_lost(self) -> None:
        """Wait until the connection is gone."""
        if not self.lost:
            waiter = asyncio.get_running_loop().create_future()
            self._gone.append(waiter)
            try:
                await waiter
            finally:
                self._gone.remove(waiter)

    def use(self, transport: asyncio.Transport) -> None:
        """Go on over another transport (after ``start_tls``)."""
        self._transport = transport

    @property
    def transport(self) -> asyncio.Transport:
        assert self._transport is not None, "not connected yet"
        return self._transport

    @property
    def ready(self) -> bool:
        """Whether ``receive`` would give something at once."""
        return bool(self._received) or self._ended

    @property
    def quiet(self) -> bool:
        """Whether nothing has come that was not read, the end of the stream neither."""
        return not self._received and not self._ended and not self.lost

    @property
    def closing(self) -> bool:
        return self.lost or self._transport is None or self._transport.is_closing()

    @property
    def secure(self) -> bool:
        return self._info("sslcontext") is not None

    @property
    def own_address(self) -> tuple[str, int]:
        return _address(self._info("sockname"))

    @property
    def peer_address(self) -> tuple[str, int]:
        return _address(self._info("peername"))

    @property
    def id(self) -> str:
        """The connection as traces call it, own end first."""
        (own, own_port), (peer, peer_port) = self.own_address, self.peer_address
        return f"tcp {bracketed(own)}:{own_port} {bracketed(peer)}:{peer_port}"

    def _info(self, name: str) -> Any:
        return self._transport.get_extra_info(name) if self._transport is not None else None

    @staticmethod
    def _as_os_error(error: Exception) -> OSError:
        return error if isinstance(error, OSError) else ConnectionError(str(error))


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


def _address(name: Any) -> tuple[str, int]:
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) and len(name) >= 2 else ("", 0)
