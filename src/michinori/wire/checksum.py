"""The Internet checksum, RFC 1071, and its incremental form, RFC 1624.

The one's complement sum of 16-bit words is the remainder by 65,535: since 2**16 leaves 1, a number of any size counts
as the sum of its words. So a whole packet is summed by one division of one big integer, a header by adding its fields,
and an address is exchanged in one step. Only zero is ambiguous (0 and 65,535 leave the same remainder): a sum of words
that are not all zero is 65,535, and its checksum is 0.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from michinori.wire.malformed import Octets

#: The octets as one number, the first the most significant. Bound once: the look-up takes longer than to read a header.
number_of: Final = int.from_bytes

# The division is two thirds of the work. Adding the upper part of a number to its lower part leaves the same remainder
# and costs a tenth, so a long number is folded to about 1,472 bits first.
_BITS: Final = (5_888, 2_944, 1_472)
_FOLD_TWICE_ABOVE: Final = 368
_FOLD_THRICE_ABOVE: Final = 736
_BITS_1, _BITS_2, _BITS_3 = _BITS
_MASK_1, _MASK_2, _MASK_3 = ((1 << bits) - 1 for bits in _BITS)


def partial(data: Octets) -> int:
    """The sum of these octets, to be added to other sums: zero only if they are all zero.

    An odd last octet counts as if a zero followed.
    """
    words = number_of(data)
    size = len(data)
    if size > _FOLD_TWICE_ABOVE:
        if size > _FOLD_THRICE_ABOVE:
            words = (words >> _BITS_1) + (words & _MASK_1)
        words = (words >> _BITS_2) + (words & _MASK_2)
        words = (words >> _BITS_3) + (words & _MASK_3)
    rest = words % 0xFFFF
    if not rest and words:
        rest = 0xFFFF
    return rest << 8 if size & 1 else rest


def internet(data: Octets, initial: int = 0) -> int:
    """The checksum of these octets and a partial sum; 0 when they contain their own checksum and it is right."""
    total = partial(data) + initial
    return -total % 0xFFFF if total else 0xFFFF


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
