"""Sentences folded to a width in columns, in either language.

Japanese has no blanks to break at: a line may end behind any wide letter, but does not begin with punctuation that
belongs to what stands before it, nor end with an opening bracket.
"""

from __future__ import annotations

import re
from typing import Final

from michinori.cli.lines import columns

_NOT_FIRST: Final = "、。，．・：；？！」』）〕】〉》ーっゃゅょぁぃぅぇぉッャュョァィゥェォ々…)]},.:;?!"
_NOT_LAST: Final = "「『（〔【〈《([{“"
_WIDE: Final = "[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]"
#: A wide letter, a blank, or a word without either.
_PIECE: Final = re.compile(f"{_WIDE}|\\s+|(?:(?!{_WIDE})\\S)+")


def wrapped(text: str, width: int) -> list[str]:
    """The lines. What has no place to break is longer than the width only where a single word is."""
    return [text[start:end] for start, end in spans(text, width)]


def spans(text: str, width: int, *, folds: bool = False) -> list[tuple[int, int]]:
    """Where each line begins and ends in the text, without the blanks between them. ``folds``: a word that is longer
    than the width is broken anywhere.
    """
    found, start, at = [], 0, 0
    for unit in _units(text):
        for part in _folded(unit, width) if folds else [unit]:
            if at > start and columns(text[start:at] + part.rstrip()) > width:
                found.append((start, len(text[:at].rstrip())))
                start = at + len(part) - len(part.lstrip())
            at += len(part)
    end = len(text.rstrip())
    return [*found, (start, max(start, end))] if end > start or not found else found


def _folded(unit: str, width: int) -> list[str]:
    """The unit in pieces that are no wider."""
    pieces = [""]
    for letter in unit:
        if pieces[-1] and not letter.isspace() and columns(pieces[-1] + letter) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _units(text: str) -> list[str]:
    """What must stay together."""
    units: list[str] = []
    for piece in _PIECE.findall(text):
        if units and (piece[0] in _NOT_FIRST or piece.isspace() or units[-1][-1] in _NOT_LAST):
            units[-1] += piece
        else:
            units.append(piece)
    return units
