"""Options of commands that speak a language."""

from __future__ import annotations

import msgspec

from michinori.cli.language import Language, detect


class Spoken(msgspec.Struct, kw_only=True):
    """The options of a command that speaks."""

    lang: Language | None = None

    @property
    def language(self) -> Language:
        """``--lang``, or what the locale says."""
        return self.lang or detect()
