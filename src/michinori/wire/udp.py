"""UDP datagrams, RFC 768."""

from __future__ import annotations

import struct
from typing import Final

import msgspec

from michinori.wire.checksum import partial
from michinori.wire.malformed import Malformed, Octets

HEADER_OCTETS: Final = 8
_HEAD: Final = struct.Struct(">HHHH")


class Datagram(msgspec.Struct, frozen=True, gc=False):
    """A UDP datagram. ``pseudo`` is ``checksum.pseudo`` of the packet that carries it."""

    src_port: int
    dst_port: int
    payload: Octets

    @classmethod
    def parse(cls, data: Octets, pseudo: int) -> Datagram:
        """Raises ``Malformed``. A checksum of zero means that the sender computed none; octets behind the datagram's
        own length are passed over.
        """
        size = len(data)
        if size < HEADER_OCTETS:
            raise Malformed("udp", "too-short", size)
        src_port, dst_port, length, checksum = _HEAD.unpack_from(data)
        if not HEADER_OCTETS <= length <= size:
            raise Malformed("udp", "length", 4)
        if length < size:
            data = data[:length]
        if checksum and (partial(data) + pseudo + length) % 0xFFFF:
            raise Malformed("udp", "checksum", 6)
        return cls(src_port, dst_port, data[HEADER_OCTETS:])

    def emit(self, pseudo: int) -> bytes:
        """The octets of the datagram, always with a checksum: one that comes out as zero is sent as all ones."""
        src_port, dst_port, payload = self.src_port, self.dst_port, self.payload
        length = HEADER_OCTETS + len(payload)
        # The length counts twice: in the pseudo header and in the header.
        checksum = -(src_port + dst_port + length + length + pseudo + partial(payload)) % 0xFFFF
        return _HEAD.pack(src_port, dst_port, length, checksum or 0xFFFF) + payload
