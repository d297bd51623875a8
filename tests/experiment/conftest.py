"""Experiments performed once for all tests of a file that look at them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

import pytest
from netns import in_own_network

from michinori.experiment import Performed, performed

Perform = Callable[..., Performed]


@pytest.fixture(scope="module")  # those on this machine's sockets have threads, which end with them
def perform() -> Iterator[Perform]:
    """Perform an experiment, unless it was done before: ``perform(name, via="virtual", seed=0)``."""
    done: dict[tuple[str, str, int], Performed] = {}
    with ExitStack() as stack:

        def once(name: str, via: str = "virtual", seed: int = 0) -> Performed:
            if via == "os" and sys.platform != "linux":
                pytest.skip("what is compared here is Linux")
            if (name, via, seed) not in done:
                entered = partial(stack.enter_context, performed(name, via=via, seed=seed))
                # Apart from other tests on this machine, which take ports and fill the kernel's table of TIME-WAIT.
                done[name, via, seed] = in_own_network(entered) if via == "os" else entered()
            return done[name, via, seed]

        yield once
