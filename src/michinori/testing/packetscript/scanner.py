"""Where a parser stands in the text of a script, and what comes next there."""

from __future__ import annotations

import re
from bisect import bisect_right
from re import Match, Pattern
from typing import Final

from michinori.testing.packetscript.script import ScriptError

#: What must be left alone while comments are taken out, then the comments.
_KEPT_OR_COMMENT: Final = re.compile(
    r"""(?P<kept>"(?:\\.|[^"\\\n])*"|`[^`]*`|%\{.*?\}%)|(?P<comment>//[^\n]*|/\*.*?\*/)""", re.DOTALL
)
_SPACE: Final = re.compile(r"\s*")
_SPACE_ON_LINE: Final = re.compile(r"[ \t]*")


class Scanner:
    """Reads a text from its beginning to its end. Comments count as blanks."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.text = _KEPT_OR_COMMENT.sub(_blanked, text)
        self.at = 0
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]

    def skip(self) -> None:
        """Go on to the next thing, over blanks and ends of lines."""
        self.at = self._next()

    def _next(self) -> int:
        return _match(_SPACE, self.text, self.at).end()

    @property
    def done(self) -> bool:
        """Whether nothing is left but blanks."""
        self.skip()
        return self.at == len(self.text)

    def position(self, at: int | None = None) -> tuple[int, int]:
        """Line and column, from 1 on."""
        at = self.at if at is None else at
        line = bisect_right(self._lines, at)
        return line, at - self._lines[line - 1] + 1

    def take(self, pattern: Pattern[str]) -> Match[str] | None:
        """What stands here, if it is of that form; then go on behind it."""
        match = pattern.match(self.text, self._next())
        if match is not None:
            self.at = match.end()
        return match

    def literal(self, text: str) -> bool:
        """Whether exactly this stands here; then go on behind it."""
        at = self._next()
        if self.text.startswith(text, at):
            self.at = at + len(text)
            return True
        return False

    def expect(self, text: str) -> None:
        """Exactly this must stand here."""
        if not self.literal(text):
            raise self.error(f"{text!r} is missing")

    def need(self, pattern: Pattern[str], what: str) -> Match[str]:
        """This must stand here."""
        match = self.take(pattern)
        if match is None:
            raise self.error(f"{what} is missing")
        return match

    def error(self, message: str, at: int | None = None) -> ScriptError:
        """The error with its place, and what stands there."""
        if at is None:
            self.at = _match(_SPACE_ON_LINE, self.text, self.at).end()
            at = self.at
        rest = self.text[at:].partition("\n")[0].strip()
        found = f", found {rest[:30]!r}" if rest else ", found the end of the line"
        return ScriptError(message + found, *self.position(at), self.name)


def _blanked(match: Match[str]) -> str:
    kept: str | None = match["kept"]
    return kept if kept is not None else re.sub(r"[^\n]", " ", match["comment"])


def _match(pattern: Pattern[str], text: str, at: int) -> Match[str]:
    match = pattern.match(text, at)
    assert match is not None, "the pattern matches nothing at all too"
    return match
