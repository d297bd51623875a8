"""Journeys by the command, as a person runs it, in a process of its own or in this one."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from michinori.cli.open import Options, run
from michinori.trace import Event, read_trace

SOURCE = str(Path(__file__).parents[2] / "src")


@dataclass(frozen=True)
class Walked:
    """What the command left behind."""

    folder: Path
    exit_status: int
    numbers: dict[str, Any]
    story: str

    @cached_property
    def events(self) -> list[Event]:
        with (self.folder / "trace.jsonl").open("rb") as lines:
            return list(read_trace(lines))

    def of(self, layer: str, what: str, host: str = "") -> list[Event]:
        """The events of a kind, of one host if it is named."""
        return [
            event
            for event in self.events
            if (event.layer, event.what) == (layer, what) and (not host or event.host == host)
        ]

    def files(self) -> set[str]:
        return {file.relative_to(self.folder).as_posix() for file in self.folder.rglob("*") if file.is_file()}


def walk(folder: Path, *words: str, **options: Any) -> Walked:
    """``michinori open`` in this process, with ``--json``."""
    given: dict[str, Any] = {
        "via": "virtual",
        "scenario": "home",
        "sites": (),
        "seed": 0,
        "loss": None,
        "delay": None,
        "rate": None,
        "mtu": None,
        "faults": (),
        "force": False,
        "fail": False,
        "no_report": False,
        "lang": "en",
    }
    out, told = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(told):
        status = run(Options(words=words, out_dir=str(folder), as_json=True, **(given | options)))
    printed = out.getvalue()
    return Walked(folder, status, json.loads(printed) if printed else {}, told.getvalue())


def command(*arguments: str, python: str = sys.executable, **environment: str) -> subprocess.CompletedProcess[str]:
    """``python -m michinori`` in a process of its own."""
    return subprocess.run(
        [python, "-m", "michinori", *arguments],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": SOURCE, "PYTHONIOENCODING": "utf-8"} | environment,
        timeout=100,
    )
