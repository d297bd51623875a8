"""The recorder: what happened, streamed to a spool folder while it happens.

Events become lines of ``trace.jsonl``, frames become packet blocks of one pcapng file a host and a line beside. Events
and frames draw from one series of numbers, and each names as its *cause* the number of what led to it: a call by an
application, a frame that was received, a timer that fired. Following the causes upward answers "which call caused this
frame?".
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

import msgspec

from michinori.trace import pcapng
from michinori.trace.event import Event
from michinori.trace.spool import LARGE, Capture, Spool
from michinori.trace.tap import Reception, Tap

#: The date at which every world begins unless told otherwise, 2026-01-01T00:00:00Z, in nanoseconds since 1970.
DEFAULT_EPOCH_NS: Final = 1_767_225_600_000_000_000


class Recorder:
    """Everything that is recorded of one world.

    ``cause`` is the number of what is being acted on now. Whoever begins to act (a call, a reception, a timer, a
    callback that was put off) sets it and puts it back afterwards. ``lines``, ``receiving`` and ``last_number`` are for
    the taps.
    """

    def __init__(self, *, epoch_ns: int = DEFAULT_EPOCH_NS, events: bool = True) -> None:
        self.epoch_ns = epoch_ns
        self.events = events
        self.cause = 0
        self.last_number = 0
        self.receiving: Reception | None = None
        self._folder = Path(tempfile.mkdtemp(prefix="michinori-"))
        self.lines = Spool(self._folder / "trace.jsonl")
        self._captures: dict[str, Capture] = {}

    def event(
        self,
        time_ns: int,
        host: str,
        layer: str,
        what: str,
        *,
        connection: str = "",
        why: str = "",
        cause: int | None = None,
        data: dict[str, Any] | None = None,
    ) -> int:
        """Record one event and give its number; 0 where this recorder keeps frames alone."""
        if not self.events:
            return 0
        self.last_number = number = self.last_number + 1
        if cause is None:
            cause = self.cause
        self.lines.write(Event(number, time_ns, host, layer, what, cause, connection, why, 0, data or {}).line())
        if self.receiving is None:
            self.lines.settle()
        return number

    def tap(self, host: str, name: str, mac: bytes) -> Tap:
        """Begin to record an adapter: ``name`` as the host calls it, its address as six octets."""
        capture = self._captures.get(host)
        if capture is None:
            path = self._folder / f"{len(self._captures)}.pcapng"
            capture = self._captures[host] = Capture(path, host)
        capture.write(pcapng.interface_description(name, mac, host))
        index = capture.interfaces
        capture.interfaces += 1
        return Tap(self, capture, index, name)

    def drop(self, why: str) -> None:
        """The frame that is being received is dropped, for this reason. The first reason stands."""
        if self.receiving is not None:
            self.receiving.drop(why)

    def acting(self, cause: int) -> AbstractContextManager[None]:
        """To be entered around what is done because of that event."""
        return _Acting(self, cause)

    def settle(self, capture: Capture) -> None:
        """No frame is being received: what is much may go to disk."""
        if capture.size >= LARGE:
            capture.flush()
        if self.events:
            self.lines.settle()

    def hosts(self) -> list[str]:
        """The hosts that have a capture, in the order in which they were first tapped."""
        return list(self._captures)

    def save_capture(self, path: Path, host: str) -> None:
        """Write the capture of that host. Raises ``KeyError`` when it was not recorded, ``OSError`` when it cannot be
        written.
        """
        capture = self._captures[host]
        capture.flush()
        shutil.copyfile(capture.path, path)

    def save_trace(self, path: Path) -> None:
        """Write all events as JSON lines. Raises ``OSError`` when it cannot be written."""
        self.lines.flush()
        shutil.copyfile(self.lines.path, path)

    def read(self) -> Iterator[Event]:
        """All events so far, in order; those of frames too."""
        self.lines.flush()
        decode = msgspec.json.Decoder(Event).decode
        with self.lines.path.open("rb") as file:
            for line in file:
                yield decode(line)

    def close(self) -> None:
        """Throw the spool away. What has been saved stays."""
        shutil.rmtree(self._folder, ignore_errors=True)


class _Acting(msgspec.Struct, eq=False):
    """While it is entered, another cause counts."""

    _recorder: Recorder
    _cause: int
    _before: int = 0

    def __enter__(self) -> None:
        recorder = self._recorder
        self._before = recorder.cause
        recorder.cause = self._cause

    def __exit__(self, *raised: object) -> None:
        self._recorder.cause = self._before
