"""The command ``michinori``. Nothing heavy is imported before a command runs."""

from __future__ import annotations


def main() -> None:
    """The entry point; ends the process with the exit status of the command."""
    from michinori.cli.commands import michinori

    michinori(prog_name="michinori")
