"""The one way in which a parser can fail."""

from __future__ import annotations

from typing import TypeAlias

#: What parsers read: anything whose slices are octets. Slices of a ``memoryview`` copy nothing.
Octets: TypeAlias = bytes | bytearray | memoryview


class Malformed(ValueError):
    """The octets are not what the format's standard asks for.

    ``layer`` names the format (``ethernet arp ipv4 icmp udp tcp``), ``reason`` says in one hyphenated word what is
    wrong (``checksum``, ``too-short`` …: it serves as the reason of a drop) and ``offset`` is where, in octets from
    the first one that the parser was given.
    """

    def __init__(self, layer: str, reason: str, offset: int) -> None:
        super().__init__(layer, reason, offset)
        self.layer = layer
        self.reason = reason
        self.offset = offset

    def __str__(self) -> str:
        return f"malformed {self.layer}: {self.reason} at octet {self.offset}"
