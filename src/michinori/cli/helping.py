"""``--help`` in the language of who asks: click's own in English, and the same in Japanese from ``help_words``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import click

from michinori.cli.help_words import ABOUT, BESIDE, EXAMPLES, SENTENCES, WORDS
from michinori.cli.language import Language, detect
from michinori.cli.lines import columns, pad
from michinori.cli.wrapping import wrapped

#: A sentence, and behind it what click adds in brackets: the default, the range.
_ROW: Final = re.compile(r"(.*?)(?:  \[(.*)\])?", re.DOTALL)
_NARROWEST: Final = 20


class SpokenCommand(click.Command):
    """A command whose help is in Japanese for who speaks it. ``obj`` of the context is the language."""

    def get_help(self, ctx: click.Context) -> str:
        return _in_japanese(self, ctx) if language_of(ctx) == "ja" else super().get_help(ctx)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if not _about(ctx, formatter):
            super().format_help_text(ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if not _examples(self, formatter):
            super().format_epilog(ctx, formatter)


class SpokenGroup(click.Group):
    """A group of such commands."""

    command_class = SpokenCommand
    group_class = type

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """In the order in which they were made: the first is for who is new."""
        return list(self.commands)

    def get_help(self, ctx: click.Context) -> str:
        return _in_japanese(self, ctx) if language_of(ctx) == "ja" else super().get_help(ctx)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if not _about(ctx, formatter):
            super().format_help_text(ctx, formatter)


class _Formatter(click.HelpFormatter):
    """click's, with Japanese words, in columns: its letters are two wide and have no blanks between them."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:  # noqa: ARG002
        for english, japanese in WORDS.items():
            args = args.replace(english, japanese)
        self.write(f"使い方: {prog} {args}\n")

    def write_heading(self, heading: str) -> None:
        super().write_heading(WORDS[heading])

    def write_text(self, text: str) -> None:
        for line in text.splitlines():
            for part in wrapped(line, self.width - self.current_indent):
                self.write((" " * self.current_indent + part).rstrip() + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        rows = list(rows)
        first_width = min(max(columns(first) for first, _ in rows), col_max) + col_spacing
        room = max(self.width - self.current_indent - first_width, _NARROWEST)
        indent = " " * self.current_indent
        for first, second in rows:
            head = pad(first, first_width)
            if columns(first) > first_width - col_spacing:
                self.write(f"{indent}{first}\n")
                head = " " * first_width
            for line in _lines(second, room):
                self.write(f"{indent}{head}{line}".rstrip() + "\n")
                head = " " * first_width


def language_of(context: click.Context) -> Language:
    """What the whole call speaks: its ``--lang``, or the locale's."""
    return "ja" if (context.obj or detect()) == "ja" else "en"


def _in_japanese(command: click.Command, context: click.Context) -> str:
    formatter = _Formatter(width=context.terminal_width, max_width=context.max_content_width)
    command.format_help(context, formatter)
    return formatter.getvalue().rstrip("\n")


def _about(context: click.Context, formatter: click.HelpFormatter) -> bool:
    if not isinstance(formatter, _Formatter):
        return False
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(ABOUT[context.command_path])
    return True


def _examples(command: click.Command, formatter: click.HelpFormatter) -> bool:
    if not isinstance(formatter, _Formatter) or not command.epilog:
        return False
    text = command.epilog.removeprefix("\b\n")
    for english, japanese in EXAMPLES.items():
        text = text.replace(english, japanese)
    formatter.write_paragraph()
    with formatter.indentation():
        for line in text.splitlines():
            formatter.write(f"{' ' * formatter.current_indent}{line}\n")
    return True


def _lines(row: str, width: int) -> list[str]:
    """The sentence of a row in Japanese; what stands in brackets behind it is not torn apart."""
    found = _ROW.fullmatch(row)
    assert found is not None, "any text is a row"
    sentence, beside = found.groups()
    lines = wrapped(SENTENCES[sentence], width)
    if beside:
        for english, japanese in BESIDE.items():
            beside = beside.replace(english, japanese)
        together = f"{lines[-1]}  [{beside}]"
        lines[-1:] = [together] if columns(together) <= width else [lines[-1], f"[{beside}]"]
    return lines
