"""Columns: East Asian letters take two."""

from __future__ import annotations

import io
import re

import pytest

from michinori.cli.lines import Lines, columns, cut, folded, pad


def test_widths_are_columns() -> None:
    assert columns("道のりab") == 8
    assert pad("道", 4) == "道  "
    assert pad("long", 2) == "long "
    assert cut("道のり", 6) == "道のり"
    assert cut("道のりです", 7) == "道のり…"
    assert folded("道のりab", 4, 9) == ["道の", "りab"]
    assert len(folded("x" * 100, 4, 3)) == 3
    assert folded("", 4, 3) == [""]


def test_in_a_pipe_a_line_is_a_line() -> None:
    out = io.StringIO()
    Lines(out).line(("a" * 500, "bold"), " [b]markup[/b]  ", indent=4)
    assert out.getvalue() == "a" * 500 + " [b]markup[/b]\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("width", range(24, 64, 3))
@pytest.mark.parametrize("indent", [0, 4])
def test_on_a_terminal_japanese_fills_the_lines_and_ends_them_in_good_manners(
    monkeypatch: pytest.MonkeyPatch, width: int, indent: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    said = "HTTPではなく、TLSのClientHelloが届きました。https:// で開いたようです。オクテット (517) は「保存」した。"
    out = Terminal()
    Lines(out).line(("    ", "bold"), (said, "bold yellow"), indent=4) if indent else Lines(out).line(said, indent=0)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue()).splitlines()
    assert all(columns(line) <= width for line in lines)
    assert all(line.startswith(" " * indent) for line in lines)
    rows = [line[indent:] for line in lines]
    assert "".join(rows).replace(" ", "") == said.replace(" ", "")
    assert not [row for row in rows if row[0] in "、。」)"]
    assert not [row for row in rows if row[-1] in "「("]
    assert not [row for row in rows[:-1] if columns(row) < width - indent - columns(" ClientHelloが")]


def test_a_long_word_is_broken_on_a_terminal_and_nothing_of_it_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    out = Terminal()
    url = "http://www.example/" + "x" * 200
    Lines(out).line(f"見る: {url}", indent=0)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue()).splitlines()
    assert "".join(line.removeprefix("見る:").strip() for line in lines) == url
    assert max(map(columns, lines)) <= 40
