# ruff: noqa: ARG002 (arguments are those of the real socket, whether they mean something here or not)
"""What ``socket.socket`` gives to code that runs on a host: the same methods, on the host's own stack.

It never waits: where a socket of the operating system would block, this one raises ``BlockingIOError`` if it was set
non-blocking and one clear error if not, since a blocked call would stop the whole world.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable
from typing import Any, Final

from michinori.aio import ancillary, socket_options
from michinori.aio.ancillary import Message
from michinori.aio.calls import Call
from michinori.aio.sockaddr import endpoint_of, sockaddr
from michinori.host import Endpoint, Host, TcpListenerSocket, TcpSocket, UdpSocket
from michinori.host.addresses import endpoint_text
from michinori.host.errors import os_error, would_block

Kernel = TcpSocket | TcpListenerSocket | UdpSocket
Buffer = bytes | bytearray | memoryview

#: RFC 7413 as Linux offers it: ``sendto`` that connects and sends.
_MSG_FASTOPEN: Final = 0x2000_0000
_ADDRESS_OCTETS: Final = {socket.AF_INET: 4}


class HostSocket:
    """A socket of a host. ``kernel`` is the socket itself, which is memory of the host; this object is the
    application's hold on it, by a descriptor.
    """

    def __init__(
        self,
        host: Host,
        family: int = socket.AF_INET,
        type: int = socket.SOCK_STREAM,  # noqa: A002 (the name of the real one)
        proto: int = 0,
        kernel: Kernel | None = None,
    ) -> None:
        blocking_bits = getattr(socket, "SOCK_NONBLOCK", 0) | getattr(socket, "SOCK_CLOEXEC", 0)
        self._timeout: float | None = 0.0 if type & getattr(socket, "SOCK_NONBLOCK", 0) else None
        self.host = host
        self._family = socket.AF_INET if family in (-1, 0) else family
        self._type = socket.SOCK_STREAM if type == -1 else type & ~blocking_bits
        self._proto = max(proto, 0)
        self._descriptor = -1
        if kernel is None:
            with Call(host, "socket", family="inet", type="tcp" if self._type == socket.SOCK_STREAM else "udp") as call:
                self.kernel: Kernel = self._make_kernel()
                self._descriptor = host.open(self.kernel)
                call.gave(descriptor=self._descriptor)
        else:
            self.kernel = kernel
            self._descriptor = host.open(kernel)

    def _make_kernel(self) -> Kernel:
        octets = _ADDRESS_OCTETS.get(socket.AddressFamily(self._family))
        if octets is None:
            raise os_error(errno.EAFNOSUPPORT)
        if self._type == socket.SOCK_STREAM and self._proto in (0, socket.IPPROTO_TCP):
            return self.host.tcp.socket(octets)
        if self._type == socket.SOCK_DGRAM and self._proto in (0, socket.IPPROTO_UDP):
            return self.host.udp.socket(octets)
        raise os_error(errno.EPROTONOSUPPORT)

    # What it is

    @property
    def family(self) -> socket.AddressFamily:
        """The address family."""
        return socket.AddressFamily(self._family)

    @property
    def type(self) -> socket.SocketKind:
        """``SOCK_STREAM`` or ``SOCK_DGRAM``."""
        return socket.SocketKind(self._type)

    @property
    def proto(self) -> int:
        """The protocol that was asked for."""
        return self._proto

    @property
    def timeout(self) -> float | None:
        """How long calls may wait: 0 for not at all, None for ever."""
        return self._timeout

    def fileno(self) -> int:
        """The descriptor, -1 once closed: a number of the host, not of this process."""
        return self._descriptor

    def getsockname(self) -> tuple[Any, ...]:
        """The local address and port."""
        self.check_open()
        return sockaddr(self._family, self.kernel.local)

    def getpeername(self) -> tuple[Any, ...]:
        """The other end's address and port. Raises ``OSError`` (ENOTCONN)."""
        self.check_open()
        if isinstance(self.kernel, TcpListenerSocket) or self.kernel.remote is None or not self.kernel.connected:
            raise os_error(errno.ENOTCONN)
        return sockaddr(self._family, self.kernel.remote)

    def __repr__(self) -> str:
        kind = "closed" if self._descriptor < 0 else f"fd={self._descriptor}"
        return f"<HostSocket of {self.host.name} {kind} {self.kernel.name()}>"

    # How it behaves

    def setblocking(self, flag: bool) -> None:
        """Whether calls may wait. They cannot: a call that would wait then raises one clear error."""
        self._timeout = None if flag else 0.0

    def settimeout(self, value: float | None) -> None:
        """As ``setblocking``; a time above 0 counts as blocking."""
        self._timeout = value

    def gettimeout(self) -> float | None:
        """What ``settimeout`` set."""
        return self._timeout

    def getblocking(self) -> bool:
        """Whether calls may wait."""
        return self._timeout != 0

    def setsockopt(self, level: int, optname: int, value: Any, optlen: int | None = None) -> None:
        """Set an option of the socket; those without a meaning here are taken and kept."""
        self.check_open()
        socket_options.set_option(self.kernel, level, optname, value)

    def getsockopt(self, level: int, optname: int, buflen: int = 0) -> Any:
        """An option of the socket: an integer, or its octets when ``buflen`` is given."""
        self.check_open()
        return socket_options.get_option(self.kernel, level, optname, buflen, self.host.queue.now_ns)

    def get_inheritable(self) -> bool:
        """Never: hosts have no child processes."""
        return False

    def set_inheritable(self, inheritable: bool) -> None:
        """Of no effect: hosts have no child processes."""

    # Calls

    def bind(self, address: tuple[Any, ...]) -> None:
        """Take a local address and port."""
        self.check_open()
        end = endpoint_of(self.host, self._family, address)
        if isinstance(self.kernel, TcpListenerSocket):
            raise os_error(errno.EINVAL)
        with Call(self.host, "bind", descriptor=self._descriptor, address=endpoint_text(*end)) as call:
            self.kernel.bind(*end)
            call.gave(address=endpoint_text(*(self.kernel.local or end)))

    def listen(self, backlog: int = 128) -> None:
        """Let others connect to the local address and port."""
        self.check_open()
        kernel = self.kernel
        with Call(self.host, "listen", descriptor=self._descriptor, backlog=backlog):
            if isinstance(kernel, TcpSocket):
                self.kernel = self.host.tcp.listen(kernel, backlog)
                self.host.descriptors.replace(self._descriptor, self.kernel)
            elif isinstance(kernel, TcpListenerSocket):
                kernel.set_backlog(backlog)
            else:
                raise os_error(errno.EOPNOTSUPP)

    def accept(self) -> tuple[HostSocket, tuple[Any, ...]]:
        """The connection that has waited longest, as a socket of its own, and its other end."""
        self.check_open()
        with Call(self.host, "accept", self.kernel.name, descriptor=self._descriptor) as call:
            accepted = self.accept_now()
            if accepted is None:
                raise self._would_wait("accept")
            call.gave(descriptor=accepted.fileno(), remote=accepted.kernel.name())
        return accepted, accepted.getpeername()

    def accept_now(self) -> HostSocket | None:
        """As ``accept``; None when there is none. Not noted as a call."""
        kernel = self.kernel
        if not isinstance(kernel, TcpListenerSocket):
            raise os_error(errno.EINVAL)
        connection = kernel.accept()
        if connection is None:
            return None
        accepted = HostSocket(self.host, self._family, self._type, self._proto, connection)
        self.host.note_table()
        return accepted

    def connect(self, address: tuple[Any, ...]) -> None:
        """Connect to that address and port; of TCP, only begin to: ``BlockingIOError`` (EINPROGRESS)."""
        end = endpoint_of(self.host, self._family, address)
        with Call(self.host, "connect", descriptor=self._descriptor, address=endpoint_text(*end)):
            self.connect_now(end)
            if isinstance(self.kernel, TcpSocket) and not self.kernel.connected:
                if self._timeout != 0:
                    raise self._would_wait("connect")
                raise os_error(errno.EINPROGRESS)

    def connect_now(self, end: Endpoint) -> None:
        """Begin to connect. Not noted as a call."""
        self.check_open()
        if isinstance(self.kernel, TcpListenerSocket):
            raise os_error(errno.EISCONN)
        self.kernel.connect(*end)

    def connect_ex(self, address: tuple[Any, ...]) -> int:
        """As ``connect``, but gives the error's number, 0 for none."""
        try:
            self.connect(address)
        except OSError as error:
            return error.errno or errno.EIO
        return 0

    def send(self, data: Buffer, flags: int = 0) -> int:
        """Give octets to the send buffer; how many it took."""
        kernel = self._connected_kernel()
        view = memoryview(data).cast("B")
        with Call(self.host, "write", self.kernel.name, descriptor=self._descriptor, octets=len(view)) as call:
            taken = kernel.send(view) if isinstance(kernel, UdpSocket) else kernel.write(view, call.number)
            if not taken and len(view):
                raise self._would_wait("send")
            call.gave(octets=taken)
        return taken

    def sendall(self, data: Buffer, flags: int = 0) -> None:
        """Give all of it to the send buffer; raises when that would have to wait."""
        view = memoryview(data).cast("B")
        while view:
            view = view[self.send(view) :]

    def sendto(self, data: Buffer, *rest: Any) -> int:
        """``sendto(data, address)`` or ``sendto(data, flags, address)``."""
        kernel = self._connected_kernel()
        if isinstance(kernel, TcpSocket) and len(rest) > 1 and rest[0] & _MSG_FASTOPEN:
            kernel.check_fast_open()
            kernel.options.fast_open = True
            self.connect(rest[-1])  # BlockingIOError where there is no cookie yet: one is asked for
            return self.send(data)
        if not isinstance(kernel, UdpSocket) or rest[-1] is None:
            return self.send(data)
        end = endpoint_of(self.host, self._family, rest[-1])
        arguments = {"descriptor": self._descriptor, "octets": len(data), "address": endpoint_text(*end)}
        with Call(self.host, "write", kernel.name(end), **arguments) as call:
            sent = kernel.send_to(data, *end)
            call.gave(octets=sent)
        return sent

    def sendmsg(
        self, buffers: Iterable[Buffer], ancdata: Iterable[Message] = (), flags: int = 0, address: Any = None
    ) -> int:
        """Send what the buffers hold together; a datagram from the address that ``IP_PKTINFO`` names, if any."""
        kernel, data = self._connected_kernel(), b"".join(buffers)
        messages = list(ancdata)
        if not isinstance(kernel, UdpSocket) or not messages:
            return self.send(data) if address is None else self.sendto(data, flags, address)
        source = ancillary.source_asked_for(messages, kernel)
        end = kernel.remote if address is None else endpoint_of(self.host, self._family, address)
        if end is None:
            raise os_error(errno.EDESTADDRREQ)
        arguments = {"descriptor": self._descriptor, "octets": len(data), "address": endpoint_text(*end)}
        with Call(self.host, "write", kernel.name(end), **arguments) as call:
            sent = kernel.send_to(data, *end, source)
            call.gave(octets=sent)
        return sent

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """What has come, at most that many octets; ``b""`` when the other end has ended its stream."""
        if flags & socket.MSG_PEEK:
            raise os_error(errno.EOPNOTSUPP)
        kernel = self._connected_kernel()
        if isinstance(kernel, UdpSocket):
            return self.recvfrom(bufsize)[0]
        with Call(self.host, "read", self.kernel.name, descriptor=self._descriptor, limit=bufsize) as call:
            data = kernel.read(bufsize)
            if data is None:
                raise self._would_wait("recv")
            call.gave(octets=len(data))
        return data

    def recvfrom(self, bufsize: int, flags: int = 0) -> tuple[bytes, Any]:
        """The next datagram and where it came from; what is longer than ``bufsize`` is cut off."""
        kernel = self._connected_kernel()
        if not isinstance(kernel, UdpSocket):
            return self.recv(bufsize), None
        with Call(self.host, "read", self.kernel.name, descriptor=self._descriptor, limit=bufsize) as call:
            if not kernel.readable:
                raise self._would_wait("recvfrom")
            data, sender = kernel.receive()
            call.gave(octets=len(data))
        return data[:bufsize], sockaddr(self._family, sender)

    def recvmsg(self, bufsize: int, ancbufsize: int = 0, flags: int = 0) -> tuple[bytes, list[Message], int, Any]:
        """As ``recvfrom``, with what the packet said as far as options ask for it (``ancillary.py``), and whether
        something was cut off (``MSG_TRUNC``, ``MSG_CTRUNC``).
        """
        kernel = self._connected_kernel()
        if not isinstance(kernel, UdpSocket):
            return self.recv(bufsize), [], 0, None
        with Call(self.host, "read", kernel.name, descriptor=self._descriptor, limit=bufsize) as call:
            if not kernel.readable:
                raise self._would_wait("recvmsg")
            arrived = kernel.take()
            call.gave(octets=len(arrived.payload))
        told = ancillary.told_with(arrived, kernel.options)
        fitting = ancillary.that_fit(told, ancbufsize)
        cut_off = (socket.MSG_TRUNC if len(arrived.payload) > bufsize else 0) | (
            socket.MSG_CTRUNC if len(fitting) < len(told) else 0
        )
        return arrived.payload[:bufsize], fitting, cut_off, sockaddr(self._family, arrived.sender)

    def recv_into(self, buffer: bytearray | memoryview, nbytes: int = 0, flags: int = 0) -> int:
        """As ``recv``, into that buffer; how many octets."""
        view = memoryview(buffer).cast("B")
        data = self.recv(nbytes or len(view), flags)
        view[: len(data)] = data
        return len(data)

    def recvfrom_into(self, buffer: bytearray | memoryview, nbytes: int = 0, flags: int = 0) -> tuple[int, Any]:
        """As ``recvfrom``, into that buffer."""
        view = memoryview(buffer).cast("B")
        data, sender = self.recvfrom(nbytes or len(view), flags)
        view[: len(data)] = data
        return len(data), sender

    def shutdown(self, how: int) -> None:
        """End our stream (``SHUT_WR``), stop reading (``SHUT_RD``), or both."""
        kernel = self._connected_kernel()
        if isinstance(kernel, UdpSocket):
            return
        with Call(self.host, "shutdown", self.kernel.name, descriptor=self._descriptor, how=how):
            kernel.shutdown(reading=how != socket.SHUT_WR, writing=how != socket.SHUT_RD)

    def close(self) -> None:
        """Let go of the socket; its connection ends in its own time."""
        if self._descriptor < 0:
            return
        host = self.host
        with Call(host, "close", self.kernel.name, descriptor=self._descriptor):
            host.descriptors.free(self._descriptor)
            self._descriptor = -1
            self.kernel.close()
            host.note_table()

    def detach(self) -> int:
        """Let go of the descriptor without closing the socket; another ``socket.socket(fileno=...)`` may take it."""
        descriptor, self._descriptor = self._descriptor, -1
        return descriptor

    def __enter__(self) -> HostSocket:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def check_open(self) -> None:
        """Raises ``OSError`` (EBADF) when it was closed."""
        if self._descriptor < 0:
            raise os_error(errno.EBADF)

    def _connected_kernel(self) -> TcpSocket | UdpSocket:
        self.check_open()
        if isinstance(self.kernel, TcpListenerSocket):
            raise os_error(errno.ENOTCONN)
        return self.kernel

    def _would_wait(self, call: str) -> Exception:
        if self._timeout == 0:
            return would_block()
        return RuntimeError(
            f"socket.{call} would block and so stop the world of host {self.host.name}: "
            "use asyncio, or setblocking(False)"
        )
