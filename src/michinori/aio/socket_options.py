"""Options of sockets: those that mean something on a host, and those that are taken and kept for politeness."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Callable
from typing import Any, Final

from michinori.aio.tcp_info import tcp_info_octets
from michinori.host import TcpListenerSocket, TcpSocket, UdpSocket
from michinori.host.errors import os_error
from michinori.sim import Nanos

Kernel = TcpSocket | TcpListenerSocket | UdpSocket

_TCP_MAXSEG: Final = getattr(socket, "TCP_MAXSEG", 2)
_TCP_KEEPIDLE: Final = getattr(socket, "TCP_KEEPIDLE", 4)
_TCP_KEEPINTVL: Final = getattr(socket, "TCP_KEEPINTVL", 5)
_TCP_KEEPCNT: Final = getattr(socket, "TCP_KEEPCNT", 6)
_TCP_SYNCNT: Final = getattr(socket, "TCP_SYNCNT", 7)
_TCP_INFO: Final = getattr(socket, "TCP_INFO", 11)
_TCP_FASTOPEN: Final = getattr(socket, "TCP_FASTOPEN", 23)
_TCP_FASTOPEN_CONNECT: Final = 30
_TCP_USER_TIMEOUT: Final = getattr(socket, "TCP_USER_TIMEOUT", 18)

#: Option to the attribute of the socket that holds it, and how the integer becomes its value.
_ATTRIBUTES: Final[dict[tuple[int, int], tuple[str, Callable[[int], Any]]]] = {
    (socket.SOL_SOCKET, socket.SO_REUSEADDR): ("reuse_address", bool),
    (socket.SOL_SOCKET, socket.SO_REUSEPORT): ("reuse_port", bool),
    (socket.SOL_SOCKET, socket.SO_BROADCAST): ("broadcast", bool),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE): ("keep_alive", bool),
    (socket.SOL_SOCKET, socket.SO_SNDBUF): ("send_buffer", int),
    (socket.SOL_SOCKET, socket.SO_RCVBUF): ("receive_buffer", int),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY): ("no_delay", bool),
    (socket.IPPROTO_TCP, _TCP_MAXSEG): ("max_segment", int),
    (socket.IPPROTO_TCP, _TCP_KEEPIDLE): ("keep_alive_idle_s", int),
    (socket.IPPROTO_TCP, _TCP_KEEPINTVL): ("keep_alive_interval_s", int),
    (socket.IPPROTO_TCP, _TCP_KEEPCNT): ("keep_alive_probes", int),
    (socket.IPPROTO_TCP, _TCP_SYNCNT): ("syn_retries", int),
    (socket.IPPROTO_TCP, _TCP_USER_TIMEOUT): ("user_timeout_ms", int),
    (socket.IPPROTO_TCP, _TCP_FASTOPEN): ("fast_open", bool),
    (socket.IPPROTO_TCP, _TCP_FASTOPEN_CONNECT): ("fast_open", bool),
    (socket.IPPROTO_IP, socket.IP_TTL): ("ttl", int),
    (socket.IPPROTO_IP, socket.IP_TOS): ("tos", int),
}
#: What may be set, as in Linux; of others, anything.
_RANGES: Final = {"ttl": range(1, 256), "max_segment": range(88, 32768), "syn_retries": range(1, 128)}


def set_option(kernel: Kernel, level: int, name: int, value: Any) -> None:
    """Set an option. Raises ``OSError``: ENOPROTOOPT for TCP's options on another socket, and for IP's on one of TCP,
    EOPNOTSUPP for Fast Open on a host that never has it, EINVAL for a TTL, a segment, retries of a SYN or IP options
    that cannot be.
    """
    if level == socket.SOL_SOCKET and name == socket.SO_LINGER:
        on, seconds = struct.unpack("ii", value)
        kernel.options.linger_s = seconds if on else None
        return
    if (level, name) == (socket.IPPROTO_IP, socket.IP_OPTIONS):
        if not isinstance(kernel, UdpSocket):
            raise os_error(errno.ENOPROTOOPT)
        kernel.set_ip_options(bytes(value))
        return
    number = value if isinstance(value, int) else int.from_bytes(bytes(value), "little")
    if level == socket.IPPROTO_TCP and isinstance(kernel, UdpSocket):
        raise os_error(errno.ENOPROTOOPT)
    known = _ATTRIBUTES.get((level, name))
    if known is not None:
        attribute, convert = known
        if attribute in _RANGES and number not in _RANGES[attribute]:
            raise os_error(errno.EINVAL)
        if attribute == "fast_open" and number and not isinstance(kernel, UdpSocket):
            kernel.check_fast_open()
        setattr(kernel.options, attribute, convert(number))
        kernel.options_changed()
    else:
        kernel.options.others[level, name] = number


def get_option(kernel: Kernel, level: int, name: int, buflen: int, now: Nanos) -> Any:
    """An option's value as an integer, or as ``buflen`` octets. Raises ``OSError`` (ENOPROTOOPT)."""
    if level == socket.IPPROTO_TCP and name == _TCP_INFO:
        if isinstance(kernel, UdpSocket):
            raise os_error(errno.ENOPROTOOPT)
        return tcp_info_octets(kernel, now)[:buflen]
    if (level, name) == (socket.IPPROTO_IP, socket.IP_OPTIONS):
        return kernel.options.ip_options[:buflen]
    number = _number(kernel, level, name)
    if not buflen:
        return number
    if level == socket.SOL_SOCKET and name == socket.SO_LINGER:
        seconds = kernel.options.linger_s
        return struct.pack("ii", seconds is not None, seconds or 0)[:buflen]
    return number.to_bytes(buflen, "little")


def _number(kernel: Kernel, level: int, name: int) -> int:
    if level == socket.SOL_SOCKET:
        if name == socket.SO_ERROR:
            error = kernel.take_error()
            return 0 if error is None else error.errno or errno.EIO
        if name == socket.SO_TYPE:
            return socket.SOCK_DGRAM if isinstance(kernel, UdpSocket) else socket.SOCK_STREAM
        if name == socket.SO_ACCEPTCONN:
            return int(isinstance(kernel, TcpListenerSocket))
    if (level, name) == (socket.IPPROTO_TCP, _TCP_MAXSEG) and isinstance(kernel, TcpSocket):
        info = kernel.tcp_info()
        if info is not None:
            return info.mss
    known = _ATTRIBUTES.get((level, name))
    if known is not None:
        return int(getattr(kernel.options, known[0]))
    return kernel.options.others.get((level, name), 0)
