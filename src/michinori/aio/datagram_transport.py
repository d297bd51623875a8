"""The transport over a UDP socket of a host."""

from __future__ import annotations

import asyncio
from typing import Any

from michinori.aio.base import LoopBase, TransportBase
from michinori.aio.calls import Call
from michinori.aio.host_socket import HostSocket
from michinori.aio.sockaddr import endpoint_of, sockaddr
from michinori.host import UdpSocket
from michinori.host.addresses import endpoint_text


class DatagramTransport(TransportBase, asyncio.DatagramTransport):
    """Datagrams are sent at once: what does not fit on the line is lost on the line, so nothing ever waits here."""

    def __init__(
        self,
        loop: LoopBase,
        sock: HostSocket,
        protocol: asyncio.DatagramProtocol,
        address: Any = None,
        waiter: asyncio.Future[Any] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(loop, sock, extra)
        kernel = sock.kernel
        assert isinstance(kernel, UdpSocket)
        self.kernel = kernel
        self._address = address
        self._protocol: asyncio.DatagramProtocol = protocol
        self._extra["peername"] = sockaddr(sock.family, kernel.remote) if kernel.remote is not None else None
        self._is_ready = False
        self._handle = loop.make_handle(self._read_ready)
        self._begin(self._start_reading, waiter)

    def __repr__(self) -> str:
        return f"<DatagramTransport {'closed' if self._closing else 'open'} {self.kernel.name()}>"

    def _start_reading(self) -> None:
        if not self._closing:
            self.kernel.on_readable = self._on_readable
            if self.kernel.readable:
                self._on_readable()

    def _on_readable(self) -> None:
        if not self._is_ready:
            self._is_ready = True
            self._loop.make_ready(self._handle)

    def _read_ready(self) -> None:
        self._is_ready = False
        try:
            while not self._closing and self.kernel.readable:
                self._read_one()
        finally:
            if not self._closing and self.kernel.readable:  # the protocol tripped over one: the others wait still
                self._on_readable()

    def _read_one(self) -> None:
        call = Call(self._sock.host, "read", self.kernel.name, descriptor=self._sock.fileno())
        try:
            data, sender = self.kernel.receive()
        except OSError as error:
            call.failed(error)
            self._protocol.error_received(error)
        else:
            call.returned(octets=len(data), sender=endpoint_text(*sender))
            self._protocol.datagram_received(data, sockaddr(self._sock.family, sender))

    def sendto(self, data: bytes | bytearray | memoryview, addr: Any = None) -> None:
        """Send one datagram."""
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError(f"data argument must be a bytes-like object, not {type(data).__name__!r}")
        if self._address and addr not in (None, self._address):
            raise ValueError(f"Invalid address: must be None or {self._address}")
        if self._closing:
            return
        self._loop.look_at_clock()
        kernel = self.kernel
        if kernel.remote is not None and addr in (None, self._address):
            end = kernel.remote
        else:
            end = endpoint_of(self._sock.host, self._sock.family, addr or self._address)
        arguments = {"descriptor": self._sock.fileno(), "octets": len(data), "address": endpoint_text(*end)}
        try:
            with Call(self._sock.host, "write", kernel.name(end), **arguments) as call:
                kernel.send_to(data, *end)
                call.gave(octets=len(data))
        except OSError as error:
            self._protocol.error_received(error)

    def get_write_buffer_size(self) -> int:
        """Nothing ever waits here."""
        return 0

    def close(self) -> None:
        """Let go of the socket."""
        self._end(None)

    def abort(self) -> None:
        """Let go of the socket."""
        self._end(None)

    def _end(self, error: Exception | None) -> None:
        if not self._closing:
            self._closing = True
            self.kernel.on_readable = None
            self._loop.call_soon(self._call_connection_lost, error)

    def _call_connection_lost(self, error: Exception | None) -> None:
        try:
            self._protocol.connection_lost(error)
        finally:
            self._sock.close()
            self._loop.transport_closed(self)

    def abandon(self) -> None:
        """The world ends: nothing of this will happen any more."""
        self._closing = True
        self.kernel.on_readable = None
