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
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

import msgspec

from michinori.trace import pcapng
from michinori.trace.spool import Capture, Spool

#: The date at which every world begins unless told otherwise, 2026-01-01T00:00:00Z, in nanoseconds since 1970.
DEFAULT_EPOCH_NS: Final = 1_767_225_600_000_000_000


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

    __slots__ = ("_capture", "_index", "_received_line", "_recorder", "_sent_line", "host", "name")

    def __init__(self, recorder: Recorder, capture: Capture, index: int, name: str) -> None:
        self._recorder = recorder
        self._capture = capture
        self._index = index
        self.host = capture.host
        self.name = name
        self._sent_line = _line_template(self.host, "frame-sent", name)
        self._received_line = _line_template(self.host, "frame-received", name)

    def sent(self, time_ns: int, frame: bytes, why: str = "") -> int:
        """Record a frame given to the cable and, if the cable dropped it, why. Gives its number."""
        recorder = self._recorder
        recorder._last_number = number = recorder._last_number + 1
        passing = Passing(self, time_ns, frame, None, True, why, recorder.cause, number)
        if recorder._receiving is None:
            recorder._write(passing)
        else:
            recorder._held.append(passing)
        return number

    def receiving(self, time_ns: int, frame: bytes, fcs: bytes | None = None, cause: int | None = None) -> Passing:
        """To be entered around the reception of a frame: inside, it is the cause of what happens (``with`` gives its
        number), and ``Recorder.drop`` drops it. ``cause``: the number of its sending, where that is known.
        """
        return Passing(self, time_ns, frame, fcs, False, "", self._recorder.cause if cause is None else cause)


class Passing(msgspec.Struct, eq=False):
    """A frame that passes an adapter. Made by ``Tap``; around a reception it is a context manager."""

    _tap: Tap
    time_ns: int
    frame: bytes
    fcs: bytes | None
    sent: bool
    why: str
    cause: int
    n: int = 0
    _outer: Passing | None = None
    _outer_cause: int = 0

    def __enter__(self) -> int:
        recorder = self._tap._recorder
        recorder._last_number = number = recorder._last_number + 1
        self.n = number
        self._outer = recorder._receiving
        self._outer_cause = recorder.cause
        recorder._receiving = self
        recorder.cause = number
        recorder._held.append(self)
        return number

    def __exit__(self, *raised: object) -> None:
        recorder = self._tap._recorder
        recorder.cause = self._outer_cause
        recorder._receiving = self._outer
        if self._outer is None:
            recorder._settle()


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
        self._lines = Spool(self._folder / "trace.jsonl")
        self._captures: dict[str, Capture] = {}
        self._last_number = 0
        # While a frame is being received, it waits here for its fate, and what it causes waits behind it: so the lines
        # of the trace stay in the order of their numbers.
        self._held: list[Passing | bytes] = []
        self._receiving: Passing | None = None
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
        event = Event(number, time_ns, host, layer, what, cause, connection, why, 0, data or {})
        try:
            line = self._encode(event) + b"\n"
        except UnicodeEncodeError:  # a peer's octets, decoded with "surrogateescape"
            line = self._encode(_escaped(msgspec.to_builtins(event))) + b"\n"
        if self._receiving is None:
            self._lines.write(line)
        else:
            self._held.append(line)
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
        receiving = self._receiving
        if receiving is not None and not receiving.why:
            receiving.why = why

    def acting(self, cause: int) -> AbstractContextManager[None]:
        """To be entered around what is done because of that event."""
        return _Acting(self, cause)

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

    def _settle(self) -> None:
        """Write what waited for the end of the outermost reception."""
        held, self._held = self._held, []
        for one in held:
            if isinstance(one, bytes):
                self._lines.write(one)
            else:
                self._write(one)

    def _write(self, passing: Passing) -> None:
        tap, frame, fcs, why, cause = passing._tap, passing.frame, passing.fcs, passing.why, passing.cause
        capture = tap._capture
        capture.frames += 1
        octets = frame if fcs is None else frame + fcs
        capture.write(
            pcapng.enhanced_packet(
                tap._index,
                self.epoch_ns + passing.time_ns,
                octets,
                sent=passing.sent,
                with_fcs=fcs is not None,
                comment=why,
            )
        )
        if not self.events:
            return
        if cause and not why:
            template = tap._sent_line if passing.sent else tap._received_line
            self._lines.write(template % (passing.n, passing.time_ns, cause, capture.frames, len(octets)))
            return
        what = "frame-sent" if passing.sent else "frame-received"
        data = {"interface": tap.name, "octets": len(octets)}
        line = Event(passing.n, passing.time_ns, tap.host, "link", what, cause, "", why, capture.frames, data)
        self._lines.write(self._encode(line) + b"\n")


def _escaped(value: Any) -> Any:
    """The value with whatever UTF-8 cannot carry written as an escape sequence."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_escaped(key): _escaped(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_escaped(one) for one in value]
    return value


def _line_template(host: str, what: str, interface: str) -> bytes:
    """The line of a frame that has a cause and was not dropped, which is that of nearly all frames, less its numbers.

    Filling it in takes half the time of encoding an event.
    """

    def quoted(text: str) -> bytes:
        return msgspec.json.encode(text).replace(b"%", b"%%")

    return (
        b'{"n":%%d,"t":%%d,"host":%b,"layer":"link","what":%b,"cause":%%d,"frame":%%d,'
        b'"data":{"interface":%b,"octets":%%d}}\n'
    ) % (quoted(host), quoted(what), quoted(interface))
