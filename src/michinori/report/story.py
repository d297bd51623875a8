"""The story of a journey: for each row what really happened, as facts that can be told in either language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from michinori.report.catalogue import SENTENCES, Language
from michinori.report.rows import ROWS, Row, sort_out
from michinori.trace import Event


class Fact(msgspec.Struct, frozen=True):
    """One thing that happened: a sentence of the catalogue and what stands in its gaps, in one form for both languages
    or by language.
    """

    key: str
    values: dict[str, Any] = {}

    def tell(self, language: Language) -> str:
        """The sentence. Its text may hold what came from the wire: it is nobody's markup."""
        values = {name: value[language] if isinstance(value, dict) else value for name, value in self.values.items()}
        return SENTENCES[self.key][language].format(**values)


class Chapter(msgspec.Struct, frozen=True):
    """What a journey shows of one row."""

    row: Row
    facts: list[Fact]
    events: list[Event]

    @property
    def met(self) -> bool:
        """Whether the journey met the row."""
        return bool(self.events)

    def title(self, language: Language) -> str:
        """What the row is about."""
        return self.row.title[language]

    def unmet(self, language: Language) -> str:
        """For a row that was not met: that, and which journey shows it."""
        return SENTENCES["unmet"][language].format(hint=self.row.elsewhere[language])


def make_story(events: Iterable[Event], browser_host: str) -> list[Chapter]:
    """A chapter for each row, in the order of the rows. ``browser_host``: the host that the browser runs on."""
    from michinori.report.telling import TELLERS, Told

    every = list(events)
    by_row = sort_out(every)
    told = Told(every, by_row, browser_host)
    chapters = []
    for row in ROWS:
        found = by_row[row.name]
        teller = TELLERS.get(row.name)
        chapters.append(Chapter(row, teller(told) if teller and found else [], found))
    return chapters
