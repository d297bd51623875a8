"""Calls that go wrong before a command begins, or where its output goes: one sentence, and a status."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from michinori.cli.calling import call

FULL = Path("/dev/full")


@pytest.fixture(autouse=True)
def _spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["opne"], "michinori: No such command 'opne'. Did you mean 'open'? (see michinori --help)\n"),
        (["open"], "michinori: Missing argument 'URL|WORDS...' (see michinori open --help)\n"),
        (["open", "--lang", "ja"], "michinori: できません: 'URL|WORDS...' が要ります (michinori open --help を見てください)\n"),
        (["open", ""], "michinori: nothing was typed: give a URL, or some words to search for\n"),
        (["open", "x", "--loss", "5"], """michinori: --loss '5' is no chance: it must lie between 0% and 100%, such as "5%"\n"""),
        (["open", "x", "--mtu", "60", "--lang=ja"], "michinori: できません: --mtu '60' はMTUになりません。1500 のように、68 から 65535 オクテットの間で書いてください\n"),
        (["open", "x\x1b[2J", "--site", "\x1b[2J"], "michinori: --site '\\x1b[2J' needs a name and a folder: write --site my.site.example=DIR\n"),
        (["catch", "--max-time", "nan", "--lang", "ja"], "michinori: できません: '--max-time' の値が正しくありません: 'nan' は 0.001 以上の秒数ではありません (michinori catch --help を見てください)\n"),
        (["replay", "/no/such", "--to", "http://a", "--lang", "ja"], "michinori: できません: /no/such を読めません(ファイルもフォルダもありません)。パスを確かめてください\n"),
        (["serve", "/no/such"], "michinori: there is no folder /no/such: give a folder, or an application as MODULE:APP\n"),
    ],
)  # fmt: skip
def test_wrong_usage_is_one_sentence_and_status_two(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(words) == 2
    assert capsys.readouterr() == ("", said)


def test_no_words_at_all_are_answered_with_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert call([]) == 2
    assert "michinori open http://www.michinori.example/" in capsys.readouterr().err


@pytest.mark.skipif(not FULL.exists(), reason="a device that is always full")
@pytest.mark.parametrize("words", [["--help"], ["experiment"]])
def test_output_that_cannot_be_written_is_said_in_one_sentence(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with FULL.open("w", buffering=1) as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert call(words) == 1
    assert capsys.readouterr().err == (
        "michinori: the output cannot be written (No space left on device): make room, or send it elsewhere\n"
    )


def test_ctrl_c_while_the_program_is_loaded_says_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import michinori.cli as entry

    def interrupted(words: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("michinori.cli.calling.call", interrupted)
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == 130
    assert capsys.readouterr() == ("", "")
