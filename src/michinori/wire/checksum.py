"""The Internet checksum, RFC 1071, and its incremental form, RFC 1624.

The one's complement sum of 16-bit words is the remainder by 65,535: since 2**16 leaves 1, a number of any size counts
as the sum of its words. So a whole packet is summed by one division of one big integer, a header by adding its fields,
and an address is exchanged in one step. Only zero is ambiguous (0 and 65,535 leave the same remainder): a sum of words
that are not all zero is 65,535, and its checksum is 0.
"""

from __future__ import annotations

from functools import lru_cache

from michinori.wire.malformed import Octets


def internet(data: Octets, initial: int = 0) -> int:
    """The checksum of these octets and a partial sum; 0 when they contain their own checksum and it is right."""
    total = int.from_bytes(data, "big")
    if len(data) & 1:
        total <<= 8
    total += initial
    return -(total % 0xFFFF) % 0xFFFF if total else 0xFFFF


def partial(data: Octets) -> int:
    """The sum of these octets, to be added to other sums; an odd last octet counts as if a zero followed."""
    rest = int.from_bytes(data, "big") % 0xFFFF
    return rest << 8 if len(data) & 1 else rest


@lru_cache(maxsize=4096)
def pseudo(src: bytes, dst: bytes, protocol: int) -> int:
    """The sum of the pseudo header without the length, for addresses of either family (RFC 9293 3.1, RFC 8200 8.1).

    Never zero, so that a sum that contains it has no ambiguous zero.
    """
    return (int.from_bytes(src, "big") + int.from_bytes(dst, "big") + protocol) % 0xFFFF or 0xFFFF


def update(old_checksum: int, old_word: int, new_word: int) -> int:
    """The checksum after a word was exchanged (RFC 1624, equation 3).

    The words may be of 32 or 128 bits too, for addresses, if they stand at an even offset.
    """
    return -((0xFFFF - old_checksum + new_word - old_word) % 0xFFFF) % 0xFFFF
