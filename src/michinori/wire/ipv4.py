"""IPv4 packets, RFC 791 with RFC 1122 section 3.2.1 and RFC 6864."""

from __future__ import annotations

import struct
from typing import Final

import msgspec

from michinori.wire.ethernet import LEAST_OCTETS as _LEAST_FRAME
from michinori.wire.ipv4_options import emit_options, options_for_fragments, parse_options
from michinori.wire.malformed import Malformed, Octets

__all__ = [
    "HEADER_OCTETS",
    "LARGEST_PACKET",
    "Packet",
    "Template",
    "decrease_ttl",
    "emit_options",
    "mark_congestion",
    "options_for_fragments",
    "parse_options",
]

HEADER_OCTETS: Final = 20
LARGEST_HEADER: Final = 60
LARGEST_PACKET: Final = 65_535

_DONT_FRAGMENT: Final = 0x4000
_MORE_FRAGMENTS: Final = 0x2000
_OFFSET: Final = 0x1FFF
_VERSION_AND_5_WORDS: Final = 0x45

_HEAD: Final = struct.Struct(">BBHHHBBH4s4s")
_MIDDLE: Final = struct.Struct(">HHHHH")
#: How far fields lie from the end of a header, in bits.
_AT_TTL: Final = 88
_AT_CHECKSUM: Final = 64
_HOP: Final = (1 << _AT_TTL) - (0x100 << _AT_CHECKSUM)
_HOP_WITH_CARRY: Final = _HOP + (0xFFFF << _AT_CHECKSUM)
_CARRIES_FROM: Final = 0xFFFF - 0x100
_ECN: Final = 0x03


class Packet(msgspec.Struct, frozen=True, gc=False):
    """An IPv4 packet. ``offset`` is in octets, a multiple of 8; ``options`` are raw, see ``parse_options``."""

    src: bytes
    dst: bytes
    protocol: int
    payload: Octets
    ttl: int = 64
    identification: int = 0
    dont_fragment: bool = False
    more_fragments: bool = False
    offset: int = 0
    tos: int = 0
    options: bytes = b""

    @property
    def is_fragment(self) -> bool:
        """Whether this is a part of a packet."""
        return self.more_fragments or self.offset != 0

    @property
    def header_octets(self) -> int:
        return HEADER_OCTETS + len(self.options)

    @classmethod
    def parse(cls, data: Octets) -> Packet:
        """Raises ``Malformed`` when the version, a length or the header checksum is wrong. What stands behind the total
        length (the padding of a short frame) is no part of the payload.
        """
        size = len(data)
        if size < HEADER_OCTETS:
            raise Malformed("ipv4", "too-short", size)
        first, tos, total, identification, fragment, ttl, protocol, _, src, dst = _HEAD.unpack_from(data)
        if first == _VERSION_AND_5_WORDS:
            options = b""
            if int.from_bytes(data[:20], "big") % 0xFFFF:
                raise Malformed("ipv4", "checksum", 10)
            if not 20 <= total <= size:
                raise Malformed("ipv4", "total-length", 2)
            payload = data[20:total]
        else:
            header = _header_length(first, size)
            if int.from_bytes(data[:header], "big") % 0xFFFF:
                raise Malformed("ipv4", "checksum", 10)
            if not header <= total <= size:
                raise Malformed("ipv4", "total-length", 2)
            options = bytes(data[20:header])
            payload = data[header:total]
        if not fragment & (_MORE_FRAGMENTS | _OFFSET):
            dont = bool(fragment & _DONT_FRAGMENT)  # the highest bit is reserved and may be anything
            return cls(src, dst, protocol, payload, ttl, identification, dont, False, 0, tos, options)
        offset = (fragment & _OFFSET) << 3
        if offset + total > LARGEST_PACKET:
            raise Malformed("ipv4", "fragment-offset", 6)
        dont, more = bool(fragment & _DONT_FRAGMENT), bool(fragment & _MORE_FRAGMENTS)
        return cls(src, dst, protocol, payload, ttl, identification, dont, more, offset, tos, options)

    @classmethod
    def parse_quoted(cls, data: Octets) -> Packet:
        """Parse what an ICMP error quotes: a header and the beginning of a payload.

        The total length and the checksum are not held against it: the quotation is cut off on purpose, and routers
        quote a header whose TTL they have already counted down (RFC 1812 section 4.3.2.3).
        """
        size = len(data)
        if size < HEADER_OCTETS:
            raise Malformed("ipv4", "too-short", size)
        first, tos, total, identification, fragment, ttl, protocol, _, src, dst = _HEAD.unpack_from(data)
        header = _header_length(first, size)
        dont, more = bool(fragment & _DONT_FRAGMENT), bool(fragment & _MORE_FRAGMENTS)
        return cls(
            src,
            dst,
            protocol,
            data[header : max(total, header)],
            ttl,
            identification,
            dont,
            more,
            (fragment & _OFFSET) << 3,
            tos,
            bytes(data[20:header]),
        )

    def emit(self) -> bytes:
        """The octets of the packet. Raises ``ValueError`` when a field is beyond what the format can carry."""
        options, payload, src, dst = self.options, self.payload, self.src, self.dst
        header = HEADER_OCTETS + len(options)
        if header > LARGEST_HEADER or header & 3:
            raise ValueError(f"IPv4 options take up to 40 octets in steps of 4, not {len(options)}")
        total = header + len(payload)
        if total > LARGEST_PACKET:
            raise ValueError(f"an IPv4 packet has up to 65535 octets, not {total}")
        if self.offset & 7:
            raise ValueError(f"a fragment begins at a multiple of 8 octets, not at {self.offset}")
        first = 0x40 | header >> 2
        fragment = (
            self.offset >> 3
            | (_DONT_FRAGMENT if self.dont_fragment else 0)
            | (_MORE_FRAGMENTS if self.more_fragments else 0)
        )
        words = (
            (first << 8) + self.tos + total + self.identification + fragment + (self.ttl << 8) + self.protocol
            + int.from_bytes(src, "big") + int.from_bytes(dst, "big") + int.from_bytes(options, "big")
        )  # fmt: skip
        head = _HEAD.pack(
            first,
            self.tos,
            total,
            self.identification,
            fragment,
            self.ttl,
            self.protocol,
            -words % 0xFFFF,
            src,
            dst,
        )
        return b"".join((head, options, payload))


class Template:
    """The header of packets that differ only in length and identification, made ready once for each destination.

    ``link`` is what stands in front of each packet, as a rule an Ethernet header; then short frames are padded.
    """

    __slots__ = ("_after", "_before", "_sum", "_ttl_and_protocol", "link")

    def __init__(
        self, src: bytes, dst: bytes, protocol: int, *, ttl: int = 64, tos: int = 0, link: bytes = b""
    ) -> None:
        self.link = link
        self._before = link + bytes((_VERSION_AND_5_WORDS, tos))
        self._ttl_and_protocol = ttl << 8 | protocol
        self._after = src + dst
        self._sum = (
            (_VERSION_AND_5_WORDS << 8 | tos)
            + self._ttl_and_protocol
            + int.from_bytes(src, "big")
            + int.from_bytes(dst, "big")
        ) % 0xFFFF

    def emit(self, payload: Octets, identification: int = 0, dont_fragment: bool = False) -> bytes:
        """The octets of one packet with all that stands in front of it. The payload fits, by the caller's word."""
        total = HEADER_OCTETS + len(payload)
        fragment = _DONT_FRAGMENT if dont_fragment else 0
        middle = _MIDDLE.pack(
            total,
            identification,
            fragment,
            self._ttl_and_protocol,
            -(self._sum + total + identification + fragment) % 0xFFFF,
        )
        octets = b"".join((self._before, middle, self._after, payload))
        if len(octets) < _LEAST_FRAME and self.link:
            return octets.ljust(_LEAST_FRAME, b"\0")
        return octets


def decrease_ttl(header: int) -> bytes:
    """The 20 octets of a header, given as a number, with one hop less to live and the checksum patched, as RFC 1624 and
    RFC 1141 have it. The caller has checked the header and that the TTL is not zero.
    """
    # The word of TTL and protocol gets smaller by 0x100, so the checksum gets larger by that, with end-around carry.
    # 65,535 instead of 0 is what RFC 1624 warns of: so it wraps one earlier.
    hop = _HOP if header >> _AT_CHECKSUM & 0xFFFF < _CARRIES_FROM else _HOP_WITH_CARRY
    return (header - hop).to_bytes(HEADER_OCTETS)


def mark_congestion(packet: Octets, *, at: int = 0) -> bytes | None:
    """The packet, which begins at octet ``at``, with "congestion experienced" set and its checksum patched; None when
    its sender does not take part (RFC 3168 section 5). One that is marked already stays as it is.
    """
    tos = packet[at + 1]
    if not tos & _ECN:
        return None
    raised = _ECN - (tos & _ECN)
    checksum = int.from_bytes(packet[at + 10 : at + 12], "big")
    # The field gets larger by that much, so the checksum gets smaller by it (RFC 1624, see ``decrease_ttl``).
    patched = (checksum - raised) % 0xFFFF if raised else checksum
    marked = bytearray(packet)
    marked[at + 1] = tos | _ECN
    marked[at + 10 : at + 12] = patched.to_bytes(2, "big")
    return bytes(marked)


def _header_length(first: int, size: int) -> int:
    if first >> 4 != 4:
        raise Malformed("ipv4", "version", 0)
    header = (first & 0x0F) << 2
    if not HEADER_OCTETS <= header <= size:
        raise Malformed("ipv4", "header-length", 0)
    return header
