"""A journey that is interrupted keeps what it has got."""

from __future__ import annotations

from contextlib import closing

import pytest

from michinori.world.journey import VirtualJourney
from michinori.world.scenario import load


def interrupted(program, **_settings):
    """A ``World.run`` in which somebody pressed Ctrl-C."""
    program.close()
    raise KeyboardInterrupt


@pytest.fixture
def drawn():
    scenario, folder = load("home")
    journey = VirtualJourney("http://www.michinori.example/", scenario, folder, seed=0, language="en")
    with closing(journey.journey):
        yield journey


def test_an_interruption_on_the_way_is_its_failure(drawn, monkeypatch):
    monkeypatch.setattr(drawn.world, "run", interrupted)
    assert isinstance(drawn.go().failure, KeyboardInterrupt)


def test_an_interruption_after_the_page_was_drawn_takes_nothing_away(drawn, monkeypatch):
    walk = drawn.world.run

    def once(program, **settings):
        monkeypatch.setattr(drawn.world, "run", interrupted)
        return walk(program, **settings)

    monkeypatch.setattr(drawn.world, "run", once)
    journey = drawn.go()
    assert journey.failure is None
    assert journey.page is not None
