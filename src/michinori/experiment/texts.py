"""Text in both languages."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

Language: TypeAlias = Literal["ja", "en"]
Texts: TypeAlias = dict[Language, str]

LANGUAGES: Final[tuple[Language, ...]] = ("ja", "en")


def texts(ja: str, en: str) -> Texts:
    """The same in Japanese and in English."""
    return {"ja": ja, "en": en}
