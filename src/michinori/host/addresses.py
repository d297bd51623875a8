"""Internet addresses as people write them and as packets carry them."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from michinori.inet.addresses import text

__all__ = ["endpoint_text", "flow_key", "overlap", "pack", "text", "unspecified"]


@lru_cache(maxsize=65536)
def pack(address: str) -> bytes:
    """The address as 4 or 16 octets. Raises ``ValueError`` for anything but a numeric address."""
    return ipaddress.ip_address(address).packed


def unspecified(length: int) -> bytes:
    """The address that stands for all of a host's own: ``0.0.0.0`` or ``::``."""
    return bytes(length)


def endpoint_text(address: bytes, port: int) -> str:
    """Address and port as ``ss`` prints them: ``192.0.2.1:80``, ``[2001:db8::1]:80``, ``0.0.0.0:*`` for no port."""
    shown = text(address)
    if len(address) != 4:
        shown = f"[{shown}]"
    return f"{shown}:{port or '*'}"


def flow_key(local: tuple[bytes, int], remote: tuple[bytes, int]) -> bytes:
    """The four addresses and ports of a connection in the order in which they stand in the packets that come."""
    return remote[0] + local[0] + (remote[1] << 16 | local[1]).to_bytes(4, "big")


def overlap(one: bytes, other: bytes) -> bool:
    """Whether something could be sent to both of these local addresses."""
    return one == other or not any(one) or not any(other)
