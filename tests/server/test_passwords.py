"""Hashes of passwords: made by the command, and what the page about them shows."""

from __future__ import annotations

import re
from pathlib import Path

import bcrypt
import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner

from michinori.cli.commands import michinori
from michinori.server import access

PAGE = Path(__file__).parents[2] / "docs" / "access.md"


def test_the_command_makes_a_hash_that_the_file_takes() -> None:
    done = CliRunner().invoke(michinori, ["serve", "--hash-password"], input="道のり\n道のり\n")
    assert done.exit_code == 0, done.output
    hashed = done.stdout.strip().splitlines()[-1]
    assert PasswordHasher().verify(hashed, "道のり")
    access.parse(f"[users]\naki='{hashed}'\n")


@pytest.mark.parametrize(("language", "words"), [("ja", ["パスワード", "もう一度"]), ("en", ["Password", "Once more"])])
def test_it_asks_twice_in_the_language_of_the_call(language: str, words: list[str]) -> None:
    done = CliRunner().invoke(michinori, ["serve", "--hash-password"], input="a\nb\n", obj=language)
    assert done.exit_code == 1
    assert re.findall(r"(\w[\w ]*): ", done.stderr)[:2] == words
    assert done.stdout == ""


def test_the_example_of_the_page_is_taken() -> None:
    found = re.search(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    text = re.sub(r'"\$argon2[^"]*"', f"'{PasswordHasher().hash('x')}'", found[1])
    text = re.sub(r'"\$2b[^"]*"', f"'{bcrypt.hashpw(b'x', bcrypt.gensalt(4)).decode()}'", text)
    rules = access.parse(text)
    assert rules.realm == "Office"
    assert [rule.segments for rule in rules.rules] == [(), (), ("public",), ("wiki",), ("members",)]
