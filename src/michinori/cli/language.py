"""Which language to speak: ``--lang``, or what the locale says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import msgspec

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


class Spoken(msgspec.Struct, kw_only=True):
    """The options of a command that speaks."""

    lang: Language | None = None

    @property
    def language(self) -> Language:
        """``--lang``, or what the locale says."""
        return self.lang or detect()
