"""How a page filled in: what its document looked like each time something more of it had come.

The browser draws once, when everything is there. These small pictures are painted for who wants to see the way to that
one: the same document by the same painter, from what had come by then; what had not is left blank.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from michinori.browser import apart, fonts, prepare
from michinori.browser.document import Document
from michinori.browser.errors import NotDrawn
from michinori.browser.loader import Loaded
from michinori.browser.media import Viewport
from michinori.browser.paint import BLANK, Answer, PlutoPrint
from michinori.browser.picture import Shot

#: No more than so many are painted, as the report is to be written at once, each of at most this size in pixels.
MOST: Final = 3
SIZE: Final = (264, 384)

_SHOWN: Final = frozenset({"stylesheet", "image", "font"})


@dataclass(frozen=True, slots=True)
class Film:
    """What is needed to paint it. Costs nothing until it is."""

    document: Document
    loaded: Mapping[str, Loaded]
    answers: Mapping[str, Answer]
    """What the painter was told when everything had come."""
    viewport: Viewport
    event: int
    """When the document itself had come: the number of the event, as those of ``loaded``."""

    def begin(self) -> Callable[[], list[Shot]]:
        """Begin to paint, in a process of its own where that can be. What is returned waits for the pictures."""
        if not apart.can_fork():
            return self._paint
        wait = apart.begin_apart(self._paint, list[Shot])

        def shots() -> list[Shot]:
            try:
                return wait()
            except NotDrawn:
                return []

        return shots

    def _paint(self) -> list[Shot]:
        """The pictures in the order of their events; one that looks like the one before is left out."""
        engine, shots = PlutoPrint(), list[Shot]()
        for event in chosen(self.event, [one for one in self.loaded.values() if _adds(one)]):
            told = self._told(event)
            there = {url: one for url, one in self.loaded.items() if _has_come(one, event)}
            twin = prepare.document_for_painting(self.document, there, told, self.viewport)
            try:
                jpeg = engine.sketch(twin, told, self.viewport, SIZE)
            except NotDrawn:
                break
            if not shots or shots[-1].jpeg != jpeg:
                shots.append(Shot(event, jpeg))
        return shots

    def _told(self, event: int) -> dict[str, Answer]:
        told = dict(self.answers)
        for one in self.loaded.values():
            if not _has_come(one, event):
                told[one.resource.url.partition("#")[0]] = told[one.url.partition("#")[0]] = _nothing(one)
        return told


def chosen(document: int, loaded: list[Loaded]) -> list[int]:
    """The events to paint at: the document alone, the style sheet that came last, and as many of the others as may be,
    spread evenly; other style sheets only where there is nothing else. The last of all is not among them: then the page
    is whole.
    """
    last = max((one.event for one in loaded), default=document)
    styled = max((one.event for one in loaded if one.resource.kind == "stylesheet"), default=document)
    always = [event for event in sorted({document, styled}) if event < last]
    between = sorted((one.event, one.resource.kind) for one in loaded if document < one.event < last)
    spread = [event for event, kind in between if kind != "stylesheet"] or [event for event, _ in between]
    room = MOST - len(always)
    picked = [spread[(index * 2 + 1) * len(spread) // (room * 2)] for index in range(room)] if spread else []
    return sorted({*always, *picked})


def _adds(one: Loaded) -> bool:
    return one.ok and one.event > 0 and one.resource.kind in _SHOWN


def _has_come(one: Loaded, event: int) -> bool:
    return one.ok and one.event <= event


def _nothing(one: Loaded) -> Answer:
    match one.resource.kind:
        case "stylesheet":
            return Answer(b"", "text/css")
        case "font":
            return Answer(fonts.blank(), "font/ttf")
        case _:
            return BLANK
