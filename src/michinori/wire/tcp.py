"""TCP segments, RFC 9293 section 3.1."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

import msgspec

from michinori.wire.checksum import partial
from michinori.wire.malformed import Malformed, Octets
from michinori.wire.tcp_options import NO_OPTIONS, Options, parse_options

__all__ = [
    "ACK",
    "CWR",
    "ECE",
    "FIN",
    "HEADER_OCTETS",
    "NO_OPTIONS",
    "PSH",
    "RST",
    "SYN",
    "URG",
    "Options",
    "Segment",
    "flag_names",
]

FIN: Final = 0x01
SYN: Final = 0x02
RST: Final = 0x04
PSH: Final = 0x08
ACK: Final = 0x10
URG: Final = 0x20
ECE: Final = 0x40
CWR: Final = 0x80

HEADER_OCTETS: Final = 20
_FLAGS: Final = 0xFF
_NAMES: Final = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")

_HEAD: Final = struct.Struct(">HHIIHHHH")
#: Of most segments of a connection: a header with two no-operations and the timestamps behind.
_HEAD_WITH_TIMESTAMPS: Final = struct.Struct(">HHIIHHHHIII")
_TIMESTAMPS: Final = struct.Struct(">III")
_TIMESTAMPS_BLOCK: Final = 0x0101_080A
#: By the length of the header: what stands behind the timestamps where SACK blocks fill all the rest.
_SACK_BEHIND: Final = {36 + 8 * blocks: bytes((1, 1, 5, 2 + 8 * blocks)) for blocks in (1, 2, 3)}
_SACK_BLOCK: Final = struct.Struct(">II")
_FIVE_WORDS: Final = 5 << 12
_EIGHT_WORDS: Final = 8 << 12


class Segment(msgspec.Struct, frozen=True, gc=False):
    """A TCP segment. ``window`` is the field as it stands, unscaled. ``pseudo`` is ``checksum.pseudo`` of the packet
    that carries it.
    """

    src_port: int
    dst_port: int
    seq: int
    ack: int
    flags: int
    window: int
    payload: Octets = b""
    options: Options = NO_OPTIONS
    urgent: int = 0

    @property
    def length(self) -> int:
        """SEG.LEN: the octets of sequence space that it takes, SYN and FIN counted."""
        flags = self.flags
        return len(self.payload) + (flags & FIN) + (flags >> 1 & 1)

    @classmethod
    def parse(cls, data: Octets, pseudo: int | None) -> Segment:
        """Raises ``Malformed`` when it is too short, or its checksum or data offset is wrong. Without ``pseudo``
        somebody else has seen to the checksum. The reserved bits are passed over; options never make a segment
        malformed (see ``tcp_options``).
        """
        size = len(data)
        if size < HEADER_OCTETS:
            raise Malformed("tcp", "too-short", size)
        if pseudo is not None and (partial(data) + size + pseudo) % 0xFFFF:
            raise Malformed("tcp", "checksum", 16)
        src_port, dst_port, seq, ack, offset_and_flags, window, _, urgent = _HEAD.unpack_from(data)
        header = offset_and_flags >> 10 & 0x3C
        flags = offset_and_flags & _FLAGS
        if 32 <= header <= size:
            block, value, echo = _TIMESTAMPS.unpack_from(data, 20)
            if block == _TIMESTAMPS_BLOCK and header == 32:
                options = Options(None, None, False, (), (value, echo))
            elif block == _TIMESTAMPS_BLOCK and _SACK_BEHIND.get(header) == data[32:36]:
                options = Options(None, None, False, tuple(_SACK_BLOCK.iter_unpack(data[36:header])), (value, echo))
            else:
                options = parse_options(data[20:header])
        elif header == HEADER_OCTETS:
            options = NO_OPTIONS
        elif HEADER_OCTETS < header <= size:
            options = parse_options(data[20:header])
        else:
            raise Malformed("tcp", "data-offset", 12)
        return cls(src_port, dst_port, seq, ack, flags, window, data[header:], options, urgent)

    def emit(self, pseudo: int) -> bytes:
        """The octets of the segment. Raises ``ValueError`` when its options do not fit."""
        payload, options = self.payload, self.options
        src_port, dst_port, seq, ack = self.src_port, self.dst_port, self.seq, self.ack
        window, urgent = self.window, self.urgent
        # The sum of the words is the sum of the fields: nothing is packed twice.
        total = src_port + dst_port + seq + ack + window + urgent + len(payload) + pseudo
        if payload:
            total += partial(payload)
        if options is NO_OPTIONS:
            offset_and_flags = _FIVE_WORDS | self.flags
            checksum = -(total + 20 + offset_and_flags) % 0xFFFF
            head = _HEAD.pack(src_port, dst_port, seq, ack, offset_and_flags, window, checksum, urgent)
            return head + payload
        timestamps = options.timestamps
        if (
            timestamps is not None
            and not options.sack
            and options.mss is None
            and options.window_scale is None
            and not (options.sack_permitted or options.unknown or options.malformed)
            and options.fast_open is None
            and options.user_timeout_s is None
        ):
            value, echo = timestamps
            offset_and_flags = _EIGHT_WORDS | self.flags
            checksum = -(total + 32 + offset_and_flags + _TIMESTAMPS_BLOCK + value + echo) % 0xFFFF
            head = _HEAD_WITH_TIMESTAMPS.pack(
                src_port, dst_port, seq, ack, offset_and_flags, window, checksum, urgent, _TIMESTAMPS_BLOCK, value, echo
            )
            return head + payload
        block = options.emit()
        header = HEADER_OCTETS + len(block)
        offset_and_flags = header << 10 | self.flags
        checksum = -(total + header + offset_and_flags + int.from_bytes(block, "big")) % 0xFFFF
        head = _HEAD.pack(src_port, dst_port, seq, ack, offset_and_flags, window, checksum, urgent)
        return b"".join((head, block, payload))

    def emit_to_be_cut(self, pseudo: int) -> bytes:
        """The octets with the sum of the pseudo header as their checksum, for an adapter that completes it."""
        block = self.options.emit()
        header = HEADER_OCTETS + len(block)
        total = (pseudo + header + len(self.payload)) % 0xFFFF or 0xFFFF
        head = _HEAD.pack(
            self.src_port, self.dst_port, self.seq, self.ack, header << 10 | self.flags, self.window, total, self.urgent
        )
        return b"".join((head, block, self.payload))

    def cut(self, mss: int) -> Iterator[Segment]:
        """Segments with ``mss`` octets of text at most, as the adapter would make them."""
        text = memoryview(self.payload)
        for start in range(0, len(text), mss):
            is_last = start + mss >= len(text)
            yield msgspec.structs.replace(
                self,
                seq=(self.seq + start) & 0xFFFF_FFFF,
                flags=self.flags if is_last else self.flags & ~(FIN | PSH),
                payload=text[start : start + mss],
            )


def flag_names(flags: int) -> str:
    """The flags in words: ``"SYN,ACK"``; ``""`` for none. In the order of their bits, the lowest first."""
    return ",".join([name for bit, name in enumerate(_NAMES) if flags >> bit & 1])
