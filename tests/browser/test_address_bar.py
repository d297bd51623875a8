"""What is typed: a URL or words, and the parts of a URL."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from michinori.browser import address_bar
from michinori.browser.address_bar import split, understand
from michinori.browser.errors import BadAddress

URLS = {
    "http://www.michinori.example/": "http://www.michinori.example/",
    "www.michinori.example": "http://www.michinori.example/",
    "michinori.example/a b": "http://michinori.example/a%20b",
    "localhost": "http://localhost/",
    "localhost:8080": "http://localhost:8080/",
    "router:8080/status": "http://router:8080/status",
    "192.0.2.1": "http://192.0.2.1/",
    "192.0.2.1:81/x": "http://192.0.2.1:81/x",
    "[::1]": "http://[::1]/",
    "[2001:DB8::1]:8080/x": "http://[2001:db8::1]:8080/x",
    "example/path": "http://example/path",
    "router/": "http://router/",
    "道のり.example": "http://xn--u9jwc5991b.example/",
    "http://道のり.example/あ": "http://xn--u9jwc5991b.example/%E3%81%82",
    "user:secret@site.example/": "http://user:secret@site.example/",
    "//site.example/p": "http://site.example/p",
    " \thttp://site.example/ \n": "http://site.example/",
    "HTTP://SITE.example:80/../b?q#f": "http://site.example/b?q#f",
    "https://site.example": "https://site.example/",
    "data:text/html,hi": "data:text/html,hi",
    "about:blank": "about:blank",
    "mailto:a@site.example": "mailto:a@site.example",
    "tel:123": "tel:123",
    "gopher://site.example/": "gopher://site.example/",
    "/etc/hosts": "file:///etc/hosts",
    "http.example": "http://http.example/",
}
WORDS = [
    *("tcp handshake", "tcp", "3.14", "道のり", "道のりとは", "URLの 道のり", "日本語。テスト", "C++", "what is 1/2?"),
    *(
        "tcp/ip の 仕組み",
        "me@mail.example",
        "site:x.example tcp",
        "foo:bar",
        "127.1",
        "foo..bar",
        "::1",
        "localhost:99999",
    ),
    *("http", "GET / HTTP/1.1", "-dash.example", "e.g. this"),
]


@pytest.mark.row("B1")
@pytest.mark.parametrize(("typed", "url"), URLS.items())
def test_urls_are_told(typed: str, url: str) -> None:
    understood = understand(typed)
    assert (understood.kind, understood.url) == ("url", url)


@pytest.mark.row("B1")
@pytest.mark.parametrize("typed", WORDS)
def test_words_are_sent_to_the_search_engine(typed: str) -> None:
    understood = understand(typed)
    assert understood.kind == "words"
    assert understood.words == " ".join(typed.split())
    assert understood.url.startswith("http://search.example/?q=")


def test_words_are_encoded_as_a_form_does() -> None:
    assert understand("tcp 3+1").url == "http://search.example/?q=tcp+3%2B1"
    assert understand("道のり　とは").url.endswith("?q=%E9%81%93%E3%81%AE%E3%82%8A+%E3%81%A8%E3%81%AF")
    assert understand("?www.site.example").words == "www.site.example"
    assert understand("a", search="http://find.example/s/{}").url == "http://find.example/s/a"


@pytest.mark.row("B1")
def test_the_slip_of_the_document_is_put_right_and_said() -> None:
    assert understand("http//localhost:8080").url == "http://localhost:8080/"
    assert understand("http//localhost:8080").remarks == ("colon-added",)
    assert understand("http:/localhost").remarks == ("slashes-corrected",)
    assert understand("localhost").remarks == ("scheme-added",)
    assert understand("http://localhost").remarks == ()


@pytest.mark.parametrize("typed", ["", "  \n", "http://", "http://a b/", "http://[::1", "http://host:99999/", "?"])
def test_what_begins_like_a_url_and_is_none_is_refused(typed: str) -> None:
    with pytest.raises(BadAddress):
        understand(typed)


@pytest.mark.row("B2")
def test_every_part_of_a_url() -> None:
    parts = split("http://user:pass@道のり.example:8080/a/b.html?q=1&r=2#top")
    assert (parts.scheme, parts.username, parts.password) == ("http", "user", "pass")
    assert (parts.host, parts.host_shown, parts.host_kind) == ("xn--u9jwc5991b.example", "道のり.example", "name")
    assert (parts.port, parts.port_written) == (8080, True)
    assert (parts.path, parts.query, parts.fragment) == ("/a/b.html", "q=1&r=2", "top")
    assert parts.origin == "http://xn--u9jwc5991b.example:8080"


@pytest.mark.parametrize(
    ("url", "kind", "port"),
    [
        ("http://192.0.2.1/", "ipv4", 80),
        ("https://[::1]/", "ipv6", 443),
        ("http://0x7f.1/", "ipv4", 80),
        ("data:,x", "none", None),
    ],
)
def test_kinds_of_hosts_and_ports_that_are_meant(url: str, kind: str, port: int | None) -> None:
    parts = split(url)
    assert (parts.host_kind, parts.port, parts.port_written) == (kind, port, False)


@pytest.mark.row("B1")
@pytest.mark.row("B2")
def test_what_was_understood_is_in_the_trace(events) -> None:
    address_bar.note_typed(understand("tcp handshake"))
    assert events("address-typed") == [
        {"text": "tcp handshake", "kind": "words", "url": "http://search.example/?q=tcp+handshake", "remarks": []}
    ]
    assert events("search-asked")[0]["words"] == "tcp handshake"
    (parsed,) = events("url-parsed")
    assert (parsed["scheme"], parsed["host"], parsed["port"]) == ("http", "search.example", 80)
    assert (parsed["path"], parsed["query"]) == ("/", "q=tcp+handshake")


def test_passwords_are_never_written_down(recorder) -> None:
    address_bar.note_typed(understand("http://user:hunter2@site.example/?q"))
    written = [repr(event) for event in recorder.read()]
    assert written
    assert not any("hunter2" in line for line in written)


def test_what_led_to_what_is_known(recorder) -> None:
    address_bar.note_typed(understand("some words"))
    typed, search, parsed = recorder.read()
    assert (search.cause, parsed.cause) == (typed.n, search.n)


@given(st.text(max_size=60))
def test_anything_can_be_typed(text: str) -> None:
    try:
        understood = understand(text)
    except BadAddress:
        return
    assert split(understood.url).href == understood.url


@given(st.from_regex(r"[a-z]{1,5}(:|//|:/|\.)[a-z0-9@:.\[\]/?# ]{0,12}", fullmatch=True))
def test_anything_like_a_url_can_be_typed(text: str) -> None:
    try:
        understand(text)
    except BadAddress:
        return
