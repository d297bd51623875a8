from __future__ import annotations

from collections.abc import Iterator

import pytest
from small_world import make_world, recorded, world

from michinori.trace import Recorder

__all__ = ["make_world", "recorded", "recorder", "world"]


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.close()
