"""A UDP socket: what the application on a host holds to send and receive datagrams (RFC 768, RFC 1122 section 4.1)."""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import msgspec

from michinori.host.addresses import endpoint_text, unspecified
from michinori.host.errors import os_error, would_block
from michinori.host.options import SocketOptions
from michinori.host.socket_info import SocketInfo
from michinori.inet.ipv4.options import SourceRouted, to_send
from michinori.wire import Malformed

if TYPE_CHECKING:
    from michinori.host.udp_table import UdpTable

#: What a datagram in an IPv4 packet can carry at most.
LARGEST_PAYLOAD: Final = 65535 - 20 - 8
#: What each waiting datagram costs of the receive buffer beside its payload, so that empty ones are bounded too.
OVERHEAD: Final = 64
DEFAULT_BUFFER: Final = 212_992

Endpoint = tuple[bytes, int]


class Arrived(msgspec.Struct, frozen=True, gc=False):
    """A datagram that waits in a socket, and what its packet said."""

    payload: bytes
    sender: Endpoint
    destination: bytes
    """The address in the packet: one of ours, or one that means many."""
    own: bytes
    """Our address there: what an answer is to be sent from."""
    interface: int
    """The number of the interface by which it came, as Linux counts them: 1 is the loopback interface."""
    ttl: int
    tos: int
    options: bytes
    """IP options, as they came."""


class UdpSocket:
    """One UDP socket of a host. Calls never wait: they raise ``BlockingIOError`` and ``on_readable`` tells when to try
    again. A datagram that finds the receive buffer full is dropped.
    """

    kind: Final = "udp"

    def __init__(self, table: UdpTable, address_octets: int = 4) -> None:
        self._table = table
        self._octets = address_octets
        self.local: Endpoint | None = None
        self.remote: Endpoint | None = None
        self.options = SocketOptions()
        self.error: OSError | None = None
        self.closed = False
        self.on_readable: Callable[[], object] | None = None
        self.on_writable: Callable[[], object] | None = None
        self._is_chosen = False
        """The local address is ours on the way to ``remote``, as nobody has asked for another."""
        self._waiting: deque[Arrived] = deque()
        self._waiting_octets = 0

    def bind(self, address: bytes, port: int) -> None:
        """Take a local address and port; port 0 means any that is free. Raises ``OSError`` (EINVAL, EADDRNOTAVAIL,
        EADDRINUSE).
        """
        if self.local is not None:
            raise os_error(errno.EINVAL)
        self._table.bind(self, address, port)

    def connect(self, address: bytes, port: int) -> None:
        """Exchange datagrams with that endpoint alone, and learn of its ICMP errors."""
        if not port:
            raise os_error(errno.EINVAL)
        source = self._table.source_for(address)
        if self.local is None:
            self._table.bind(self, unspecified(len(address)), 0)
        assert self.local is not None
        if not any(self.local[0]) or self._is_chosen:
            self.local, self._is_chosen = (source, self.local[1]), True
        self.remote = (address, port)

    def send(self, data: bytes | bytearray | memoryview) -> int:
        """Send to the endpoint that it is connected to."""
        if self.remote is None:
            raise os_error(errno.EDESTADDRREQ)
        return self.send_to(data, *self.remote)

    def send_to(
        self, data: bytes | bytearray | memoryview, address: bytes, port: int, source: bytes | None = None
    ) -> int:
        """Send one datagram, from that address of ours if one is given. Raises ``OSError``: an error that an earlier
        one met, EMSGSIZE, EACCES, ENETUNREACH.
        """
        self._raise_error()
        if len(data) > LARGEST_PAYLOAD:
            raise os_error(errno.EMSGSIZE)
        if not port:
            raise os_error(errno.EINVAL)
        if self.local is None:
            self._table.bind(self, unspecified(len(address)), 0)
        self._table.send(self, bytes(data), (address, port), source)
        return len(data)

    def may_send_from(self, address: bytes) -> bool:
        """Whether that is an address of this host."""
        return self._table.is_own(address)

    def set_ip_options(self, options: bytes) -> None:
        """Let every datagram have these IP options from now on (RFC 1122 section 4.1.3.2). Raises ``OSError`` (EINVAL)
        for what is none, and for source routes, which nobody would follow (RFC 7126).
        """
        try:
            self.options.ip_options = to_send(options)
        except (Malformed, SourceRouted):
            raise os_error(errno.EINVAL) from None

    def receive(self) -> tuple[bytes, Endpoint]:
        """The datagram that has waited longest, and who sent it."""
        arrived = self.take()
        return arrived.payload, arrived.sender

    def take(self) -> Arrived:
        """The same with all that its packet said."""
        self._raise_error()
        if not self._waiting:
            raise would_block()
        arrived = self._waiting.popleft()
        self._waiting_octets -= len(arrived.payload) + OVERHEAD
        return arrived

    def close(self) -> None:
        """Give the port back."""
        if not self.closed:
            self.closed = True
            callback, self.on_readable = self.on_readable, None
            self._waiting.clear()
            self._table.forget(self)
            if callback is not None:
                callback()

    @property
    def connected(self) -> bool:
        """Whether it exchanges datagrams with one endpoint alone."""
        return self.remote is not None

    def options_changed(self) -> None:
        """Nothing here depends on them before the next datagram."""

    @property
    def readable(self) -> bool:
        """Whether ``receive`` would give or raise something other than ``BlockingIOError``."""
        return bool(self._waiting) or self.error is not None or self.closed

    @property
    def writable(self) -> bool:
        """Always: what does not fit on the line is lost on the line."""
        return True

    def take_error(self) -> OSError | None:
        """The error that waits to be told, which is then forgotten (``SO_ERROR``)."""
        error, self.error = self.error, None
        return error

    def deliver(self, arrived: Arrived) -> bool:
        """A datagram has come. False when there is no room for it."""
        cost = len(arrived.payload) + OVERHEAD
        if self._waiting_octets + cost > (self.options.receive_buffer or DEFAULT_BUFFER):
            return False
        self._waiting.append(arrived)
        self._waiting_octets += cost
        if self.on_readable is not None:
            self.on_readable()
        return True

    def fail(self, error: OSError) -> None:
        """Something that was sent met an error."""
        self.error = error
        if self.on_readable is not None:
            self.on_readable()

    def info(self, descriptor: int | None = None) -> SocketInfo:
        """What stands in the socket now; who asks knows by which number it is held."""
        nowhere = (unspecified(self._octets), 0)
        return SocketInfo(
            kind="udp",
            family="inet" if self._octets == 4 else "inet6",
            state="ESTABLISHED" if self.remote else "UNCONNECTED",
            recv_q=sum(len(arrived.payload) for arrived in self._waiting),
            local=self.local or nowhere,
            remote=self.remote or nowhere,
            descriptor=descriptor,
        )

    def name(self, remote: Endpoint | None = None) -> str:
        """How the trace calls the conversation with that endpoint."""
        nowhere = (unspecified(self._octets), 0)
        return f"udp {endpoint_text(*(self.local or nowhere))} {endpoint_text(*(remote or self.remote or nowhere))}"

    def _raise_error(self) -> None:
        if self.error is not None:
            error, self.error = self.error, None
            raise error
