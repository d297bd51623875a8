"""Where a recording lies until it is saved: files that grow by large pieces."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from michinori.trace import pcapng

#: What waits in memory is "much" from here on.
LARGE: Final = 1 << 16


class Spool:
    """A file appended to in large pieces and held open by nobody, as a large world has thousands of them.

    What is written waits in memory until ``settle`` or ``flush``, and can be changed until then.
    """

    def __init__(self, path: Path, head: bytes = b"") -> None:
        self.path = path
        path.write_bytes(b"")
        self._pieces = [head]
        self.size = len(head)
        """About how much waits in memory, in octets."""
        self._flushes = 0

    def write(self, octets: bytes) -> None:
        """Append these octets."""
        self._pieces.append(octets)
        self.size += len(octets)

    def settle(self) -> None:
        """Let what has been written go to the file, if it is much."""
        if self.size >= LARGE:
            self.flush()

    def flush(self) -> None:
        """Let what has been written go to the file."""
        if self.size:
            with self.path.open("ab") as file:
                file.write(b"".join(self._pieces))
            self._pieces.clear()
            self.size = 0
            self._flushes += 1

    def place(self) -> tuple[int, int]:
        """Where the next piece is going to stand."""
        return self._flushes, len(self._pieces)

    def change(self, place: tuple[int, int], octets: bytes, pieces: int = 1) -> None:
        """Put these octets in the place of so many pieces; of no effect when they have gone to the file."""
        flushes, at = place
        if flushes == self._flushes:
            self.size += len(octets) - sum(map(len, self._pieces[at : at + pieces]))
            # The number of pieces stays, or other places would be wrong.
            self._pieces[at : at + pieces] = [octets] + [b""] * (pieces - 1)


class Capture(Spool):
    """The capture of one host: an interface block for each adapter, then its frames."""

    def __init__(self, path: Path, host: str) -> None:
        super().__init__(path, pcapng.section_header())
        self.host = host
        self.interfaces = 0
        self.frames = 0

    def add(self, interface: int, date_ns: int, frame: bytes, sent: bool) -> tuple[int, int]:
        """Append a frame about which nothing is to be said, as three pieces. Gives its place."""
        pieces = self._pieces
        place = self._flushes, len(pieces)
        self.frames += 1
        pieces += pcapng.plain_packet(interface, date_ns, frame, sent)
        self.size += len(frame)  # how large is "much" need not be exact
        return place
