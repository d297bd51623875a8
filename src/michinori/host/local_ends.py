"""Which TCP sockets and connections of a host hold which local ends, and whether another one may share them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias, TypeVar

from michinori.host.addresses import overlap
from michinori.host.flow import Flow
from michinori.host.options import SocketOptions
from michinori.host.tcp_listener import TcpListenerSocket
from michinori.host.tcp_socket import TcpSocket
from michinori.host.time_waits import TimeWaits
from michinori.tcp import Endpoint

Bound: TypeAlias = TcpSocket | TcpListenerSocket
Holder = TypeVar("Holder")


class LocalEnds:
    """By port: the sockets bound to it that have no connection, the connections, and what is left of them in
    TIME-WAIT. Iterating gives the bound sockets.
    """

    def __init__(self, time_waits: TimeWaits) -> None:
        self._bound: dict[int, dict[Bound, None]] = {}
        self._flows: dict[int, dict[Flow, None]] = {}
        self._time_waits = time_waits

    def __iter__(self) -> Iterator[Bound]:
        for sharing in self._bound.values():
            yield from sharing

    def hold(self, socket: Bound, local: Endpoint) -> None:
        """That end is the socket's from now on."""
        self._bound.setdefault(local[1], {})[socket] = None

    def release(self, socket: Bound) -> None:
        """The socket has no local end any more that others would have to heed."""
        if socket.local is not None:
            _remove(self._bound, socket.local[1], socket)

    def enter(self, flow: Flow) -> None:
        """A connection has begun there."""
        self._flows.setdefault(flow.local[1], {})[flow] = None

    def leave(self, flow: Flow) -> None:
        """That connection is no more."""
        _remove(self._flows, flow.local[1], flow)

    def may_bind(self, options: SocketOptions, address: bytes, port: int) -> bool:
        """As Linux has it: with SO_REUSEADDR on both sides connections do not stand in the way, listeners always do;
        with SO_REUSEPORT on both sides nothing does.
        """
        for other in self._bound.get(port, ()):
            assert other.local is not None
            if not overlap(address, other.local[0]):
                continue
            is_free = options.reuse_address and other.options.reuse_address and not isinstance(other, TcpListenerSocket)
            if not is_free and not (options.reuse_port and other.options.reuse_port):
                return False
        others = [(flow.local, flow.options.reuse_address) for flow in self._flows.get(port, ())]
        return all(
            not overlap(address, local[0]) or (options.reuse_address and reuse_address)
            for local, reuse_address in (*others, *self._time_waits.at_port(port))
        )

    def uses(self, port: int) -> bool:
        """Whether anything at all has that port."""
        return port in self._bound or port in self._flows or self._time_waits.uses(port)

    def is_bound(self, address: bytes, port: int) -> bool:
        """Whether a socket that could listen there holds that address."""
        return any(other.local is not None and overlap(address, other.local[0]) for other in self._bound.get(port, ()))


def _remove(sharing: dict[int, dict[Holder, None]], port: int, holder: Holder) -> None:
    of_port = sharing.get(port)
    if of_port is not None:
        of_port.pop(holder, None)
        if not of_port:
            del sharing[port]
