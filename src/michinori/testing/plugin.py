"""The pytest plugin: files ``*.pkt`` are tests.

pytest loads it at each start, so nothing else is imported before a script is found.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Tell of the marker that the ``// rfc:`` lines of scripts become."""
    config.addinivalue_line("markers", "rfc(number, id, ...): shows those requirements or sections of the RFC")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """One test for each script."""
    if file_path.suffix != ".pkt":
        return None
    from michinori.testing.collector import PacketFile

    return PacketFile.from_parent(parent, path=file_path)
