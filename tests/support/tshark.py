"""Lets tshark read a capture, with all the checks on that are off by default and sequence numbers as they stand."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

_SETTINGS = (
    "eth.check_fcs:TRUE",
    "ip.check_checksum:TRUE",
    "tcp.check_checksum:TRUE",
    "udp.check_checksum:TRUE",
    "tcp.relative_sequence_numbers:FALSE",
    "tcp.reassemble_out_of_order:TRUE",
)
#: The severities of tshark's expert messages.
CHAT, NOTE, WARNING, ERROR = 0x200000, 0x400000, 0x600000, 0x800000

_SUMS = ("eth.fcs.status", "ip.checksum.status", "icmp.checksum.status", "udp.checksum.status", "tcp.checksum.status")
_ICMP_ERRORS = {"3", "4", "5", "11", "12"}
_INTERFACE_DESCRIPTION, _ENHANCED_PACKET = 1, 6


@dataclass(frozen=True)
class Complaint:
    """What tshark says about one frame: its number in the capture, its adapter and what is wrong."""

    frame: int
    adapter: str
    what: str
    severity: int = ERROR


def fields(path: Path, *names: str, only: str = "", setting: str = "") -> list[dict[str, list[str]]]:
    """For each frame (that passes the display filter ``only``) the values of these fields; absent ones are left out."""
    arguments = ["-T", "json", *(("-o", setting) if setting else ())]
    for name in names:
        arguments += ["-e", name]
    if only:
        arguments += ["-Y", only]
    packets: list[dict[str, Any]] = json.loads(_run(path, *arguments))
    return [packet["_source"].get("layers", {}) for packet in packets]


def complaints(path: Path, least: int = WARNING, *, only: str = "") -> list[Complaint]:
    """Every wrong sum and every expert message of at least that severity; that of a malformed frame is an error. About
    the frames alone that pass the display filter ``only``.

    Adapters are looked at one at a time: who sees a packet arrive and leave again takes it for a retransmission.
    """
    found: list[Complaint] = []
    with _adapters(path) as adapters:
        for adapter, (file, numbers) in adapters.items():
            found += [
                Complaint(numbers[int(frame["frame.number"][0]) - 1], adapter, what, severity)
                for frame in _look(file, only)
                for what, severity in _complaints_about(frame)
                if severity >= least
            ]
    return sorted(found, key=lambda complaint: complaint.frame)


def _look(file: Path, only: str) -> list[dict[str, list[str]]]:
    names = ("frame.number", "_ws.expert.severity", "_ws.expert.message", "icmp.type", *_SUMS)
    return fields(file, *names, only=only)


def _complaints_about(frame: dict[str, list[str]]) -> Iterator[tuple[str, int]]:
    # What an ICMP error quotes is cut off, so the sum of the transport's octets cannot be right.
    quotes = bool(_ICMP_ERRORS & set(frame.get("icmp.type", [])))
    for name in _SUMS:
        if "0" in frame.get(name, []) and not (quotes and name in ("udp.checksum.status", "tcp.checksum.status")):
            yield f"wrong {name}", ERROR
    severities = [int(severity, 0) for severity in frame.get("_ws.expert.severity", [])]
    for severity, message in zip(severities, frame.get("_ws.expert.message", []), strict=True):
        if not (quotes and message.startswith("Bad checksum")):
            yield message, severity


@contextmanager
def _adapters(path: Path) -> Iterator[dict[str, tuple[Path, list[int]]]]:
    """For each adapter of a capture, a capture of its own and the numbers that its frames had."""
    data = path.read_bytes()
    head = data[: struct.unpack_from("<I", data, 4)[0]]
    names: list[str] = []
    parts: list[bytes] = []
    numbers: list[list[int]] = []
    at, frame = len(head), 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        block = data[at : at + length]
        at += length
        if kind == _INTERFACE_DESCRIPTION:
            size = struct.unpack_from("<H", block, 18)[0]  # its first option is the name
            names.append(block[20 : 20 + size].decode())
            parts.append(block)
            numbers.append([])
        elif kind == _ENHANCED_PACKET:
            frame += 1
            index = struct.unpack_from("<I", block, 8)[0]
            parts[index] += block[:8] + bytes(4) + block[12:]
            numbers[index].append(frame)
    with TemporaryDirectory() as folder:
        files = [Path(folder) / f"{index}.pcapng" for index in range(len(parts))]
        for file, part in zip(files, parts, strict=True):
            file.write_bytes(head + part)
        yield {name: (file, seen) for name, file, seen in zip(names, files, numbers, strict=True)}


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
