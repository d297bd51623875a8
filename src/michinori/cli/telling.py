"""The story on the terminal: a line a stage, in the order of the rows, with its time and its numbers.

In a pipe it is plain lines. On a terminal it has colours, and sentences that do not fit are continued under themselves.
Text from the wire is escaped where the facts are made, and printed as ``rich.text.Text``, never as markup.
"""

from __future__ import annotations

import unicodedata
from typing import IO, TYPE_CHECKING, Any, Final, Protocol

from michinori.cli.language import Language
from michinori.cli.sentences import say
from michinori.report.results import Results
from michinori.report.story import Chapter
from michinori.report.text import visible
from michinori.world.units import show_duration

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_NAME_WIDTH: Final = 4
_TITLE_WIDTH: Final = 24
_TIME_WIDTH: Final = 20
_INDENT: Final = _NAME_WIDTH + _TITLE_WIDTH + _TIME_WIDTH + 2
#: A terminal with fewer columns gets the sentences under the title.
_ENOUGH: Final = 120


class Teller(Protocol):
    """Where the story goes."""

    def chapter(self, name: str, title: str, when: str, sentences: list[str]) -> None:
        """A row that was met."""

    def unmet(self, name: str, title: str, sentence: str) -> None:
        """A row that was not."""

    def end(self, sentence: str, style: str = "") -> None:
        """A line of the ending."""


def tell(results: Results, numbers: dict[str, Any], language: Language, out: IO[str]) -> None:
    """Print the story and how it ended."""
    teller = OnTerminal(out) if out.isatty() else InPipe(out)
    for chapter in results.story:
        name, title = chapter.row.name, chapter.title(language)
        if chapter.met:
            teller.chapter(name, title, _when(chapter), [fact.tell(language) for fact in chapter.facts])
        else:
            teller.unmet(name, title, chapter.unmet(language))
    teller.end("")
    for sentence, style in _ending(results, numbers, language):
        teller.end(sentence, style)


class InPipe:
    """Plain lines."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out

    def chapter(self, name: str, title: str, when: str, sentences: list[str]) -> None:
        head = f"{name:<{_NAME_WIDTH}}{_pad(title, _TITLE_WIDTH)}{when:>{_TIME_WIDTH}}  "
        for sentence in sentences or [""]:
            print((head + sentence).rstrip(), file=self._out)
            head = " " * _INDENT

    def unmet(self, name: str, title: str, sentence: str) -> None:
        print(f"{name:<{_NAME_WIDTH}}{_pad(title, _TITLE_WIDTH)}{sentence}", file=self._out)

    def end(self, sentence: str, style: str = "") -> None:  # noqa: ARG002
        print(sentence, file=self._out)


class OnTerminal:
    """Colours, and sentences continued under themselves."""

    def __init__(self, out: IO[str]) -> None:
        from rich.console import Console

        self._console: Console = Console(file=out, highlight=False)

    def chapter(self, name: str, title: str, when: str, sentences: list[str]) -> None:
        from rich.text import Text

        head = Text.assemble((f"{name:<{_NAME_WIDTH}}", "bold cyan"), (_pad(title, _TITLE_WIDTH), "bold"))
        head.append(f"{when:>{_TIME_WIDTH}}  ", style="dim")
        if self._console.width < _ENOUGH:
            self._console.print(head, no_wrap=True)
            for sentence in sentences:
                self._hang(Text(" " * _NAME_WIDTH), Text(sentence))
        else:
            for sentence in sentences or [""]:
                self._hang(head, Text(sentence))
                head = Text(" " * _INDENT)

    def unmet(self, name: str, title: str, sentence: str) -> None:
        from rich.text import Text

        head = Text(f"{name:<{_NAME_WIDTH}}{_pad(title, _TITLE_WIDTH)}", style="dim")
        self._hang(head, Text(sentence, style="dim"))

    def end(self, sentence: str, style: str = "") -> None:
        from rich.text import Text

        self._console.print(Text(sentence, style=style))

    def _hang(self, head: Text, sentence: Text) -> None:
        room = max(20, self._console.width - head.cell_len)
        for line in sentence.wrap(self._console, room) or [sentence]:
            line.rstrip()
            self._console.print(head + line, soft_wrap=True)
            head = type(head)(" " * head.cell_len)


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
            lines.append((say("not-drawn", language, why=visible(page.not_drawn)), "yellow"))
    folder = visible(str(results.folder.path))
    lines.append((say("files", language, folder=folder, files=", ".join(_shown_files(results))), ""))
    return lines


def _shown_files(results: Results) -> list[str]:
    names = [name for name in results.files if "/" not in name]
    captures = len(results.files) - len(names)
    return [*names, f"captures/ ×{captures}"] if captures else names


def _pad(text: str, width: int) -> str:
    """The text and blanks up to a width in columns; East Asian wide letters take two."""
    columns = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
    return text + " " * max(1, width - columns)
