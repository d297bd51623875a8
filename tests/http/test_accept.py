from __future__ import annotations

import pytest

from michinori.http import Headers, accept


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        (None, False),
        ("", False),
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000", False),
        ("gzip; q=0.001", True),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("identity, br", False),
        ("gzip;q=2", False),
        ("gzip;q=high", False),
    ],
)
def test_whether_gzip_is_taken(value: str | None, taken: bool) -> None:
    headers = Headers({} if value is None else {"Accept-Encoding": value})
    assert accept.takes(headers, "gzip") is taken


@pytest.mark.parametrize(
    ("value", "language"),
    [
        ("", "en"),
        ("ja", "ja"),
        ("ja-JP,en;q=0.5", "ja"),
        ("en-US,ja", "en"),
        ("fr, ja;q=0.8, en;q=0.5", "ja"),
        ("fr, en;q=0.8, ja;q=0.5", "en"),
        ("de, fr;q=0.1", "en"),
        ("ja;q=0", "en"),
        ("jav", "en"),
        ("ja;q=many", "en"),
    ],
)
def test_the_reader_chooses_the_language(value: str, language: str) -> None:
    assert accept.language(value) == language
