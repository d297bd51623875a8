"""``--help`` of every command, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest

from michinori.cli.commands import michinori
from michinori.cli.language import asked
from michinori.cli.lines import columns


def commands(
    command: click.Command = michinori, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from commands(below, (*path, name))


ALL = [pytest.param(path, command, id=" ".join(path) or "michinori") for path, command in commands()]


def help_of(path: tuple[str, ...], language: str, capsys: pytest.CaptureFixture[str]) -> str:
    michinori.main([*path, "--help"], prog_name="michinori", standalone_mode=False, obj=language)
    return capsys.readouterr().out


@pytest.mark.parametrize(("path", "command"), ALL)
def test_it_has_an_example_and_the_same_options_in_both_languages(
    path: tuple[str, ...], command: click.Command, capsys: pytest.CaptureFixture[str]
) -> None:
    english, japanese = help_of(path, "en", capsys), help_of(path, "ja", capsys)
    example = re.compile(rf"^    (sudo )?{' '.join(('michinori', *path))}\b", re.MULTILINE)
    assert example.search(english)
    assert example.search(japanese)
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.opts[-1] in english
            assert parameter.opts[-1] in japanese
    pattern = r"^  (?:-\w, )?--[\w-]+"
    assert set(re.findall(pattern, japanese, re.MULTILINE)) == set(re.findall(pattern, english, re.MULTILINE))


@pytest.mark.parametrize(("path", "command"), ALL)
def test_nothing_of_it_is_left_in_english(
    path: tuple[str, ...], command: click.Command, capsys: pytest.CaptureFixture[str]
) -> None:
    japanese = help_of(path, "ja", capsys)
    for word in ("Usage", "Options", "Commands", "Examples", "default", "required"):
        assert word not in japanese
    sentences = [option.help for option in command.params if isinstance(option, click.Option) and option.help]
    assert not [sentence for sentence in sentences if sentence.partition("  [")[0] in japanese]


@pytest.mark.parametrize(("path", "command"), ALL)
def test_it_fits_on_a_terminal_of_eighty_columns(
    path: tuple[str, ...], command: click.Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    about, _, examples = help_of(path, "ja", capsys).rpartition("例:")
    assert max(columns(line) for line in about.splitlines()) <= 80
    assert max(columns(line) for line in examples.splitlines()) <= 100  # commands are not broken


@pytest.mark.parametrize(
    ("words", "language"),
    [
        (["open", "--lang", "ja"], "ja"),
        (["open", "--bogus", "--lang=ja", "x"], "ja"),
        (["open", "ja"], "en"),
        (["open", "--lang"], "en"),
        (["open", "--lang", "fr"], "en"),
        ([], "en"),
    ],
)
def test_a_wrong_command_line_is_answered_in_the_language_that_it_asks_for(
    words: list[str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert asked(words) == language
