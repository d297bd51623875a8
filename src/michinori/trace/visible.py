"""Text that came from the wire, made fit to be looked at.

Control characters could move a terminal's cursor or change its title; characters that turn the direction of writing
could make a name look like another. Both are shown by their numbers. Markup is the business of whoever prints: a page
escapes it, a terminal gets plain text.
"""

from __future__ import annotations

import re
from typing import Final

_UNSEEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufff9-\ufffb]"
)


def visible(text: str, *, limit: int = 0) -> str:
    """The text with what cannot be seen written as ``\\x1b`` or ``\\u202e``, cut to ``limit`` characters if given."""
    if limit and len(text) > limit:
        text = text[: limit - 1] + "…"
    return _UNSEEN.sub(_numbered, text)


def _numbered(match: re.Match[str]) -> str:
    number = ord(match[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
