"""Arithmetic of 32-bit numbers that wrap (RFC 9293 section 3.4, RFC 1982): sequence numbers and time stamps.

Two numbers compare by the shorter way around the circle, so a comparison holds for numbers less than 2**31 apart.
"""

from __future__ import annotations

from typing import Final

MASK: Final = 0xFFFF_FFFF
SIGN: Final = 0x8000_0000


def add(a: int, n: int) -> int:
    """The number ``n`` further on, or back when ``n`` is negative."""
    return (a + n) & MASK


def diff(a: int, b: int) -> int:
    """How far ``a`` is ahead of ``b``: from -2**31 to 2**31 - 1."""
    return ((a - b + SIGN) & MASK) - SIGN


def lt(a: int, b: int) -> bool:
    """Whether ``a`` comes before ``b``."""
    return (a - b) & SIGN != 0


def le(a: int, b: int) -> bool:
    """Whether ``a`` comes before ``b`` or is the same."""
    return a == b or (a - b) & SIGN != 0


def gt(a: int, b: int) -> bool:
    """Whether ``a`` comes after ``b``."""
    return (b - a) & SIGN != 0


def ge(a: int, b: int) -> bool:
    """Whether ``a`` comes after ``b`` or is the same."""
    return a == b or (b - a) & SIGN != 0
