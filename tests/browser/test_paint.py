"""Pictures: small grids of colours, the same octets always, and what stands where."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from webs import image

from michinori.browser import fonts, paint
from michinori.browser.document import Document
from michinori.browser.errors import MissingExtra, NotDrawn
from michinori.browser.media import Viewport
from michinori.browser.paint import Answer, PlutoPrint

BASE = "http://x.example/"


def test_colours_and_places(draw, looks_like) -> None:
    picture = draw("<!DOCTYPE html><body style='margin:0'><div style='background:red;width:50px;height:20px'></div>")
    looks_like(
        picture,
        """
        rrrrrwwwww
        rrrrrwwwww
        wwwwwwwwww
        wwwwwwwwww
    """,
    )


def test_the_background_of_the_page_fills_the_window(draw, looks_like) -> None:
    looks_like(draw("<!DOCTYPE html><body style='margin:10px;background:blue'>", height=20), "bbbbbbbbbb\nbbbbbbbbbb")


def test_flex_and_percentages(draw, looks_like) -> None:
    picture = draw(
        "<!DOCTYPE html><body style='margin:0'><div style='display:flex'>"
        "<div style='flex:1;background:red;height:10px'></div><div style='flex:3;background:blue'></div></div>"
        "<div style='width:20%;height:10px;background:green'></div>",
        height=20,
    )
    looks_like(
        picture,
        """
        rr?bbbbbbb
        ggwwwwwwww
    """,
    )


@pytest.mark.row("B24")
@pytest.mark.parametrize(("kind", "type_"), [("PNG", "image/png"), ("WEBP", "image/webp"), ("JPEG", "image/jpeg")])
def test_images_are_drawn(draw, looks_like, kind: str, type_: str) -> None:
    octets = image(kind, (20, 20), (0, 0, 255), **({"lossless": True} if kind == "WEBP" else {}))
    picture = draw("<!DOCTYPE html><body style='margin:0'><img src=a>", {BASE + "a": Answer(octets, type_, (20, 20))})
    looks_like(picture, "bbww\nbbww")


def test_svg_is_drawn_sharp_at_any_size(draw, looks_like) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><rect width="1" height="2" fill="red"/></svg>'
    picture = draw(
        "<!DOCTYPE html><body style='margin:0'><img src=a width=40 height=40>",
        {BASE + "a": Answer(svg, "image/svg+xml")},
    )
    looks_like(picture, "rrww\nrrww\nrrww\nrrww")


def test_only_what_was_fetched_is_drawn(draw, looks_like, capfd) -> None:
    picture = draw(
        "<!DOCTYPE html><link rel=stylesheet href=file:///etc/passwd><style>@import url(http://127.0.0.1:9/x.css);"
        "@font-face{font-family:F;src:url(http://127.0.0.1:9/f.ttf)}"
        "body{margin:0;background:url(/nowhere.png);font:10px F}"
        "</style><img src=http://127.0.0.1:9/a.png><object data=http://127.0.0.1:9/b></object>"
    )
    looks_like(picture, "wwwwwwwwww")
    captured = capfd.readouterr()
    assert "127.0.0.1" not in captured.err + captured.out


def test_the_window_and_the_scale() -> None:
    style = "<style>body{margin:0}@media (max-width:50px){body{background:red}}</style>"
    html = f"<!DOCTYPE html>{style}<div style='height:90px'>"
    narrow = PlutoPrint().paint(Document(html, BASE), {}, Viewport(50, 30, 2.0))
    assert (narrow.width, narrow.height) == (100, 180)
    assert Image.open(io.BytesIO(narrow.png)).getpixel((50, 170)) == (255, 0, 0)
    assert PlutoPrint().paint(Document("", BASE), {}, Viewport(70, 30)).height == 30


def test_an_endless_page_is_cut() -> None:
    picture = PlutoPrint().paint(Document("<div style='height:9000000px'>", BASE), {}, Viewport(20, 20))
    assert (picture.height, picture.cut) == (paint.MAX_HEIGHT, True)


def test_japanese_text_is_drawn_in_the_fonts_that_come_along(draw) -> None:
    def ink(html: str) -> int:
        pixels = Image.open(io.BytesIO(draw(html, width=300).png)).convert("L")
        return sum(pixels.histogram()[:128])

    box = "□"
    assert ink("<p>道のり</p>") != ink(f"<p>{box * 3}</p>") > 0
    assert ink("<b>道のり</b>") > ink("<p>道のり</p>") * 1.1  # bold is made, as the font has none
    assert ink("<code>iiii</code>") > 0


def test_letters_of_one_width() -> None:
    html = "<!DOCTYPE html><span style='font:20px monospace'><a>iiiiiiiiii</a><br><a>MMMMMMMMMM</a></span>"
    narrow, wide = PlutoPrint().paint(Document(html, BASE), {}, Viewport(400, 80)).boxes
    assert narrow.width == wide.width > 100


@pytest.mark.row("B24")
def test_what_stands_where() -> None:
    html = (
        "<!DOCTYPE html><body style='margin:0'><h1 style='margin:0;height:40px'>Title</h1>"
        "<p style='margin:10px 0 0 20px;width:200px;height:30px'>a <a href=/x style='color:red'>link</a></p>"
        "<img src=a alt='a dot' style='display:block;margin-left:50px'>"
        "<div style='position:absolute;left:300px;top:100px'>"
        "<button style='width:60px;height:20px;box-sizing:border-box'>go</button></div>"
    )
    answers = {BASE + "a": Answer(image("PNG", (30, 20)), "image/png", (30, 20))}
    boxes = {box.tag: box for box in PlutoPrint().paint(Document(html, BASE), answers, Viewport(500, 200)).boxes}
    heading, paragraph, dot = boxes["h1"], boxes["p"], boxes["img"]
    assert (heading.x, heading.y, heading.width, heading.height, heading.text) == (0, 0, 500, 40, "Title")
    assert (paragraph.x, paragraph.y, paragraph.width, paragraph.height) == (20, 50, 200, 30)
    assert (dot.x, dot.y, dot.width, dot.height, dot.text, dot.url) == (50, 80, 30, 20, "a dot", "a")
    assert (boxes["a"].text, boxes["a"].url) == ("link", "/x")
    assert paragraph.y <= boxes["a"].y < paragraph.y + paragraph.height
    assert (boxes["button"].x, boxes["button"].width) == (300, 60)


def test_what_is_hidden_stands_nowhere() -> None:
    html = "<h1 style='display:none'>a</h1><h2 style='visibility:hidden'>b</h2><h3>c</h3>"
    assert [box.tag for box in PlutoPrint().paint(Document(html, BASE), {}, Viewport(200, 100)).boxes] == ["h3"]


def test_an_element_covered_by_its_own_child_is_found() -> None:
    html = "<body style='margin:0'><a href=/x style='display:block'><img src=a style='display:block'></a>"
    answers = {BASE + "a": Answer(image("PNG", (100, 40)), "image/png", (100, 40))}
    link, dot = PlutoPrint().paint(Document(html, BASE), answers, Viewport(100, 40)).boxes
    assert (link.tag, link.width, link.height) == ("a", dot.width, dot.height) == ("a", 100, 40)


PAGE = "<h1>道のり Michinori</h1><p>same <b>octets</b> <code>0x00</code> everywhere</p><table border=1><td>x</table>"
DIGEST = (
    "import hashlib,sys;from michinori.browser.paint import *;from michinori.browser.document import Document;"
    f"p=PlutoPrint().paint(Document({PAGE!r},'{BASE}'),{{}},Viewport(400,200));"
    "print(hashlib.sha256(p.png+repr(p.boxes).encode()).hexdigest())"
)


def test_the_picture_is_the_same_in_every_process() -> None:
    source = str(Path(paint.__file__).parents[2])
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": source},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    here = PlutoPrint().paint(Document(PAGE, BASE), {}, Viewport(400, 200))
    assert digests == {hashlib.sha256(here.png + repr(here.boxes).encode()).hexdigest() + "\n"}


def test_the_fonts_are_the_own_ones_alone() -> None:
    text = (fonts.configuration() / "fonts.conf").read_text("utf-8")
    assert "<reset-dirs/>" in text
    assert "/usr/share/fonts" not in text
    assert all(path.is_file() for path in fonts.files())
    vendored = [path for path in fonts.files() if path.parent.name == "fonts"]
    assert sum(path.stat().st_size for path in vendored) < 200_000
    assert (vendored[0].parent / "OFL.txt").is_file()


def test_fonts_without_a_cache_folder(monkeypatch, tmp_path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    fonts.configuration.cache_clear()
    try:
        folder = fonts.configuration()
        assert (folder / "fonts.conf").is_file()
        assert tmp_path not in folder.parents
    finally:
        fonts.configuration.cache_clear()


def test_without_the_painter_there_is_a_reason(monkeypatch) -> None:
    def missing() -> None:
        raise MissingExtra('drawing pages needs the library plutoprint: pip install "michinori[browser]"')

    monkeypatch.setattr(paint, "_library", missing)
    with pytest.raises(NotDrawn, match=r"pip install .michinori\[browser\]"):
        PlutoPrint().paint(Document("<p>", BASE), {}, Viewport())


@settings(max_examples=30)
@given(
    st.from_regex(
        r"(<(p|div|table|td|tr|ul|li|img src=a|a href=b|span|svg|rect|select|input|b|h1|br)"
        r"( style='[a-z:;0-9%-]{0,20}')?>"
        r"|</(p|div|table|td|svg|a)>|[a-zあ道]{1,5}){1,25}",
        fullmatch=True,
    )
)
def test_anything_can_be_painted(html: str) -> None:
    picture = PlutoPrint().paint(Document(html, BASE), {}, Viewport(100, 50))
    assert picture.png.startswith(b"\x89PNG")


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "display",
                    "float",
                    "position",
                    "width",
                    "height",
                    "margin",
                    "flex",
                    "overflow",
                    "font-size",
                    "line-height",
                    "column-count",
                    "transform",
                    "background",
                    "border",
                    "content",
                    "z-index",
                    "letter-spacing",
                    "counter-reset",
                ]
            ),
            st.sampled_from(
                [
                    "flex",
                    "grid",
                    "table",
                    "table-cell",
                    "inline-block",
                    "left",
                    "absolute",
                    "fixed",
                    "0",
                    "-5px",
                    "1e9px",
                    "99999%",
                    "calc(1px + 2%)",
                    "none",
                    "rotate(9deg)",
                    "url(a)",
                    "1px solid red",
                    "auto",
                    "1",
                    "inherit",
                    '"x"',
                    "9e99",
                ]
            ),
        ),
        max_size=8,
    )
)
def test_any_style_can_be_painted(rules: list[tuple[str, str]]) -> None:
    style = ";".join(f"{name}:{value}" for name, value in rules)
    html = f"<style>div,p::before{{{style}}}</style><div>a<div>b<p>c</p></div><table><td><div>d</table></div>"
    PlutoPrint().paint(Document(html, BASE), {}, Viewport(100, 50))
