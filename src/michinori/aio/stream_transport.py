"""The transport over a TCP socket of a host."""

from __future__ import annotations

import asyncio
import socket
import sys
from asyncio import constants
from collections import deque
from typing import Any, Final

from michinori.aio.base import LoopBase, TransportBase
from michinori.aio.calls import Call
from michinori.aio.host_socket import HostSocket
from michinori.host import TcpSocket

#: The most that is read at once.
READ_OCTETS: Final = 256 * 1024
_LOG_AFTER: Final = 5
#: Who hears of what comes when there is nothing to come.
_NOBODY: Final = asyncio.Protocol()
_CLIENTS_BY_TRANSPORT: Final = sys.version_info >= (3, 13)


class StreamTransport(TransportBase, asyncio.Transport):
    """Writes go straight to the socket; what its send buffer does not take waits here, and ``pause_writing`` makes the
    application wait with it, so ``drain`` waits for the peer's window in the end.

    What has come is read once an instant and given to the protocol in one piece. Until the protocol is there, and while
    reading is paused, it stays in the socket, whose window closes.
    """

    _start_tls_compatible = True
    _sendfile_compatible = constants._SendfileMode.FALLBACK

    def __init__(
        self,
        loop: LoopBase,
        sock: HostSocket,
        protocol: asyncio.BaseProtocol,
        waiter: asyncio.Future[Any] | None = None,
        extra: dict[str, Any] | None = None,
        server: Any = None,
    ) -> None:
        super().__init__(loop, sock, extra)
        kernel = sock.kernel
        assert isinstance(kernel, TcpSocket)
        self.kernel = kernel
        if "peername" not in self._extra:
            try:
                self._extra["peername"] = sock.getpeername()
            except OSError:
                self._extra["peername"] = None
        self._buffer: deque[tuple[memoryview, int]] = deque()
        self._buffered = 0
        self._lost = 0
        self._eof = False
        self._paused = False
        self._reading = False
        self._at_eof = False
        self._call: Call | None = None
        self._recorded = sock.host.recorder is not None and sock.host.recorder.events
        self._server = server
        if server is not None:
            server._attach(self) if _CLIENTS_BY_TRANSPORT else server._attach()
        # As every asyncio loop does: small writes go out without waiting for an ACK.
        if not kernel.options.no_delay:
            kernel.options.no_delay = True
            kernel.options_changed()
        self._read_handle = loop.make_handle(self._read_ready)
        self._write_handle = loop.make_handle(self._write_ready)
        self._read_is_ready = False
        self._write_is_ready = False
        self._push_is_due = False
        self.set_protocol(protocol)
        self._begin(self._start_reading, waiter)

    def __repr__(self) -> str:
        state = "closed" if self._lost else "closing" if self._closing else "open"
        return f"<StreamTransport {state} {self.kernel.name()} buffered={self._buffered}>"

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Who hears of what comes from now on."""
        super().set_protocol(protocol)
        self._buffered_protocol = isinstance(protocol, asyncio.BufferedProtocol)

    # Reading

    def is_reading(self) -> bool:
        """Whether the protocol is given what comes."""
        return not self._closing and not self._paused

    def pause_reading(self) -> None:
        """Leave what comes in the socket."""
        if self.is_reading():
            self._paused = True
            self.kernel.on_readable = None

    def resume_reading(self) -> None:
        """Give the protocol what comes again."""
        if self._paused and not self._closing:
            self._paused = False
            self._start_reading()

    def _start_reading(self) -> None:
        if self._closing or self._paused or self._at_eof or self._lost:
            return
        self.kernel.on_readable = self._on_readable
        if self._recorded and self._call is None:
            self._call = self._called("read", limit=READ_OCTETS)
        if self.kernel.readable:
            self._on_readable()

    def _on_readable(self) -> None:
        if not self._read_is_ready:
            self._read_is_ready = True
            self._loop.make_ready(self._read_handle)

    def _read_ready(self) -> None:
        self._read_is_ready = False
        if self._lost or self._paused or self._closing or self._at_eof:
            return
        if self._buffered_protocol:
            self._read_into_buffer()
            return
        data = self._take(READ_OCTETS)
        if not data:
            return
        try:
            self._protocol.data_received(data)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            self._fatal_error(error, "Fatal error: protocol.data_received() call failed.")
            return
        self._read_on()

    def _take(self, limit: int) -> bytes | None:
        """What has come; nothing where nothing has, where it was the end, and where it failed."""
        try:
            data = self.kernel.read(limit)
        except OSError as error:
            self._read_failed(error)
            return None
        if data is not None:
            if self._call is not None:
                self._read_returned(len(data))
            if not data:
                self._end_of_stream()
        return data

    def _read_into_buffer(self) -> None:
        protocol: Any = self._protocol
        try:
            buffer = memoryview(protocol.get_buffer(-1)).cast("B")
            if not len(buffer):
                raise RuntimeError("get_buffer() returned an empty buffer")
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            self._fatal_error(error, "Fatal error: protocol.get_buffer() call failed.")
            return
        data = self._take(len(buffer))
        if not data:
            return
        buffer[: len(data)] = data
        try:
            protocol.buffer_updated(len(data))
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            self._fatal_error(error, "Fatal error: protocol.buffer_updated() call failed.")
            return
        self._read_on()

    def _read_on(self) -> None:
        """More may be there already: the end of the stream, or what did not fit."""
        if self._closing or self._paused:
            return
        if self._recorded and self._call is None:
            self._call = self._called("read", limit=READ_OCTETS)
        if self.kernel.readable:
            self._on_readable()

    def _read_failed(self, error: OSError) -> None:
        if self._call is not None:
            self._call.failed(error)
            self._call = None
        self._fatal_error(error, "Fatal read error on socket transport")

    def _end_of_stream(self) -> None:
        self._at_eof = True
        self.kernel.on_readable = None
        try:
            keep_open = self._protocol.eof_received()
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            self._fatal_error(error, "Fatal error: protocol.eof_received() call failed.")
            return
        if keep_open:
            # No more to read, but an error is still to be heard of.
            self.kernel.on_readable = self._on_error
        else:
            self.close()

    def _on_error(self) -> None:
        error = self.kernel.error
        if error is not None and not self._lost:
            self.kernel.take_error()
            self._fatal_error(error, "Fatal error on socket transport")

    # Writing

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send these octets, as soon as there is room for them."""
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError(f"data argument must be a bytes-like object, not {type(data).__name__!r}")
        if self._eof:
            raise RuntimeError("Cannot call write() after write_eof()")
        if not data:
            return
        if self._lost:
            self._write_after_loss()
            return
        self._loop.look_at_clock()
        call = 0
        taken = 0
        if self._recorded:
            noted = self._called("write", octets=len(data))
            call = noted.number
            with noted:
                taken = self._write_now(data, call)
                noted.gave(octets=taken)
        else:
            taken = self._write_now(data, 0)
        if taken < len(data) and not self._lost:
            rest = memoryview(data if isinstance(data, bytes) else bytes(data)).cast("B")[taken:]
            self._buffer.append((rest, call))
            self._buffered += len(rest)
            self.kernel.on_writable = self._on_writable
            self._maybe_pause_protocol()

    def _write_now(self, data: bytes | bytearray | memoryview, call: int) -> int:
        if self._buffer:
            return 0
        if not self._push_is_due:
            self._push_is_due = self._loop.at_end_of_round(self._push)
        try:
            return self.kernel.write(data, call, is_more_to_come=self._push_is_due)
        except OSError as error:
            self._fatal_error(error, "Fatal write error on socket transport")
            return len(data)

    def _push(self) -> None:
        if self._push_is_due:
            self._push_is_due = False
            self.kernel.push()

    def _write_after_loss(self) -> None:
        self._lost += 1
        if self._lost == _LOG_AFTER:
            self._loop.call_exception_handler(
                {"message": "the application goes on writing to a lost connection", "transport": self}
            )

    def _on_writable(self) -> None:
        if not self._write_is_ready:
            self._write_is_ready = True
            self._loop.make_ready(self._write_handle)

    def _write_ready(self) -> None:
        self._write_is_ready = False
        buffer = self._buffer
        if self._lost or not buffer:
            return
        try:
            while buffer:
                data, call = buffer[0]
                taken = self.kernel.write(data, call)
                self._buffered -= taken
                if taken < len(data):
                    buffer[0] = (data[taken:], call)
                    break
                buffer.popleft()
        except OSError as error:
            self._fatal_error(error, "Fatal write error on socket transport")
            return
        self._maybe_resume_protocol()  # which may write more
        if not buffer:
            self.kernel.on_writable = None
            if self._closing:
                self._lost += 1
                self._call_connection_lost(None)
            elif self._eof:
                self._shutdown()

    def writelines(self, list_of_data: Any) -> None:
        """Send them all, as one write."""
        self.write(b"".join(list_of_data))

    def get_write_buffer_size(self) -> int:
        """Octets that wait here for room in the socket."""
        return self._buffered

    def can_write_eof(self) -> bool:
        """Our stream can be ended while the peer's goes on."""
        return True

    def write_eof(self) -> None:
        """End our stream once everything is written."""
        if not self._closing and not self._eof:
            self._eof = True
            if not self._buffer:
                self._shutdown()

    def _shutdown(self) -> None:
        try:
            self._sock.shutdown(socket.SHUT_WR)
        except OSError as error:
            self._fatal_error(error, "Fatal error on socket transport")

    # Ending

    def close(self) -> None:
        """Write what waits, then let go of the socket."""
        if self._closing:
            return
        self._closing = True
        self.kernel.on_readable = None
        if not self._buffer:
            self._lost += 1
            if not self.kernel.readable:
                self._push_is_due = False  # it goes with the FIN; unread text would make that a RST
            self._loop.call_soon(self._call_connection_lost, None)

    def abort(self) -> None:
        """Let go of the socket at once; what waits is lost."""
        self._force_close(None)

    def _force_close(self, error: BaseException | None) -> None:
        if self._lost:
            return
        self._buffer.clear()
        self._buffered = 0
        self._closing = True
        self.kernel.on_readable = self.kernel.on_writable = None
        self._lost += 1
        self._loop.call_soon(self._call_connection_lost, error)

    def _fatal_error(self, error: BaseException, message: str) -> None:
        if not isinstance(error, OSError):
            context = {"message": message, "exception": error, "transport": self, "protocol": self._protocol}
            self._loop.call_exception_handler(context)
        self._force_close(error)

    def _call_connection_lost(self, error: BaseException | None) -> None:
        try:
            self._protocol.connection_lost(error)
        finally:
            self._sock.close()
            self._loop.transport_closed(self)
            server, self._server = self._server, None
            if server is not None:
                server._detach(self) if _CLIENTS_BY_TRANSPORT else server._detach()
            # Nothing leads back from here, so that reference counts are enough to free it.
            self._read_handle.cancel()
            self._write_handle.cancel()
            self._protocol = _NOBODY

    def abandon(self) -> None:
        """The world ends: nothing of this will happen any more."""
        self._closing = True
        self._lost += 1
        self._buffer.clear()
        self.kernel.on_readable = self.kernel.on_writable = None
        over_it = getattr(self._protocol, "_app_transport", None)
        if over_it is not None:
            over_it._closed = True  # or TLS would warn that nobody closed it

    # The trace

    def _called(self, name: str, **arguments: Any) -> Call:
        return Call(self._sock.host, name, self.kernel.name, descriptor=self._sock.fileno(), **arguments)

    def _read_returned(self, octets: int) -> None:
        call, self._call = self._call, None
        assert call is not None
        call.returned(octets=octets)
