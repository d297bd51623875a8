"""What ``recvmsg`` tells beside a datagram, and ``sendmsg`` may ask for: Linux's messages of level ``IPPROTO_IP``.

With them an application learns which of the host's addresses was meant, and can answer from it, as RFC 1122 section
4.1.3.5 has it. Python names few of these options; the numbers are those of Linux.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterable
from typing import Final, TypeAlias

from michinori.host import Arrived, UdpSocket
from michinori.host.errors import os_error
from michinori.host.options import SocketOptions

Message: TypeAlias = tuple[int, int, bytes]

IP_RECVOPTS: Final = 6
IP_PKTINFO: Final = 8
IP_RECVTTL: Final = 12
IP_RECVTOS: Final = 13

#: ``struct in_pktinfo``: the index of the interface, our address, the destination in the packet.
_PKTINFO: Final = struct.Struct("=i4s4s")
_INT: Final = struct.Struct("=i")
_HEADER_OCTETS: Final = 16
_ALIGNMENT: Final = 8


def told_with(arrived: Arrived, options: SocketOptions) -> list[Message]:
    """The messages that the socket has asked for."""
    messages = []
    if _is_on(options, IP_PKTINFO):
        messages.append((IP_PKTINFO, _PKTINFO.pack(arrived.interface, arrived.own, arrived.destination)))
    if _is_on(options, IP_RECVTTL):
        messages.append((socket.IP_TTL, _INT.pack(arrived.ttl)))
    if _is_on(options, IP_RECVTOS):
        messages.append((socket.IP_TOS, bytes((arrived.tos,))))
    if _is_on(options, IP_RECVOPTS) and arrived.options:
        messages.append((IP_RECVOPTS, arrived.options))
    return [(socket.IPPROTO_IP, kind, data) for kind, data in messages]


def that_fit(messages: list[Message], octets: int) -> list[Message]:
    """As many of them as so many octets of ancillary data hold, with their headers."""
    kept = []
    for message in messages:
        octets -= _HEADER_OCTETS + -(-len(message[2]) // _ALIGNMENT) * _ALIGNMENT
        if octets < 0:
            break
        kept.append(message)
    return kept


def source_asked_for(messages: Iterable[Message], kernel: UdpSocket) -> bytes | None:
    """The address that ``IP_PKTINFO`` asks a datagram to be sent from; None to leave it open. Raises ``OSError``
    (EINVAL) for messages that nobody knows, and for an address that is not the host's.
    """
    source: bytes | None = None
    for level, kind, data in messages:
        if (level, kind) != (socket.IPPROTO_IP, IP_PKTINFO) or len(data) != _PKTINFO.size:
            raise os_error(errno.EINVAL)
        source = _PKTINFO.unpack(data)[1]
    if source is None or not any(source):
        return None
    if not kernel.may_send_from(source):
        raise os_error(errno.EINVAL)
    return source


def _is_on(options: SocketOptions, name: int) -> bool:
    return bool(options.others.get((socket.IPPROTO_IP, name)))
