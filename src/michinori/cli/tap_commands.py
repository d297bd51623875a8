"""The commands about TAP devices."""

from __future__ import annotations

from typing import Any

import click

from michinori.cli.helping import SpokenGroup
from michinori.cli.parameters import LANG


@click.group("tap", cls=SpokenGroup, short_help="Make or remove a TAP device (Linux).")
def tap() -> None:
    """Make or remove a TAP device, by which hosts of Michinori meet this machine's kernel. Linux only.

    \b
    Example:
      sudo michinori tap up
      sudo michinori tap down
    """


_TAP_NAME = click.argument("name", default="mich0", metavar="[NAME]")
_TAP_NAMESPACE = click.option("--namespace", default="", metavar="NAME", help="In this network namespace.")


@tap.command("up", short_help="Make the device.")
@_TAP_NAME
@click.option(
    "--address", metavar="ADDRESS/N", default="10.99.0.1/24", show_default=True, help="What the kernel is on it."
)
@_TAP_NAMESPACE
@LANG
def tap_up(name: str, address: str, namespace: str, lang: Any) -> int:
    """Make the device NAME (mich0), and the namespace where there is none; whoever called sudo may use it.

    \b
    Example:
      sudo michinori tap up mich0 --address 10.99.0.1/24
    """
    from michinori.cli.language import detect
    from michinori.cli.tap import up

    return up(name, address, namespace, lang or detect())


@tap.command("down", short_help="Remove the device.")
@_TAP_NAME
@_TAP_NAMESPACE
@LANG
def tap_down(name: str, namespace: str, lang: Any) -> int:
    """Remove the device NAME (mich0), and its namespace if nothing else is in it.

    \b
    Example:
      sudo michinori tap down mich0
    """
    from michinori.cli.language import detect
    from michinori.cli.tap import down

    return down(name, namespace, lang or detect())
