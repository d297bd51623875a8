"""Arithmetic of numbers that wrap."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from michinori.wire import sequence

NUMBERS = st.integers(0, 0xFFFF_FFFF) | st.sampled_from([0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF])
STEPS = st.integers(-0x7FFF_FFFF, 0x7FFF_FFFF)


@given(NUMBERS, STEPS)
def test_the_difference_of_a_sum_is_the_step(number: int, step: int) -> None:
    further = sequence.add(number, step)
    assert 0 <= further <= 0xFFFF_FFFF
    assert sequence.diff(further, number) == step


@given(NUMBERS, STEPS)
def test_comparing_goes_the_shorter_way_around(number: int, step: int) -> None:
    further = sequence.add(number, step)
    assert sequence.lt(number, further) is (step > 0)
    assert sequence.le(number, further) is (step >= 0)
    assert sequence.gt(number, further) is (step < 0)
    assert sequence.ge(number, further) is (step <= 0)
