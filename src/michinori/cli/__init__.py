"""The command ``michinori``. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import sys


def main() -> None:
    """The entry point; ends the process with the exit status of the command."""
    try:
        from michinori.cli.calling import call

        sys.exit(call(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)  # pressed while everything was being loaded
