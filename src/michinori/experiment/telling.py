"""What an experiment has to tell: steps, each with sentences, calls, packets and listings of sockets.

Everything in them was measured or recorded; a sentence is a template in both languages and the values for its gaps.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import msgspec

from michinori.experiment.calls import Made
from michinori.experiment.packets import Packet
from michinori.experiment.sockets import Row
from michinori.experiment.texts import Language, Texts, texts


class Sentence(msgspec.Struct, frozen=True):
    """A sentence and what stands in its gaps, in one form for both languages or by language."""

    template: Texts
    values: dict[str, Any] = {}

    def tell(self, language: Language) -> str:
        """It, in that language."""
        values = {name: one[language] if isinstance(one, dict) else one for name, one in self.values.items()}
        return self.template[language].format(**values)


class Remark(msgspec.Struct, frozen=True):
    """Something said about what happened. ``kind``: ``fact``, ``result`` (what it comes down to) or ``slip`` (where the
    tutorial says something else).
    """

    sentence: Sentence
    kind: str = "fact"


class Calls(msgspec.Struct, frozen=True):
    """Calls of the programs, in the order in which they returned."""

    made: list[Made]


class Packets(msgspec.Struct, frozen=True):
    """What passed an adapter; ``capture`` is the file that holds it."""

    capture: str
    packets: list[Packet]


class Listing(msgspec.Struct, frozen=True):
    """The sockets of a host at one instant, as ``ss`` prints them."""

    host: str
    t: int
    rows: list[Row]


Part: TypeAlias = Remark | Calls | Packets | Listing


class Step(msgspec.Struct):
    """One thing that was tried, and what came of it."""

    title: Texts
    parts: list[Part] = []


_OTHERWISE: Final = texts(
    "このシステムでは、ほかと違う結果になりました。上の記録のとおりです。",
    "This system did otherwise than others do: see what is recorded above.",
)


class Told:
    """What an experiment tells, written down step by step with the sentences of its catalogue."""

    def __init__(self, sentences: dict[str, Texts]) -> None:
        self._sentences = sentences
        self.steps: list[Step] = []
        self.findings: dict[str, Any] = {}
        """What came of it, for programs: names and plain values."""

    def step(self, title: str) -> None:
        """Begin a step."""
        self.steps.append(Step(self._sentences[title], []))

    def say(self, key: str, *, kind: str = "fact", **values: Any) -> None:
        """A sentence of the catalogue."""
        self._add(Remark(Sentence(self._sentences[key], values), kind))

    def result(self, key: str, *, holds: bool = True, **values: Any) -> None:
        """What the step comes down to, if what has just happened shows it (``holds``); else that it does not."""
        self._conclude(key, "result", holds, values)

    def slip(self, key: str, *, holds: bool = True, **values: Any) -> None:
        """Where the tutorial says something else, put right by what has just happened if that ``holds``."""
        self._conclude(key, "slip", holds, values)

    def _conclude(self, key: str, kind: str, holds: bool, values: dict[str, Any]) -> None:
        if holds:
            self.say(key, kind=kind, **values)
        else:
            self._add(Remark(Sentence(_OTHERWISE), kind))

    def calls(self, made: list[Made]) -> None:
        """What the programs called."""
        if made:
            self._add(Calls(made))

    def packets(self, capture: str, packets: list[Packet]) -> None:
        """What passed; nothing where the packets could not be recorded."""
        if packets:
            self._add(Packets(capture, packets))

    def listing(self, host: str, t: int, rows: list[Row]) -> None:
        """The sockets of a host."""
        self._add(Listing(host, t, rows))

    def _add(self, part: Part) -> None:
        self.steps[-1].parts.append(part)
