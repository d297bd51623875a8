"""Kinds of values that options take, and the option that every command has."""

from __future__ import annotations

import click


def octets(text: str) -> int:
    """``64MB``, ``10kB`` or a number. Raises click's ``BadParameter``."""
    from michinori.world.units import UnitError, size

    try:
        return size(text)
    except UnitError as error:
        raise click.BadParameter(str(error)) from None


def seconds(text: str | float) -> float:
    """A time that a clock can be set to. Raises click's ``BadParameter``."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0.001 <= number <= 1e9:
        raise click.BadParameter(f"{text!r} is no number of seconds, 0.001 at least")
    return number


PORT = click.IntRange(0, 65535)
LANG = click.option("--lang", type=click.Choice(["ja", "en"]), help="The language  [default: by the locale]")
