"""The transport over a UDP socket of a host."""

from __future__ import annotations

import asyncio
from asyncio import trsock
from typing import TYPE_CHECKING, Any

from michinori.aio.base import TransportBase, set_unless_done
from michinori.aio.calls import Call
from michinori.aio.host_socket import HostSocket
from michinori.aio.sockaddr import endpoint_of, sockaddr
from michinori.host import UdpSocket
from michinori.host.addresses import endpoint_text

if TYPE_CHECKING:
    from michinori.aio.loop import HostLoop


class DatagramTransport(TransportBase, asyncio.DatagramTransport):
    """Datagrams are sent at once: what does not fit on the line is lost on the line, so nothing ever waits here."""

    _loop: HostLoop

    def __init__(
        self,
        loop: HostLoop,
        sock: HostSocket,
        protocol: asyncio.DatagramProtocol,
        address: Any = None,
        waiter: asyncio.Future[Any] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(extra, loop)
        self._number = loop.next_number()
        kernel = sock.kernel
        assert isinstance(kernel, UdpSocket)
        self.kernel = kernel
        self._sock = sock
        self._address = address
        self._protocol = protocol
        self._extra["socket"] = trsock.TransportSocket(sock)  # type: ignore[arg-type]
        self._extra["sockname"] = sock.getsockname()
        self._extra["peername"] = sockaddr(sock.family, kernel.remote) if kernel.remote is not None else None
        self._closing = False
        self._lost = False
        self._is_ready = False
        self._handle = loop.make_handle(self._read_ready)
        loop.transport_opened(self)
        loop.call_soon(protocol.connection_made, self)
        loop.call_soon(self._start_reading)
        if waiter is not None:
            loop.call_soon(set_unless_done, waiter)

    def __hash__(self) -> int:
        return self._number  # the order of a server's set of transports is the same in every run

    def __repr__(self) -> str:
        return f"<DatagramTransport {'closed' if self._closing else 'open'} {self.kernel.name()}>"

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Who hears of what comes from now on."""
        self._protocol = protocol  # type: ignore[assignment]

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Who hears of what comes."""
        return self._protocol

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
        while not self._closing and self.kernel.readable:
            call = Call(self._sock.host, "read", self.kernel.name(), descriptor=self._sock.fileno())
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
        if self._lost:
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

    def is_closing(self) -> bool:
        """Whether it is closed."""
        return self._closing

    def close(self) -> None:
        """Let go of the socket."""
        self._end(None)

    def abort(self) -> None:
        """Let go of the socket."""
        self._end(None)

    def _end(self, error: Exception | None) -> None:
        if not self._closing:
            self._closing = self._lost = True
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
        self._closing = self._lost = True
        self.kernel.on_readable = None
