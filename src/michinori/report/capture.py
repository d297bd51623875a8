"""The frames of a capture of our own, read back for the report."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

import msgspec

_BLOCK: Final = struct.Struct("<II")
_PACKET: Final = struct.Struct("<IIIII")
_OPTION: Final = struct.Struct("<HH")
_ENHANCED_PACKET: Final = 6
_OPT_COMMENT: Final = 1
_EPB_FLAGS: Final = 2
_OUTBOUND: Final = 2
_FCS_OF_4_OCTETS: Final = 4 << 5


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One frame as an adapter saw it."""

    number: int
    """From 1, as tools that read captures count."""
    interface: int
    date_ns: int
    octets: bytes
    sent: bool
    comment: str
    """Why it was dropped, if it was."""
    fcs: bytes
    """The check sequence that did not fit, if it did not."""


def read_frames(capture: bytes) -> Iterator[Frame]:
    """The frames of a pcapng file written by ``michinori.trace.pcapng``, in order."""
    at = number = 0
    while at < len(capture):
        kind, length = _BLOCK.unpack_from(capture, at)
        if kind == _ENHANCED_PACKET:
            number += 1
            yield _frame(capture, at + 8, at + length - 4, number)
        at += length


def _frame(capture: bytes, at: int, end: int, number: int) -> Frame:
    interface, high, low, size, _ = _PACKET.unpack_from(capture, at)
    begin = at + _PACKET.size
    octets = capture[begin : begin + size]
    comment, flags = "", 0
    at = begin + size + (-size & 3)
    while at < end:
        code, length = _OPTION.unpack_from(capture, at)
        value = capture[at + 4 : at + 4 + length]
        if code == _OPT_COMMENT:
            comment = value.decode(errors="replace")
        elif code == _EPB_FLAGS:
            flags = int.from_bytes(value, "little")
        at += 4 + length + (-length & 3)
    fcs = b""
    if flags & _FCS_OF_4_OCTETS:
        octets, fcs = octets[:-4], octets[-4:]
    return Frame(number, interface, high << 32 | low, octets, flags & 3 == _OUTBOUND, comment, fcs)
