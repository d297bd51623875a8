"""A recorder that is thrown away, and readers of capture files."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from michinori.trace import Recorder


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.close()


Block = tuple[int, bytes]


@pytest.fixture
def blocks() -> Callable[[Path], list[Block]]:
    """Reads a pcapng file into (type, body) pairs and holds it against the draft's rules on lengths."""

    def read(path: Path) -> list[Block]:
        data = path.read_bytes()
        found: list[Block] = []
        at = 0
        while at < len(data):
            kind, length = struct.unpack_from("<II", data, at)
            assert length % 4 == 0
            assert struct.unpack_from("<I", data, at + length - 4) == (length,)
            found.append((kind, data[at + 8 : at + length - 4]))
            at += length
        assert at == len(data)
        return found

    return read


@pytest.fixture
def tshark() -> Callable[..., list[dict[str, Any]]]:
    """Lets tshark read a capture with all checks on; gives the asked-for fields of each frame, as lists of text."""
    program = shutil.which("tshark")
    if program is None:
        pytest.skip("tshark is not installed")

    def read(path: Path, *fields: str, options: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        checks = [f"{name}.check_checksum:TRUE" for name in ("ip", "tcp", "udp")] + ["eth.check_fcs:TRUE"]
        command = [program, "-n", "-r", str(path), "-T", "json", *options]
        for check in checks:
            command += ["-o", check]
        for field in fields:
            command += ["-e", field]
        done = subprocess.run(command, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return [packet["_source"]["layers"] for packet in json.loads(done.stdout)]

    return read
