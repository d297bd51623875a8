"""Pages from what was typed to the picture: what is shown of every kind of answer and of every failure."""

from __future__ import annotations

import asyncio
import errno
import io
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from webs import HOST, Web, browse, image

from michinori.browser import BadAddress, MissingExtra, Settings, Viewport, open_page
from michinori.http.errors import ConnectFailed, HttpError, IncompleteBody, NameNotResolved, TimedOut

QUICK = Settings(draw=False)
PNG = image("PNG", (30, 20), (0, 0, 255))


@pytest.mark.row("B24")
def test_a_page_with_everything(events) -> None:
    page = browse(
        {
            "/": (
                200,
                {"Content-Type": "text/html"},
                "<!DOCTYPE html><meta charset=x-sjis><title>道のり</title>"
                "<link rel=stylesheet href=a.css><h1>見出し</h1><img src=a.png><img src=b.svg>".encode("shift_jis"),
            ),
            "/a.css": "@import 'b.css';body{margin:0}",
            "/b.css": "h1{color:red;background:url(c.webp)}",
            "/a.png": image("JPEG"),
            "/b.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
            "/c.webp": image("WEBP"),
            "/favicon.ico": image("ICO", (16, 16)),
        }
    )
    assert (page.status, page.shown, page.title, page.charset, page.failure) == (
        200,
        "html",
        "道のり",
        "Shift_JIS",
        None,
    )
    assert page.errors == []
    assert page.icon is not None
    assert page.picture is not None
    assert page.picture.width == 1280
    assert [box.tag for box in page.picture.boxes] == ["h1", "img", "img"]
    assert {"url": HOST + "/", "charset": "Shift_JIS", "how": "meta"}.items() <= events("decoded")[0].items()
    decoded = {event["url"].rpartition("/")[2]: event["format"] for event in events("image-decoded")}
    assert decoded == {"a.png": "JPEG", "b.svg": "SVG", "c.webp": "WEBP", "favicon.ico": "ICO"}
    (laid_out,) = events("laid-out")
    assert laid_out["boxes"][0][0] == "h1"
    assert laid_out["boxes"][0][5] == "見出し"
    (painted,) = events("painted")
    assert (painted["width"], painted["engine"], painted["page"]) == (1280, "plutoprint", "page_1")
    (parsed,) = events("document-parsed")
    assert (parsed["title"], parsed["mode"], parsed["page"]) == ("道のり", "standards", "page_1")


@pytest.mark.row("B1")
@pytest.mark.row("B2")
def test_words_go_to_the_search_engine(events) -> None:
    web = Web({"http://search.example/?q=tcp+handshake": "<title>found</title>"})
    assert browse(web, "tcp handshake", QUICK).title == "found"
    assert events("search-asked")[0]["url"] == "http://search.example/?q=tcp+handshake"
    assert events("url-parsed")[0]["host"] == "search.example"


def test_everything_has_its_cause(recorder) -> None:
    browse({"/": "<!DOCTYPE html><img src=a.png>", "/a.png": PNG})
    by_number = {event.n: event for event in recorder.read()}
    beginnings = {event.what for event in by_number.values() if not event.cause}
    assert beginnings == {"address-typed"}


def test_what_the_first_request_says() -> None:
    web = Web({"/": "<p>"})
    browse(web, settings=Settings(draw=False, lang="ja"))
    headers = web.asked[0].headers
    assert headers.get("User-Agent") == "Michinori/0.1"
    assert headers.get("Accept-Language") == "ja,en;q=0.5"
    assert headers.get("Upgrade-Insecure-Requests") == "1"
    assert web.asked[0].about == {"page": "page_1", "initiator": "", "kind": "document"}


def test_redirects_are_followed() -> None:
    page = browse(
        {"/": (301, {"Location": "/new/"}, ""), "/new/": "<title>new</title><img src=a.png>", "/new/a.png": PNG},
        settings=QUICK,
    )
    assert (page.url, page.final_url, page.title) == (HOST + "/", HOST + "/new/", "new")
    assert page.resources[0].ok


def test_a_page_may_send_us_on() -> None:
    pages = {"/": "<meta http-equiv=refresh content='0;url=/next'><img src=no.png>", "/next": "<title>next</title>"}
    web = Web(pages)
    assert browse(web, settings=QUICK).title == "next"
    assert web.asked[1].headers.get("Referer") == HOST + "/"
    assert (
        browse({"/": "<meta http-equiv=refresh content='30;url=/next'><title>here</title>"}, settings=QUICK).title
        == "here"
    )
    assert browse({"/": "<meta http-equiv=refresh content='0;url=/'><title>me</title>"}, settings=QUICK).title == "me"
    circle = Web(
        {"/": "<meta http-equiv=refresh content='0;url=/b'>", "/b": "<meta http-equiv=refresh content='0;url=/'>"}
    )
    browse(circle, settings=QUICK)
    assert len([url for url in circle.urls if url in ("/", "/b")]) == 6


def test_a_page_that_is_not_there_is_drawn() -> None:
    page = browse({})
    assert (page.status, page.shown, page.title, page.failure) == (404, "html", "404", None)
    assert page.picture is not None


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (("text/plain", "a < b"), "text"),
        (("application/json", "{}"), "text"),
        (("image/png", PNG), "image"),
        (("application/xml", "<a/>"), "text"),
        (("application/octet-stream", b"\0\1"), "download"),
        (("application/zip", b"PK\3\4"), "download"),
        ((200, {"Content-Type": "text/html", "Content-Disposition": "attachment; filename=a"}, "<p>"), "download"),
        (("text/plain", b"\0\1binary"), "download"),
        (("image/png", b"\x89PNG\r\n\x1a\nbroken"), "error"),
        ((200, {}, "<html><title>x</title>"), "html"),
        ((204, {}, b""), "html"),
        (("application/xhtml+xml", "<html><body>x</body></html>"), "html"),
    ],
)
def test_what_is_shown_of_every_kind_of_answer(answer: object, shown: str) -> None:
    page = browse({"/": answer})
    assert page.shown == shown
    assert page.picture is not None
    assert bool(page.failure) == (shown == "error")


def test_an_image_alone_is_drawn() -> None:
    page = browse({"/dir/blue.png": ("image/png", PNG)}, HOST + "/dir/blue.png", Settings(viewport=Viewport(100, 60)))
    assert page.title == "blue.png (30×20)"
    assert page.picture is not None
    picture = Image.open(io.BytesIO(page.picture.png))
    assert picture.getpixel((50, 10)) == (0, 0, 255)
    assert picture.getpixel((5, 50)) == (14, 14, 14)


def test_a_text_alone_is_shown_as_it_is() -> None:
    page = browse({"/": ("text/plain; charset=euc-jp", "道 <b>のり</b>".encode("euc_jp"))})
    assert (page.charset, page.shown) == ("EUC-JP", "text")
    assert '"道 <b>のり</b>"' in page.document.dump()


FAILURES = [
    (NameNotResolved("www.site.example", "NXDOMAIN"), "dns", "サーバのIPアドレス"),
    (
        ConnectFailed("www.site.example", 80, [("192.0.2.1", "refused")], errno.ECONNREFUSED),
        "connect",
        "接続できません",
    ),
    (TimedOut("wait", "no answer came", 120), "wait", "応答しません"),
]


@pytest.mark.parametrize(("error", "stage", "headline"), FAILURES)
def test_what_cannot_be_had_ends_in_a_page_that_says_so(error: HttpError, stage: str, headline: str, events) -> None:
    page = browse({"/": error}, settings=Settings(lang="ja"))
    assert (page.status, page.shown) == (0, "error")
    assert page.failure is not None
    assert (page.failure.stage, page.failure.why, page.failure.error) == (stage, str(error), error)
    assert headline in page.title
    assert page.document.lang == "ja"
    assert page.picture is not None
    assert events("page-failed")[0]["stage"] == stage
    english = browse({"/": error})
    assert english.title.isascii()


def test_redirects_without_end() -> None:
    page = browse({"/": (302, {"Location": "/"}, "")})
    assert (page.shown, page.failure.stage if page.failure else "") == ("error", "redirect")


def test_half_a_page_is_shown() -> None:
    html = "<!DOCTYPE html><title>half</title><img src=a.png>" + "<p>x" * 100
    page = browse({"/": ("text/html", html, IncompleteBody(500, 1000)), "/a.png": PNG})
    assert (page.shown, page.title, page.failure) == ("html", "half", None)
    assert "500 of 1000" in page.errors[0].why
    assert page.resources[0].ok
    nothing = browse({"/": ("text/html", "", IncompleteBody(0, 1000))})
    assert nothing.shown == "error"


def test_pages_without_a_network() -> None:
    web = Web({})
    page = browse(web, "data:text/html;charset=utf-8,<title>道</title>".replace("道", "%E9%81%93"), QUICK)
    assert (page.title, page.status, web.asked) == ("道", 200, [])
    assert browse(web, "about:blank").picture is not None
    assert web.asked == []


@pytest.mark.parametrize(
    "typed", ["", "ftp://site.example/", "mailto:a@b.example", "/etc/passwd", "javascript:1", "data:x"]
)
def test_what_cannot_be_opened_at_all(typed: str) -> None:
    with pytest.raises(BadAddress):
        browse({}, typed)


def test_a_meta_far_down_is_believed_in_the_end() -> None:
    html = "<!DOCTYPE html><!--" + " " * 1100 + "--><meta charset=euc-jp><title>道のり</title>"
    page = browse({"/": ("text/html", html.encode("euc_jp"))}, settings=QUICK)
    assert (page.title, page.charset) == ("道のり", "EUC-JP")


def test_broken_images_look_broken() -> None:
    page = browse(
        {
            "/": "<!DOCTYPE html><body style='margin:0'><img src=a.png width=60 height=40 alt=x>"
            "<p><img src=b.png alt=gone>"
        },
        settings=Settings(viewport=Viewport(100, 100)),
    )
    assert page.picture is not None
    picture = Image.open(io.BytesIO(page.picture.png))
    assert picture.getpixel((30, 0)) == picture.getpixel((0, 30)) == (187, 187, 187)  # its frame
    assert next(box.text for box in page.picture.boxes if box.tag == "img") == "x"


def test_the_image_for_this_screen_is_drawn(draw) -> None:
    red, blue = image("PNG", (40, 40), (255, 0, 0)), image("PNG", (80, 80), (0, 0, 255))
    pages = {
        "/": "<!DOCTYPE html><body style='margin:0'><img src=red.png srcset='blue.png 2x' style='display:block'>",
        "/red.png": red,
        "/blue.png": blue,
    }
    for scale, colour in ((1.0, (255, 0, 0)), (2.0, (0, 0, 255))):
        page = browse(pages, settings=Settings(viewport=Viewport(100, 50, scale)))
        assert page.picture is not None
        assert (page.picture.boxes[0].width, page.picture.boxes[0].height) == (40, 40)
        assert Image.open(io.BytesIO(page.picture.png)).getpixel((10, 10)) == colour


@pytest.mark.parametrize(
    "attributes",
    [
        "src=red.png srcset='red.png 100w' sizes=0px",
        "srcset='red.png 0x'",
        "srcset='red.png 1e999x'",
        f"src=none.png width={'1' * 5000} height=9",
        f"src=none.png width=９ height={'1' * 5000}",
        f"src=red.png data-michinori-box={'1' * 5000}><p data-michinori-box=7><a href=x>y</a></p",
    ],
)
def test_no_number_of_a_page_stops_its_drawing(attributes: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("michinori.browser.apart.can_fork", lambda: False)
    page = browse({"/": f"<!DOCTYPE html><img {attributes}>", "/red.png": PNG})
    assert (page.shown, page.not_drawn) == ("html", "")


def test_an_own_client_is_made_and_closed() -> None:
    async def serve_and_open() -> str:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            request = await reader.readuntil(b"\r\n\r\n")
            status = b"200 OK" if request.startswith(b"GET / ") else b"404 Not Found"
            body = b"<title>over real sockets</title>"
            writer.write(
                b"HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)
            )
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            page = await open_page(f"127.0.0.1:{port}", QUICK)
        return page.title

    assert asyncio.run(serve_and_open()) == "over real sockets"


def test_passwords_stay_out_of_the_trace(recorder) -> None:
    browse({"http://user:hunter2@www.site.example/": "<p>x"}, "http://user:hunter2@www.site.example/", QUICK)
    browse({}, "user:hunter2@www.site.example/", QUICK)
    assert not any("hunter2" in repr(event) for event in recorder.read() if event.layer == "browser")


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    code = (
        "import sys, michinori.browser; heavy = {'turbohtml', 'plutoprint', 'PIL', 'ada_url', 'resvg_py', 'asyncio'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules);"
        "from michinori.browser import open_page, Settings;"
        "heavy -= {'ada_url', 'asyncio'}; assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_missing_extra_is_one_sentence(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "turbohtml", None)
    with pytest.raises(MissingExtra, match=r"pip install .michinori\[browser\]"):
        browse({"/": "<p>"})


def test_without_a_painter_the_page_opens_all_the_same(monkeypatch, events) -> None:
    monkeypatch.setitem(sys.modules, "plutoprint", None)
    page = browse({"/": "<title>x</title>"})
    assert (page.title, page.picture) == ("x", None)
    assert 'pip install "michinori[browser]"' in page.not_drawn
    assert events("not-painted")[0]["why"] == page.not_drawn


@settings(max_examples=25)
@given(
    st.binary(max_size=300),
    st.sampled_from(["text/html", "text/css", "image/png", "image/svg+xml", "font/ttf", "", "x"]),
)
def test_any_answer_can_be_opened(junk: bytes, kind: str) -> None:
    style = b"<style>@font-face{font-family:f;src:url(x)}p{font:9px f}</style>"
    html = b"<!DOCTYPE html><link rel=stylesheet href=x><img src=x>" + style
    assert browse(
        {"/": ("text/html", html + junk), "/x": (kind, junk)}, settings=Settings(viewport=Viewport(60, 40))
    ).picture
    assert browse({"/": (kind, junk)}, settings=QUICK).shown
