"""Experiments performed once for all tests that look at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from michinori.experiment import Performed, performed

Perform = Callable[..., Performed]


@pytest.fixture(scope="session")
def perform() -> Iterator[Perform]:
    """Perform an experiment, unless it was done before: ``perform(name, via="virtual", seed=0)``."""
    done: dict[tuple[str, str, int], Performed] = {}
    with ExitStack() as stack:

        def once(name: str, via: str = "virtual", seed: int = 0) -> Performed:
            if (name, via, seed) not in done:
                done[name, via, seed] = stack.enter_context(performed(name, via=via, seed=seed))
            return done[name, via, seed]

        yield once
