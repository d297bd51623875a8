"""The names that stand in the calls of a script, and their numbers."""

from __future__ import annotations

import errno
import os
import socket
from typing import Any, Final

#: Where this machine's Python has no number of its own: Linux's, which the host takes and keeps.
_LINUX: Final = {
    "SOL_TCP": socket.IPPROTO_TCP,
    "SOL_IP": socket.IPPROTO_IP,
    "SOL_UDP": socket.IPPROTO_UDP,
    "TCP_CORK": 3,
    "TCP_KEEPIDLE": 4,
    "TCP_KEEPINTVL": 5,
    "TCP_KEEPCNT": 6,
    "TCP_SYNCNT": 7,
    "TCP_LINGER2": 8,
    "TCP_DEFER_ACCEPT": 9,
    "TCP_WINDOW_CLAMP": 10,
    "TCP_INFO": 11,
    "TCP_QUICKACK": 12,
    "TCP_CONGESTION": 13,
    "TCP_USER_TIMEOUT": 18,
    "TCP_FASTOPEN": 23,
    "TCP_NOTSENT_LOWAT": 25,
    "TCP_FASTOPEN_CONNECT": 30,
    "TCP_FASTOPEN_KEY": 33,
    "TCP_INQ": 36,
    "IP_MTU_DISCOVER": 10,
    "IP_PMTUDISC_DONT": 0,
    "IP_PMTUDISC_WANT": 1,
    "IP_PMTUDISC_DO": 2,
    "IP_FREEBIND": 15,
    "SO_MARK": 36,
    "SO_TIMESTAMPING": 37,
    "SO_ZEROCOPY": 60,
    "MSG_MORE": 0x8000,
    "MSG_ZEROCOPY": 0x4000000,
    "MSG_FASTOPEN": 0x20000000,
    "MSG_DONTWAIT": 0x40,
    "MSG_NOSIGNAL": 0x4000,
    "O_RDWR": os.O_RDWR,
    "O_NONBLOCK": 0x800,
    "F_GETFL": 3,
    "F_SETFL": 4,
    "NULL": 0,
    "EPOLLIN": 1,
    "EPOLLPRI": 2,
    "EPOLLOUT": 4,
    "EPOLLERR": 8,
    "EPOLLHUP": 16,
    "EPOLLRDHUP": 0x2000,
    "EPOLLONESHOT": 1 << 30,
    "EPOLLET": 1 << 31,
    "POLLIN": 1,
    "POLLPRI": 2,
    "POLLOUT": 4,
    "POLLERR": 8,
    "POLLHUP": 16,
    "POLLRDHUP": 0x2000,
    "SIOCINQ": 0x541B,
    "SIOCOUTQ": 0x5411,
}
#: Names whose numbers this machine's own modules know best, because the host's options go by them.
_PREFIXES: Final = ("AF_", "SOCK_", "IPPROTO_", "SOL_", "SO_", "TCP_", "IP_", "MSG_", "SHUT_", "INADDR_")


def number(word: str) -> int | None:
    """The number of that name, or None if it is not known."""
    value: Any = None
    if word.startswith(_PREFIXES):
        value = getattr(socket, word, None)
    if value is None:
        value = _LINUX.get(word)
    if value is None:
        value = getattr(errno, word, None)
    return None if value is None else int(value)
