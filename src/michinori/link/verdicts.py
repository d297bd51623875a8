"""What can become of one frame on its way, and what decides it: a rule, or any function of a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec

from michinori.sim import Nanos, Stream
from michinori.wire import ethernet


class Delay(msgspec.Struct, frozen=True, gc=False):
    """It comes later than it should, so others may overtake it."""

    by_ns: Nanos


class Drop(msgspec.Struct, frozen=True, gc=False):
    """It never comes."""

    why: str = "fault:loss"


class Corrupt(msgspec.Struct, frozen=True, gc=False):
    """It comes with these bits turned over, counted from the frame's first to the last of its check sequence."""

    bits: tuple[int, ...]
    noticed: bool = True
    """Whether the check sequence tells; one that was made after the damage does not."""


class Duplicate(msgspec.Struct, frozen=True, gc=False):
    """It comes, and after that time it comes again."""

    after_ns: Nanos = 0


class Mark(msgspec.Struct, frozen=True, gc=False):
    """It comes with "congestion experienced" set, if its sender takes part in ECN (RFC 3168); else as it is."""


Pass: Final = None
Verdict: TypeAlias = Delay | Drop | Corrupt | Duplicate | Mark | None

#: Anything that gives a verdict on a frame, the instant at which it leaves, and the dice.
Judge: TypeAlias = Callable[[bytes, Nanos, Stream], Verdict]


def damage(frame: bytes, bits: tuple[int, ...]) -> tuple[bytes, bytes]:
    """The frame and its check sequence with those bits turned over. The sequence is the one of the frame as it was
    sent, so that the receiver really finds out.
    """
    octets = bytearray(frame + ethernet.fcs(frame))
    for bit in bits:
        octets[bit >> 3] ^= 1 << (bit & 7)
    return bytes(octets[: len(frame)]), bytes(octets[len(frame) :])
