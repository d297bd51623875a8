"""Plain TCP segments in Ethernet frames over IPv4, three headers at one go.

Nearly every frame of a bulk transfer looks alike: an IPv4 header without options, and a TCP header with two
no-operations and the time stamps behind. One ``Struct`` reads the fields that differ, another writes them; the octets
are those that ``ipv4.Packet`` and ``tcp.Segment`` would make, which a test compares.

    0             14                    34                  54
    │ Ethernet    │ 45 tos total … dst  │ ports seq ack … urg │ 1 1 8 10 value echo │ text
"""

from __future__ import annotations

import struct
from itertools import chain
from typing import Final

from michinori.wire.checksum import partial
from michinori.wire.malformed import Octets

#: Where the segment begins, and where its text does.
SEGMENT_AT: Final = 34
TEXT_AT: Final = 66

#: From octet 15 on: TOS, total length, flags and offset, protocol; SEQ, ACK, data offset and flags, window; the block
#: of the time stamps, TSval, TSecr.
unpack_heads = struct.Struct(">BH2xHxB2x8x4xIIHH4xIII").unpack_from
HEADS_AT: Final = 15
FRAGMENTED: Final = 0x3FFF
DONT_FRAGMENT: Final = 0x4000
TIMESTAMPS: Final = 0x0101_080A
#: Data offset and flags of a segment with 32 octets of header and nothing but ACK, and PSH maybe (as an OR with PSH).
PLAIN_ACK: Final = 0x8018

#: Data offset and flags of an ACK whose header ends with up to three SACK blocks behind the time stamps; then how long
#: such a frame without text is, and how the option begins.
_SACKING: Final = {
    (9 + 2 * blocks) << 12 | 0x10: (TEXT_AT + 4 + 8 * blocks, bytes((1, 1, 5, 2 + 8 * blocks))) for blocks in (1, 2, 3)
}
_OPTION: Final = slice(TEXT_AT, TEXT_AT + 4)
_BLOCKS: Final = slice(TEXT_AT + 4, None)
_BLOCK: Final = struct.Struct(">II")

_HEADS: Final = struct.Struct(">16sHHHHH12sIIHHHHIII")
_VERSION_AND_5_WORDS: Final = 0x45
_HEADERS: Final = TEXT_AT - 14
_TCP_HEADER: Final = 32
_EIGHT_WORDS: Final = 8 << 12

_NOPS_AND_SACK: Final = 0x0101_0500
_SACK: Final = tuple(struct.Struct(f">{1 + 2 * blocks}I").pack for blocks in range(4))


def sack_option(blocks: tuple[tuple[int, int], ...]) -> bytes:
    """The option with up to three blocks, which stands behind the time stamps where the text would begin."""
    return _SACK[len(blocks)](_NOPS_AND_SACK | 2 + 8 * len(blocks), *chain.from_iterable(blocks))


def sack_blocks(frame: bytes, flags: int) -> tuple[tuple[int, int], ...]:
    """The blocks of an ACK that consists of headers with time stamps and a SACK option; none of any other segment.
    ``flags``: with the data offset, as they were read.
    """
    size, option = _SACKING.get(flags, (0, b""))
    return tuple(_BLOCK.iter_unpack(frame[_BLOCKS])) if len(frame) == size and frame[_OPTION] == option else ()


def words_of_options(octets: bytes) -> int:
    """What so many octets of options behind the time stamps add to the field of data offset and flags."""
    return len(octets) << 10


class Template:
    """What all plain segments of one direction of a connection have in common.

    ``link`` is the Ethernet header; ``pseudo`` that of ``checksum.pseudo``.
    """

    __slots__ = ("_after", "_before", "_network_sum", "_segment_sum", "_ttl_and_protocol")

    def __init__(
        self,
        link: bytes,
        src: bytes,
        dst: bytes,
        ports: tuple[int, int],
        pseudo: int,
        *,
        ttl: int,
        protocol: int,
        tos: int,
    ) -> None:
        self._before = link + bytes((_VERSION_AND_5_WORDS, tos))
        self._ttl_and_protocol = ttl << 8 | protocol
        self._after = src + dst + ports[0].to_bytes(2, "big") + ports[1].to_bytes(2, "big")
        self._network_sum = (
            (_VERSION_AND_5_WORDS << 8 | tos)
            + self._ttl_and_protocol
            + int.from_bytes(src, "big")
            + int.from_bytes(dst, "big")
        ) % 0xFFFF + _HEADERS
        self._segment_sum = (ports[0] + ports[1] + _EIGHT_WORDS + TIMESTAMPS + pseudo + _TCP_HEADER) % 0xFFFF

    def emit(
        self,
        identification: int,
        fragment: int,
        seq: int,
        ack: int,
        flags: int,
        window: int,
        stamps: tuple[int, int],
        text: Octets,
    ) -> bytes:
        """The octets of one frame; ``fragment``: the field with Don't Fragment. It fits, by the caller's word.

        Options behind the time stamps may stand in front of the text; ``flags`` has their ``words_of_options`` then.
        """
        value, echo = stamps
        size = len(text)
        words = self._segment_sum + seq + ack + flags + window + value + echo
        if size:
            words += size + partial(text)
        return (
            _HEADS.pack(
                self._before,
                _HEADERS + size,
                identification,
                fragment,
                self._ttl_and_protocol,
                -(self._network_sum + size + identification + fragment) % 0xFFFF,
                self._after,
                seq,
                ack,
                _EIGHT_WORDS | flags,
                window,
                -words % 0xFFFF,
                0,
                TIMESTAMPS,
                value,
                echo,
            )
            + text
        )
