from __future__ import annotations

import pytest

from michinori.http import Headers, redirects, urls
from michinori.http.errors import BadRedirect

BASE = urls.parse("http://a.example/dir/page?q#frag")


@pytest.mark.parametrize(
    ("status", "before", "after", "body"),
    [
        (301, "GET", "GET", True),
        (301, "POST", "GET", False),
        (302, "POST", "GET", False),
        (302, "PUT", "PUT", True),
        (301, "HEAD", "HEAD", True),
        (303, "POST", "GET", False),
        (303, "PUT", "GET", False),
        (303, "HEAD", "HEAD", False),
        (307, "POST", "POST", True),
        (308, "POST", "POST", True),
        (308, "DELETE", "DELETE", True),
    ],
)
def test_methods(status: int, before: str, after: str, body: bool) -> None:
    assert redirects.method(status, before) == after
    assert redirects.keeps_body(status, before) is body


@pytest.mark.parametrize(
    ("location", "href"),
    [
        ("/x", "http://a.example/x#frag"),
        ("x?y", "http://a.example/dir/x?y#frag"),
        ("//b.example", "http://b.example/#frag"),
        ("https://b.example/y#own", "https://b.example/y#own"),
        ("?z#", "http://a.example/dir/page?z#"),
        ("/\xe9\x81\x93", "http://a.example/%E9%81%93#frag"),  # UTF-8, octet by octet
        ("", "http://a.example/dir/page?q#frag"),
    ],
)
def test_where_to(location: str, href: str) -> None:
    target = redirects.location(302, Headers({"Location": location}), BASE)
    assert target is not None
    assert target.href == href


def test_what_is_no_redirect() -> None:
    assert redirects.location(302, Headers(), BASE) is None
    for status in (200, 300, 304, 305, 404):
        assert redirects.location(status, Headers({"Location": "/x"}), BASE) is None


@pytest.mark.parametrize("location", ["ftp://a.example/", "javascript:alert(1)", "http://", "data:,x"])
def test_places_that_cannot_be_followed(location: str) -> None:
    with pytest.raises(BadRedirect, match="no http or https URL"):
        redirects.location(301, Headers({"Location": location}), BASE)


def test_two_places_at_once() -> None:
    same = Headers([("Location", "/x"), ("Location", "/x")])
    assert redirects.location(301, same, BASE) is not None
    with pytest.raises(BadRedirect, match="more than one"):
        redirects.location(301, Headers([("Location", "/x"), ("Location", "/y")]), BASE)


def test_secrets_stay_within_the_origin() -> None:
    before = Headers({"Host": "a", "Authorization": "Basic x", "Cookie": "c", "Accept": "*/*", "Content-Type": "t"})
    for target in ("http://b.example/", "https://a.example/", "http://a.example:81/"):
        after = redirects.headers(before, source=BASE, target=urls.parse(target), keeps_body=True)
        assert list(after) == [("Accept", "*/*"), ("Content-Type", "t")]
    after = redirects.headers(before, source=BASE, target=urls.parse("http://a.example:80/y"), keeps_body=False)
    assert [name for name, _ in after] == ["Authorization", "Cookie", "Accept"]
