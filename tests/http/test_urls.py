from __future__ import annotations

import pytest

from michinori.http import urls
from michinori.http.errors import BadUrl
from michinori.http.urls import Origin


@pytest.mark.row("B4")
def test_the_parts_that_a_request_needs() -> None:
    url = urls.parse("HTTP://User:pw@WWW.Example:8080/a b/../c?q=1#frag")
    assert url.origin == Origin("http", "www.example", 8080)
    assert (url.target, url.authority, url.fragment) == ("/c?q=1", "www.example:8080", "#frag")
    assert (url.username, url.password) == ("User", "pw")
    assert url.without_fragment == "http://User:pw@www.example:8080/c?q=1"


@pytest.mark.parametrize(
    ("text", "authority", "port"),
    [
        ("http://a.example/", "a.example", 80),
        ("http://a.example:80/", "a.example", 80),
        ("https://a.example/", "a.example", 443),
        ("https://a.example:80/", "a.example:80", 80),
        ("http://[2001:db8::1]:8080/", "[2001:db8::1]:8080", 8080),
        ("http://bücher.example/", "xn--bcher-kva.example", 80),
    ],
)
def test_what_the_host_field_says(text: str, authority: str, port: int) -> None:
    url = urls.parse(text)
    assert (url.authority, url.port) == (authority, port)


def test_ipv6_hosts_are_without_brackets_inside() -> None:
    assert urls.parse("http://[::1]/").host == "::1"


@pytest.mark.parametrize(
    "text", ["", "www.example", "ftp://a.example/", "file:///etc/passwd", "http://", "http://a b/"]
)
def test_what_cannot_be_fetched_is_refused(text: str) -> None:
    with pytest.raises(BadUrl, match="give an absolute"):
        urls.parse(text)


def test_relative_to_another() -> None:
    assert urls.parse("../x?y", "http://a.example/b/c/d").href == "http://a.example/b/x?y"
    assert urls.parse("//b.example/x", "https://a.example/").href == "https://b.example/x"
