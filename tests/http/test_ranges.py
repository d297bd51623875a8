from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from michinori.http import ranges
from michinori.http.ranges import Span


@pytest.mark.parametrize(
    ("value", "spans"),
    [
        ("bytes=0-4", [(0, 4)]),
        ("Bytes = 0-4", [(0, 4)]),
        ("bytes=0-0", [(0, 0)]),
        ("bytes=5-", [(5, 9)]),
        ("bytes=-3", [(7, 9)]),
        ("bytes=-99", [(0, 9)]),
        ("bytes=2-99", [(2, 9)]),
        ("bytes=0-1,4-5 , -1", [(0, 1), (4, 5), (9, 9)]),
        ("bytes=,0-1,", [(0, 1)]),
        ("bytes=0-1,50-", [(0, 1)]),
        ("bytes=10-", []),
        ("bytes=99-100,50-", []),
        ("bytes=-0", []),
    ],
)
def test_what_is_asked_for(value: str, spans: list[tuple[int, int]]) -> None:
    assert ranges.parse(value, 10) == [Span(*span) for span in spans]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=a-b",
        "bytes=5-4",
        "bytes=--5",
        "bytes=1-2-3",
        "bytes=1",
        "bytes=٣-",
        "lines=0-4",
        "bytes=0-,0-",
        "bytes=" + ",".join(["0-0"] * 65),
        "bytes=0-" + "9" * 40,
    ],
)
def test_what_is_ignored(value: str) -> None:
    assert ranges.parse(value, 10) is None


def test_an_empty_file_has_no_parts() -> None:
    assert ranges.parse("bytes=0-", 0) == []
    assert ranges.parse("bytes=-5", 0) == []


def test_several_parts_in_one_answer() -> None:
    content = b"0123456789"
    spans = [Span(0, 1), Span(8, 9)]
    parts = ranges.multipart(spans, 10, "text/plain", "MARK")
    body = b"".join(part if isinstance(part, bytes) else content[part[0] : part[0] + part[1]] for part in parts)
    assert body == (
        b"--MARK\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n"
        b"--MARK\r\nContent-Type: text/plain\r\nContent-Range: bytes 8-9/10\r\n\r\n89\r\n--MARK--\r\n"
    )
    assert ranges.boundary('"a"', spans) == ranges.boundary('"a"', spans) != ranges.boundary('"b"', spans)


@given(st.text(max_size=40) | st.from_regex(r"bytes=[0-9,\- ]{0,30}", fullmatch=True), st.integers(0, 100))
def test_any_value_gives_parts_within_the_whole(value: str, size: int) -> None:
    for span in ranges.parse(value, size) or []:
        assert 0 <= span.first <= span.last < size


@given(st.integers(1, 50), st.data())
def test_every_part_that_exists_can_be_had(size: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, size - 1))
    last = data.draw(st.integers(first, size - 1))
    assert ranges.parse(f"bytes={first}-{last}", size) == [Span(first, last)]
    assert ranges.parse(f"bytes=-{size - first}", size) == [Span(first, size - 1)]
