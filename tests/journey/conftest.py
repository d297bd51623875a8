"""Journeys that several tests look at, walked once."""

from __future__ import annotations

import pytest
from journeys import Walked, walk


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """The default journey, walked once."""
    return walk(tmp_path_factory.mktemp("home") / "journey", "http://www.michinori.example/")


@pytest.fixture(scope="session")
def lossy(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """The same page over a line that loses a tenth."""
    folder = tmp_path_factory.mktemp("lossy") / "journey"
    return walk(folder, "http://www.michinori.example/", seed=7, loss="10%", delay="80ms")


@pytest.fixture(scope="session")
def fragments(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """The scenario in which packets are cut."""
    return walk(tmp_path_factory.mktemp("cut") / "journey", "http://www.michinori.example/", scenario="fragments")
