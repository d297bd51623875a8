"""Loading: side by side, each once, who goes first, and what is left out."""

from __future__ import annotations

import asyncio

import pytest
from webs import HOST, Web, browse, image

from michinori.browser import Page, Settings
from michinori.browser.loader import Loaded
from michinori.browser.settings import Limits
from michinori.http.errors import ConnectFailed

PNG = image("PNG")
QUICK = Settings(draw=False)


def loaded(page: Page, path: str) -> Loaded:
    return next(one for one in page.resources if one.resource.url in (path, HOST + path))


def test_stylesheets_before_fonts_before_images() -> None:
    web = Web(
        {
            "/": "<!DOCTYPE html><img src=1.png><img src=2.png><link rel=stylesheet href=a.css><p>x",
            "/a.css": "@font-face{font-family:f;src:url(f.ttf)}p{font-family:f;background:url(b.png)}",
            "/1.png": PNG,
            "/2.png": PNG,
            "/b.png": PNG,
            "/f.ttf": b"\0\x01\0\0",
        },
        pieces=1,
    )
    page = browse(web, settings=QUICK)
    assert web.urls == ["/", "/a.css", "/1.png", "/2.png", "/favicon.ico", "/f.ttf", "/b.png"]
    assert [one.resource.kind for one in page.resources if one.ok] == ["image", "image", "stylesheet", "font", "image"]


def test_what_stands_at_the_top_is_asked_for_before_the_end_has_come() -> None:
    html = "<!DOCTYPE html><link rel=stylesheet href=a.css>" + "<p>x" * 1000
    came: list[str] = []

    class Slow(Web):
        async def fetch(self, request):
            came.append(request.url)
            return await super().fetch(request)

    web = Slow({"/": html, "/a.css": "p{}"}, pieces=10)
    browse(web, settings=QUICK)
    assert came[0] == HOST + "/a.css"
    assert [request.priority for request in web.asked][:2] == [0, 1]


def test_everything_is_fetched_once() -> None:
    web = Web(
        {
            "/": "<!DOCTYPE html><style>@import 'a.css'</style><link rel=stylesheet href=a.css>"
            "<img src=x.png><img src=x.png#f>",
            "/a.css": "@import 'b.css';",
            "/b.css": "@import 'a.css'; @import 'b.css'; @import 'c.css';",
            "/c.css": "body{background:url(x.png)}",
            "/x.png": PNG,
        }
    )
    browse(web, settings=QUICK)
    assert sorted(web.urls) == ["/", "/a.css", "/b.css", "/c.css", "/favicon.ico", "/x.png"]


def test_relative_to_where_a_stylesheet_came_from() -> None:
    web = Web(
        {
            "/": "<!DOCTYPE html><link rel=stylesheet href=old.css><p>",
            "/old.css": (302, {"Location": "http://cdn.example/css/new.css"}, ""),
            "http://cdn.example/css/new.css": "p{background:url(p.png)}",
            "http://cdn.example/css/p.png": PNG,
        }
    )
    page = browse(web, settings=QUICK)
    assert loaded(page, "http://cdn.example/css/p.png").ok
    assert loaded(page, "/old.css").url == "http://cdn.example/css/new.css"
    assert (
        next(r for r in web.asked if r.url.endswith("p.png")).headers.get("Referer") == "http://cdn.example/css/new.css"
    )


def test_what_fails_is_kept_and_breaks_nothing() -> None:
    page = browse(
        {
            "/": "<!DOCTYPE html><link rel=stylesheet href=a.css><img src=gone.png><img src=down.png><img src=bad.png>"
            "<img src='data:image/png;base64,A'>"
            "<style>@font-face{font-family:f;src:url(f.ttf)}p{font-family:f}</style>",
            "/a.css": ("text/plain", "p{}"),
            "/down.png": ConnectFailed("www.site.example", 80, [("192.0.2.1", "refused")]),
            "/bad.png": b"\x89PNG\r\n\x1a\nnonsense",
            "/f.ttf": "<html>",
        }
    )
    errors = {one.resource.url.rpartition("/")[2]: (one.error, one.layer) for one in page.resources if one.error}
    assert errors["a.css"] == ("a stylesheet must be text/css, and this is text/plain", "browser")
    assert errors["gone.png"] == ("the server answered 404", "http")
    assert errors["down.png"][1] == "tcp"
    assert "broken" in errors["bad.png"][0]
    assert "not a font" in errors["f.ttf"][0]
    assert "base64" in errors["png;base64,A"][0]
    assert page.picture is not None
    assert page.failure is None
    assert {error.url for error in page.errors} >= {HOST + "/gone.png", HOST + "/down.png"}
    assert not any("favicon" in error.url for error in page.errors)


def test_in_quirks_mode_a_stylesheet_may_be_called_anything() -> None:
    pages = {"/": "<link rel=stylesheet href=a.css>", "/a.css": ("text/plain", "p{}")}
    assert loaded(browse(pages, settings=QUICK), "/a.css").ok
    pages["/a.css"] = (200, {"Content-Type": "text/plain", "X-Content-Type-Options": "nosniff"}, "p{}")
    assert not loaded(browse(pages, settings=QUICK), "/a.css").ok


def test_fonts_of_others_need_their_leave() -> None:
    pages = {
        "/": "<!DOCTYPE html><p>"
        "<style>@font-face{font-family:f;src:url(http://cdn.example/f.ttf)}p{font:1em f}</style>",
        "http://cdn.example/f.ttf": (200, {"Content-Type": "font/ttf"}, b"\0\x01\0\0"),
    }
    assert "CORS" in loaded(browse(pages, settings=QUICK), "http://cdn.example/f.ttf").error
    pages["http://cdn.example/f.ttf"] = (200, {"Access-Control-Allow-Origin": "*"}, b"\0\x01\0\0")
    assert loaded(browse(pages, settings=QUICK), "http://cdn.example/f.ttf").ok


def test_the_referrer_policy_of_the_document() -> None:
    web = Web(
        {"/": (200, {"Content-Type": "text/html", "Referrer-Policy": "no-referrer"}, "<img src=a.png>"), "/a.png": PNG}
    )
    browse(web, settings=QUICK)
    assert all("Referer" not in request.headers for request in web.asked)


@pytest.mark.parametrize("limits", [Limits(resources=5), Limits(total_octets=1)])
def test_too_much_is_left_out(limits: Limits) -> None:
    pages = {
        "/": "<!DOCTYPE html><link rel=stylesheet href=a.css>",
        "/a.css": "".join(f"body{{background:url({n}.png)}}" for n in range(20)),
    }
    web = Web(pages | {f"/{n}.png": PNG for n in range(20)})
    page = browse(web, settings=Settings(draw=False, limits=limits))
    assert len(web.asked) <= 8
    assert any("more than is fetched" in one.error for one in page.resources)


def test_what_takes_too_long_is_left_out() -> None:
    web = Web({"/": "<!DOCTYPE html><img src=a.png><img src=b.png>", "/a.png": PNG, "/b.png": PNG})

    async def wait(url: str) -> None:
        await asyncio.sleep(30 if url.endswith("b.png") else 0)

    web.wait = wait
    page = browse(web, settings=Settings(draw=False, limits=Limits(load_s=0.05)))
    assert loaded(page, "/a.png").ok
    assert loaded(page, "/b.png").error == "it had not come after 0.05 s"


def test_what_was_found_is_in_the_trace(events) -> None:
    browse(
        {"/": "<!DOCTYPE html>\n<img src=a.png>\n<script src=a.js></script>", "/a.png": ("image/gif", PNG)},
        settings=QUICK,
    )
    found = {event["url"]: event for event in events("resource-found")}
    assert found[HOST + "/a.png"]["kind"] == "image"
    assert found[HOST + "/a.png"]["initiator"] == HOST + "/"
    assert found[HOST + "/a.js"]["why"] == "scripts are not run here"
    sniffed = next(event for event in events("sniffed") if event["url"].endswith("a.png"))
    assert (sniffed["type"], sniffed["header_type"], sniffed["differs"]) == ("image/png", "image/gif", True)
    assert events("resource-failed")[0]["url"] == HOST + "/favicon.ico"
