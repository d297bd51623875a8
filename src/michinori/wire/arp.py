"""ARP messages for IPv4 over Ethernet, RFC 826."""

from __future__ import annotations

import struct
from typing import Final

import msgspec

from michinori.wire.malformed import Malformed, Octets

REQUEST: Final = 1
REPLY: Final = 2

_HARDWARE_ETHERNET: Final = 1
_PROTOCOL_IPV4: Final = 0x0800
_MESSAGE: Final = struct.Struct(">HHBBH6s4s6s4s")
_FIXED_PART_OCTETS: Final = 8


class Message(msgspec.Struct, frozen=True, gc=False):
    """Who asks, or answers, for which address. An unknown operation is kept: RFC 826 ignores it only at the end."""

    operation: int
    sender_mac: bytes
    sender_ip: bytes
    target_mac: bytes
    target_ip: bytes

    @classmethod
    def parse(cls, data: Octets) -> Message:
        """Raises ``Malformed`` for other hardware or protocols than Ethernet and IPv4. Padding behind is ignored."""
        size = len(data)
        if size < _FIXED_PART_OCTETS:
            raise Malformed("arp", "too-short", size)
        if data[0] << 8 | data[1] != _HARDWARE_ETHERNET:
            raise Malformed("arp", "hardware-type", 0)
        if data[2] << 8 | data[3] != _PROTOCOL_IPV4:
            raise Malformed("arp", "protocol-type", 2)
        if data[4] != 6 or data[5] != 4:
            raise Malformed("arp", "address-length", 4)
        if size < _MESSAGE.size:
            raise Malformed("arp", "too-short", size)
        return cls(*_MESSAGE.unpack_from(data)[4:])

    def emit(self) -> bytes:
        """The 28 octets of the message."""
        return _MESSAGE.pack(
            _HARDWARE_ETHERNET,
            _PROTOCOL_IPV4,
            6,
            4,
            self.operation,
            self.sender_mac,
            self.sender_ip,
            self.target_mac,
            self.target_ip,
        )
