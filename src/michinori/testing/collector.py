"""Packet scripts as tests of pytest."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from michinori.testing.packetscript import Mismatch, ScriptError, parse, run


class PacketFile(pytest.File):
    """A file with one script."""

    def collect(self) -> Iterable[pytest.Item]:
        """One test, marked by the RFCs that the script's head names."""
        try:
            script = parse(self.path)
        except ScriptError as error:
            raise self.CollectError(str(error)) from None
        item = PacketItem.from_parent(self, name=self.path.stem)
        for number, which in script.rfcs:
            item.add_marker(pytest.mark.rfc(number, *which))
        yield item


class PacketItem(pytest.Item):
    """A script as a test."""

    def runtest(self) -> None:
        """Run it on a host of its own."""
        run(self.path)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What was wanted and what was sent instead, without the way through the runner."""
        if isinstance(excinfo.value, Mismatch | ScriptError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it stands."""
        return self.path, 0, f"packet script {self.name}"
