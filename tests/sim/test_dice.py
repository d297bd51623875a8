"""The dice: one seed, a stream for each name."""

from __future__ import annotations

import os
import subprocess
import sys

from michinori.sim import Dice


def test_the_same_seed_and_name_give_the_same_luck() -> None:
    assert [Dice(7).stream("link/1").random() for _ in range(3)] == [Dice(7).stream("link/1").random()] * 3
    assert Dice(7).stream("link/1").random() != Dice(8).stream("link/1").random()
    assert Dice(7).stream("link/1").random() != Dice(7).stream("link/2").random()


def test_a_stream_goes_on_where_it_was() -> None:
    dice = Dice()
    first = dice.stream("host/pc").random()
    assert dice.stream("host/pc").random() != first
    assert dice.stream("host/pc") is dice.stream("host/pc")


def test_one_more_stream_does_not_change_the_luck_of_the_others() -> None:
    alone, together = Dice(3), Dice(3)
    together.stream("another").random()
    luck = []
    for _ in range(5):
        luck.append(together.stream("link").random())
        together.stream("another").random()
    assert luck == [alone.stream("link").random() for _ in range(5)]


def test_the_luck_does_not_depend_on_the_process() -> None:
    program = "from michinori.sim import Dice; print([Dice(5).stream('x').getrandbits(64) for _ in range(2)])"
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "12345")
    }
    assert len(printed) == 1
