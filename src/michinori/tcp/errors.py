"""How a connection ends badly: each error carries the errno that an application expects of a socket."""

from __future__ import annotations

import errno


class TcpError(OSError):
    """The connection is gone, or does not take what was asked of it."""

    number = errno.ECONNABORTED

    def __init__(self, reason: str) -> None:
        super().__init__(self.number, reason)


class ConnectionRefused(TcpError, ConnectionRefusedError):
    """The peer answered the SYN by a RST."""

    number = errno.ECONNREFUSED


class ConnectionReset(TcpError, ConnectionResetError):
    """The peer sent a RST."""

    number = errno.ECONNRESET


class ConnectionAborted(TcpError, ConnectionAbortedError):
    """The application of this end gave the connection up."""

    number = errno.ECONNABORTED


class ConnectionTimedOut(TcpError, TimeoutError):
    """The peer did not answer for longer than R2 (RFC 9293 section 3.8.3), or than keep-alive waits."""

    number = errno.ETIMEDOUT


class HostUnreachable(TcpError):
    """ICMP says that there is no way to the host."""

    number = errno.EHOSTUNREACH


class NetworkUnreachable(TcpError):
    """There is no route to the network."""

    number = errno.ENETUNREACH


class ConnectionClosing(TcpError, BrokenPipeError):
    """Text was handed in after the close, or to a connection that is gone."""

    number = errno.EPIPE
