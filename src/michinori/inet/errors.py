"""What the sender of a packet can be told: at once, as an exception, or later, by a message from afar."""

from __future__ import annotations

import msgspec


class Unreachable(Exception):
    """A packet cannot be sent; ``reason`` is ``no-route``, ``no-source`` or ``too-big``."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class PacketTooBig(Unreachable):
    """It is larger than the path takes in one piece, and may not be fragmented."""

    def __init__(self, mtu: int, message: str) -> None:
        super().__init__("too-big", message)
        self.mtu = mtu


class IcmpError(msgspec.Struct, frozen=True, gc=False):
    """What an ICMP error says about a packet that we sent.

    ``src``, ``dst`` and ``protocol`` are those of our packet and ``octets`` the beginning of its payload (as a rule the
    transport's header), ``reporter`` the host that complains, ``mtu`` the next hop's for "fragmentation needed".
    """

    type: int
    code: int
    src: bytes
    dst: bytes
    protocol: int
    octets: bytes
    mtu: int = 0
    reporter: bytes = b""
