"""The commands that the READMEs, the pages in docs/ and --help show can be typed: none is run, each is parsed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
import pytest

from michinori.cli.commands import michinori

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "README.ja.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(?:console|sh|shell|bash)?\n(.*?)^```", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"(?<!`)`((?:michinori|make|python -m|tools/) ?[^`\n]*)`(?!`)")


def shown(text: str) -> Iterator[str]:
    """The command lines of a page: those behind a prompt, and those in running text."""
    for block in BLOCK.findall(text):
        for line in block.splitlines():
            told = line.removeprefix("$ ")
            if line.startswith("$ ") or told.startswith("michinori "):
                yield told
    yield from SPAN.findall(BLOCK.sub("", text))


def commands(page: Path) -> list[list[str]]:
    """Each as words; comments behind them and ``sudo`` before them are left out."""
    found = [shlex.split(line, comments=True) for line in shown(page.read_text(encoding="utf-8"))]
    plain = [words[1:] if words[0] == "sudo" else words for words in found]
    return [[words[0].removeprefix(".venv/bin/"), *words[1:]] for words in plain]


LINES = [
    pytest.param(words, id=f"{page.relative_to(ROOT)}: {' '.join(words)}") for page in PAGES for words in commands(page)
]


def parse(words: list[str]) -> None:
    """Let click look at them as if they were typed. Raises ``click.UsageError``."""
    command: click.Command = michinori
    context = None
    while isinstance(command, click.Group) and words:
        context = click.Context(command, info_name=command.name, parent=context)
        _, below, words = command.resolve_command(context, words)
        assert below is not None
        command = below
    if words and "--help" not in words:
        command.make_context(command.name, list(words), parent=context)


def test_there_are_commands_to_look_at() -> None:
    pages = {str(page.relative_to(ROOT)): [words[0] for words in commands(page)] for page in PAGES}
    assert pages["README.md"].count("michinori") > 15
    assert pages["README.md"].count("make") > 5
    assert pages["docs/catch.md"].count("michinori") > 2


@pytest.mark.parametrize("words", [line for line in LINES if line.values[0][0] == "michinori"])
def test_a_command_of_the_pages_is_understood(words: list[str]) -> None:
    with suppress(click.MissingParameter):  # running text may speak of a command and one of its options
        parse(words[1:])


@pytest.mark.parametrize("words", [line for line in LINES if line.values[0][0] != "michinori"])
def test_what_else_the_pages_call_is_there(words: list[str]) -> None:
    if words[0] == "make":
        targets = re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert {word for word in words[1:] if "=" not in word} <= set(targets)
        return
    for word in words:
        if re.match(r"(tools|tests|bench)/", word):
            assert (ROOT / word).exists(), word
    if words[:2] == ["python", "-m"] and words[2].startswith("bench"):
        module = ROOT / words[2].replace(".", "/")
        assert module.with_suffix(".py").exists() or (module / "__main__.py").exists()


def test_both_readmes_show_the_same_commands() -> None:
    def known(name: str) -> list[list[str]]:
        return commands(ROOT / name)

    assert known("README.ja.md") == known("README.md")


@pytest.mark.parametrize("name", [name for name in michinori.commands if name != "tap"])
def test_the_examples_of_help_are_understood(name: str) -> None:
    epilog = michinori.commands[name].epilog or ""
    examples = [line.strip().partition("   ")[0] for line in epilog.splitlines() if line.startswith("  michinori")]
    assert examples
    for example in examples:
        parse(shlex.split(example)[1:])


def test_a_command_that_is_not_understood_is_found() -> None:
    for words in (["opne", "x"], ["open", "--bogus", "x"], ["tap", "sideways"], ["catch", "--port", "x"]):
        with pytest.raises(click.UsageError):
            parse(words)
