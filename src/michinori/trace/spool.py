"""Where a recording lies until it is saved: files that grow by large pieces."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from michinori.trace import pcapng

_FLUSH_AT: Final = 1 << 16


class Spool:
    """A file appended to in large pieces and held open by nobody, as a large world has thousands of them."""

    def __init__(self, path: Path, head: bytes = b"") -> None:
        self.path = path
        path.write_bytes(b"")
        self._pieces = [head]
        self._size = len(head)

    def write(self, octets: bytes) -> None:
        self._pieces.append(octets)
        self._size += len(octets)
        if self._size >= _FLUSH_AT:
            self.flush()

    def flush(self) -> None:
        if self._size:
            with self.path.open("ab") as file:
                file.write(b"".join(self._pieces))
            self._pieces.clear()
            self._size = 0


class Capture(Spool):
    """The capture of one host: an interface block for each adapter, then its frames."""

    def __init__(self, path: Path, host: str) -> None:
        super().__init__(path, pcapng.section_header())
        self.host = host
        self.interfaces = 0
        self.frames = 0
