"""Lines of output in columns: with colours and hanging continuation on a terminal, plain in a pipe."""

from __future__ import annotations

import io
import os
import unicodedata
from typing import IO, TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from rich.console import Console

Part: TypeAlias = str | tuple[str, str]
"""Text, or text with a style of rich. Never markup."""

_NARROWEST: Final = 20


class Lines:
    """Where a command prints. A reader that has gone (a closed pipe) is not an error: the rest is not printed."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out
        if isinstance(out, io.TextIOWrapper):
            out.reconfigure(errors="backslashreplace")  # not every terminal has every letter
        self._console: Console | None = None
        self._gone = False
        if out.isatty():
            from rich.console import Console

            self._console = Console(file=out, highlight=False)

    @property
    def width(self) -> int:
        """Columns of the terminal; of a pipe as many as one likes."""
        return self._console.width if self._console is not None else 160

    def line(self, *parts: Part, indent: int | None = None) -> None:
        """A line, whole as it is; with ``indent`` what does not fit on a terminal goes on so many columns in."""
        if self._gone:
            return
        try:
            if self._console is None:
                print("".join(part if isinstance(part, str) else part[0] for part in parts).rstrip(), file=self._out)
            else:
                self._styled(self._console, parts, indent)
            self._out.flush()
        except BrokenPipeError:
            self._gone = True
            # The interpreter flushes once more at its end: let that go nowhere instead of complaining.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._out.fileno())

    def rule(self, title: str) -> None:
        """A heading."""
        self.line("")
        self.line((f"── {title} ", "bold cyan"), ("─" * max(4, min(self.width, 100) - 4 - columns(title)), "dim cyan"))

    def _styled(self, console: Console, parts: tuple[Part, ...], indent: int | None) -> None:
        from rich.text import Text

        from michinori.cli.wrapping import spans

        whole = Text.assemble(*parts)
        if indent is None:
            console.print(whole, soft_wrap=True)
            return
        head, rest = whole[:0], whole
        if indent:
            at = _characters(whole.plain, indent)
            head, rest = whole[:at], whole[at:]
        room = max(_NARROWEST, console.width - head.cell_len)
        for start, end in spans(rest.plain, room, folds=True):
            console.print(head + rest[start:end], soft_wrap=True)
            head = Text(" " * head.cell_len)


def columns(text: str) -> int:
    """How many columns the text takes; East Asian wide letters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def pad(text: str, width: int) -> str:
    """The text and blanks up to a width in columns, one blank at least."""
    return text + " " * max(1, width - columns(text))


def cut(text: str, width: int) -> str:
    """The text, cut to a width in columns with an ellipsis if it is longer."""
    if columns(text) <= width:
        return text
    kept, used = "", 1
    for letter in text:
        used += columns(letter)
        if used > width:
            break
        kept += letter
    return kept + "…"


def folded(text: str, width: int, most: int) -> list[str]:
    """The text in pieces of a width in columns, at most so many."""
    pieces = [""]
    for letter in text:
        if columns(pieces[-1]) + columns(letter) > width:
            pieces.append("")
        pieces[-1] += letter
        if len(pieces) > most:
            return [*pieces[: most - 1], cut(pieces[most - 1] + "……", width)]
    return pieces


def _characters(text: str, width: int) -> int:
    """How many characters fill the first ``width`` columns."""
    used = 0
    for place, letter in enumerate(text):
        if used >= width:
            return place
        used += columns(letter)
    return len(text)
