"""Ethernet II frames (IEEE 802.3 clause 3, RFC 894): both addresses, the EtherType, the payload.

The frame check sequence is no part of a frame here: it is computed where a link can damage bits or somebody looks.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

import msgspec

from michinori.wire.malformed import Malformed, Octets

ETHERTYPE_IPV4: Final = 0x0800
ETHERTYPE_ARP: Final = 0x0806
ETHERTYPE_IPV6: Final = 0x86DD

BROADCAST: Final = b"\xff\xff\xff\xff\xff\xff"
HEADER_OCTETS: Final = 14
#: A frame without its check sequence is at least this long; shorter ones are padded with zeros.
LEAST_OCTETS: Final = 60
FCS_OCTETS: Final = 4

_HEAD: Final = struct.Struct(">6s6sH")


class Frame(msgspec.Struct, frozen=True, gc=False):
    """An Ethernet frame from the destination's address to the end of the payload, with its padding if it has one."""

    dst: bytes
    src: bytes
    ethertype: int
    payload: Octets

    @classmethod
    def parse(cls, data: Octets) -> Frame:
        """Raises ``Malformed`` when the header is not whole. The payload keeps its padding: only what is inside knows
        where it ends.
        """
        if len(data) < HEADER_OCTETS:
            raise Malformed("ethernet", "too-short", len(data))
        dst, src, ethertype = _HEAD.unpack_from(data)
        return cls(dst, src, ethertype, data[HEADER_OCTETS:])

    def emit(self) -> bytes:
        """The octets of the frame, at least 60."""
        frame = _HEAD.pack(self.dst, self.src, self.ethertype) + self.payload
        return frame if len(frame) >= LEAST_OCTETS else frame.ljust(LEAST_OCTETS, b"\0")


def header(dst: bytes, src: bytes, ethertype: int) -> bytes:
    """The 14 octets in front of a payload."""
    return _HEAD.pack(dst, src, ethertype)


def fcs(frame: Octets) -> bytes:
    """The frame check sequence, as its four octets go over the wire (IEEE 802.3 clause 3.2.9)."""
    return zlib.crc32(frame).to_bytes(FCS_OCTETS, "little")


def is_group(mac: bytes) -> bool:
    """Whether the address is a multicast address; the broadcast address is one."""
    return bool(mac[0] & 1)


def text(mac: bytes) -> str:
    """The address as people write it: ``02:00:00:00:00:01``."""
    return mac.hex(":")
