"""The story on the terminal: a line a stage, in the order of the rows, with its time and its numbers.

On a terminal it has colours; in a pipe it is plain lines. Text from the wire is escaped where the facts are made and
printed as ``rich.text.Text``, never as markup.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import IO, Any, Final, TypeAlias

from michinori.cli.language import Language
from michinori.cli.results import Results
from michinori.cli.sentences import say
from michinori.report.story import Chapter
from michinori.report.text import visible
from michinori.world.units import show_duration

_TITLE_WIDTH: Final = 24
_TIME_WIDTH: Final = 20

#: A piece of a line, and its style where there are styles.
Piece: TypeAlias = tuple[str, str]
Write: TypeAlias = Callable[[list[Piece]], None]


def tell(results: Results, numbers: dict[str, Any], language: Language, out: IO[str]) -> None:
    """Print the story and how it ended."""
    write = _writer(out)
    for chapter in results.story:
        if chapter.met:
            for pieces in _chapter(chapter, language):
                write(pieces)
        else:
            name, title = chapter.row.name, chapter.title(language)
            write([(f"{name:<4}", "dim"), (_pad(title, _TITLE_WIDTH), "dim"), (chapter.unmet(language), "dim")])
    write([])
    for pieces in _ending(results, numbers, language):
        write(pieces)


def _chapter(chapter: Chapter, language: Language) -> list[list[Piece]]:
    begin, end = chapter.events[0].t, chapter.events[-1].t
    when = _ms(begin) if begin == end else f"{_ms(begin)}–{_ms(end)}"
    sentences = [fact.tell(language) for fact in chapter.facts] or [f"×{len(chapter.events)}"]
    head: list[Piece] = [
        (f"{chapter.row.name:<4}", "bold cyan"),
        (_pad(chapter.title(language), _TITLE_WIDTH), "bold"),
        (f"{when + ' ms':>{_TIME_WIDTH}}  ", "dim"),
        (sentences[0], ""),
    ]
    indent = " " * (4 + _TITLE_WIDTH + _TIME_WIDTH + 2)
    return [head, *([(indent, ""), (sentence, "")] for sentence in sentences[1:])]


def _ending(results: Results, numbers: dict[str, Any], language: Language) -> list[list[Piece]]:
    lines: list[list[Piece]] = []
    page = results.journey.page
    if results.failure is not None:
        lines.append([(results.failure.tell(language), "bold red")])
    elif page is None:
        lines.append([(say("interrupted", language), "bold red")])
    else:
        shown = {key: numbers[key] for key in ("requests", "frames", "dropped", "retransmitted")}
        virtual = show_duration(results.journey.took_ns)
        url, status = visible(numbers["final_url"], limit=200), numbers["status"]
        lines.append([(say("arrived", language, url=url, status=status, virtual=virtual, **shown), "bold green")])
        if not results.picture and page.not_drawn:
            lines.append([(say("not-drawn", language, why=visible(page.not_drawn)), "yellow")])
    folder = visible(str(results.folder.path))
    lines.append([(say("files", language, folder=folder), ""), (f" ({', '.join(_shown_files(results))})", "dim")])
    return lines


def _shown_files(results: Results) -> list[str]:
    names = [name for name in results.files if "/" not in name]
    captures = len(results.files) - len(names)
    return [*names, f"captures/ ×{captures}"] if captures else names


def _writer(out: IO[str]) -> Write:
    if not out.isatty():
        return lambda pieces: print("".join(text for text, _ in pieces).rstrip(), file=out)
    from rich.console import Console
    from rich.text import Text

    console = Console(file=out, highlight=False, soft_wrap=True)
    return lambda pieces: console.print(Text.assemble(*pieces))


def _ms(nanos: int) -> str:
    return f"{nanos / 1e6:,.1f}"


def _pad(text: str, width: int) -> str:
    """The text and blanks up to a width in columns; East Asian wide letters take two."""
    columns = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
    return text + " " * max(1, width - columns)
