"""Columns: East Asian letters take two."""

from __future__ import annotations

import io

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
