"""The exit statuses of all commands."""

from __future__ import annotations

from typing import Final

DONE: Final = 0
#: It was tried and failed; what was gathered is still written. Of ``replay --diff``: the answers differ.
FAILED: Final = 1
WRONG_USAGE: Final = 2
#: By Ctrl-C, when nothing was kept.
INTERRUPTED: Final = 130
