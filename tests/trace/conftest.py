"""A recorder that is thrown away, and readers of capture files."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

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
