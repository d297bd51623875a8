"""What all tellers share: the events of a journey at hand, and how they are put into facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias

from michinori.report.catalogue import LANGUAGES, Texts, word
from michinori.report.story import Fact
from michinori.report.text import visible
from michinori.trace import Event

_SHORT: Final = 90


class Told:
    """The events of a journey, at hand for telling."""

    def __init__(self, events: list[Event], by_row: dict[str, list[Event]], browser_host: str) -> None:
        self.events = events
        self.by_row = by_row
        self.browser_host = browser_host
        self._by_kind: dict[tuple[str, str], list[Event]] = {}
        for event in events:
            self._by_kind.setdefault((event.layer, event.what), []).append(event)

    def all(self, layer: str, what: str, *, own: bool = False) -> list[Event]:
        """The events of a kind; ``own``: of the browser's host alone."""
        found = self._by_kind.get((layer, what), [])
        return [event for event in found if event.host == self.browser_host] if own else found


Teller: TypeAlias = Callable[[Told], list[Fact]]


def short(text: Any, limit: int = _SHORT) -> str:
    return visible(str(text), limit=limit)


def counted(words: Iterable[Any]) -> Texts:
    counts = Counter(str(each) for each in words)
    return {
        language: ", ".join(f"{word(each)[language]} ×{count}" for each, count in counts.items())
        for language in LANGUAGES
    }


def fact(key: str, **values: Any) -> Fact:
    return Fact(key, values)
