"""Transports and servers of the loop, over sockets of the running host.

How names become addresses, in which order they are tried and what is raised is asyncio's own code of the Python that
runs (``create_connection``, ``create_datagram_endpoint``, ``start_tls``, ``sendfile``): it makes its sockets by
``socket.socket``, which gives it sockets of the host. Only ``create_server`` is our own, because asyncio's passes its
addresses through a set, whose order would differ between runs.
"""

from __future__ import annotations

import asyncio
import contextvars
import socket
import ssl as ssl_module
from asyncio import constants, sslproto
from collections.abc import Callable, Iterable
from contextvars import Context
from typing import Any, cast

from michinori.aio.base import LoopBase, TransportBase
from michinori.aio.calls import Call
from michinori.aio.counted import CausedHandle
from michinori.aio.datagram_transport import DatagramTransport
from michinori.aio.host_socket import HostSocket
from michinori.aio.stream_transport import StreamTransport

ProtocolFactory = Callable[[], asyncio.BaseProtocol]


class Endpoints(LoopBase):
    """The part of the loop that makes transports and servers."""

    def __init__(self) -> None:
        super().__init__()
        self._transports: dict[TransportBase, None] = {}
        self._acceptors: dict[HostSocket, _Acceptor] = {}

    # For transports

    def make_handle(self, callback: Callable[..., object], args: tuple[Any, ...] = ()) -> asyncio.Handle:
        """A handle that can be made ready again and again, in a copy of the current context."""
        context = contextvars.copy_context()
        if self.recorder is None:
            return asyncio.Handle(callback, args, self, context)
        return CausedHandle(callback, args, self, context)

    def make_ready(self, handle: asyncio.Handle) -> None:
        """Let it run at this instant, after everything that is ready now; what goes on now is its cause."""
        if self.recorder is not None:
            cast("CausedHandle", handle).cause = self.recorder.cause
        self._ready.append(handle)

    def transport_opened(self, transport: TransportBase) -> None:
        """It is to be told when the world ends."""
        self._transports[transport] = None

    def transport_closed(self, transport: TransportBase) -> None:
        """It has ended by itself."""
        self._transports.pop(transport, None)

    def _drop_transports(self) -> None:
        for transport in list(self._transports):
            transport.abandon()
        self._transports.clear()

    # What asyncio's own methods ask for

    def _make_socket_transport(
        self,
        sock: Any,
        protocol: asyncio.BaseProtocol,
        waiter: asyncio.Future[Any] | None = None,
        *,
        extra: dict[str, Any] | None = None,
        server: Any = None,
    ) -> StreamTransport:
        return StreamTransport(self, sock, protocol, waiter, extra, server)

    def _make_ssl_transport(
        self,
        rawsock: Any,
        protocol: asyncio.BaseProtocol,
        sslcontext: Any,
        waiter: asyncio.Future[Any] | None = None,
        *,
        server_side: bool = False,
        server_hostname: str | None = None,
        extra: dict[str, Any] | None = None,
        server: Any = None,
        ssl_handshake_timeout: float | None = constants.SSL_HANDSHAKE_TIMEOUT,
        ssl_shutdown_timeout: float | None = constants.SSL_SHUTDOWN_TIMEOUT,
    ) -> asyncio.Transport:
        tls: Any = sslproto.SSLProtocol(
            self,
            protocol,
            sslcontext,
            waiter,  # type: ignore[arg-type]
            server_side,
            server_hostname,
            ssl_handshake_timeout=ssl_handshake_timeout,  # type: ignore[arg-type]
            ssl_shutdown_timeout=ssl_shutdown_timeout,
        )
        StreamTransport(self, rawsock, tls, extra=extra, server=server)
        return cast("asyncio.Transport", tls._app_transport)

    def _make_datagram_transport(
        self,
        sock: Any,
        protocol: asyncio.DatagramProtocol,
        address: Any = None,
        waiter: asyncio.Future[Any] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> DatagramTransport:
        return DatagramTransport(self, sock, protocol, address, waiter, extra)

    # Servers

    async def create_server(  # type: ignore[override]
        self,
        protocol_factory: ProtocolFactory,
        host: str | Iterable[str] | None = None,
        port: int | None = None,
        *,
        family: int = socket.AF_UNSPEC,
        flags: int = socket.AI_PASSIVE,
        sock: Any = None,
        backlog: int = 100,
        ssl: ssl_module.SSLContext | None = None,
        reuse_address: bool | None = None,
        reuse_port: bool | None = None,
        keep_alive: bool | None = None,
        ssl_handshake_timeout: float | None = None,
        ssl_shutdown_timeout: float | None = None,
        start_serving: bool = True,
    ) -> asyncio.Server:
        """As asyncio's: a server on these addresses of the running host, all of them when none is given."""
        if isinstance(ssl, bool):
            raise TypeError("ssl argument must be an SSLContext or None")
        for name, timeout in (("handshake", ssl_handshake_timeout), ("shutdown", ssl_shutdown_timeout)):
            if timeout is not None and ssl is None:
                raise ValueError(f"ssl_{name}_timeout is only meaningful with ssl")
        if sock is not None:
            if host is not None or port is not None:
                raise ValueError("host/port and sock can not be specified at the same time")
            if sock.type != socket.SOCK_STREAM:
                raise ValueError(f"A Stream Socket was expected, got {sock!r}")
            sockets = [sock]
        elif host is None and port is None:
            raise ValueError("Neither host/port nor sock were specified")
        else:
            options = {
                socket.SO_REUSEADDR: reuse_address is not False,
                socket.SO_REUSEPORT: bool(reuse_port),
                socket.SO_KEEPALIVE: bool(keep_alive),
            }
            sockets = await self._bound_sockets(host, port, family, flags, options)
        for one in sockets:
            one.setblocking(False)
        server = asyncio.Server(
            self,
            sockets,
            protocol_factory,
            ssl,
            backlog,
            ssl_handshake_timeout,
            ssl_shutdown_timeout,
        )
        if start_serving:
            server._start_serving()  # type: ignore[attr-defined]
            await asyncio.sleep(0)
        return server

    async def _bound_sockets(
        self, host: str | Iterable[str] | None, port: int | None, family: int, flags: int, options: dict[int, bool]
    ) -> list[Any]:
        names: list[str | None] = [host or None] if host is None or isinstance(host, str) else list(host)
        infos: dict[Any, None] = {}
        for name in names:
            found = await self._ensure_resolved(
                (name, port), family=family, type=socket.SOCK_STREAM, flags=flags, loop=self
            )
            infos |= dict.fromkeys(found)
        sockets: list[Any] = []
        try:
            for af, kind, proto, _, address in infos:
                sock = socket.socket(af, kind, proto)
                sockets.append(sock)
                for option, value in options.items():
                    if value:
                        sock.setsockopt(socket.SOL_SOCKET, option, value)
                try:
                    sock.bind(address)
                except OSError as error:
                    reason = (error.strerror or "").lower()
                    message = f"error while attempting to bind on address {address!r}: {reason}"
                    raise OSError(error.errno, message) from None
        except BaseException:
            for sock in sockets:
                sock.close()
            raise
        return sockets

    def _start_serving(
        self,
        protocol_factory: ProtocolFactory,
        sock: HostSocket,
        sslcontext: Any = None,
        server: Any = None,
        backlog: int = 100,  # noqa: ARG002 (asyncio.Server passes it; the listener has it already)
        ssl_handshake_timeout: float | None = constants.SSL_HANDSHAKE_TIMEOUT,
        ssl_shutdown_timeout: float | None = constants.SSL_SHUTDOWN_TIMEOUT,
    ) -> None:
        timeouts: dict[str, Any] = {
            "ssl_handshake_timeout": ssl_handshake_timeout,
            "ssl_shutdown_timeout": ssl_shutdown_timeout,
        }
        self._acceptors[sock] = _Acceptor(self, protocol_factory, sock, sslcontext, server, timeouts)

    def _stop_serving(self, sock: HostSocket) -> None:
        acceptor = self._acceptors.pop(sock, None)
        if acceptor is not None:
            acceptor.stop()
        sock.close()


class _Acceptor:
    """Takes the connections of one listening socket and makes a transport and a protocol for each."""

    def __init__(
        self,
        loop: Endpoints,
        protocol_factory: ProtocolFactory,
        sock: HostSocket,
        sslcontext: Any,
        server: Any,
        timeouts: dict[str, Any],
    ) -> None:
        self._loop = loop
        self._protocol_factory = protocol_factory
        self._sock = sock
        self._sslcontext = sslcontext
        self._server = server
        self._timeouts = timeouts
        self._handle = loop.make_handle(self._accept)
        self._call = self._called()
        sock.kernel.on_readable = self._on_readable
        if sock.kernel.readable:
            self._on_readable()

    def stop(self) -> None:
        """Take no more."""
        self._handle.cancel()
        self._sock.kernel.on_readable = None

    def _on_readable(self) -> None:
        self._loop.make_ready(self._handle)

    def _called(self) -> Call:
        sock = self._sock
        return Call(sock.host, "accept", sock.kernel.name, descriptor=sock.fileno())

    def _accept(self) -> None:
        while not self._handle.cancelled():
            accepted = self._sock.accept_now()
            if accepted is None:
                return
            accepted.setblocking(False)
            if self._call.number:
                self._call.returned(descriptor=accepted.fileno(), accepted=accepted.kernel.name())
            self._call = self._called()
            context: Context = contextvars.copy_context()
            if self._sslcontext is None:
                context.run(self._serve, accepted)
            else:
                self._loop.create_task(self._serve_with_tls(accepted), context=context)

    def _serve(self, sock: HostSocket) -> None:
        try:
            protocol = self._protocol_factory()
            self._loop._make_socket_transport(sock, protocol, server=self._server)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            sock.close()
            self._failed(error)

    async def _serve_with_tls(self, sock: HostSocket) -> None:
        transport: asyncio.Transport | None = None
        try:
            waiter: asyncio.Future[Any] = self._loop.create_future()
            transport = self._loop._make_ssl_transport(
                sock,
                self._protocol_factory(),
                self._sslcontext,
                waiter,
                server_side=True,
                server=self._server,
                **self._timeouts,
            )
            await waiter
        except (SystemExit, KeyboardInterrupt):
            raise
        except OSError:
            # The handshake failed: the peer's doing, and the peer knows.
            if transport is not None:
                transport.close()
        except BaseException as error:
            if transport is not None:
                transport.close()
            if not isinstance(error, asyncio.CancelledError):
                self._failed(error)
            else:
                raise

    def _failed(self, error: BaseException) -> None:
        message = "Error on transport creation for incoming connection"
        self._loop.call_exception_handler({"message": message, "exception": error})
