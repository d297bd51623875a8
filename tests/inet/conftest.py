from __future__ import annotations

from collections.abc import Iterator

import pytest
from network import Line, Network

from michinori.trace import Recorder


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.close()


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def watched(recorder: Recorder) -> Network:
    """A network of which everything is recorded."""
    return Network(recorder=recorder)


@pytest.fixture
def line(network: Network) -> Line:
    return Line(network)
