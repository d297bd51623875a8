"""The example in the docs runs."""

from __future__ import annotations

import re
from pathlib import Path


def test_the_example_in_the_docs_runs() -> None:
    text = (Path(__file__).parents[2] / "docs/catch.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(compile(example, "docs/catch.md", "exec"), {})
