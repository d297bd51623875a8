from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from small_world import SmallWorld

from michinori.trace import Recorder


@pytest.fixture
def make_world() -> Iterator[Callable[..., SmallWorld]]:
    """Makes worlds and closes them at the end."""
    worlds: list[SmallWorld] = []

    def make(**settings: Any) -> SmallWorld:
        worlds.append(SmallWorld(**settings))
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()


@pytest.fixture
def world(make_world: Callable[..., SmallWorld]) -> SmallWorld:
    return make_world()


@pytest.fixture
def recorded(make_world: Callable[..., SmallWorld]) -> SmallWorld:
    return make_world(record=True)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.close()
