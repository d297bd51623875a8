from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from michinori.http import Headers
from michinori.http.conditional import Validators, Verdict, evaluate, range_applies, tags
from michinori.http.dates import format_date

THEN = 1_700_000_000
OWN = Validators('"one"', THEN)
SAME, BEFORE, AFTER = format_date(THEN), format_date(THEN - 1), format_date(THEN + 1)
P, N, F = Verdict.PROCEED, Verdict.NOT_MODIFIED, Verdict.FAILED


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({}, P),
        ({"If-Match": '"one"'}, P),
        ({"If-Match": '"two", "one"'}, P),
        ({"If-Match": "*"}, P),
        ({"If-Match": '"two"'}, F),
        ({"If-Match": 'W/"one"'}, F),  # strong comparison
        ({"If-None-Match": '"one"'}, N),
        ({"If-None-Match": 'W/"one"'}, N),  # weak comparison
        ({"If-None-Match": '"two" , W/"one"'}, N),
        ({"If-None-Match": "*"}, N),
        ({"If-None-Match": '"two"'}, P),
        ({"If-None-Match": "one"}, P),  # no tag
        ({"If-Modified-Since": SAME}, N),
        ({"If-Modified-Since": AFTER}, N),
        ({"If-Modified-Since": BEFORE}, P),
        ({"If-Modified-Since": "yesterday"}, P),
        ({"If-Unmodified-Since": SAME}, P),
        ({"If-Unmodified-Since": BEFORE}, F),
        ({"If-Unmodified-Since": "yesterday"}, P),
        # The tag goes before the date.
        ({"If-None-Match": '"two"', "If-Modified-Since": AFTER}, P),
        ({"If-Match": '"one"', "If-Unmodified-Since": BEFORE}, P),
        ({"If-Match": '"one"', "If-None-Match": '"one"'}, N),
        ({"If-Match": '"two"', "If-None-Match": '"one"'}, F),
    ],
)
def test_the_steps_of_the_rfc(fields: dict[str, str], verdict: Verdict) -> None:
    assert evaluate("GET", Headers(fields), OWN) is verdict
    assert evaluate("HEAD", Headers(fields), OWN) is verdict


def test_other_methods() -> None:
    assert evaluate("PUT", Headers({"If-None-Match": "*"}), OWN) is F
    assert evaluate("PUT", Headers({"If-None-Match": "*"}), None) is P
    assert evaluate("PUT", Headers({"If-Match": "*"}), None) is F
    assert evaluate("PUT", Headers({"If-Modified-Since": AFTER}), OWN) is P


def test_without_a_date_only_tags_count() -> None:
    dateless = Validators('"one"')
    assert evaluate("GET", Headers({"If-Modified-Since": AFTER}), dateless) is P
    assert evaluate("GET", Headers({"If-Unmodified-Since": BEFORE}), dateless) is P


@pytest.mark.parametrize(
    ("condition", "applies"),
    [
        (None, True),
        ('"one"', True),
        ('W/"one"', False),
        ('"two"', False),
        (SAME, True),
        (AFTER, False),
        (BEFORE, False),
        ("", False),
        ("one", False),
    ],
)
def test_if_range(condition: str | None, applies: bool) -> None:
    headers = Headers({} if condition is None else {"If-Range": condition})
    assert range_applies(headers, OWN, THEN + 100) is applies


def test_a_date_of_this_very_second_is_too_weak() -> None:
    assert not range_applies(Headers({"If-Range": SAME}), OWN, THEN)


def test_lists_of_tags() -> None:
    assert tags(' "a",, W/"b" ,"c,d" ') == ['"a"', 'W/"b"', '"c,d"']
    assert tags('"a" "b"') == []
    assert tags("") == []


@given(st.text(alphabet='W/",* \tabc\x80', max_size=60))
def test_any_list_of_tags_is_taken_in(value: str) -> None:
    assert all(tag.endswith('"') for tag in tags(value))
    evaluate("GET", Headers({"If-None-Match": value, "If-Match": value}), OWN)
