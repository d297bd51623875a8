"""What the documents show runs as it stands."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from michinori.tcp import TcpConfig

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


def test_every_switch_of_tcp_is_in_the_table_with_its_default():
    table = (ROOT / "docs/scenarios.md").read_text(encoding="utf-8").split("## TCP's switches")[1].split("## Faults")[0]
    documented = {}
    for row in re.findall(r"^\| (`.*) \| (.*?) \| .* \|.*\|$", table, re.MULTILINE):
        names, values = (cell.split(", ") for cell in row)
        documented |= dict(zip((name.strip("`") for name in names), values, strict=True))
    assert documented.keys() == set(TcpConfig.__struct_fields__)
    defaults = TcpConfig()
    for name, value in documented.items():
        if name not in ("mss", "user_timeout_ns"):
            assert tomllib.loads(f"it = {value.strip('`')}") == {"it": getattr(defaults, name)}, name
