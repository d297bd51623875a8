"""Following causes: which call caused this frame, and what did that call cause?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from michinori.trace.event import Event

_DECODER: Final = msgspec.json.Decoder(Event)


def causes(events: Iterable[Event], n: int) -> list[Event]:
    """What led to event ``n``: its cause, the cause of that and so on, up to what began by itself.

    The event itself is not in the list; its nearest cause comes first. Raises ``KeyError`` when there is no such event.
    """
    by_number = {event.n: event for event in events}
    found: list[Event] = []
    event = by_number[n]
    # A cause has a smaller number than its effect, so the walk ends whatever a damaged file says.
    while 0 < event.cause < event.n and event.cause in by_number:
        event = by_number[event.cause]
        found.append(event)
    return found


def effects(events: Iterable[Event], n: int) -> list[Event]:
    """All that event ``n`` led to, directly and indirectly, in the order of the numbers, without the event itself."""
    reached = {n}
    found: list[Event] = []
    for event in sorted(events, key=lambda event: event.n):
        if event.cause in reached and event.n > event.cause:
            reached.add(event.n)
            found.append(event)
    return found


def call_of(events: Iterable[Event], n: int) -> Event | None:
    """The call by an application that event ``n`` goes back to: the nearest ``called`` of the socket layer, or None."""
    for event in causes(events, n):
        if event.layer == "socket" and event.what == "called":
            return event
    return None


def read_trace(lines: Iterable[bytes]) -> list[Event]:
    """The events of a ``trace.jsonl`` opened as octets. Raises ``msgspec.DecodeError`` at a line that is none."""
    return [_DECODER.decode(line) for line in lines if line.strip()]
