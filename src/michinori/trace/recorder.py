"""The recorder: what happened, streamed to a spool folder while it happens.

Events become lines of ``trace.jsonl``, frames become packet blocks of one pcapng file a host and a line beside. Events
and frames draw from one series of numbers, and each names as its *cause* the number of what led to it: a call by an
application, a frame that was received, a timer that fired. Following the causes upward answers "which call caused this
frame?".

A received frame is written only when its reception is over, because the reason why it was dropped is known no sooner.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from michinori.trace import pcapng

#: The date at which every world begins unless told otherwise, 2026-01-01T00:00:00Z, in nanoseconds since 1970.
DEFAULT_EPOCH_NS: Final = 1_767_225_600_000_000_000

_FLUSH_AT: Final = 1 << 16


class Event(msgspec.Struct, gc=False, omit_defaults=True):
    """One line of ``trace.jsonl``. Members with their default value are left out of the line."""

    n: int
    """Its number, from 1; events and frames share the series."""
    t: int
    """Virtual nanoseconds since the world began."""
    host: str
    layer: str
    """``browser http tls dns socket tcp udp icmp ip arp link world``"""
    what: str
    """What happened, in the past tense."""
    cause: int = 0
    """The number of what led to it; 0 for what began by itself."""
    connection: str = ""
    why: str = ""
    """Why something was dropped, retransmitted, given up or refused."""
    frame: int = 0
    """For ``frame-sent`` and ``frame-received``: the frame's number, from 1, within the capture of its host."""
    data: dict[str, Any] = {}


class Tap:
    """The recording of one adapter. Made by ``Recorder.tap``."""

    __slots__ = ("_capture", "_index", "_recorder", "host", "name")

    def __init__(self, recorder: Recorder, capture: _Capture, index: int, name: str) -> None:
        self._recorder = recorder
        self._capture = capture
        self._index = index
        self.host = capture.host
        self.name = name

    def sent(self, time_ns: int, frame: bytes, why: str = "") -> int:
        """Record a frame given to the cable and, if the cable dropped it, why. Gives its number."""
        return self._recorder._take(_Pending(self, time_ns, frame, None, True, why))

    @contextmanager
    def receiving(self, time_ns: int, frame: bytes, fcs: bytes | None = None) -> Iterator[int]:
        """Around the reception of a frame, the cause of what happens inside; ``Recorder.drop`` drops it."""
        recorder = self._recorder
        pending = _Pending(self, time_ns, frame, fcs, False, "")
        cause, outer = recorder.cause, recorder._receiving
        recorder._open += 1
        recorder._receiving = pending
        number = recorder.cause = recorder._take(pending)
        try:
            yield number
        finally:
            recorder.cause, recorder._receiving = cause, outer
            recorder._open -= 1
            recorder._settle()


class _Pending:
    __slots__ = ("cause", "fcs", "frame", "n", "sent", "tap", "time_ns", "why")

    def __init__(self, tap: Tap, time_ns: int, frame: bytes, fcs: bytes | None, sent: bool, why: str) -> None:
        self.tap = tap
        self.time_ns = time_ns
        self.frame = frame
        self.fcs = fcs
        self.sent = sent
        self.why = why
        self.n = 0
        self.cause = 0


class _Spool:
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


class _Capture(_Spool):
    """The capture of one host: an interface block for each adapter, then its frames."""

    def __init__(self, path: Path, host: str) -> None:
        super().__init__(path, pcapng.section_header())
        self.host = host
        self.interfaces = 0
        self.frames = 0


class Recorder:
    """Everything that is recorded of one world.

    ``cause`` is the number of what is being acted on now. Whoever begins to act (a call, a reception, a timer, a
    callback that was put off) sets it and puts it back afterwards.
    """

    def __init__(self, *, epoch_ns: int = DEFAULT_EPOCH_NS, events: bool = True) -> None:
        self.epoch_ns = epoch_ns
        self.events = events
        self.cause = 0
        self._folder = Path(tempfile.mkdtemp(prefix="michinori-"))
        self._lines = _Spool(self._folder / "trace.jsonl")
        self._captures: dict[str, _Capture] = {}
        self._last_number = 0
        self._pending: list[_Pending] = []
        self._receiving: _Pending | None = None
        self._open = 0
        self._encode = msgspec.json.Encoder(order="deterministic").encode

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
        self._last_number = number = self._last_number + 1
        if cause is None:
            cause = self.cause
        line = Event(number, time_ns, host, layer, what, cause, connection, why, 0, data or {})
        self._lines.write(self._encode(line) + b"\n")
        return number

    def tap(self, host: str, name: str, mac: bytes) -> Tap:
        """Begin to record an adapter: ``name`` as the host calls it, its address as six octets."""
        capture = self._captures.get(host)
        if capture is None:
            path = self._folder / f"{len(self._captures)}.pcapng"
            capture = self._captures[host] = _Capture(path, host)
        capture.write(pcapng.interface_description(name, mac, host))
        index = capture.interfaces
        capture.interfaces += 1
        return Tap(self, capture, index, name)

    def drop(self, why: str) -> None:
        """The frame that is being received is dropped, for this reason. The first reason stands."""
        receiving = self._receiving
        if receiving is not None and not receiving.why:
            receiving.why = why

    @contextmanager
    def acting(self, cause: int) -> Iterator[None]:
        """Around what is done because of that event."""
        before, self.cause = self.cause, cause
        try:
            yield
        finally:
            self.cause = before

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
        self._lines.flush()
        shutil.copyfile(self._lines.path, path)

    def read(self) -> Iterator[Event]:
        """All events so far, in order; those of frames too."""
        self._lines.flush()
        decode = msgspec.json.Decoder(Event).decode
        with self._lines.path.open("rb") as file:
            for line in file:
                yield decode(line)

    def close(self) -> None:
        """Throw the spool away. What has been saved stays."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _take(self, pending: _Pending) -> int:
        self._last_number = number = self._last_number + 1
        pending.n = number
        pending.cause = self.cause
        self._pending.append(pending)
        if not self._open:
            self._settle()
        return number

    def _settle(self) -> None:
        """Write the frames whose fate is known: all, when no reception is going on."""
        if self._open:
            return
        for pending in self._pending:
            self._write(pending)
        self._pending.clear()

    def _write(self, pending: _Pending) -> None:
        tap = pending.tap
        capture = tap._capture
        capture.frames += 1
        octets = pending.frame if pending.fcs is None else pending.frame + pending.fcs
        when_ns = self.epoch_ns + pending.time_ns
        capture.write(
            pcapng.enhanced_packet(
                tap._index, when_ns, octets, sent=pending.sent, with_fcs=pending.fcs is not None, comment=pending.why
            )
        )
        if self.events:
            what = "frame-sent" if pending.sent else "frame-received"
            data = {"interface": tap.name, "octets": len(octets)}
            line = Event(
                pending.n, pending.time_ns, tap.host, "link", what, pending.cause, "", pending.why, capture.frames, data
            )
            self._lines.write(self._encode(line) + b"\n")
