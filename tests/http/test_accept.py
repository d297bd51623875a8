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
