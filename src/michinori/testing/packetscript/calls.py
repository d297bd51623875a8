"""The system calls of a script, done on the sockets of a host.

A call is begun once and gives an attempt, which is made again whenever something happened until it gives an outcome:
that is how a blocking call waits where no time passes by itself.
"""

from __future__ import annotations

import errno
import socket as constants
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import msgspec

from michinori.aio.socket_options import get_option, set_option
from michinori.host import Endpoint, Host, KernelSocket, TcpListenerSocket, TcpSocket, UdpSocket
from michinori.testing.packetscript.numbers import pattern
from michinori.testing.packetscript.polling import Epolls, poll
from michinori.testing.packetscript.remote import LOCAL_PORT, REMOTE_PORT, Remote
from michinori.testing.packetscript.script import Call, Word
from michinori.testing.packetscript.values import NotThere, number, octets_of, option_value

_NONBLOCK: Final = 0x800
_SET_FLAGS: Final = 4
_LARGEST: Final = 1 << 30


class Outcome(msgspec.Struct, frozen=True):
    """What a call gave: a number, or -1 and the name of the error."""

    result: int
    error: str = ""

    def __str__(self) -> str:
        return f"{self.result} {self.error}".strip()


#: Gives what the call gave, or None while it has to wait.
Attempt: TypeAlias = Callable[[], int | None]


class Calls:
    """The application of a script: its descriptors and what it does with them."""

    def __init__(self, host: Host, remote: Remote, wake: Callable[[], None]) -> None:
        """``wake`` is called when a call that waits may go on: at once, before the host sends anything else."""
        self._wake = wake
        self.sockets: dict[int, KernelSocket] = {}
        self._epolls = Epolls(self.sockets, host.queue)
        self._host = host
        self._remote = remote
        self._nonblocking: set[int] = set()
        self._opener: Call | None = None
        """The last call that wrote, if its text goes with the SYN."""
        self._calls: dict[str, Callable[[Call], Attempt]] = {
            "socket": self._socket,
            "bind": self._bind,
            "listen": self._listen,
            "accept": self._accept,
            "accept4": self._accept,
            "connect": self._connect,
            "read": self._read,
            "recv": self._read,
            "recvfrom": self._read,
            "recvmsg": self._read,
            "write": self._write,
            "send": self._write,
            "sendto": self._write,
            "sendmsg": self._write,
            "close": self._close,
            "shutdown": self._shutdown,
            "setsockopt": self._setsockopt,
            "getsockopt": self._getsockopt,
            "fcntl": self._fcntl,
            "poll": self._poll,
            "epoll_create": self._epoll_create,
            "epoll_ctl": self._epolls.control,
            "epoll_wait": self._epolls.wait,
            "ioctl": self._ioctl,
        }

    def begin(self, call: Call) -> Callable[[], Outcome | None]:
        """Make a call. Raises ``NotThere``."""
        make = self._calls.get(call.name)
        if make is None:
            raise NotThere(f"the call {call.name} is not there")
        try:
            attempt = make(call)
        except OSError as error:
            failed = _failed(error)
            return lambda: failed
        return lambda: self._attempt(attempt)

    def would_block(self, call: Call) -> Outcome | None:
        """What a call gives that would have to wait, if its socket does not wait."""
        if self._fd(call) not in self._nonblocking and not self._flags(call) & constants.MSG_DONTWAIT:
            return None
        opening = call.name == "connect" or call is self._opener
        return Outcome(-1, "EINPROGRESS" if opening else "EAGAIN")

    def _attempt(self, attempt: Attempt) -> Outcome | None:
        try:
            result = attempt()
        except OSError as error:
            return _failed(error)
        return None if result is None else Outcome(result)

    # Values

    def _fd(self, call: Call) -> int:
        first = call.arguments[0] if call.arguments else None
        return first if isinstance(first, int) else -1

    def _kernel(self, call: Call) -> KernelSocket:
        kernel = self.sockets.get(self._fd(call))
        if kernel is None:
            raise OSError(errno.EBADF, "no socket")
        return kernel

    def _tcp(self, call: Call) -> TcpSocket:
        kernel = self._kernel(call)
        if isinstance(kernel, TcpListenerSocket):
            raise OSError(errno.ENOTCONN, "a listener")
        if isinstance(kernel, UdpSocket):
            raise NotThere(f"{call.name} on a datagram socket")
        return kernel

    def _server(self) -> Endpoint:
        """Whom a script means that names nobody."""
        return self._remote.remote, REMOTE_PORT

    def _flags(self, call: Call) -> int:
        places = {"recv": 3, "recvfrom": 3, "send": 3, "sendto": 3, "recvmsg": 2, "sendmsg": 2}
        place = places.get(call.name)
        return 0 if place is None or place >= len(call.arguments) else number(call.arguments[place])

    def _address(self, value: Any, default: Endpoint) -> Endpoint:
        if not isinstance(value, dict):
            return default
        address, port = default
        port = number(value.get("sin_port", port))
        where = value.get("sin_addr")
        if isinstance(where, dict) and isinstance(text := next(iter(where.values()))[0], bytes):
            address = constants.inet_aton(text.decode())
        elif isinstance(where, Word) and where == "INADDR_ANY":
            address = bytes(4)
        return address, port

    # The calls

    def _socket(self, call: Call) -> Attempt:
        kind = number(call.arguments[1])
        made: KernelSocket
        if kind & 0xF == constants.SOCK_STREAM:
            made = self._host.tcp.socket()
        elif kind & 0xF == constants.SOCK_DGRAM:
            made = self._host.udp.socket()
        else:
            raise NotThere("sockets of another kind than SOCK_STREAM and SOCK_DGRAM")
        return lambda: self._enter(call, made, bool(kind & _NONBLOCK))

    def _enter(self, call: Call, made: KernelSocket, nonblocking: bool) -> int:
        fd = self._named_or_free(call)
        self.sockets[fd] = made
        if isinstance(made, TcpSocket):
            made.on_readable = made.on_writable = lambda: self._happened(made)
        if nonblocking:
            self._nonblocking.add(fd)
        return fd

    def _happened(self, kernel: KernelSocket) -> None:
        self._epolls.happened(kernel)
        self._wake()

    def _named_or_free(self, call: Call) -> int:
        """The script names a new descriptor itself."""
        taken, wanted = self.sockets.keys() | self._epolls.open.keys(), call.result
        if isinstance(wanted, int) and wanted >= 0 and wanted not in taken:
            return wanted
        return next(fd for fd in range(3, _LARGEST) if fd not in taken)

    def _bind(self, call: Call) -> Attempt:
        kernel = self._kernel(call)
        if isinstance(kernel, TcpListenerSocket):
            raise OSError(errno.EINVAL, "a listener")
        kernel.bind(*self._address(call.arguments[1], (self._remote.local, LOCAL_PORT)))
        return lambda: 0

    def _listen(self, call: Call) -> Attempt:
        kernel = self._kernel(call)
        backlog = number(call.arguments[1])
        if isinstance(kernel, TcpListenerSocket):
            kernel.set_backlog(backlog)
        else:
            self.sockets[self._fd(call)] = self._host.tcp.listen(self._tcp(call), backlog)
        return lambda: 0

    def _accept(self, call: Call) -> Attempt:
        kernel = self._kernel(call)
        if not isinstance(kernel, TcpListenerSocket):
            raise OSError(errno.EINVAL, "no listener")

        def attempt() -> int | None:
            accepted = kernel.accept()
            return None if accepted is None else self._enter(call, accepted, False)

        return attempt

    def _connect(self, call: Call) -> Attempt:
        kernel = self._kernel(call)
        if isinstance(kernel, UdpSocket):
            kernel.connect(*self._address(call.arguments[1], self._server()))
            return lambda: 0
        socket = self._tcp(call)
        if socket.error is not None:
            raise socket.take_error() or OSError(errno.EIO, "")
        if socket.flow is None or socket.connected:
            socket.connect(*self._address(call.arguments[1], self._server()))

        def attempt() -> int | None:
            if socket.connected:
                return 0
            error = socket.take_error()
            if error is not None:
                raise error
            return None

        return attempt

    def _read(self, call: Call) -> Attempt:
        kernel = self._kernel(call)
        if isinstance(kernel, UdpSocket):
            return lambda: len(kernel.receive()[0]) if kernel.readable else None
        socket = self._tcp(call)
        limit = octets_of(call.arguments[1]) if call.name == "recvmsg" else number(call.arguments[2])

        def attempt() -> int | None:
            data = socket.read(limit)
            if data:
                self._compare_text(call, socket, data)
            return None if data is None else len(data)

        return attempt

    def _compare_text(self, call: Call, socket: TcpSocket, data: bytes) -> None:
        """What is read is what the remote sent at that place of its stream."""
        wanted = call.arguments[1] if call.name != "recvmsg" else ...
        if socket.local is not None and socket.remote is not None:
            numbers = self._remote.numbers_of(socket.local, socket.remote)
            if wanted is ...:
                wanted = pattern(numbers.read_octets, len(data))
            numbers.read_octets += len(data)
        if isinstance(wanted, bytes) and wanted != data:
            raise AssertionError(f"read {data[:40]!r} …, not {wanted[:40]!r} …")

    def _write(self, call: Call) -> Attempt:
        if call.name == "sendmsg":
            text, length = ..., octets_of(call.arguments[1])
        else:
            text, length = call.arguments[1], number(call.arguments[2])
        flags = self._flags(call)
        if flags & number(Word("MSG_ZEROCOPY")):
            raise NotThere("MSG_ZEROCOPY")
        kernel = self._kernel(call)
        if isinstance(kernel, UdpSocket):
            return self._send_datagram(call, kernel, pattern(0, length))
        socket = self._tcp(call)
        opens = self._opens_fast(call, socket, flags) or socket.waits_for_text
        self._opener = call if opens else None
        done = 0

        def attempt() -> int | None:
            nonlocal done
            written = self._written(socket)
            data = text[done:length] if isinstance(text, bytes) else pattern(len(written), length - done)
            taken = self._give(socket, data, flags)
            # The stream has begun with the first call that took something.
            self._written(socket).extend(data[:taken])
            done += taken
            if done and self.would_block(call) is not None:
                return done
            if opens and not (socket.flow is not None and socket.flow.was_established):
                return None
            return done if done == length else None

        return attempt

    def _opens_fast(self, call: Call, socket: TcpSocket, flags: int) -> bool:
        """Whether it is a ``sendto`` that connects too (RFC 7413 appendix A.2)."""
        flow = socket.flow
        if not flags & number(Word("MSG_FASTOPEN")) or (flow is not None and flow.was_established):
            return False
        if socket.waits_for_text:
            return True
        socket.check_fast_open()
        address = call.arguments[4] if len(call.arguments) > 4 else ...
        if address == "AF_UNSPEC":
            raise OSError(errno.EOPNOTSUPP, "no address")
        socket.options.fast_open = True
        socket.connect(*self._address(address, self._server()))
        return True

    def _send_datagram(self, call: Call, socket: UdpSocket, data: bytes) -> Attempt:
        if len(call.arguments) > 4:
            socket.send_to(data, *self._address(call.arguments[4], self._server()))
        else:
            socket.send(data)
        return lambda: len(data)

    def _give(self, socket: TcpSocket, data: bytes, flags: int) -> int:
        flow = socket.flow
        if not flags & constants.MSG_OOB or flow is None:
            return socket.write(data, is_more_to_come=bool(flags & number(Word("MSG_MORE"))))
        taken = flow.connection.write(data, self._host.queue.now_ns, urgent=True)
        flow.rearm()
        return taken

    def _written(self, socket: TcpSocket) -> bytearray:
        if socket.local is None or socket.remote is None:
            return bytearray()
        return self._remote.numbers_of(socket.local, socket.remote).written

    def _close(self, call: Call) -> Attempt:
        if self._epolls.open.pop(self._fd(call), None) is not None:
            return lambda: 0
        kernel = self._kernel(call)
        del self.sockets[self._fd(call)]
        self._nonblocking.discard(self._fd(call))
        kernel.close()
        return lambda: 0

    def _shutdown(self, call: Call) -> Attempt:
        how = number(call.arguments[1])
        reading, writing = how in (constants.SHUT_RD, constants.SHUT_RDWR), how != constants.SHUT_RD
        self._tcp(call).shutdown(reading=reading, writing=writing)
        return lambda: 0

    def _setsockopt(self, call: Call) -> Attempt:
        kernel = self._kernel(call)
        level, name, value = (call.arguments[place] for place in (1, 2, 3))
        set_option(kernel, number(level), number(name), option_value(value))
        return lambda: 0

    def _getsockopt(self, call: Call) -> Attempt:
        kernel = self._kernel(call)
        level, name, wanted = (call.arguments[place] for place in (1, 2, 3))
        got = get_option(kernel, number(level), number(name), 0, self._host.queue.now_ns)
        tells = f"{name} is {errno.errorcode.get(got, got) if name == 'SO_ERROR' else got}"
        differs = isinstance(wanted, list) and wanted[0] is not ... and number(wanted[0]) != got
        return lambda: _fail(tells) if differs else 0

    def _fcntl(self, call: Call) -> Attempt:
        self._kernel(call)
        fd = self._fd(call)
        if number(call.arguments[1]) != _SET_FLAGS:
            return lambda: number(Word("O_RDWR")) | (_NONBLOCK if fd in self._nonblocking else 0)
        if number(call.arguments[2]) & _NONBLOCK:
            self._nonblocking.add(fd)
        else:
            self._nonblocking.discard(fd)
        return lambda: 0

    def _poll(self, call: Call) -> Attempt:
        return poll(call, self.sockets, self._host.queue)

    def _epoll_create(self, call: Call) -> Attempt:
        made = self._epolls.create(self._named_or_free(call))
        return lambda: made

    def _ioctl(self, call: Call) -> Attempt:
        flow = self._tcp(call).flow
        if flow is None:
            raise OSError(errno.EINVAL, "not connected")
        asked, wanted = str(call.arguments[1]), call.arguments[2]
        connection = flow.connection
        octets = {"SIOCINQ": connection.readable_octets, "SIOCOUTQ": connection.unacked_octets}
        if asked not in octets:
            raise NotThere(f"ioctl {asked}")
        if isinstance(wanted, list) and wanted[0] is not ... and wanted[0] != octets[asked]:
            return lambda: _fail(f"{asked} tells {octets[asked]}")
        return lambda: 0


def _fail(why: str) -> int:
    raise AssertionError(why)


def _failed(error: OSError) -> Outcome:
    if error.errno == errno.EOPNOTSUPP:
        return Outcome(-1, "EOPNOTSUPP")  # which has two names
    return Outcome(-1, errno.errorcode.get(error.errno or 0, "EIO"))
