"""What a page needs besides itself: found in the tree, in stylesheets, and ahead of the parser."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webs import HOST

from michinori.browser import asking, css, data_url
from michinori.browser.discover import PRIORITY, Finder, Resource
from michinori.browser.document import Document
from michinori.browser.errors import BadDataUrl
from michinori.browser.media import Viewport
from michinori.browser.preload import Preload
from michinori.http.headers import Headers


def found(html: str, viewport: Viewport | None = None) -> list[Resource]:
    resources = Finder(Document(html, HOST + "/dir/page.html"), viewport or Viewport()).in_document()
    return [resource for resource in resources if not resource.url.endswith("favicon.ico")]


def fetched(html: str, viewport: Viewport | None = None) -> list[tuple[str, str]]:
    return [(one.kind, one.url.removeprefix(HOST)) for one in found(html, viewport) if not one.not_fetched]


@pytest.mark.row("B24")
@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<link rel=stylesheet href=a.css>", [("stylesheet", "/dir/a.css")]),
        ("<link rel='StyleSheet other' href=/a.css>", [("stylesheet", "/a.css")]),
        ("<link rel=stylesheet href=a.css type=text/less>", []),
        ("<link rel='alternate stylesheet' href=a.css>", []),
        ("<link rel=stylesheet href=a.css disabled>", []),
        ("<link rel=stylesheet>", []),
        (
            "<link rel=preload as=font href=f.woff2><link rel=preload as=style href=a.css>",
            [("font", "/dir/f.woff2"), ("stylesheet", "/dir/a.css")],
        ),
        (
            "<style>@import 'a.css';p{background:url(b.png)}</style><p>",
            [("stylesheet", "/dir/a.css"), ("image", "/dir/b.png")],
        ),
        ("<style media=print>p{background:url(b.png)}</style><p>", []),
        ("<p style='background:url(b.png)'>", [("image", "/dir/b.png")]),
        ("<img src=a.png><img><img src=''><img src=' '>", [("image", "/dir/a.png")]),
        ("<img src=a.png srcset='b.png 2x'>", [("image", "/dir/a.png")]),
        ("<img srcset='b.png 2x'>", [("image", "/dir/b.png")]),
        ("<picture><source srcset=a.webp type=image/webp><img src=a.png></picture>", [("image", "/dir/a.webp")]),
        ("<picture><source srcset=a.jxl type=image/jxl><img src=a.png></picture>", [("image", "/dir/a.png")]),
        (
            "<picture><source srcset=a.webp media='(max-width:600px)'><img src=a.png></picture>",
            [("image", "/dir/a.png")],
        ),
        ("<picture><img src=a.png><source srcset=late.webp></picture>", [("image", "/dir/a.png")]),
        ("<input type=image src=a.png><input src=b.png>", [("image", "/dir/a.png")]),
        ("<body background=a.png><table background=b.png>", [("image", "/dir/a.png"), ("image", "/dir/b.png")]),
        ("<svg><image href=a.png /><image xlink:href='#x'/></svg>", [("image", "/dir/a.png")]),
        ("<video poster=a.png src=v.mp4></video>", [("image", "/dir/a.png")]),
        ("<base href=/other/><img src=a.png>", [("image", "/other/a.png")]),
        ("<img src='data:image/png;base64,AA=='>", [("image", "data:image/png;base64,AA==")]),
        ("<template><img src=a.png></template>", []),
        ("<link rel=icon href=i.png>", [("icon", "/dir/i.png")]),
        ("<link rel=icon href=i.txt type=text/plain>", []),
    ],
)
def test_what_is_fetched(html: str, expected: list[tuple[str, str]]) -> None:
    assert fetched(html) == expected


def test_the_icon_is_asked_for_at_the_usual_place() -> None:
    resources = list(Finder(Document("<p>", HOST + "/dir/page.html"), Viewport()).in_document())
    assert [(one.kind, one.url) for one in resources] == [("icon", HOST + "/favicon.ico")]
    assert not list(Finder(Document("<p>", "data:text/html,x"), Viewport()).in_document())


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        ("<script src=a.js></script>", "script"),
        ("<iframe src=a.html></iframe>", "frame"),
        ("<object data=a.svg></object>", "frame"),
        ("<audio src=a.mp3></audio>", "media"),
        ("<video><source src=a.mp4></video>", "media"),
        ("<img src=ftp://site.example/a.png>", "image"),
    ],
)
def test_what_is_only_named(html: str, kind: str) -> None:
    (resource,) = found(html)
    assert resource.kind == kind
    assert resource.not_fetched


def test_who_goes_first() -> None:
    order = {
        one.url.rpartition("/")[2]: one.priority
        for one in found(
            "<link rel=stylesheet href=print.css media=print><link rel=stylesheet href=a.css>"
            + "".join(f"<img src={number}.png>" for number in range(6))
        )
    }
    assert order["a.css"] == PRIORITY["stylesheet"] < order["0.png"] < order["5.png"] < order["print.css"]


def test_only_what_the_page_uses_is_wanted_from_a_stylesheet() -> None:
    finder = Finder(Document("<p class=a><style>body{font-family:used}</style>", HOST + "/"), Viewport())
    list(finder.in_document())
    wants = css.skim(
        ".a{background:url(yes.png)} .b{background:url(no.png)} .a::before{background:url(before.png)}"
        ".a:hover{background:url(hover.png)} @media print{.a{background:url(print.png)}}"
        "@font-face{font-family:Used;src:url(used.eot) format('embedded-opentype'),url(used.woff2) format('woff2')}"
        "@font-face{font-family:Unused;src:url(unused.woff2)}"
    )
    urls = [one.url for one in finder.in_stylesheet(wants, "http://cdn.example/css/a.css")]
    assert urls == [f"http://cdn.example/css/{name}" for name in ("used.woff2", "yes.png", "before.png")]


def test_a_font_is_wanted_when_a_later_stylesheet_names_it() -> None:
    finder = Finder(Document("<p>", HOST + "/"), Viewport())
    assert not list(finder.in_stylesheet(css.skim("@font-face{font-family:F;src:url(f.ttf)}"), HOST + "/a.css"))
    (font,) = finder.in_stylesheet(css.skim("p{font-family:f}"), HOST + "/b.css")
    assert (font.url, font.initiator) == (HOST + "/f.ttf", HOST + "/a.css")


def preloaded(html: str, size: int = 100, charset: str | None = "utf-8") -> list[str]:
    scan = Preload(HOST + "/", charset, Viewport())
    octets = html.encode() + b" " * 1100
    pieces = [octets[at : at + size] for at in range(0, len(octets), size)]
    return [one.url.removeprefix(HOST) for piece in pieces for one in scan.feed(piece)]


@pytest.mark.parametrize("size", [1, 7, 5000])
def test_the_preload_scan_finds_ahead_of_the_parser(size: int) -> None:
    html = (
        "<!DOCTYPE html><link rel=stylesheet href=a.css><link rel=stylesheet href=print.css media=print>"
        "<script>document.write('<img src=no.png>')</script><!-- <img src=no.png> --><base href=/sub/>"
        "<img src='a.png'><picture><source srcset=x.webp><img src=later.png></picture><img src=b.png srcset='c.png 2x'>"
    )
    assert preloaded(html, size) == ["/a.css", "/sub/a.png"]


def test_the_preload_scan_finds_nothing_that_the_parser_does_not() -> None:
    html = "".join(
        f"<p><img src={number}.png alt='>'><link rel=stylesheet href='{number}.css'>" for number in range(20)
    )
    everything = {url for _, url in fetched(html)}
    assert {f"/dir{url}" for url in preloaded(html)} <= everything


@given(st.binary(max_size=300), st.sampled_from([None, "utf-8", "shift_jis", "iso-2022-jp", "utf-16"]))
def test_anything_can_be_scanned(octets: bytes, charset: str | None) -> None:
    scan = Preload(HOST + "/", charset, Viewport())
    list(scan.feed(b"<img src=" + octets + b" " * 1100))
    list(scan.feed(octets))


@given(
    st.text(max_size=200)
    | st.from_regex(r"(<(img|link|style|picture|source|base) |(src|href|srcset|rel|media)=[^>]{0,8}|>|</style>){1,15}")
)
def test_anything_can_be_looked_through(html: str) -> None:
    for resource in found(html):
        assert resource.url


@pytest.mark.parametrize(
    ("url", "essence", "body"),
    [
        ("data:,a%20b", "text/plain", b"a b"),
        ("data:text/html;charset=utf-8,<p>", "text/html", b"<p>"),
        ("data:image/png;base64," + base64.b64encode(b"png!").decode(), "image/png", b"png!"),
        ("data:image/png; BASE64,cG5n%20IQ", "image/png", b"png!"),
        ("data:;charset=x;base64,", "text/plain", b""),
        ("data:nonsense,x#fragment", "text/plain", b"x"),
    ],
)
def test_data_urls(url: str, essence: str, body: bytes) -> None:
    kind, octets = data_url.read(url)
    assert (kind.essence, octets) == (essence, body)


@pytest.mark.parametrize("url", ["data:text/html", "data:;base64,a", "data:;base64,a*bc"])
def test_data_urls_that_hold_nothing(url: str) -> None:
    with pytest.raises(BadDataUrl):
        data_url.read(url)


@given(st.text(max_size=80))
def test_any_data_url_can_be_read(text: str) -> None:
    try:
        data_url.read("data:" + text.encode("utf-8", "replace").decode())
    except BadDataUrl:
        return


A, B, SECURE = "http://a.example/dir/page?q#f", "http://b.example/x", "https://a.example/page"


@pytest.mark.parametrize(
    ("policy", "same", "cross", "downgrade"),
    [
        ("strict-origin-when-cross-origin", "http://a.example/dir/page?q", "http://a.example/", ""),
        ("no-referrer", "", "", ""),
        ("same-origin", "http://a.example/dir/page?q", "", ""),
        ("origin", "http://a.example/", "http://a.example/", "https://a.example/"),
        ("strict-origin", "http://a.example/", "http://a.example/", ""),
        ("origin-when-cross-origin", "http://a.example/dir/page?q", "http://a.example/", "https://a.example/"),
        ("no-referrer-when-downgrade", "http://a.example/dir/page?q", "http://a.example/dir/page?q", ""),
        ("unsafe-url", "http://a.example/dir/page?q", "http://a.example/dir/page?q", "https://a.example/page"),
    ],
)
def test_referrer_policies(policy: str, same: str, cross: str, downgrade: str) -> None:
    assert asking.referer(A, "http://a.example/y", policy) == same
    assert asking.referer(A, B, policy) == cross
    assert asking.referer(SECURE, B, policy) == downgrade


def test_what_a_request_says() -> None:
    page = asking.fields("document", A, lang="ja")
    assert page.get("Upgrade-Insecure-Requests") == "1"
    assert page.get("Accept-Language").startswith("ja")
    assert page.get("Accept").startswith("text/html")
    assert "Referer" not in page
    font = asking.fields("font", B, referrer="http://user:secret@a.example/")
    assert font.get("Origin") == "http://a.example"
    assert "secret" not in font.get("Referer")
    assert asking.fields("stylesheet", A).get("Accept") == "text/css,*/*;q=0.1"
    assert asking.policy_of(Headers({"Referrer-Policy": "nonsense, no-referrer"})) == "no-referrer"
    assert asking.policy_of(Headers({})) == "strict-origin-when-cross-origin"
