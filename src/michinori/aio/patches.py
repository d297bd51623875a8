"""What is exchanged in the standard library while a world runs, and nothing else.

``socket.socket``
    Made in the context of a host it is a socket of that host; libraries make their own and pass them to asyncio. In any
    other context, and in any other thread, it is the real one.

``threading.Thread.start``
    anyio brings its own worker threads. Those of a world do their work at once, in the thread that asks, because a real
    thread would finish in real time.

``socket.getaddrinfo``, ``socket.getnameinfo``, ``socket.gethostbyname`` …
    In the context of a host they answer from what the host knows by itself, and so does ``socket.getfqdn``, which asks
    them. Nothing of a world asks the real network.

``signal.signal``
    In the context of a host it installs nothing: servers that do so at their start would take Ctrl-C away from whoever
    runs the world.

All look at the context or the object before they do anything, and all are put back when no world runs any more.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, cast

from michinori.aio.context import CURRENT_HOST
from michinori.aio.host_socket import HostSocket
from michinori.aio.naming import getaddrinfo_at_once, getnameinfo_at_once
from michinori.host import Host

_real_socket = socket.socket
#: ``signal.signal`` itself, for loops that have signals.
real_signal: Final = signal.signal
#: ``h_errno`` of a name that nobody has.
_HOST_NOT_FOUND: Final = 1
_lock = threading.Lock()
_depth = 0
_before: dict[tuple[Any, str], Any] = {}


class _SocketOfTheHost(type):
    """The class of the stand-in: calling it gives a real socket or a host's, and both are instances of it."""

    def __call__(cls, *args: Any, **options: Any) -> Any:
        if cls is not HostAwareSocket:
            return super().__call__(*args, **options)
        host = CURRENT_HOST.get()
        fileno = options.get("fileno", args[3] if len(args) > 3 else None)
        if host is None or fileno is not None:
            return _real_socket(*args, **options)
        options.pop("fileno", None)
        return HostSocket(host, *args[:3], **options)

    def __instancecheck__(cls, instance: Any) -> bool:
        if cls is not HostAwareSocket:
            return super().__instancecheck__(instance)
        return isinstance(instance, (_real_socket, HostSocket))

    def __subclasscheck__(cls, subclass: type) -> bool:
        if cls is not HostAwareSocket:
            return super().__subclasscheck__(subclass)
        return issubclass(subclass, (_real_socket, HostSocket))


class HostAwareSocket(_real_socket, metaclass=_SocketOfTheHost):
    """What stands in the place of ``socket.socket`` while a world runs."""

    __slots__ = ()


@contextmanager
def installed() -> Iterator[None]:
    """While inside, in however many worlds and threads, the stand-ins are in place."""
    global _depth
    with _lock:
        if _depth == 0:
            for (owner, name), stand_in in _STAND_INS.items():
                _before[owner, name] = getattr(owner, name)
                setattr(owner, name, stand_in)
        _depth += 1
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0:
                for (owner, name), original in _before.items():
                    setattr(owner, name, original)


def _start(thread: threading.Thread) -> None:
    loop = getattr(thread, "loop", None)
    if (
        type(thread).__name__ == "WorkerThread"
        and type(thread).__module__ == "anyio._backends._asyncio"
        and getattr(loop, "runs_inline", False)
    ):
        worker = cast("Any", thread)
        worker.queue = _InlineQueue(worker, cast("asyncio.AbstractEventLoop", loop))
    else:
        _before[threading.Thread, "start"](thread)


def _getaddrinfo(*args: Any, **options: Any) -> Any:
    host = CURRENT_HOST.get()
    if host is None:
        return _before[socket, "getaddrinfo"](*args, **options)
    return getaddrinfo_at_once(host, *args, **options)


def _getnameinfo(sockaddr: tuple[Any, ...], flags: int) -> tuple[str, str]:
    host = CURRENT_HOST.get()
    if host is None:
        return cast("tuple[str, str]", _before[socket, "getnameinfo"](sockaddr, flags))
    return getnameinfo_at_once(host, sockaddr, flags)


def _gethostbyname(name: str) -> str:
    host = CURRENT_HOST.get()
    if host is None:
        return cast("str", _before[socket, "gethostbyname"](name))
    return _addresses_at_once(host, name)[0]


def _gethostbyname_ex(name: str) -> tuple[str, list[str], list[str]]:
    host = CURRENT_HOST.get()
    if host is None:
        return cast("tuple[str, list[str], list[str]]", _before[socket, "gethostbyname_ex"](name))
    return name, [], _addresses_at_once(host, name)


def _gethostbyaddr(name: str) -> tuple[str, list[str], list[str]]:
    host = CURRENT_HOST.get()
    if host is None:
        return cast("tuple[str, list[str], list[str]]", _before[socket, "gethostbyaddr"](name))
    addresses = _addresses_at_once(host, name)
    names = host.hosts_table.names_of(addresses[0])
    if not names:
        raise socket.herror(_HOST_NOT_FOUND, "Unknown host")
    return names[0], names[1:], addresses


def _addresses_at_once(host: Host, name: str) -> list[str]:
    return [info[4][0] for info in getaddrinfo_at_once(host, name, 0, socket.AF_INET, socket.SOCK_STREAM)]


def _gethostname() -> str:
    host = CURRENT_HOST.get()
    return cast("str", _before[socket, "gethostname"]()) if host is None else host.name


def _signal(number: int, handler: Any) -> Any:
    if CURRENT_HOST.get() is None:
        return _before[signal, "signal"](number, handler)
    return signal.getsignal(number)


_STAND_INS: Final[dict[tuple[Any, str], Any]] = {
    (socket, "socket"): HostAwareSocket,
    (socket, "getaddrinfo"): _getaddrinfo,
    (socket, "getnameinfo"): _getnameinfo,
    (socket, "gethostbyname"): _gethostbyname,
    (socket, "gethostbyname_ex"): _gethostbyname_ex,
    (socket, "gethostbyaddr"): _gethostbyaddr,
    (socket, "gethostname"): _gethostname,
    (threading.Thread, "start"): _start,
    (signal, "signal"): _signal,
}


class _InlineQueue:
    """The queue of an anyio worker thread that was never started: what is put in is done before ``put`` returns."""

    def __init__(self, worker: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._worker = worker
        self._loop: Any = loop
        self._items: deque[Any] = deque()

    def put_nowait(self, item: Any) -> None:
        """Do the work; None, the sign to stop, needs nothing."""
        if item is not None:
            self._items.append(item)
            self._loop.run_inline(self._worker.run)

    def get(self) -> Any:
        """What ``WorkerThread.run`` asks for: the one item, then the sign to stop."""
        return self._items.popleft() if self._items else None

    def task_done(self) -> None:
        """Nobody joins this queue."""
