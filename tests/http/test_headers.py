from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from michinori.http import Headers


def test_order_case_and_duplicates_are_kept() -> None:
    fields = [("X-b", "1"), ("SET-cookie", "a=1"), ("Set-Cookie", "b=2"), ("x-B", "3")]
    headers = Headers(fields)
    assert list(headers) == fields
    assert headers.all("set-cookie") == ["a=1", "b=2"]
    assert headers.get("X-B") == "1, 3"
    assert "SET-COOKIE" in headers
    assert "cookie" not in headers


def test_set_takes_the_place_of_the_first() -> None:
    headers = Headers([("A", "1"), ("B", "2"), ("a", "3"), ("C", "4")])
    headers.set("a", "9")
    assert list(headers) == [("a", "9"), ("B", "2"), ("C", "4")]
    headers.set("D", "5")
    assert list(headers)[-1] == ("D", "5")


def test_tokens_of_a_list() -> None:
    headers = Headers([("Connection", "Keep-Alive, , Upgrade"), ("connection", "\tclose ")])
    assert headers.tokens("Connection") == ["keep-alive", "upgrade", "close"]


def test_set_default_and_remove() -> None:
    headers = Headers({"Accept": "text/html"})
    headers.set_default("accept", "*/*")
    headers.set_default("Host", "a")
    assert headers.as_lists() == [["Accept", "text/html"], ["Host", "a"]]
    headers.remove("HOST", "accept")
    assert not len(headers)


def test_a_copy_is_independent() -> None:
    one = Headers({"A": "1"})
    two = one.copy()
    two.add("B", "2")
    assert one == Headers({"A": "1"})
    assert one != two


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=8), st.binary(max_size=20))))
def test_whatever_octets_come_survive(fields: list[tuple[bytes, bytes]]) -> None:
    assert Headers.from_octets(fields).octets() == fields
