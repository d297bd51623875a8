"""The commands and their options. What a command does is loaded only when it runs."""

from __future__ import annotations

import sys
from typing import Any

import click

import michinori as package

_EXAMPLES = """\b
Examples:
  michinori open http://www.michinori.example/
  michinori open --loss 5% --delay 40ms --seed 7 http://www.michinori.example/
  michinori open "tcp handshake"
  michinori open http://my.site.example/ --site my.site.example=public_html
  michinori open http://127.0.0.1:8000/ --via os
"""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package.__version__, prog_name="michinori")
def michinori() -> None:
    """The whole way from a typed URL to the drawn page, in real bytes at every layer.

    \b
    Example:
      michinori open http://www.michinori.example/
    """


@michinori.command("open", epilog=_EXAMPLES)
@click.argument("words", nargs=-1, required=True, metavar="URL|WORDS...")
@click.option(
    "--via",
    type=click.Choice(["virtual", "os"]),
    default="virtual",
    show_default=True,
    help="Whose network: the virtual internet, or the sockets of this machine.",
)
@click.option(
    "--scenario",
    metavar="FILE|NAME",
    default="home",
    show_default=True,
    help="The virtual internet: home, bad-line, satellite, fragments, or a TOML file.",
)
@click.option("--site", "sites", multiple=True, metavar="HOST=DIR", help="Add a web site: its name and its folder.")
@click.option("--seed", type=int, default=0, show_default=True, help="The seed of all luck.")
@click.option("--loss", metavar="5%", help="Packets lost on the access line, in each direction.")
@click.option("--delay", metavar="40ms", help="Delay of the access line, in each direction.")
@click.option("--rate", metavar="10Mbit", help="Rate of the access line.")
@click.option("--mtu", metavar="1500", help="Largest packet on the access line, in octets.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="LINE:RULE",
    help='A fault of any line: "access:drop nth=3", "trunk:cut from=50ms".',
)
@click.option("-O", "--out-dir", default="journey", show_default=True, metavar="DIR", help="Where the results go.")
@click.option("--force", is_flag=True, help="Replace files that are no earlier result.")
@click.option("--fail", is_flag=True, help="Exit with 1 when the page has a status of 400 or more.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; the story goes to stderr.")
@click.option("--no-report", is_flag=True, help="Do not write journey.html.")
@click.option("--lang", type=click.Choice(["ja", "en"]), help="The language of the story  [default: by the locale]")
def open_(**options: Any) -> None:
    """Walk the whole way of a URL, or of words to search for, and keep all of it.

    The story is told stage by stage. The folder gets page.png (the drawn page), journey.html (the report),
    packets.pcapng (what the browser's own adapter saw), captures/ (every other host), page.har and trace.jsonl.
    """
    from michinori.cli.open import Options, run

    sys.exit(run(Options(**options)))
