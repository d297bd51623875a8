"""The calls that the programs of an experiment make, on a host of the world and on this machine's own sockets.

Both have the form that waits and the form that does not. What waits is, in the world, a task (``loop.sock_accept``); on
this machine it is the real blocking call, in a thread. Each call is noted in the trace in the same form, and what is
told of it is told from there.
"""

from __future__ import annotations

import asyncio
import errno
import select
import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, Protocol, TypeVar

import msgspec

from michinori.trace import Event, current, note

T = TypeVar("T")
Address = tuple[str, int]

#: How the trace calls what Python calls otherwise.
_PYTHON_NAMES: Final = {"write": "send", "read": "recv"}
#: What is told of the arguments and the results.
_TOLD_NUMBERS: Final = ("octets", "limit", "backlog", "timeout_s")
_AT_ONCE: Final = struct.pack("ii", 1, 0)


class Made(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One call as the trace has it."""

    n: int
    t: int
    """When it was made."""
    host: str
    call: str
    """As Python names it."""
    waited_ns: int
    error: str = ""
    """The name of the exception, with that of its number: ``BlockingIOError (EAGAIN)``."""
    arguments: dict[str, int | float | str] = {}
    octets: int | None = None
    """How many octets it gave or took."""
    remote: str = ""


def calls_made(events: Iterable[Event]) -> list[Made]:
    """The calls among these events that have returned, in the order in which they were made."""
    made, called = [], {}
    for event in events:
        if event.layer == "socket" and event.what == "called":
            called[event.n] = event
        elif event.layer == "socket" and event.what == "returned" and event.cause in called:
            made.append(_made(called[event.cause], event))
    return sorted(made, key=lambda one: one.n)


def _made(called: Event, returned: Event) -> Made:
    name, result = called.data["call"], returned.data
    arguments: dict[str, int | float | str] = {
        key: called.data[key] for key in ("address", *_TOLD_NUMBERS) if key in called.data
    }
    connection = (returned.connection or called.connection).split()
    return Made(
        n=called.n,
        t=called.t,
        host=called.host,
        call=_PYTHON_NAMES.get(name, name),
        waited_ns=result["waited_ns"],
        error=exception_name(result["error"]) if "error" in result else "",
        arguments=arguments,
        octets=result.get("octets"),
        remote=connection[2] if len(connection) == 3 else "",
    )


def exception_name(name: str) -> str:
    """The exception that Python raises for that number's name; another exception's name stays as it is."""
    number = getattr(errno, name, None)
    return name if number is None else f"{type(OSError(number, '')).__name__} ({name})"


class Calls(Protocol):
    """Calls of a program. Those that may wait are coroutines; ``try_…`` are the same on a non-blocking socket."""

    def open_socket(self, **options: int) -> Any:
        """A TCP socket. ``options``: ``send_buffer``, ``receive_buffer``, ``reuse_address``."""

    def bind_and_listen(self, sock: Any, address: Address, backlog: int) -> None: ...
    async def accept(self, sock: Any) -> Any: ...
    def try_accept(self, sock: Any) -> Any: ...
    async def connect(self, sock: Any, address: Address) -> None: ...
    def try_connect(self, sock: Any, address: Address) -> None: ...
    async def recv(self, sock: Any, limit: int, timeout_s: float | None = None) -> bytes: ...
    def try_recv(self, sock: Any, limit: int) -> bytes: ...
    async def sendall(self, sock: Any, data: bytes) -> None: ...
    def try_send(self, sock: Any, data: bytes) -> int: ...
    async def until_readable(self, sock: Any) -> None:
        """``select`` for reading."""

    async def until_writable(self, sock: Any) -> None:
        """``select`` for writing."""

    def end_stream(self, sock: Any) -> None:
        """``shutdown(SHUT_WR)``."""

    def linger_none(self, sock: Any) -> None:
        """``SO_LINGER`` with no time at all."""

    def close(self, sock: Any) -> None: ...


class WorldCalls:
    """On the host whose program is running. The sockets note their calls themselves."""

    def open_socket(self, **options: int) -> Any:
        sock = socket.socket()
        sock.setblocking(False)
        _set_options(sock, options)
        return sock

    def bind_and_listen(self, sock: Any, address: Address, backlog: int) -> None:
        sock.bind(address)
        sock.listen(backlog)

    async def accept(self, sock: Any) -> Any:
        return (await asyncio.get_running_loop().sock_accept(sock))[0]

    def try_accept(self, sock: Any) -> Any:
        sock.setblocking(False)
        return sock.accept()[0]

    async def connect(self, sock: Any, address: Address) -> None:
        await asyncio.get_running_loop().sock_connect(sock, address)

    def try_connect(self, sock: Any, address: Address) -> None:
        sock.setblocking(False)
        sock.connect(address)

    async def recv(self, sock: Any, limit: int, timeout_s: float | None = None) -> bytes:
        if timeout_s is None:
            return await asyncio.get_running_loop().sock_recv(sock, limit)
        with noted("read", limit=limit, timeout_s=timeout_s):
            async with asyncio.timeout(timeout_s):
                await self._until(sock, "reader")
        return self.try_recv(sock, limit)

    def try_recv(self, sock: Any, limit: int) -> bytes:
        sock.setblocking(False)
        return bytes(sock.recv(limit))

    async def sendall(self, sock: Any, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(sock, data)

    def try_send(self, sock: Any, data: bytes) -> int:
        sock.setblocking(False)
        return int(sock.send(data))

    async def until_readable(self, sock: Any) -> None:
        with noted("select"):
            await self._until(sock, "reader")

    async def until_writable(self, sock: Any) -> None:
        with noted("select"):
            await self._until(sock, "writer")

    async def _until(self, sock: Any, what: str) -> None:
        loop = asyncio.get_running_loop()
        ready = loop.create_future()
        add, remove = getattr(loop, f"add_{what}"), getattr(loop, f"remove_{what}")

        def is_ready() -> None:
            if not ready.done():
                ready.set_result(None)

        add(sock, is_ready)
        try:
            await ready
        finally:
            remove(sock)

    def end_stream(self, sock: Any) -> None:
        sock.shutdown(socket.SHUT_WR)

    def linger_none(self, sock: Any) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)

    def close(self, sock: Any) -> None:
        sock.close()


class RealCalls:
    """On this machine's sockets."""

    def __init__(self) -> None:
        self._open: set[socket.socket] = set()

    def open_socket(self, **options: int) -> Any:
        with noted("socket", family="inet", type="tcp"):
            sock = socket.socket()
        self._open.add(sock)
        _set_options(sock, options)
        return sock

    def bind_and_listen(self, sock: Any, address: Address, backlog: int) -> None:
        with noted("bind", address=_shown(address)):
            sock.bind(address)
        with noted("listen", backlog=backlog):
            sock.listen(backlog)

    async def accept(self, sock: Any) -> Any:
        with noted("accept") as result:
            return self._accepted(await _blocking(sock, sock.accept), result)

    def try_accept(self, sock: Any) -> Any:
        sock.setblocking(False)
        with noted("accept") as result:
            return self._accepted(sock.accept(), result)

    def _accepted(self, accepted: tuple[socket.socket, Address], result: dict[str, Any]) -> socket.socket:
        sock, remote = accepted
        self._open.add(sock)
        result["remote"] = _shown(remote)
        return sock

    async def connect(self, sock: Any, address: Address) -> None:
        with noted("connect", address=_shown(address)):
            await _blocking(sock, sock.connect, address)

    def try_connect(self, sock: Any, address: Address) -> None:
        sock.setblocking(False)
        with noted("connect", address=_shown(address)):
            sock.connect(address)

    async def recv(self, sock: Any, limit: int, timeout_s: float | None = None) -> bytes:
        arguments = {"limit": limit} if timeout_s is None else {"limit": limit, "timeout_s": timeout_s}
        with noted("read", **arguments) as result:
            data: bytes = await _blocking(sock, sock.recv, limit, timeout_s=timeout_s)
            result["octets"] = len(data)
        return data

    def try_recv(self, sock: Any, limit: int) -> bytes:
        sock.setblocking(False)
        with noted("read", limit=limit) as result:
            data: bytes = sock.recv(limit)
            result["octets"] = len(data)
        return data

    async def sendall(self, sock: Any, data: bytes) -> None:
        with noted("write", octets=len(data)) as result:
            await _blocking(sock, sock.sendall, data)
            result["octets"] = len(data)

    def try_send(self, sock: Any, data: bytes) -> int:
        sock.setblocking(False)
        with noted("write", octets=len(data)) as result:
            result["octets"] = taken = int(sock.send(data))
        return taken

    async def until_readable(self, sock: Any) -> None:
        with noted("select"):
            await asyncio.to_thread(select.select, [sock], [], [])

    async def until_writable(self, sock: Any) -> None:
        with noted("select"):
            await asyncio.to_thread(select.select, [], [sock], [])

    def end_stream(self, sock: Any) -> None:
        with noted("shutdown", how=socket.SHUT_WR):
            sock.shutdown(socket.SHUT_WR)

    def linger_none(self, sock: Any) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)

    def close(self, sock: Any) -> None:
        self._open.discard(sock)
        with noted("close"):
            sock.close()

    def release(self) -> None:
        """Wake whatever still waits, and close what is open."""
        for sock in self._open:
            with suppress(OSError):  # it may not be connected
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        self._open.clear()


@contextmanager
def noted(call: str, **arguments: Any) -> Iterator[dict[str, Any]]:
    """Note a call and what came of it, as the sockets of a host do; its result is what is put into the dict."""
    clock = current().clock
    began_ns = clock.now_ns()
    number = note("socket", "called", call=call, **arguments)
    result: dict[str, Any] = {}
    try:
        yield result
    except Exception as error:
        of_errno = errno.errorcode.get(error.errno or 0) if isinstance(error, OSError) else None
        result["error"] = of_errno or type(error).__name__
        raise
    finally:
        note("socket", "returned", cause=number, call=call, waited_ns=clock.now_ns() - began_ns, **result)


async def _blocking(sock: socket.socket, call: Callable[..., T], *arguments: Any, timeout_s: float | None = None) -> T:
    sock.settimeout(timeout_s)
    return await asyncio.to_thread(call, *arguments)


def _set_options(sock: Any, options: dict[str, int]) -> None:
    for name, value in options.items():
        sock.setsockopt(socket.SOL_SOCKET, _OPTIONS[name], value)


_OPTIONS: Final = {
    "send_buffer": socket.SO_SNDBUF,
    "receive_buffer": socket.SO_RCVBUF,
    "reuse_address": socket.SO_REUSEADDR,
}


def _shown(address: Address) -> str:
    return f"{address[0]}:{address[1]}"
