"""The pages of the experiments show what the experiments print."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from michinori.cli.experiment_telling import tell
from michinori.cli.lines import Lines
from michinori.experiment import EXPERIMENTS

PAGES = Path(__file__).parents[2] / "docs/experiments"


@pytest.mark.parametrize("name", EXPERIMENTS)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_line_that_a_page_shows_is_printed(perform, name, language):
    page = (PAGES / f"{name}{'.ja' if language == 'ja' else ''}.md").read_text(encoding="utf-8")
    out = io.StringIO()
    tell(perform(name), language, Lines(out))
    printed = {line.strip() for line in out.getvalue().splitlines()}
    shown = [line for block in re.findall(r"```text\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]
    assert shown
    assert [line for line in shown if line not in printed] == []
    assert EXPERIMENTS[name].row in page
    assert f"michinori experiment {name}" in page


def test_every_experiment_has_its_pages_and_no_other():
    names = {path.name for path in PAGES.iterdir()}
    assert names == {f"{name}{language}.md" for name in EXPERIMENTS for language in ("", ".ja")}
