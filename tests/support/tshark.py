"""Lets tshark read a capture, with all the checks on that are off by default and sequence numbers as they stand."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

#: ICMP needs no such switch: its sums are always checked.
_SETTINGS = (
    "eth.check_fcs:TRUE",
    "ip.check_checksum:TRUE",
    "tcp.check_checksum:TRUE",
    "udp.check_checksum:TRUE",
    "tcp.relative_sequence_numbers:FALSE",
)

#: The severities of tshark's expert messages.
CHAT, NOTE, WARNING, ERROR = 0x200000, 0x400000, 0x600000, 0x800000


def _run(path: Path, *arguments: str) -> bytes:
    program = shutil.which("tshark")
    if program is None:
        pytest.skip("tshark is not installed")
    command = [program, "-n", "-r", str(path)]
    for setting in _SETTINGS:
        command += ["-o", setting]
    done = subprocess.run([*command, *arguments], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def fields(path: Path, *names: str, only: str = "") -> list[dict[str, list[str]]]:
    """For each frame (that passes the display filter ``only``) the values of these fields; absent ones are left out."""
    arguments = ["-T", "json"]
    for name in names:
        arguments += ["-e", name]
    if only:
        arguments += ["-Y", only]
    packets: list[dict[str, Any]] = json.loads(_run(path, *arguments))
    return [packet["_source"].get("layers", {}) for packet in packets]


def complaints(path: Path, least: int = WARNING) -> list[str]:
    """Every malformed frame, wrong sum and expert message of at least that severity, with the frame's number."""
    found = []
    wanted = ("frame.number", "_ws.malformed", "_ws.expert.severity", "_ws.expert.message")
    sums = (
        "eth.fcs.status",
        "ip.checksum.status",
        "icmp.checksum.status",
        "udp.checksum.status",
        "tcp.checksum.status",
    )
    for frame in fields(path, *wanted, *sums):
        (number,) = frame["frame.number"]
        if "_ws.malformed" in frame:
            found.append(f"{number}: malformed")
        found += [f"{number}: wrong {name}" for name in sums if "0" in frame.get(name, [])]
        severities = [int(severity, 0) for severity in frame.get("_ws.expert.severity", [])]
        messages = frame.get("_ws.expert.message", [])
        found += [
            f"{number}: {message}" for severity, message in zip(severities, messages, strict=True) if severity >= least
        ]
    return found
