"""What an ICMP error means to the application whose packet met it (RFC 1122 sections 4.1.3.3 and 4.2.3.9)."""

from __future__ import annotations

import errno
from typing import Final

from michinori.inet import IcmpError
from michinori.tcp import ConnectionRefused, HostUnreachable, NetworkUnreachable, TcpError
from michinori.wire import icmp

_UNREACHABLE: Final = {
    icmp.NET_UNREACHABLE: errno.ENETUNREACH,
    icmp.HOST_UNREACHABLE: errno.EHOSTUNREACH,
    icmp.PROTOCOL_UNREACHABLE: errno.ENOPROTOOPT,
    icmp.PORT_UNREACHABLE: errno.ECONNREFUSED,
    icmp.FRAGMENTATION_NEEDED: errno.EMSGSIZE,
    icmp.SOURCE_ROUTE_FAILED: errno.EOPNOTSUPP,
    icmp.NET_UNKNOWN: errno.ENETUNREACH,
    icmp.HOST_UNKNOWN: errno.EHOSTDOWN,
    icmp.SOURCE_HOST_ISOLATED: errno.ENONET,
    icmp.NET_PROHIBITED: errno.ENETUNREACH,
    icmp.HOST_PROHIBITED: errno.EHOSTUNREACH,
    icmp.NET_UNREACHABLE_FOR_TOS: errno.ENETUNREACH,
    icmp.HOST_UNREACHABLE_FOR_TOS: errno.EHOSTUNREACH,
    icmp.ADMINISTRATIVELY_PROHIBITED: errno.EHOSTUNREACH,
    icmp.HOST_PRECEDENCE_VIOLATION: errno.EHOSTUNREACH,
    icmp.PRECEDENCE_CUTOFF: errno.EHOSTUNREACH,
}


def errno_of(error: IcmpError) -> int | None:
    """The number that the application gets; None for an error that it is not told of."""
    if error.type == icmp.UNREACHABLE:
        return _UNREACHABLE.get(error.code)
    if error.type == icmp.TIME_EXCEEDED:
        return errno.EHOSTUNREACH
    if error.type == icmp.PARAMETER_PROBLEM:
        return errno.EPROTO
    return None


def tcp_error(number: int, meaning: str) -> TcpError:
    """What a TCP connection takes that number for."""
    if number == errno.ENETUNREACH:
        return NetworkUnreachable(meaning)
    if number == errno.ECONNREFUSED:
        return ConnectionRefused(meaning)
    return HostUnreachable(meaning)
