"""Fixtures for the tests of names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.dns.play import Play


@pytest.fixture
def play() -> Iterator[Play]:
    """Runs a play: scripted servers, questions and what must come of them. See ``play.py``."""
    one = Play()
    yield one
    one.close()
