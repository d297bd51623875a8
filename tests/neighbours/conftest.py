"""Scenes, closed at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from neighbourhood import Scene


@pytest.fixture
def make_scene() -> Iterator[Callable[..., Scene]]:
    scenes: list[Scene] = []

    def make(**settings: Any) -> Scene:
        scenes.append(Scene(**settings))
        return scenes[-1]

    yield make
    for scene in scenes:
        scene.world.close()


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Scene:
    return make_scene()
