"""The octets of all frames of a journey, each kept once.

A frame crosses several links and is recorded at both ends of each; its payload is the same everywhere. So a frame is
kept as its headers and the number of its payload, and equal frames are one. Of a journey that carried very much, the
payloads that came last are left out: they are in the captures, and a report must remain a file that one can send.
"""

from __future__ import annotations

import zlib
from array import array
from typing import Final

from michinori.report.capture import Frame
from michinori.report.packing import LEVEL, Table

_ETHERNET: Final = 14
_IPV4: Final = 0x0800
_TCP: Final = 6
_UDP: Final = 17
_UDP_HEADER: Final = 8
#: How many octets all payloads may take together once they are compressed.
MOST_COMPRESSED: Final = 7_000_000


class OctetStore:
    """Frames, added one by one and numbered from 1."""

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, bytes], int] = {}
        self._payloads: dict[bytes, int] = {b"": 0}
        self._head_lengths = array("H")
        self._payload_of = array("I")
        self._fcs = array("I")
        self._heads: list[bytes] = []

    def add(self, frame: Frame) -> int:
        """Keep the octets of that frame and give their number."""
        key = (frame.octets, frame.fcs)
        number = self._known.get(key)
        if number is None:
            number = self._known[key] = len(self._known) + 1
            cut = head_length(frame.octets)
            head, payload = frame.octets[:cut], frame.octets[cut:]
            self._heads.append(head)
            self._head_lengths.append(len(head))
            self._payload_of.append(self._payloads.setdefault(payload, len(self._payloads)))
            self._fcs.append(int.from_bytes(frame.fcs, "little"))
        return number

    def frames(self) -> Table:
        """Of each frame how long its head is, which payload follows, and the check sequence if a wrong one came."""
        table = Table(len(self._heads))
        table.add("head_length", "u16", self._head_lengths)
        table.add("payload", "u32", self._payload_of)
        table.add("fcs", "u32", self._fcs)
        return table

    def payloads(self, most: int = MOST_COMPRESSED) -> tuple[Table, bytes]:
        """Of each payload its length and whether it was kept (payload 0 is empty); and those that were, one behind the
        other in zlib's format.
        """
        compressor = zlib.compressobj(LEVEL)
        pieces: list[bytes] = []
        size = kept = 0
        for payload in self._payloads:
            if size > most:
                break
            pieces.append(compressor.compress(payload))
            size += len(pieces[-1])
            kept += 1
        pieces.append(compressor.flush())
        table = Table(len(self._payloads))
        table.add("length", "u32", [len(payload) for payload in self._payloads])
        table.add("kept", "u8", [int(number < kept) for number in range(table.rows)])
        return table, b"".join(pieces)

    @property
    def head_octets(self) -> bytes:
        """The heads, one behind the other."""
        return b"".join(self._heads)


def head_length(octets: bytes) -> int:
    """How many octets of a frame are headers that change on the way; of what is no IPv4 all."""
    size = len(octets)
    if size < _ETHERNET + 20 or int.from_bytes(octets[12:14]) != _IPV4:
        return size
    end = _ETHERNET + (octets[14] & 15) * 4
    if int.from_bytes(octets[20:22]) & 0x1FFF:  # a later fragment has no header of the transport layer
        return min(end, size)
    protocol = octets[23]
    if protocol == _TCP and size > end + 12:
        end += (octets[end + 12] >> 4) * 4
    elif protocol == _UDP:
        end += _UDP_HEADER
    return min(end, size)
