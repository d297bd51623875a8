"""Files ``*.pkt`` are tests for pytest, and its start is not slowed down by that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RIGHT = """// Two lines of comment.
// rfc: 9293 MUST-12 MUST-13, 5961 3.2
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 close(3) = 0
"""


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "michinori.testing.plugin", "-p", "no:cacheprovider", "-q"]
    return subprocess.run([*command, *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n")
    (tmp_path / "right.pkt").write_text(RIGHT)
    return tmp_path


def test_scripts_are_tests_and_a_mismatch_is_printed_alone(folder):
    (folder / "wrong.pkt").write_text(RIGHT.replace("close(3) = 0", "close(3) = 1"))
    ran = run_pytest(folder)
    assert ran.returncode == 1
    assert "1 failed, 1 passed" in ran.stdout
    assert "wrong.pkt, line 4, at 0.000 s: close(3) = 1" in ran.stdout
    assert "close = 1 | 0" in ran.stdout
    assert "runner.py" not in ran.stdout


def test_a_script_that_cannot_be_read_is_named(folder):
    (folder / "broken.pkt").write_text("0 close(3\n")
    ran = run_pytest(folder)
    assert ran.returncode == 2
    assert "broken.pkt, line 1, column 10: ',' is missing, found the end of the line" in ran.stdout


def test_the_rfcs_of_the_head_are_markers(folder):
    (folder / "conftest.py").write_text(
        "def pytest_collection_finish(session):\n"
        "    for item in session.items:\n"
        "        print('MARKS', [mark.args for mark in item.iter_markers('rfc')])\n"
    )
    ran = run_pytest(folder, "-s")
    assert "MARKS [('9293', 'MUST-12', 'MUST-13'), ('5961', '3.2')]" in ran.stdout, ran.stdout + ran.stderr


def test_nothing_is_imported_for_the_plugin_before_a_script_is_found():
    code = "import sys, michinori.testing.plugin; print([n for n in sys.modules if n.startswith('michinori.')])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert set(ran.stdout.strip("[]\n").replace("'", "").split(", ")) == {
        "michinori.lazily",
        "michinori.version",
        "michinori.testing",
        "michinori.testing.plugin",
    }
