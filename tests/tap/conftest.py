from __future__ import annotations

from collections.abc import Iterator

import netns
import pytest
from tap_wire import Wire

from michinori import TapWorld


@pytest.fixture
def wire() -> Iterator[Wire]:
    with netns.namespace() as namespace, TapWorld(seed=1, record=True) as world:
        yield Wire(namespace, world)


@pytest.fixture
def unrecorded() -> Iterator[Wire]:
    with netns.namespace() as namespace, TapWorld(seed=1) as world:
        yield Wire(namespace, world)
