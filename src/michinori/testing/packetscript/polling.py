"""``poll`` and ``epoll``: whether descriptors are ready, and for what."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from michinori.host import KernelSocket, TcpSocket
from michinori.sim import EventQueue, Nanos
from michinori.tcp import State
from michinori.testing.packetscript.script import Call
from michinori.testing.packetscript.values import NotThere, number

_IN, _OUT, _ERR, _HUP, _RDHUP = 1, 4, 8, 16, 0x2000
_EDGE, _ONCE = 1 << 31, 1 << 30
_FOR_EVER_MS: Final = 1 << 30
_PEER_HAS_ENDED: Final = {State.CLOSE_WAIT, State.LAST_ACK, State.CLOSING, State.TIME_WAIT}


def poll(call: Call, sockets: Mapping[int, KernelSocket], queue: EventQueue) -> Callable[[], int | None]:
    """The attempt of a ``poll`` that begins now; it raises ``AssertionError`` where other events are told."""
    wanted = call.arguments[0]
    deadline_ns = _deadline_ns(call.arguments[2], queue)

    def attempt() -> int | None:
        ready = [(number(one["events"]), _events(sockets.get(one["fd"]))) for one in wanted]
        told = [now & (asked | _ERR | _HUP) for asked, now in ready]
        count = sum(1 for one in told if one)
        if not count and queue.now_ns < deadline_ns:
            return None
        for one, got in zip(wanted, told, strict=True):
            if one.get("revents", ...) is not ... and number(one["revents"]) != got:
                raise AssertionError(f"poll tells {got:#x} of {one['fd']}, not {number(one['revents']):#x}")
        return count

    return attempt


def _deadline_ns(patience: Any, queue: EventQueue) -> Nanos:
    """When a call that waits so many milliseconds gives up; for less than none, never."""
    patience_ms = number(patience)
    deadline_ns = queue.now_ns + (patience_ms if patience_ms >= 0 else _FOR_EVER_MS) * 1_000_000
    queue.call_at(deadline_ns, int)  # nothing happens then but that it is tried again
    return deadline_ns


class _Interest(msgspec.Struct):
    """What one descriptor is watched for."""

    events: int
    is_fresh: bool = True
    """Whether something has happened since it was told, so that an edge is to be told."""


class Epolls:
    """The descriptors of ``epoll`` that a script has opened."""

    def __init__(self, sockets: Mapping[int, KernelSocket], queue: EventQueue) -> None:
        self.open: dict[int, Epoll] = {}
        self._sockets = sockets
        self._queue = queue

    def create(self, fd: int) -> int:
        """``epoll_create``, as that descriptor."""
        self.open[fd] = Epoll(self._sockets, self._queue)
        return fd

    def control(self, call: Call) -> Callable[[], int]:
        """``epoll_ctl``. Raises ``OSError`` (EBADF, EEXIST, ENOENT)."""
        _, operation, fd, event = call.arguments
        done = self._named_in(call).control(operation, number(fd), event)
        return lambda: done

    def wait(self, call: Call) -> Callable[[], int | None]:
        """``epoll_wait``. Raises ``OSError`` (EBADF)."""
        return self._named_in(call).wait(call)

    def happened(self, kernel: KernelSocket) -> None:
        """Something became possible with that socket."""
        for epoll in self.open.values():
            epoll.happened(kernel)

    def _named_in(self, call: Call) -> Epoll:
        epoll = self.open.get(call.arguments[0])
        if epoll is None:
            raise OSError(errno.EBADF, "no epoll")
        return epoll


class Epoll:
    """The descriptor that ``epoll_create`` gives: level or edge (``EPOLLET``), and ``EPOLLONESHOT``."""

    def __init__(self, sockets: Mapping[int, KernelSocket], queue: EventQueue) -> None:
        self._sockets = sockets
        self._queue = queue
        self._interests: dict[int, _Interest] = {}

    def happened(self, kernel: KernelSocket) -> None:
        """Something became possible with that socket."""
        for fd, interest in self._interests.items():
            if self._sockets.get(fd) is kernel:
                interest.is_fresh = True

    def control(self, operation: Any, fd: int, event: Any) -> int:
        """``epoll_ctl``. Raises ``OSError`` (EBADF, EEXIST, ENOENT)."""
        if fd not in self._sockets:
            raise OSError(errno.EBADF, "no socket")
        if (operation == "EPOLL_CTL_ADD") is (fd in self._interests):
            raise OSError(errno.EEXIST if fd in self._interests else errno.ENOENT, "watched already, or not yet")
        if operation == "EPOLL_CTL_DEL":
            del self._interests[fd]
        elif isinstance(event, dict):
            self._interests[fd] = _Interest(number(event["events"]))
        else:
            raise NotThere("epoll_ctl without events")
        return 0

    def wait(self, call: Call) -> Callable[[], int | None]:
        """The attempt of an ``epoll_wait`` that begins now; the first of what is told is held against the script."""
        wanted, most = call.arguments[1], number(call.arguments[2])
        deadline_ns = _deadline_ns(call.arguments[3], self._queue)

        def attempt() -> int | None:
            told = self._told(most)
            if not told and self._queue.now_ns < deadline_ns:
                return None
            if told and isinstance(wanted, dict):
                fd, got = told[0]
                if number(wanted["events"]) != got or wanted.get("fd", fd) != fd:
                    raise AssertionError(f"epoll tells {got:#x} of {fd}")
            return len(told)

        return attempt

    def _told(self, most: int) -> list[tuple[int, int]]:
        told: list[tuple[int, int]] = []
        for fd, interest in self._interests.items():
            now = _events(self._sockets.get(fd)) & (interest.events | _ERR | _HUP)
            if not now or (interest.events & _EDGE and not interest.is_fresh) or len(told) == most:
                continue
            told.append((fd, now))
            interest.is_fresh = False
            if interest.events & _ONCE:
                interest.events = 0
        return told


def _events(kernel: KernelSocket | None) -> int:
    if kernel is None:
        return 0
    told = (_IN if kernel.readable else 0) | (_OUT if kernel.writable else 0)
    if kernel.error is not None:
        told |= _ERR
    if isinstance(kernel, TcpSocket) and kernel.flow is not None:
        if kernel.flow.gone:
            told |= _HUP
        if kernel.flow.connection.state in _PEER_HAS_ENDED:
            told |= _RDHUP
    return told
