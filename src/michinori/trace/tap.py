"""The recording of one adapter: its frames, as packet blocks of a capture and as lines of the trace.

A frame is written when it passes. Why a received one was dropped is known only later, so until the outermost reception
is over nothing goes to disk, and the drop changes what waits there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from michinori.trace import pcapng
from michinori.trace.event import Event
from michinori.trace.spool import Capture

if TYPE_CHECKING:
    from michinori.trace.recorder import Recorder

_PIECES_OF_A_FRAME = 3


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
        recorder, capture = self._recorder, self._capture
        recorder.last_number = number = recorder.last_number + 1
        date_ns = recorder.epoch_ns + time_ns
        if why:
            capture.frames += 1
            capture.write(pcapng.enhanced_packet(self._index, date_ns, frame, sent=True, comment=why))
        else:
            capture.add(self._index, date_ns, frame, True)
        if recorder.events:
            cause, octets = recorder.cause, len(frame)
            if cause and not why:
                line = self._sent_line % (number, time_ns, cause, capture.frames, octets)
            else:
                line = self._line(number, time_ns, "frame-sent", cause, why, capture.frames, octets)
            recorder.lines.write(line)
        if recorder.receiving is None:
            recorder.settle(capture)
        return number

    def receiving(self, time_ns: int, frame: bytes, fcs: bytes | None = None, cause: int | None = None) -> Reception:
        """To be entered around the reception of a frame: inside, it is the cause of what happens (``with`` gives its
        number), and ``Recorder.drop`` drops it. ``cause``: the number of its sending, where that is known.
        """
        return Reception(self, time_ns, frame, fcs, self._recorder.cause if cause is None else cause)

    def _line(self, n: int, time_ns: int, what: str, cause: int, why: str, frame: int, octets: int) -> bytes:
        data = {"interface": self.name, "octets": octets}
        return Event(n, time_ns, self.host, "link", what, cause, "", why, frame, data).line()


class Reception(msgspec.Struct, eq=False):
    """A frame that is being received. Made by ``Tap.receiving``; a context manager."""

    _tap: Tap
    _time_ns: int
    _frame: bytes
    _fcs: bytes | None
    _cause: int
    n: int = 0
    why: str = ""
    _frame_number: int = 0
    _block: tuple[int, int] = (0, 0)
    _line: tuple[int, int] = (0, 0)
    _outer: Reception | None = None
    _outer_cause: int = 0

    def __enter__(self) -> int:
        tap = self._tap
        recorder, capture = tap._recorder, tap._capture
        recorder.last_number = self.n = number = recorder.last_number + 1
        if self._fcs is None:
            self._block = capture.add(tap._index, recorder.epoch_ns + self._time_ns, self._frame, False)
        else:
            self._block = capture.place()
            capture.frames += 1
            capture.write(self._as_block())
        self._frame_number = capture.frames
        if recorder.events:
            self._line = recorder.lines.place()
            recorder.lines.write(self._as_line())
        self._outer = recorder.receiving
        self._outer_cause = recorder.cause
        recorder.receiving = self
        recorder.cause = number
        return number

    def __exit__(self, *raised: object) -> None:
        recorder = self._tap._recorder
        recorder.cause = self._outer_cause
        recorder.receiving = self._outer
        if self._outer is None:
            recorder.settle(self._tap._capture)

    def drop(self, why: str) -> None:
        """It is dropped, for this reason. The first reason stands."""
        if self.why:
            return
        self.why = why
        recorder, capture = self._tap._recorder, self._tap._capture
        capture.change(self._block, self._as_block(), _PIECES_OF_A_FRAME if self._fcs is None else 1)
        if recorder.events:
            recorder.lines.change(self._line, self._as_line())

    def _as_block(self) -> bytes:
        tap, fcs = self._tap, self._fcs
        octets = self._frame if fcs is None else self._frame + fcs
        date_ns = tap._recorder.epoch_ns + self._time_ns
        return pcapng.enhanced_packet(
            tap._index, date_ns, octets, sent=False, with_fcs=fcs is not None, comment=self.why
        )

    def _as_line(self) -> bytes:
        tap, fcs = self._tap, self._fcs
        octets = len(self._frame) if fcs is None else len(self._frame) + len(fcs)
        if self._cause and not self.why:
            return tap._received_line % (self.n, self._time_ns, self._cause, self._frame_number, octets)
        return tap._line(self.n, self._time_ns, "frame-received", self._cause, self.why, self._frame_number, octets)


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
