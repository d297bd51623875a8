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


LANG = click.option("--lang", type=click.Choice(["ja", "en"]), help="The language  [default: by the locale]")
SECONDS = click.FloatRange(min=0.001, max=1e9)
PORT = click.IntRange(0, 65535)
