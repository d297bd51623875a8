"""The story on the terminal: a line a stage, in the order of the rows, with its time and its numbers.

In a pipe it is plain lines. On a terminal it has colours, and sentences that do not fit are continued under themselves.
Text from the wire is escaped where the facts are made, and printed as ``rich.text.Text``, never as markup.
"""

from __future__ import annotations

from typing import IO, Any, Final

from michinori.cli.language import Language
from michinori.cli.lines import Lines, Part, pad
from michinori.cli.sentences import say
from michinori.japanese import in_japanese
from michinori.report.results import Results
from michinori.report.story import Chapter
from michinori.report.text import visible
from michinori.world.units import show_duration

_NAME_WIDTH: Final = 4
_TITLE_WIDTH: Final = 24
_TIME_WIDTH: Final = 20
_INDENT: Final = _NAME_WIDTH + _TITLE_WIDTH + _TIME_WIDTH + 2
#: A terminal with fewer columns gets the sentences under the title.
_ENOUGH: Final = 120


def tell(results: Results, numbers: dict[str, Any], language: Language, out: IO[str]) -> None:
    """Print the story and how it ended."""
    lines = Lines(out)
    for chapter in results.story:
        name, title = f"{chapter.row.name:<{_NAME_WIDTH}}", pad(chapter.title(language), _TITLE_WIDTH)
        if chapter.met:
            head = (name, "bold cyan"), (title, "bold"), (f"{_when(chapter):>{_TIME_WIDTH}}  ", "dim")
            _chapter(lines, head, [fact.tell(language) for fact in chapter.facts])
        else:
            told = (name, "dim"), (title, "dim"), (chapter.unmet(language), "dim")
            lines.line(*told, indent=min(_NAME_WIDTH + _TITLE_WIDTH, lines.width // 2))
    lines.line("")
    for sentence, style in _ending(results, numbers, language):
        lines.line((sentence, style), indent=0)


def _chapter(lines: Lines, head: tuple[Part, ...], sentences: list[str]) -> None:
    """A row that was met: its sentences beside its title, or under it on a narrow terminal."""
    if lines.width < _ENOUGH:
        lines.line(*head)
        head, indent = (" " * _NAME_WIDTH,), _NAME_WIDTH
    else:
        indent = _INDENT
    for sentence in sentences or [""]:
        lines.line(*head, sentence, indent=indent)
        head = (" " * indent,)


def _when(chapter: Chapter) -> str:
    begin, end = chapter.events[0].t, chapter.events[-1].t
    return (f"{begin / 1e6:,.1f}" if begin == end else f"{begin / 1e6:,.1f}–{end / 1e6:,.1f}") + " ms"


def _ending(results: Results, numbers: dict[str, Any], language: Language) -> list[tuple[str, str]]:
    lines = []
    page = results.journey.page
    if results.failure is not None:
        lines.append((results.failure.tell(language), "bold red"))
    elif page is None:
        lines.append((say("interrupted", language), "bold red"))
    else:
        shown = {key: numbers[key] for key in ("requests", "frames", "dropped", "retransmitted", "status")}
        virtual, url = show_duration(results.journey.took_ns), visible(numbers["final_url"], limit=200)
        journey = results.journey
        key = "arrived" if journey.virtual else "arrived-os" if journey.world is None else "arrived-tap"
        lines.append((say(key, language, url=url, virtual=virtual, **shown), "bold green"))
        if not results.picture and page.not_drawn:
            why = page.not_drawn.removeprefix("the page was not drawn: ")
            why = in_japanese(why) if language == "ja" else why
            lines.append((say("not-drawn", language, why=visible(why)), "yellow"))
    folder = visible(str(results.folder.path))
    lines.append((say("files", language, folder=folder, files=", ".join(_shown_files(results))), ""))
    return lines


def _shown_files(results: Results) -> list[str]:
    names = [name for name in results.files if "/" not in name]
    captures = len(results.files) - len(names)
    return [*names, f"captures/ ×{captures}"] if captures else names
