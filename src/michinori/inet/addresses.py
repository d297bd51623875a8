"""What kinds of addresses there are. Addresses are packed octets; their length tells the family."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from typing import Final

UNSPECIFIED: Final = bytes(4)
LIMITED_BROADCAST: Final = b"\xff\xff\xff\xff"
LOOPBACK: Final = b"\x7f\x00\x00\x01"
#: The group that every host is in (RFC 1112 section 4).
ALL_HOSTS: Final = b"\xe0\x00\x00\x01"


@lru_cache(maxsize=4096)
def text(address: bytes) -> str:
    """The address as people write it."""
    if len(address) == 4:
        return "{}.{}.{}.{}".format(*address)
    return str(ip_address(address))


def network(address: bytes, length: int) -> bytes:
    """The prefix of that length with zeros behind it."""
    bits = len(address) * 8
    return (int.from_bytes(address, "big") >> bits - length << bits - length).to_bytes(len(address), "big")


def directed_broadcast(address: bytes, length: int) -> bytes | None:
    """The address of everybody in an IPv4 network; none for two addresses or fewer (RFC 3021) or another family."""
    if len(address) != 4 or length > 30:
        return None
    return (int.from_bytes(address, "big") | (1 << 32 - length) - 1).to_bytes(4, "big")


def is_multicast(address: bytes) -> bool:
    """Whether it names a group."""
    return address[0] & 0xF0 == 0xE0 if len(address) == 4 else address[0] == 0xFF


def is_loopback(address: bytes) -> bool:
    """Whether it must never be seen outside of a host."""
    return address[0] == 127 if len(address) == 4 else address == b"\0" * 15 + b"\1"


def is_unspecified(address: bytes) -> bool:
    """Whether it is no address at all: all zeros."""
    return not any(address)


def is_reserved(address: bytes) -> bool:
    """Whether it is one of "this network" (RFC 1122 3.2.1.3) or class E, which nobody has."""
    return len(address) == 4 and (address[0] == 0 or address[0] >= 0xF0)


def group_mac(address: bytes) -> bytes:
    """The Ethernet address of an IP group: RFC 1112 section 6.4, RFC 2464 section 7."""
    if len(address) == 4:
        return bytes((0x01, 0x00, 0x5E, address[1] & 0x7F, address[2], address[3]))
    return b"\x33\x33" + address[-4:]
