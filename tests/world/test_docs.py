"""What the documents show runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("page", ["README.md", "README.ja.md"])
@pytest.mark.filterwarnings("ignore:unclosed <StreamWriter:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_examples_in_python_run(page):
    examples = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    assert examples
    for example in examples:
        exec(compile(example, page, "exec"), {"__name__": "example"})


def test_both_languages_show_the_same_example():
    def code(page):
        text = (ROOT / page).read_text(encoding="utf-8")
        return [re.sub(r" *#.*", "", example) for example in re.findall(r"```python\n(.*?)```", text, re.DOTALL)]

    assert code("README.md") == code("README.ja.md")
