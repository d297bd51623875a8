"""Sentences of the floors below in Japanese. They say theirs in English and know nothing of who reads them."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from michinori.cli.japanese_words import SENTENCES

_GAP: Final = re.compile(r"\\{(\w+)\\}")


def in_japanese(sentence: str) -> str:
    """The sentence in Japanese; as it is where nobody wrote it down."""
    for pattern, japanese in _rows():
        found = pattern.fullmatch(sentence)
        if found:
            gaps = {name: in_japanese(part) if name == "why" else part for name, part in found.groupdict().items()}
            return japanese.format(**gaps)
    return sentence


@cache
def _rows() -> list[tuple[re.Pattern[str], str]]:
    return [(_pattern(english), japanese) for english, japanese in SENTENCES]


def _pattern(english: str) -> re.Pattern[str]:
    return re.compile(_GAP.sub(r"(?P<\1>.+?)", re.escape(english)), re.DOTALL)
