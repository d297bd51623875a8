"""Which language to speak: ``--lang``, or what the locale says."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeAlias

Language: TypeAlias = Literal["ja", "en"]

LANGUAGES: Final[tuple[Language, ...]] = ("ja", "en")


def detect(environ: Mapping[str, str] | None = None) -> Language:
    """The language of the locale as POSIX finds it: LC_ALL, LC_MESSAGES, LANG; English where it is neither."""
    surroundings = os.environ if environ is None else environ
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = surroundings.get(name)
        if value:
            return "ja" if value.lower().startswith("ja") else "en"
    return "en"


def asked(words: Sequence[str]) -> Language:
    """The language that a command line asks for by ``--lang``, however wrong the rest of it is; else the locale's."""
    for word, following in zip(words, [*words[1:], ""], strict=False):
        value = following if word == "--lang" else word.removeprefix("--lang=")
        for language in LANGUAGES:
            if value == language and word.startswith("--lang"):
                return language
    return detect()
