from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from michinori.http.dates import format_date, now_s, parse_date
from michinori.trace import SCOPE, Scope


@pytest.mark.parametrize(
    "text", ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
)
def test_three_forms_are_understood(text: str) -> None:
    assert parse_date(text) == 784111777


def test_one_form_is_written() -> None:
    assert format_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 JST",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun, ٠٦ Nov 1994 08:49:37 GMT",
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert parse_date(text) is None


@given(st.integers(0, 253402300799))
def test_round_trip(seconds: int) -> None:
    assert parse_date(format_date(seconds)) == seconds


@given(st.text())
def test_garbage_is_no_date(text: str) -> None:
    assert parse_date(text) is None or isinstance(parse_date(text), int)


def test_a_year_of_two_digits_is_not_far_ahead() -> None:
    class Fixed:
        def now_ns(self) -> int:
            return 0

        def date_ns(self) -> int:
            return 1_767_225_600_000_000_000  # 2026-01-01

    token = SCOPE.set(Scope(None, "test", Fixed(), random.Random(0)))
    try:
        assert now_s() == 1_767_225_600
        assert format_date(parse_date("Sunday, 06-Nov-76 08:49:37 GMT") or 0).split()[3] == "2076"
        assert format_date(parse_date("Sunday, 06-Nov-77 08:49:37 GMT") or 0).split()[3] == "1977"
    finally:
        SCOPE.reset(token)
