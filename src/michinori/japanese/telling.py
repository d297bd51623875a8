"""One table of sentences, and the looking up in it.

In a gap ``{…}`` stands what differs; one that is there twice holds the same both times. A gap named ``why`` or
``place`` holds a sentence or a part of one that is in the table too, and one named ``whys`` several of them in a row. The
first row that fits counts.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, TypeAlias

from michinori.japanese import of_the_client, of_the_command_line, of_the_server, of_the_world

Rows: TypeAlias = tuple[tuple[str, str], ...]
"""English and Japanese."""

#: A place, and what is wrong there: these fit much, so they come last.
_PLACES: Final[Rows] = (
    ("{file}: [{section}] {why}", "{file}: [{section}] {why}"),
    ("[{section}] {why}", "[{section}] {why}"),
    ("{place}: {why}", "{place}: {why}"),
)
_TABLE: Final[Rows] = (
    *of_the_command_line.SENTENCES,
    *of_the_world.SENTENCES,
    *of_the_server.SENTENCES,
    *of_the_client.SENTENCES,
)
SENTENCES: Final[Rows] = (*_TABLE, *_PLACES)

_GAP: Final = re.compile(r"\\{(\w+)\\}")
_QUOTED: Final = r"(?:'.*?'|\".*?\"|\S+)"
#: What may stand in a gap of that name, if not anything.
_SHAPES: Final = {"number": r"-?\d+", "key": r"[^\s:]+", "section": r"[^][]+?", "entry": _QUOTED, "method": _QUOTED}
#: How many sentences may stand within one another; what is quoted in one may look like any number of them.
_DEEPEST: Final = 6
#: Between the sentences of a row of them; what stands in brackets belongs to one.
_BETWEEN: Final = tuple(re.compile(rf"({mark} )(?![^(]*\))") for mark in ";,")


def in_japanese(sentence: str) -> str:
    """The sentence in Japanese; as it is where nobody wrote it down."""
    return _told(sentence, _DEEPEST)


def _told(sentence: str, depth: int) -> str:
    return _looked_up(sentence, SENTENCES, depth) or sentence


def _looked_up(sentence: str, rows: Rows, depth: int) -> str:
    """Empty where no row fits."""
    for pattern, japanese in _patterns(rows) if depth else ():
        if found := pattern.fullmatch(sentence):
            return japanese.format(**{name: _filled(name, part, depth - 1) for name, part in found.groupdict().items()})
    return ""


def _filled(gap: str, part: str, depth: int) -> str:
    if gap in ("why", "place"):
        return _told(part, depth)
    if gap == "whys":
        return _row_of(part, depth)
    return part


def _row_of(part: str, depth: int) -> str:
    """Several sentences in a row, or one that has a comma in it."""
    pieces = next((split for mark in _BETWEEN if len(split := mark.split(part)) > 1), [part])
    told = [_told(one, depth) for one in pieces]
    all_known = all(one != other for one, other in zip(pieces[::2], told[::2], strict=True))
    return "".join(told) if all_known else _looked_up(part, _TABLE, depth) or "".join(told)


@cache
def _patterns(rows: Rows) -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(_pattern(english), re.DOTALL), japanese) for english, japanese in rows]


def _pattern(english: str) -> str:
    seen: set[str] = set()

    def gap(found: re.Match[str]) -> str:
        name = found[1]
        if name in seen:
            return f"(?P={name})"
        seen.add(name)
        return f"(?P<{name}>{_SHAPES.get(name, '.+?')})"

    return _GAP.sub(gap, re.escape(english))
