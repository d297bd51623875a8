"""Why something failed, as the floors below say it in English, taken apart and in both languages."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from michinori.japanese import in_japanese
from michinori.report.catalogue import Language
from michinori.report.text import visible

Pair: TypeAlias = tuple[str, str]
"""Japanese and English."""

#: An error of the client begins with its stage.
_STAGE_AHEAD: Final = re.compile(r"(?:dns|connect|ssl|tls|blocked|send|wait|receive|decode|redirect|url): ")


def retold(why: str) -> tuple[Pair, Pair]:
    """The cause and the way out of a client's sentence, without the stage that it may begin with. A way out that is not
    there, or not known in Japanese, is empty.
    """
    said = _STAGE_AHEAD.sub("", first_line(why), count=1)
    cause, _, way_out = said.rpartition("; ")
    if not cause:
        cause, way_out = way_out, ""
    there = in_japanese(way_out)
    return (in_japanese(cause), cause), (there if there != way_out else "", way_out)


def sentence(why: str) -> dict[Language, str]:
    """The whole of it by language, in Japanese without what is not known there."""
    cause, way_out = retold(why)
    japanese = "。".join(text for text in (cause[0], way_out[0]) if text)
    english = "; ".join(text for text in (cause[1], way_out[1]) if text)
    return {"ja": visible(japanese), "en": visible(english)}


def first_line(text: str) -> str:
    """Of a sentence that a tree of tasks may follow, the sentence."""
    return text.splitlines()[0] if text else ""
