"""Capture files as Wireshark reads them: the four block types of pcapng that a capture needs.

Source: draft-ietf-opsawg-pcapng (sections 4.1, 4.2, 4.3 and 3.5). Time stamps are nanoseconds since 1970.
"""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from typing import Final

_SECTION_HEADER: Final = 0x0A0D0D0A
_INTERFACE_DESCRIPTION: Final = 1
_ENHANCED_PACKET: Final = 6
_LINKTYPE_ETHERNET: Final = 1

_OPT_COMMENT: Final = 1
_SHB_USERAPPL: Final = 4
_IF_NAME: Final = 2
_IF_DESCRIPTION: Final = 3
_IF_MACADDR: Final = 6
_IF_TSRESOL: Final = 9
_IF_FCSLEN: Final = 13
_EPB_FLAGS: Final = 2

_INBOUND: Final = 1
_OUTBOUND: Final = 2
_FCS_OF_4_OCTETS: Final = 4 << 5
_CRC_ERROR: Final = 1 << 24

_PACKET_HEAD: Final = struct.Struct("<IIIIIII")
_FLAGS_INBOUND: Final = struct.pack("<HHIHH", _EPB_FLAGS, 4, _INBOUND, 0, 0)
_FLAGS_OUTBOUND: Final = struct.pack("<HHIHH", _EPB_FLAGS, 4, _OUTBOUND, 0, 0)
_PADDING: Final = (b"", b"\0\0\0", b"\0\0", b"\0")


def section_header() -> bytes:
    """The block that begins a file; its length is left open, so the file can grow."""
    body = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + _option(_SHB_USERAPPL, b"Michinori") + _option(0, b"")
    return _block(_SECTION_HEADER, body)


def interface_description(name: str, mac: bytes, host: str) -> bytes:
    """The block that announces an adapter, named ``host/name`` for the person who reads it."""
    options = (
        _option(_IF_NAME, name.encode())
        + _option(_IF_DESCRIPTION, f"{host}/{name}".encode())
        + _option(_IF_MACADDR, mac)
        + _option(_IF_TSRESOL, b"\x09")
        + _option(_IF_FCSLEN, b"\x00")
        + _option(0, b"")
    )
    return _block(_INTERFACE_DESCRIPTION, struct.pack("<HHI", _LINKTYPE_ETHERNET, 0, 0) + options)


def enhanced_packet(
    interface: int, date_ns: int, frame: bytes, *, sent: bool, with_fcs: bool = False, comment: str = ""
) -> bytes:
    """The block of one frame. ``with_fcs``: its last four octets are the check sequence as it was received."""
    if not (comment or with_fcs):
        return b"".join(plain_packet(interface, date_ns, frame, sent))
    flags = _OUTBOUND if sent else _INBOUND
    if with_fcs:
        fits = zlib.crc32(frame[:-4]) == int.from_bytes(frame[-4:], "little")
        flags |= _FCS_OF_4_OCTETS if fits else _FCS_OF_4_OCTETS | _CRC_ERROR
    said = _option(_OPT_COMMENT, comment.encode()) if comment else b""
    length, ending = _ending(len(frame), said + struct.pack("<HHIHH", _EPB_FLAGS, 4, flags, 0, 0))
    return _packet_head(interface, date_ns, len(frame), length) + frame + ending


def plain_packet(interface: int, date_ns: int, frame: bytes, sent: bool) -> tuple[bytes, bytes, bytes]:
    """The block of a frame about which nothing is to be said, in pieces: most frames, so nothing is copied."""
    size = len(frame)
    length, ending = _plain_ending(size, sent)
    # As ``_packet_head`` has it, without the call.
    head = _PACKET_HEAD.pack(_ENHANCED_PACKET, length, interface, date_ns >> 32, date_ns & 0xFFFFFFFF, size, size)
    return head, frame, ending


def _packet_head(interface: int, date_ns: int, size: int, length: int) -> bytes:
    return _PACKET_HEAD.pack(_ENHANCED_PACKET, length, interface, date_ns >> 32, date_ns & 0xFFFFFFFF, size, size)


def _ending(size: int, options: bytes) -> tuple[int, bytes]:
    """The length of the block of a frame of so many octets, and what stands behind the frame in it."""
    padding = _PADDING[size & 3]
    length = _PACKET_HEAD.size + size + len(padding) + len(options) + 4
    return length, padding + options + length.to_bytes(4, "little")


@lru_cache(maxsize=4096)
def _plain_ending(size: int, sent: bool) -> tuple[int, bytes]:
    return _ending(size, _FLAGS_OUTBOUND if sent else _FLAGS_INBOUND)


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + _PADDING[len(value) & 3]


def _block(kind: int, body: bytes) -> bytes:
    length = 12 + len(body)
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)
