"""The pages of docs/conformance are true, and the tool that writes them notices when they are not."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools" / "conformance.py"

ABOUT = """
[about]
rfc = "9999"
title = "A Protocol"
page = "tcp"
from = "text"
"""
DONE = (
    ABOUT
    + """
[MUST-1]
section = "3.1"
says = "It works."
code = ["a.py:Door.open"]
"""
)
TESTS = {("9999", "MUST-1"): ["tests/test_a.py::test_it"]}


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("conformance_tool", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def judge(tool, tmp_path):
    """What is wrong with a catalogue of these files, beside code with one class and these marked tests."""

    def judge(*files: str, tests: dict[tuple[str, str], list[str]] = TESTS) -> list[str]:
        for number, text in enumerate(files):
            (tmp_path / f"{number}.toml").write_text(text, encoding="utf-8")
        (tmp_path / "a.py").write_text("class Door:\n    width: int = 1\n    def open(self): ...\n", encoding="utf-8")
        return tool.problems_of(tool.read_catalogue(tmp_path), tests, tmp_path)

    return judge


def test_the_pages_are_what_the_catalogue_and_the_markers_say():
    done = subprocess.run([sys.executable, TOOL, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_list_of_rfc_9293_is_whole(tool):
    catalogue = tool.read_catalogue(ROOT / "docs" / "conformance" / "catalogue")
    (tcp,) = [part for part in catalogue.parts if part.rfc == "9293"]
    assert tcp.numbered == {"MUST": 69, "SHLD": 31}
    assert {one.id for one in tcp.requirements} >= {f"MUST-{n}" for n in range(1, 70)} | {
        f"SHLD-{n}" for n in range(1, 32)
    }


def test_what_is_true_is_no_problem(judge):
    assert judge(DONE) == []


@pytest.mark.parametrize(
    ("files", "tests", "problem"),
    [
        ([DONE], {}, "said to be done and no test shows it"),
        ([DONE], TESTS | {("9999", "MUST-2"): ["tests/test_a.py::test_b"]}, "test_b is marked RFC 9999 MUST-2"),
        ([DONE.replace("Door.open", "Door.shut")], TESTS, "there is no a.py:Door.shut"),
        ([DONE.replace("a.py", "b.py")], TESTS, "there is no b.py:Door.open"),
        ([DONE.replace('code = ["a.py:Door.open"]', 'not_done = "why"')], TESTS, "not said to be done by us"),
        ([DONE.replace('code = ["a.py:Door.open"]', "")], {}, "it needs one of"),
        ([DONE + 'not_done = "why"\n'], TESTS, "it needs one of"),
        ([DONE, DONE], TESTS, "stands in the catalogue twice"),
        ([DONE.replace('"tcp"', '"tcp"\nnumbered = { MUST = 3 }')], TESTS, "MUST-3 is missing"),
        ([DONE.replace('"tcp"', '"sctp"')], TESTS, "there is no page sctp"),
        ([DONE.replace('"text"', '"hearsay"')], TESTS, "what it was written from is 'hearsay'"),
        ([DONE.replace('from = "text"', "")], TESTS, "what it was written from is ''"),
        ([DONE + 'sayz = "?"\n'], {}, "unknown keys: sayz"),
        ([DONE.replace("MUST-1", "WANT-1")], {("9999", "WANT-1"): ["t"]}, "its level is"),
        ([DONE, DONE.replace("MUST-1", "MUST-2").replace('code = ["a.py:Door.open"]', 'same = ["9999 MUST-7"]')], TESTS,
         "MUST-7, which does not exist"),
    ],
)  # fmt: skip
def test_what_is_not_true_is_found(judge, files, tests, problem):
    assert any(problem in found for found in judge(*files, tests=tests))


def test_a_page_links_the_code_and_the_tests(tool, tmp_path):
    more = '[MAY-1]\nheading = "More"\nsection = "4"\nsays = "A | B."\nnot_done = "no need"\n'
    (tmp_path / "a.toml").write_text(DONE + more, encoding="utf-8")
    catalogue = tool.read_catalogue(tmp_path)
    pages = tool.pages_of(catalogue, TESTS)
    rows = [line for line in pages["tcp.md"].splitlines() if line.startswith(("| MUST-1", "| MAY-1"))]
    works = "[`a.Door.open`](../../src/michinori/a.py) | [it](../../tests/test_a.py) |"
    assert rows == [
        f"| MUST-1 | MUST | It works. (3.1) | {works}",
        "| MAY-1 | MAY | A \\| B. (4) | **not done**: no need |  |",
    ]
    assert "| [RFC 9999: A Protocol](tcp.md#rfc-9999-a-protocol) | text | 2 | 1 | 1 | 0 |" in pages["README.md"]


def test_the_names_that_a_module_defines(tool, tmp_path):
    path = tmp_path / "m.py"
    path.write_text("X = 1\nY: int = 2\nasync def f(): ...\nclass C:\n    z: int\n    def g(self): ...\n")
    assert tool.symbols(path) == {"X", "Y", "f", "C", "C.z", "C.g"}


def test_markers_are_found_where_pytest_finds_them(tmp_path):
    mark = "@pytest.mark." + "rfc"
    (tmp_path / "test_x.py").write_text(
        f'import pytest\n\n{mark}("1", "A-1", "A-2")\n{mark}("2", "B-1")\n'
        '@pytest.mark.parametrize("n", [1, 2])\ndef test_one(n): ...\n\ndef test_two(): ...\n'
    )
    (tmp_path / "test_y.py").write_text("raise SystemExit('never looked at')\n")
    code = f"""
import sys; sys.path.insert(0, {str(TOOL.parent)!r})
import conformance, pathlib
for key, names in conformance.collect_tests(pathlib.Path({str(tmp_path)!r})).items():
    print(*key, *[name.rpartition("::")[2] for name in names])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert sorted(done.stdout.splitlines()) == ["1 A-1 test_one", "1 A-2 test_one", "2 B-1 test_one"], done.stderr
