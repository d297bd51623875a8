"""A TCP socket: what the application on a host holds of a connection. Its calls never wait."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from michinori.host.addresses import endpoint_text, unspecified
from michinori.host.errors import os_error
from michinori.host.flow import Flow
from michinori.host.options import SocketOptions
from michinori.host.socket_info import SocketInfo
from michinori.tcp import Endpoint, FastOpen, TcpInfo
from michinori.wire import Octets

if TYPE_CHECKING:
    from michinori.host.tcp_table import TcpTable


class TcpSocket:
    """A socket before, during and after its connection.

    ``on_readable`` and ``on_writable`` are called when reading or writing may do something that it could not do
    before: when text or the end of it has come, when the handshake is complete, when there is room again, when the
    connection has met an error.
    """

    kind: Final = "tcp"

    def __init__(self, table: TcpTable, address_octets: int = 4, options: SocketOptions | None = None) -> None:
        self._table = table
        self._queue = table.queue
        self.address_octets = address_octets
        self.options = options or SocketOptions.of_host(table.config)
        self.local: Endpoint | None = None
        self.remote: Endpoint | None = None
        self.flow: Flow | None = None
        self.connected = False
        self.closed = False
        self.error: OSError | None = None
        self.on_readable: Callable[[], object] | None = None
        self.on_writable: Callable[[], object] | None = None
        self.on_report: Callable[[str], object] | None = None
        """Called with ``in-doubt`` when text was sent again so often that something is wrong with the way (R1 of RFC
        9293 section 3.8.3), ``soft-error`` when ICMP told of trouble, ``peer-timeout`` when the peer has said how long
        it wishes to wait (RFC 5482). The connection goes on."""
        self._no_more_reading = False
        self._no_more_writing = False
        self._opening: FastOpen | None = None
        """The SYN waits for the first text."""

    def bind(self, address: bytes, port: int) -> None:
        """Take a local address and port; port 0 means any that is free. Raises ``OSError`` (EINVAL, EADDRNOTAVAIL,
        EADDRINUSE).
        """
        if self.local is not None:
            raise os_error(errno.EINVAL)
        self._table.bind(self, address, port)

    def connect(self, address: bytes, port: int) -> None:
        """Begin to connect: ``on_writable`` tells that it is over, ``take_error`` how it went. Raises ``OSError``
        (EISCONN, EALREADY, ENETUNREACH, EADDRNOTAVAIL).
        """
        if self.flow is not None:
            is_over = self.flow.was_established or self._opening is not None
            raise os_error(errno.EISCONN if is_over else errno.EALREADY)
        self._table.connect(self, (address, port))

    @property
    def waits_for_text(self) -> bool:
        """Whether the SYN has not been sent yet, so that text can go with it (RFC 7413)."""
        return self._opening is not None

    def open(self) -> None:
        """Send the SYN of the connection that was taken over. With a cookie of RFC 7413 it waits a while, so that what
        the application writes at once goes with it; meanwhile the socket passes for connected.
        """
        assert self.flow is not None
        cache, now_ns = self._table.fast_open_cache, self._queue.now_ns
        peer = cache.look_up(self.flow.remote[0], now_ns) if self.options.fast_open else None
        config = self.flow.connection.config
        if peer is None or not (peer.cookie or not config.fast_open_cookies):
            self._send_syn(None if peer is None else FastOpen(b"", 0))
            return
        self._opening = FastOpen(peer.cookie if config.fast_open_cookies else None, peer.mss or config.mss)
        self.connected = True
        if config.fast_open_wait_ns:
            self._queue.post(now_ns + config.fast_open_wait_ns, self._wait_no_longer, None)

    def _send_syn(self, opening: FastOpen | None, data: Octets = b"") -> int:
        flow, self._opening = self.flow, None
        assert flow is not None
        taken = flow.connection.connect(self._queue.now_ns, fast_open=opening, data=data)
        if not flow.gone:
            flow.rearm()
        return taken

    def _wait_no_longer(self, _: None) -> None:
        if self._opening is not None:
            self._send_syn(self._opening)

    def take_over(self, flow: Flow) -> None:
        """This socket is the one for that connection."""
        self.flow = flow
        self.local = flow.local
        self.remote = flow.remote
        flow.socket = self
        self.error = flow.error
        if flow.gone:
            self._table.keep(self)

    def read(self, limit: int) -> bytes | None:
        """What has come, at most that many octets; ``b""`` when the peer has ended its stream or there is nothing more
        to come; None when there is nothing yet. Raises ``OSError`` (ENOTCONN, or what the connection met).
        """
        flow = self.flow
        if flow is None:
            raise self.take_error() or os_error(errno.ENOTCONN)
        if not self._no_more_reading:
            data = flow.connection.read(limit, self._queue.now_ns)
            if data:
                # At most an ACK was sent, which brings no deadline nearer: nothing to arm.
                return data
        self._raise_error()
        if self._opening is not None:
            return None
        if self._no_more_reading or flow.gone or flow.connection.at_eof:
            return b""
        return None

    def write(self, data: Octets, call: int = 0, *, is_more_to_come: bool = False) -> int:
        """How many octets the send buffer took: 0 when it is full or the handshake still goes on. ``call``: the number
        of the call in the trace. ``is_more_to_come``: the last of it may wait for ``push``, as with Linux's MSG_MORE.
        Raises ``OSError`` (EPIPE, ENOTCONN, or what the connection met).
        """
        self._raise_error()
        flow = self.flow
        if flow is None:
            raise os_error(errno.EPIPE if self._no_more_writing else errno.ENOTCONN)
        if self._no_more_writing or flow.gone:
            raise os_error(errno.EPIPE)
        connection = flow.connection
        if call:
            connection.note_call(call)
        if self._opening is not None:
            return self._send_syn(self._opening, data)
        if not flow.was_established:
            return 0
        taken = connection.write(data, self._queue.now_ns, is_more_to_come=is_more_to_come)
        if not flow.gone:
            flow.rearm()
        return taken

    def push(self) -> None:
        """Let go what waits for more to come."""
        flow = self.flow
        if flow is not None and not flow.gone:
            flow.connection.push(self._queue.now_ns)
            if not flow.gone:
                flow.rearm()

    def shutdown(self, *, reading: bool = False, writing: bool = False) -> None:
        """End our stream, or take no more of the peer's. Raises ``OSError`` (ENOTCONN)."""
        flow = self.flow
        if flow is None or not self.connected or flow.gone:
            raise os_error(errno.ENOTCONN)
        self._wait_no_longer(None)
        if reading and not self._no_more_reading:
            self._no_more_reading = True
            flow.readable()
        if writing and not self._no_more_writing:
            self._no_more_writing = True
            flow.connection.close(self._queue.now_ns)
            if not flow.gone:
                flow.rearm()

    def close(self) -> None:
        """The application lets go. The connection ends by itself: at once by a RST when text was left unread, or when
        lingering was set to nothing (RFC 9293 section 3.6.1).
        """
        if self.closed:
            return
        self.closed = True
        callbacks = (self.on_readable, self.on_writable)
        self.on_readable = self.on_writable = None
        self._let_go()
        for callback in callbacks:
            if callback is not None:
                callback()

    def _let_go(self) -> None:
        flow = self.flow
        if flow is not None and self._opening is not None:
            self._opening = None
            flow.closed(None)  # the SYN still waited for text, and none came
        if flow is None or flow.gone:
            self._table.unbind(self)
            return
        flow.socket = None
        if self.options.linger_s == 0:
            flow.connection.abort(self._queue.now_ns)
        else:
            flow.connection.abandon(self._queue.now_ns)
        if not flow.gone:
            flow.rearm()

    @property
    def readable(self) -> bool:
        """Whether ``read`` would give or raise something."""
        if self.error is not None or self._no_more_reading or self.closed:
            return True
        flow = self.flow
        if flow is None or self._opening is not None:
            return False
        return flow.gone or flow.connection.readable

    @property
    def writable(self) -> bool:
        """Whether ``write`` would take or raise something; of a socket that connects: whether that is over."""
        if self.error is not None or self._no_more_writing or self.closed:
            return True
        flow = self.flow
        if flow is None:
            return False
        can_send = flow.was_established or self._opening is not None
        return flow.gone or (can_send and flow.connection.send_space > 0)

    def take_error(self) -> OSError | None:
        """The error that waits to be told, which is then forgotten (``SO_ERROR``)."""
        error, self.error = self.error, None
        return error

    def _raise_error(self) -> None:
        if self.error is not None:
            error, self.error = self.error, None
            raise error

    def check_fast_open(self) -> None:
        """Whether Fast Open may be asked for. Raises ``OSError`` (EOPNOTSUPP)."""
        self._table.check_fast_open()

    def options_changed(self) -> None:
        """Let the connection, if there is one, go on by the new options."""
        if self.flow is not None and not self.flow.gone:
            self.flow.connection.configure(self.options.applied_to(self.flow.connection.config), self._queue.now_ns)
            # Keep-alive may be due sooner now, and what Nagle held is on its way.
            self.flow.rearm()

    def lost(self, error: OSError | None) -> None:
        """The connection is no more."""
        if error is not None:
            self.error = error
        self._table.keep(self)
        for callback in (self.on_readable, self.on_writable):
            if callback is not None:
                callback()

    def tcp_info(self) -> TcpInfo | None:
        """Everything that can be said about the connection; None when there is none."""
        return None if self.flow is None else self.flow.connection.info()

    def name(self) -> str:
        """How the trace calls the connection."""
        if self.flow is not None:
            return self.flow.name
        nowhere = (unspecified(self.address_octets), 0)
        return f"tcp {endpoint_text(*(self.local or nowhere))} {endpoint_text(*(self.remote or nowhere))}"

    def info(self, descriptor: int | None = None) -> SocketInfo:
        """What stands in the socket now; who asks knows by which number it is held."""
        if self.flow is not None and not self.flow.gone:
            return self.flow.info(descriptor)
        nowhere = (unspecified(self.address_octets), 0)
        return SocketInfo(
            kind="tcp",
            family="inet" if self.address_octets == 4 else "inet6",
            state="CLOSED",
            local=self.local or nowhere,
            remote=self.remote or nowhere,
            descriptor=descriptor,
        )
