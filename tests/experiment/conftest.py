"""Experiments performed once for all tests that look at them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from michinori.experiment import Performed, performed

Perform = Callable[..., Performed]


def time_waits_thrown_away() -> int:
    """How many sockets the kernel did not let into TIME-WAIT because its table was full; 0 where it does not say."""
    try:
        names, numbers = (line.split() for line in Path("/proc/net/netstat").read_text().splitlines()[:2])
    except OSError:
        return 0
    return int(dict(zip(names, numbers, strict=True)).get("TCPTimeWaitOverflow", 0))


@pytest.fixture(scope="session")
def perform() -> Iterator[Perform]:
    """Perform an experiment, unless it was done before: ``perform(name, via="virtual", seed=0)``."""
    done: dict[tuple[str, str, int], Performed] = {}
    overrun: set[str] = set()
    with ExitStack() as stack:

        def once(name: str, via: str = "virtual", seed: int = 0) -> Performed:
            if via == "os" and sys.platform != "linux":
                pytest.skip("what is compared here is Linux")
            if (name, via, seed) not in done:
                before = time_waits_thrown_away()
                done[name, via, seed] = stack.enter_context(performed(name, via=via, seed=seed))
                if via == "os" and time_waits_thrown_away() != before:
                    overrun.add(name)
            if via == "os" and name in overrun:
                pytest.skip("others have filled the kernel's table of sockets in TIME-WAIT meanwhile")
            return done[name, via, seed]

        yield once
