"""Whole commands, as a person meets them: a process started, its work done, its files written."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from bench import Measure

ROUNDS = 5


def _best_s(*arguments: str) -> float:
    def once() -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "michinori", *arguments], check=True, capture_output=True)
        return time.perf_counter() - began

    return min(once() for _ in range(ROUNDS))


def measure() -> Iterator[Measure]:
    nothing = min(_bare_python() for _ in range(ROUNDS))
    yield Measure("michinori --help", _best_s("--help"), "s", 0.2, nothing)
    with tempfile.TemporaryDirectory() as folder:
        url = "http://www.michinori.example/"
        yield Measure("the default journey, whole process", _best_s("open", url, "-O", folder, "--force"), "s", 1.5)


def _bare_python() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - began
