"""What a TAP device can take off our hands: checksums, and the cutting of long segments (virtio 1.2 section 5.1.6).

With ``IFF_VNET_HDR`` a header stands in front of each frame, in either direction. It says that a checksum is still to
be completed, or that it was found right, and how long the segments are that a frame of up to 64 kB is to be cut into.
Between two stacks of one machine nobody ever does either: the frame is handed over as it is.
"""

from __future__ import annotations

import struct
from typing import Final, Protocol

from michinori.link.plug import Tell
from michinori.wire import checksum
from michinori.wire.protocols import PROTOCOL_TCP

IFF_VNET_HDR: Final = 0x4000
_TUNSETOFFLOAD: Final = 0x400454D0
_TUNSETVNETHDRSZ: Final = 0x400454D8
_TUN_F_CSUM: Final = 0x01
_TUN_F_TSO4: Final = 0x02
_TUN_F_TSO_ECN: Final = 0x08

#: flags, gso_type, hdr_len, gso_size, csum_start, csum_offset, in the order of the machine.
_HEADER: Final = struct.Struct("=BBHHHH")
HEADER_OCTETS: Final = _HEADER.size
_NEEDS_CSUM: Final = 1
_DATA_VALID: Final = 2
_GSO_TCPV4: Final = 1

#: In front of a frame that is complete as it is.
PLAIN: Final = bytes(HEADER_OCTETS)
#: The largest frame: the largest packet of IPv4, an Ethernet header and a VLAN tag.
LARGEST_FRAME: Final = 65535 + 18
#: Text of one segment that is to be cut: the largest packet without headers of IP and TCP with all options.
LARGEST_TEXT: Final = 65535 - 20 - 60

_ETHERNET: Final = 14
_TCP: Final = _ETHERNET + 20
_CHECKSUM_OF_TCP: Final = 16
_NO_FRAGMENT: Final = 0x3FFF


class Segmenter(Protocol):
    """Something behind an adapter that cuts long segments, or makes that unnecessary."""

    def send_large(self, frame: bytes, mss: int, tell: Tell | None = None) -> str:
        """As ``Lead.send``, of a frame with one TCP segment over IPv4 without options, to be cut into pieces of
        ``mss`` octets of text. Its checksum field holds the sum of the pseudo header.
        """


def negotiate(descriptor: int, *, wanted: bool) -> bool:
    """Ask the kernel for it, or to leave it. Whether it will be so."""
    import fcntl

    offers = _TUN_F_CSUM | _TUN_F_TSO4 | _TUN_F_TSO_ECN if wanted else 0
    try:
        if wanted:
            fcntl.ioctl(descriptor, _TUNSETVNETHDRSZ, struct.pack("i", HEADER_OCTETS))
        # Without: who had the device before may have left it switched on.
        fcntl.ioctl(descriptor, _TUNSETOFFLOAD, offers)
    except OSError:
        return False
    return wanted


def header_for(frame: bytes, mss: int) -> bytes:
    """What stands in front of a frame that is to be cut."""
    headers = _TCP + (frame[_TCP + 12] >> 4) * 4
    return _HEADER.pack(_NEEDS_CSUM, _GSO_TCPV4, headers, mss, _TCP, _CHECKSUM_OF_TCP)


def unwrap(octets: bytes, *, complete: bool) -> tuple[bytes, bool]:
    """The frame behind the header, and whether the checksum of its TCP segment need not be looked at.

    A checksum that is still to be completed is completed if ``complete``, and where something else than TCP will look.
    """
    flags = octets[0]
    frame = octets[HEADER_OCTETS:]
    if not flags & (_NEEDS_CSUM | _DATA_VALID):
        return frame, False
    if not complete and _is_whole_tcp(frame):
        return frame, True
    if flags & _NEEDS_CSUM:
        start, offset = _HEADER.unpack_from(octets)[4:]
        return completed(frame, start, offset), False
    return frame, False


def completed(frame: bytes, start: int = _TCP, offset: int = _CHECKSUM_OF_TCP) -> bytes:
    """The frame with the checksum from ``start`` on in its field, where the sum of the pseudo header stands."""
    at = start + offset
    if at + 2 > len(frame):
        return frame
    total = checksum.internet(memoryview(frame)[start:])
    return b"".join((frame[:at], (total or 0xFFFF).to_bytes(2, "big"), frame[at + 2 :]))


def _is_whole_tcp(frame: bytes) -> bool:
    return (
        frame[12:15] == b"\x08\x00\x45"
        and frame[23] == PROTOCOL_TCP
        and not (frame[20] << 8 | frame[21]) & _NO_FRAGMENT
    )
