"""Quantities as people write them: ``"1Gbit"``, ``"40ms"``, ``"1%"``, ``"6MiB"``.

Inside, rates are bits per second, times integer nanoseconds, sizes octets and chances fractions of one. Arithmetic is
decimal, so ``"0.1ms"`` is exactly 100,000 nanoseconds.
"""

from __future__ import annotations

import re
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Final

from michinori.sim import Nanos

_NUMBER: Final = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\s*([^\s0-9]*)\s*")

_DURATIONS: Final = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,  # micro sign
    "μs": 10**3,  # Greek mu
    "ms": 10**6,
    "s": 10**9,
    "min": 60 * 10**9,
    "h": 3600 * 10**9,
}
_RATES: Final = {
    "bit": 1,
    "kbit": 10**3,
    "mbit": 10**6,
    "gbit": 10**9,
    "tbit": 10**12,
}
_SIZES: Final = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
}

_LEAST_MTU: Final = 68
_LARGEST_PACKET: Final = 65_535


class UnitError(ValueError):
    """A quantity that cannot be understood; the message says how one is written."""


def duration(text: str | int) -> Nanos:
    """Nanoseconds of ``"40ms"``, ``"2s"``, ``"1.5min"``. Zero may stand without a unit."""
    number, unit = _split(text, "a duration", '"40ms", "2s" or "500us"')
    if number == 0 and not unit:
        return 0
    return _whole(text, number, _factor(text, unit, _DURATIONS, "a duration", '"40ms", "2s" or "500us"'))


def rate(text: str | int) -> int:
    """Bits per second of ``"1Gbit"``, ``"10Mbit/s"``; a plain int counts as bits per second. Never zero."""
    number, unit = _split(text, "a rate", '"1Gbit", "10Mbit" or "56kbit"')
    unit = unit.lower().removesuffix("/s").removesuffix("ps")
    if not unit and (number == 0 or not isinstance(text, str)):
        unit = "bit"
    bits = _whole(text, number, _factor(text, unit, _RATES, "a rate", '"1Gbit", "10Mbit" or "56kbit"'))
    if bits <= 0:
        raise UnitError(f"{text!r} is no rate: it must be greater than zero; to let nothing pass, cut the line")
    return bits


def chance(text: str | float) -> float:
    """The fraction of ``"1%"``, ``"0.01"`` or ``0.01``: between 0 and 1."""
    number, unit = _split(text, "a chance", '"1%" or "0.01"')
    if unit not in ("", "%"):
        raise UnitError(f'{text!r} is no chance: write one such as "1%" or "0.01"')
    value = number / 100 if unit else number
    if not 0 <= value <= 1:
        near = f', such as "{number}%"' if not unit and number <= 100 else ""
        raise UnitError(f"{text!r} is no chance: it must lie between 0% and 100%{near}")
    return float(value)


def size(text: str | int) -> int:
    """Octets of ``"64KiB"``, ``"6MB"`` or ``1500``."""
    number, unit = _split(text, "a size", '"1500", "64KiB" or "6MB"')
    return _whole(text, number, _factor(text, unit.lower(), _SIZES, "a size", '"1500", "64KiB" or "6MB"'))


def mtu(text: str | int) -> int:
    """Octets of payload that a line takes in one frame: 68 at least (RFC 791), and no more than a packet can have."""
    octets = size(text)
    if not _LEAST_MTU <= octets <= _LARGEST_PACKET:
        raise UnitError(
            f"{text!r} is no MTU: it must lie between {_LEAST_MTU} and {_LARGEST_PACKET} octets, such as 1500"
        )
    return octets


def show_duration(nanos: Nanos) -> str:
    """A time for people, three digits and a unit: ``"12.3 ms"``."""
    for unit, factor in (("s", 10**9), ("ms", 10**6), ("µs", 10**3)):
        if nanos >= factor:
            value = nanos / factor
            return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f} {unit}"
    return f"{nanos} ns"


def _split(text: str | float, kind: str, examples: str) -> tuple[Decimal, str]:
    match = _NUMBER.fullmatch(str(text))
    if match is not None and not isinstance(text, bool):
        with suppress(InvalidOperation):  # an exponent that no decimal number can have
            return Decimal(match[1]), match[2]
    raise UnitError(f"{text!r} is not {kind}: write one such as {examples}")


def _factor(text: str | float, unit: str, factors: dict[str, int], kind: str, examples: str) -> int:
    factor = factors.get(unit)
    if factor is None:
        missing = f"the unit {unit!r} is not known" if unit else "it has no unit"
        raise UnitError(f"{text!r} is not {kind}: {missing}; write one such as {examples}")
    return factor


def _whole(text: str | float, number: Decimal, factor: int) -> int:
    if number.adjusted() > 30:
        raise UnitError(f"{text!r} is too large")
    return round(number * factor)
