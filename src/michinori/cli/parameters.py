"""Kinds of values that options take, and the option that every command has."""

from __future__ import annotations

import math

import click


def octets(text: str) -> int:
    """``64MB``, ``10kB`` or a number, one octet at least. Raises click's ``BadParameter``."""
    from michinori.world.units import UnitError, size

    try:
        octets = size(text)
    except UnitError as error:
        raise click.BadParameter(str(error)) from None
    if not octets:
        raise click.BadParameter(f"{text!r} leaves no room for an octet")
    return octets


def seconds(text: str | float, *, least: float = 0.001) -> float:
    """A time that a clock can be set to. Raises click's ``BadParameter``."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not least <= number <= 1e9:
        raise click.BadParameter(f"{text!r} is no number of seconds, {least:g} at least")
    return number


def seconds_or_none(text: str | float) -> float:
    """The same, where 0 means at once. Raises click's ``BadParameter``."""
    return seconds(text, least=0)


PORT = click.IntRange(0, 65535)
LANG = click.option("--lang", type=click.Choice(["ja", "en"]), help="The language  [default: by the locale]")
