"""What all parts of one host's internet layer share: its name, the queue, its dice, and what is recorded of it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from michinori.sim import EventQueue, Nanos, Stream
from michinori.trace import DEFAULT_EPOCH_NS, Recorder

_UNRECORDED: Final = nullcontext()


class Node:
    """The surroundings of the parts; ``drops`` counts what was dropped here, by reason. ``epoch_ns`` is the date at
    which the queue's clock began, for what tells others the time of day.
    """

    def __init__(self, host: str, queue: EventQueue, dice: Stream, recorder: Recorder | None) -> None:
        self.host = host
        self.queue = queue
        self.dice = dice
        self.recorder = recorder
        self.drops: dict[str, int] = {}
        self.epoch_ns = DEFAULT_EPOCH_NS

    @property
    def date_ns(self) -> Nanos:
        """The date now: nanoseconds since 1970 began."""
        return self.epoch_ns + self.queue.now_ns

    @property
    def watched(self) -> bool:
        """Whether events are recorded, so that their data are worth gathering."""
        return self.recorder is not None and self.recorder.events

    @property
    def cause(self) -> int:
        """The number of what is being acted on now."""
        return 0 if self.recorder is None else self.recorder.cause

    def note(self, layer: str, what: str, data: dict[str, Any], *, why: str = "") -> int:
        """Record an event, when somebody watches."""
        recorder = self.recorder
        if recorder is None or not recorder.events:
            return 0
        return recorder.event(self.queue.now_ns, self.host, layer, what, why=why, data=data)

    def drop(self, why: str, data: dict[str, Any] | None = None, *, layer: str = "ip", frame: bool = True) -> None:
        """Something is dropped. ``frame``: it is what the frame that is being received carries."""
        self.drops[why] = self.drops.get(why, 0) + 1
        recorder = self.recorder
        if recorder is not None:
            if frame:
                recorder.drop(why)
            if recorder.events:
                self.note(layer, "dropped", data or {}, why=why)

    def acting(self, cause: int) -> AbstractContextManager[None]:
        """To be entered around what is done because of that event."""
        return _UNRECORDED if self.recorder is None else self.recorder.acting(cause)
