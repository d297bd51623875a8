"""Two answers side by side."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from michinori.server.messages import AnswerExtent
from michinori.server.messages.contents import content_of
from michinori.server.messages.secrets import masked_value

#: What two servers, or one server twice, may well say differently about the same thing.
EXPECTED: Final = frozenset({"date", "age"})
_MOST_LINES: Final = 2000


class Row(NamedTuple):
    """A line of the comparison."""

    part: str
    """``status``, ``field``, ``body`` (a line of it) or ``digest`` (all of it, in a sentence)."""
    name: str
    left: str
    right: str
    same: bool
    counts: bool = True
    """Whether a difference here is one."""


def compare(left: AnswerExtent, right: AnswerExtent) -> list[Row]:
    """Status line, fields by name, then the contents line by line."""
    return [*_heads(left, right), *_bodies(left, right)]


def _heads(left: AnswerExtent, right: AnswerExtent) -> Iterator[Row]:
    one, two = left.head, right.head
    starts = [head.start if head else "" for head in (one, two)]
    yield Row("status", "", starts[0], starts[1], starts[0] == starts[1])
    names: dict[str, str] = {}
    for head in (one, two):
        for field in head.fields if head else ():
            names.setdefault(field.name.lower(), field.name)
    for lower, name in names.items():
        values = [head.all(lower) if head else [] for head in (one, two)]
        shown = [", ".join(masked_value(name, value) for value in several) for several in values]
        yield Row("field", name, shown[0], shown[1], values[0] == values[1], lower not in EXPECTED)


def _bodies(left: AnswerExtent, right: AnswerExtent) -> Iterator[Row]:
    contents = [content_of(answer.head, answer.body, chunked=answer.chunked) for answer in (left, right)]
    same = left.content == right.content
    one, two = contents
    textual = all(content.kind in ("text", "json", "none") and not content.cut for content in contents)
    if same or not textual or len(one.lines) + len(two.lines) > _MOST_LINES:
        yield Row("digest", "", _summary(left.content), _summary(right.content), same)
        return
    matcher = difflib.SequenceMatcher(None, one.lines, two.lines, autojunk=False)
    for tag, a, a_end, b, b_end in matcher.get_opcodes():
        for place in range(max(a_end - a, b_end - b)):
            texts = [lines[at + place] if at + place < end else "" for lines, at, end in (
                (one.lines, a, a_end), (two.lines, b, b_end)
            )]  # fmt: skip
            yield Row("body", "", texts[0], texts[1], tag == "equal")
    if not same and one.lines == two.lines:
        yield Row("digest", "", _summary(left.content), _summary(right.content), same=False)


def _summary(content: bytes) -> str:
    return f"{len(content):,} octets, SHA-256 {hashlib.sha256(content).hexdigest()[:16]}…"
