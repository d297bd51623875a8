"""The loop's calls on socket objects: ``sock_connect``, ``sock_accept``, ``sock_recv`` … and ``add_reader``.

Each is noted as one call of the application, from when it is made to when it is over.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any, TypeVarTuple

from michinori.aio.base import LoopBase
from michinori.aio.calls import Call
from michinori.aio.context import CURRENT_HOST
from michinori.aio.host_socket import Buffer, HostSocket
from michinori.aio.sockaddr import endpoint_of, sockaddr
from michinori.aio.watches import Side, Watch
from michinori.host import KernelSocket, TcpListenerSocket, TcpSocket, UdpSocket
from michinori.host.addresses import endpoint_text
from michinori.host.errors import os_error

Ts = TypeVarTuple("Ts")


class SockCalls(LoopBase):
    """The part of the loop that works on sockets as they are."""

    def __init__(self) -> None:
        super().__init__()
        self._watches: dict[KernelSocket, Watch] = {}

    async def sock_recv(self, sock: HostSocket, n: int) -> bytes:  # type: ignore[override]
        """What has come, at most ``n`` octets, waiting until there is something."""
        kernel = _kernel_of(sock)
        if isinstance(kernel, UdpSocket):
            return (await self.sock_recvfrom(sock, n))[0]
        with Call(sock.host, "read", kernel.name, descriptor=sock.fileno(), limit=n) as call:
            while True:
                sock.check_open()
                if isinstance(kernel, TcpListenerSocket):
                    raise os_error(errno.ENOTCONN)
                data = kernel.read(n)
                if data is not None:
                    call.gave(octets=len(data))
                    return data
                await self._until_readable(kernel)

    async def sock_recv_into(self, sock: HostSocket, buf: bytearray | memoryview) -> int:  # type: ignore[override]
        """As ``sock_recv``, into that buffer; how many octets."""
        view = memoryview(buf).cast("B")
        data = await self.sock_recv(sock, len(view))
        view[: len(data)] = data
        return len(data)

    async def sock_recvfrom(self, sock: HostSocket, bufsize: int) -> tuple[bytes, Any]:  # type: ignore[override]
        """The next datagram and where it came from, waiting for it."""
        kernel = _kernel_of(sock)
        if not isinstance(kernel, UdpSocket):
            return await self.sock_recv(sock, bufsize), None
        with Call(sock.host, "read", kernel.name, descriptor=sock.fileno(), limit=bufsize) as call:
            while not kernel.readable:
                await self._until_readable(kernel)
                sock.check_open()
            data, sender = kernel.receive()
            call.gave(octets=len(data))
        return data[:bufsize], sockaddr(sock.family, sender)

    async def sock_recvfrom_into(  # type: ignore[override]
        self, sock: HostSocket, buf: bytearray | memoryview, nbytes: int = 0
    ) -> tuple[int, Any]:
        """As ``sock_recvfrom``, into that buffer."""
        view = memoryview(buf).cast("B")
        data, sender = await self.sock_recvfrom(sock, nbytes or len(view))
        view[: len(data)] = data
        return len(data), sender

    async def sock_sendall(self, sock: HostSocket, data: Buffer) -> None:  # type: ignore[override]
        """Give all of it to the send buffer, waiting for room."""
        kernel = _kernel_of(sock)
        view = memoryview(data).cast("B")
        self.look_at_clock()
        if isinstance(kernel, UdpSocket):
            sock.send(view)
            return
        with Call(sock.host, "write", kernel.name, descriptor=sock.fileno(), octets=len(view)) as call:
            call.gave(octets=len(view))
            while view:
                sock.check_open()
                if isinstance(kernel, TcpListenerSocket):
                    raise os_error(errno.EPIPE)
                view = view[kernel.write(view, call.number) :]
                if view:
                    await self._until_writable(kernel)

    async def sock_sendto(self, sock: HostSocket, data: Buffer, address: Any) -> int:  # type: ignore[override]
        """Send one datagram."""
        return sock.sendto(data, address)

    async def sock_connect(self, sock: HostSocket, address: Any) -> None:  # type: ignore[override]
        """Connect to that address and port, waiting until the handshake is complete."""
        kernel = _kernel_of(sock)
        resolved = await self._ensure_resolved(address, family=sock.family, type=sock.type, proto=sock.proto, loop=self)
        address = resolved[0][4]
        end = endpoint_of(sock.host, sock.family, address)
        self.look_at_clock()
        with Call(sock.host, "connect", descriptor=sock.fileno(), address=endpoint_text(*end)) as call:
            sock.connect_now(end)
            call.connection = kernel.name()
            if not isinstance(kernel, TcpSocket):
                return
            await self._until_writable(kernel)
            error = kernel.take_error()
            if error is not None:
                raise OSError(error.errno, f"Connect call failed {address}: {os.strerror(error.errno or 0)}") from error
            sock.check_open()

    async def sock_accept(self, sock: HostSocket) -> tuple[HostSocket, Any]:  # type: ignore[override]
        """The next connection and its other end, waiting for one."""
        kernel = _kernel_of(sock)
        with Call(sock.host, "accept", kernel.name, descriptor=sock.fileno()) as call:
            while True:
                sock.check_open()
                accepted = sock.accept_now()
                if accepted is not None:
                    break
                await self._until_readable(kernel)
            accepted.setblocking(False)
            call.gave(descriptor=accepted.fileno(), accepted=accepted.kernel.name())
        return accepted, accepted.getpeername()

    # Callbacks for libraries that wait for sockets by themselves

    def add_reader(self, fd: Any, callback: Callable[[*Ts], Any], *args: *Ts) -> None:
        """Call ``callback(*args)`` whenever that socket of the running host is readable."""
        self._watch(_kernel_by(fd)).reading.set_callback(callback, args)

    def remove_reader(self, fd: Any) -> bool:
        """Call it no more. Whether there was anything to call."""
        return self._unwatch(fd, lambda watch: watch.reading)

    def add_writer(self, fd: Any, callback: Callable[[*Ts], Any], *args: *Ts) -> None:
        """Call ``callback(*args)`` whenever that socket of the running host is writable."""
        self._watch(_kernel_by(fd)).writing.set_callback(callback, args)

    def remove_writer(self, fd: Any) -> bool:
        """Call it no more. Whether there was anything to call."""
        return self._unwatch(fd, lambda watch: watch.writing)

    def _unwatch(self, fd: Any, side: Callable[[Watch], Side]) -> bool:
        kernel = _find_kernel(fd)
        watch = self._watches.get(kernel) if kernel is not None else None
        if kernel is None or watch is None:
            return False
        removed = side(watch).set_callback(None)
        if watch.idle:
            del self._watches[kernel]
        return removed

    def _watch(self, kernel: KernelSocket) -> Watch:
        watch = self._watches.get(kernel)
        if watch is None:
            watch = self._watches[kernel] = Watch(self, kernel)
        return watch

    async def _until_readable(self, kernel: KernelSocket) -> None:
        await self._until(kernel, lambda watch: watch.reading)

    async def _until_writable(self, kernel: KernelSocket) -> None:
        await self._until(kernel, lambda watch: watch.writing)

    async def _until(self, kernel: KernelSocket, side: Callable[[Watch], Side]) -> None:
        watch = self._watch(kernel)
        try:
            await side(watch).wait()
        finally:
            if watch.idle:
                self._watches.pop(kernel, None)


def _kernel_of(sock: Any) -> KernelSocket:
    if not isinstance(sock, HostSocket):
        raise TypeError(f"a world knows the sockets of its hosts alone, not {sock!r}: make it in a task of a host")
    sock.check_open()
    return sock.kernel


def _find_kernel(fd: Any) -> KernelSocket | None:
    if isinstance(fd, HostSocket):
        return fd.kernel
    if not isinstance(fd, int):
        fd = fd.fileno()
    host = CURRENT_HOST.get()
    return None if host is None else host.descriptors.get(fd)


def _kernel_by(fd: Any) -> KernelSocket:
    kernel = _find_kernel(fd)
    if kernel is None:
        raise ValueError(f"{fd!r} is no socket of the running host")
    return kernel
