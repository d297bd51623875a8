"""An event loop whose network is a dictionary and whose clock jumps: exact, and no test ever waits.

It carries datagrams and streams between addresses with a fixed delay each way. ``down`` swallows what is sent to an
address; an address where nobody listens answers as ICMP does; names never need resolving.
"""

from __future__ import annotations

import asyncio
import contextvars
import errno
from collections.abc import Callable
from itertools import count
from typing import Any

DELAY_S = 0.010
OWN_ADDRESS = contextvars.ContextVar("own_address", default="10.0.0.1")


class NothingLeft(Exception):
    """Everybody waits and nothing will happen."""


class _JumpingClock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise NothingLeft
        self.now_s += timeout
        return []


class MemoryLoop(asyncio.BaseEventLoop):
    def __init__(self) -> None:
        super().__init__()
        self._selector = _JumpingClock()
        self._ports = count(50_000)
        self.down: set[str] = set()
        self.delays: dict[str, float] = {}
        self.doors: dict[tuple[str, int], MemoryDoor] = {}
        self.servers: dict[tuple[str, int], MemoryServer] = {}

    def time(self) -> float:
        return self._selector.now_s

    def _process_events(self, event_list: list[Any]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass

    def delay_to(self, address: tuple[str, int]) -> float:
        return self.delays.get(address[0], DELAY_S)

    async def create_datagram_endpoint(self, protocol_factory, local_addr=None, remote_addr=None, **options):
        protocol = protocol_factory()
        door = MemoryDoor(self, protocol, local_addr or (OWN_ADDRESS.get(), next(self._ports)), remote_addr)
        if door.own in self.doors:
            raise OSError(errno.EADDRINUSE, "in use")
        self.doors[door.own] = door
        protocol.connection_made(door)
        return door, protocol

    async def create_server(self, protocol_factory, host=None, port=None, **options):
        server = self.servers[(host, port)] = MemoryServer(self, protocol_factory, (host, port))
        return server

    async def create_connection(self, protocol_factory, host=None, port=None, **options):
        await asyncio.sleep(2 * self.delay_to((host, port)))
        if host in self.down:
            await self.create_future()
        server = self.servers.get((host, port))
        if server is None:
            raise ConnectionRefusedError(errno.ECONNREFUSED, "refused")
        own, protocol = (OWN_ADDRESS.get(), next(self._ports)), protocol_factory()
        near = MemoryStream(self, protocol, own, server.address, contextvars.copy_context())
        far = MemoryStream(self, server.factory(), server.address, own, server.context)
        near.peer, far.peer = far, near
        self.call_soon(far.protocol.connection_made, far, context=server.context)
        protocol.connection_made(near)
        return near, protocol


class MemoryDoor(asyncio.DatagramTransport):
    def __init__(self, loop: MemoryLoop, protocol: Any, own: tuple[str, int], remote: tuple[str, int] | None) -> None:
        super().__init__({"sockname": own, "peername": remote})
        self.loop, self.protocol, self.own, self.remote = loop, protocol, own, remote
        self.context = contextvars.copy_context()
        self.closed = False

    def sendto(self, data, addr=None):
        addr = addr or self.remote
        self.loop.call_later(self.loop.delay_to(addr), self._arrive, bytes(data), addr)

    def _arrive(self, data: bytes, addr: tuple[str, int]) -> None:
        if addr[0] in self.loop.down or self.own[0] in self.loop.down:
            return
        door = self.loop.doors.get(addr)
        if door is None:
            if self.remote is not None and not self.closed:
                refused = ConnectionRefusedError(errno.ECONNREFUSED, "refused")
                self.loop.call_later(self.loop.delay_to(addr), self._refuse, refused)
        elif door.remote in (None, self.own):
            door.loop.call_soon(door.protocol.datagram_received, data, self.own, context=door.context)

    def _refuse(self, error: OSError) -> None:
        if not self.closed:
            self.loop.call_soon(self.protocol.error_received, error, context=self.context)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            del self.loop.doors[self.own]
            self.loop.call_soon(self.protocol.connection_lost, None, context=self.context)


class MemoryServer(asyncio.AbstractServer):
    def __init__(self, loop: MemoryLoop, factory: Callable[[], Any], address: tuple[str, int]) -> None:
        self.loop, self.factory, self.address = loop, factory, address
        self.context = contextvars.copy_context()
        self.sockets = [self]

    def getsockname(self) -> tuple[str, int]:
        return self.address

    def close(self) -> None:
        self.loop.servers.pop(self.address, None)

    async def wait_closed(self) -> None:
        pass


class MemoryStream(asyncio.Transport):
    def __init__(self, loop: MemoryLoop, protocol: Any, own, remote, context) -> None:
        super().__init__({"sockname": own, "peername": remote})
        self.loop, self.protocol, self.context = loop, protocol, context
        self.delay_s = loop.delay_to(remote if remote in loop.servers else own)
        self.peer: MemoryStream
        self.closing = False
        self.lost = False

    def write(self, data) -> None:
        if not self.closing:
            self.loop.call_later(self.delay_s, self.peer._take, bytes(data))

    def _take(self, data: bytes) -> None:
        if not self.lost:
            self.loop.call_soon(self.protocol.data_received, data, context=self.context)

    def write_eof(self) -> None:
        self.loop.call_later(self.delay_s, self.peer._end)

    def can_write_eof(self) -> bool:
        return True

    def _end(self) -> None:
        if not self.lost:
            self.loop.call_soon(self._told_of_end, context=self.context)

    def _told_of_end(self) -> None:
        if not self.protocol.eof_received():
            self.close()

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        if not self.closing:
            self.closing = True
            self.loop.call_later(self.delay_s, self.peer._end)
            self.loop.call_soon(self._lose, context=self.context)

    abort = close

    def _lose(self) -> None:
        if not self.lost:
            self.lost = True
            self.protocol.connection_lost(None)

    def get_protocol(self):
        return self.protocol

    def set_protocol(self, protocol) -> None:
        self.protocol = protocol

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def set_write_buffer_limits(self, high=None, low=None) -> None:
        pass
