"""The surroundings of the processes that the lab starts."""

from __future__ import annotations

import os
from pathlib import Path

import michinori


def surroundings(folder: Path) -> dict[str, str]:
    """The environment: this package is found however it was found here, and temporary files go into the folder."""
    own = str(Path(michinori.__file__).parents[1])
    path = os.pathsep.join(filter(None, (own, os.environ.get("PYTHONPATH", ""))))
    return os.environ | {"TMPDIR": str(folder), "PYTHONPATH": path, "PYTHONUTF8": "1"}
