"""Skimming stylesheets, media queries, and sets of images."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from michinori.browser import css, media, srcset
from michinori.browser.css import Import, skim
from michinori.browser.media import Viewport

WIDE, PHONE, SHARP = Viewport(), Viewport(390, 844), Viewport(390, 844, 2.0)


@pytest.mark.parametrize(
    ("sheet", "imports"),
    [
        ("@import 'a.css';", [("a.css", ())]),
        ('@charset "utf-8"; @import url(a.css) screen;', [("a.css", ("screen",))]),
        ("@import url( 'a.css' ) print, (min-width: 10px);", [("a.css", ("print, (min-width: 10px)",))]),
        ("@import 'a.css' layer(base) supports(display: flex) screen;", [("a.css", ("screen",))]),
        ("@layer a; @import 'a.css' layer;", [("a.css", ())]),
        ("/* @import 'no.css'; */ @import 'a\\.css'", [("a.css", ())]),
        ("p{} @import 'late.css';", []),
        ("@media screen { @import 'inner.css'; }", []),
        ("@import;", []),
    ],
)
def test_imports(sheet: str, imports: list[tuple[str, tuple[str, ...]]]) -> None:
    assert skim(sheet).imports == [Import(*one) for one in imports]


@pytest.mark.parametrize(
    ("sheet", "images"),
    [
        ("p{background:url(a.png)}", ["a.png"]),
        ("p{background:URL( \"a b.png\" ) , url('c\\'d.png')}", ["a b.png", "c'd.png"]),
        ("p{background:url(a\\(1\\).png)}", ["a(1).png"]),
        ("p{content:'url(no.png)'} /* url(no.png) */", []),
        ("p{cursor:url(no.cur);filter:url(no.svg);mask:url(#no)}", []),
        ("p{background:image-set('a.png' 1x, url(b.png) 2x)}", ["a.png", "b.png"]),
        ("p{background:url()}", []),
        ("@media print{p{background:url(a.png)}}", ["a.png"]),
        ("@supports (display:grid){p{background:url(a.png)}}", ["a.png"]),
        ("@keyframes x{from{background:url(no.png)}} p{background:url(a.png)}", ["a.png"]),
        ("p{&:hover{background:url(a.png)} color:red}", ["a.png"]),
        ("p{background:url(a.png", []),
        ("p{--x:url(a.png)}", ["a.png"]),
        ("}}p{background:url(a.png)}", ["a.png"]),
    ],
)
def test_images(sheet: str, images: list[str]) -> None:
    assert [image.reference for image in skim(sheet).images] == images


def test_images_know_for_whom_they_are() -> None:
    (image,) = skim("@media (max-width:600px){ .a, .b > i { background: url(a.png) } }").images
    assert (image.selector, image.media, image.property) == (".a, .b > i", ("(max-width:600px)",), "background")


def test_fonts() -> None:
    wants = skim(
        "@font-face{font-family:'My Font';src:local('x'),url(a.woff2) format('woff2'),url('b.ttf')}"
        "@font-face{font-family:Broken}"
        "p{font:bold 12px/1.5 My Font, serif}"
    )
    (face,) = wants.faces
    assert (face.family, face.sources) == ("my font", (("a.woff2", "woff2"), ("b.ttf", "")))
    assert "serif" in wants.families


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        ("a\\62 c", "abc"),
        ("\\000062", "b"),
        ("a\\\nb", "ab"),
        ("\\110000x", "\ufffdx"),
        ("\\0", "\ufffd"),
        ('\\"', '"'),
    ],
)
def test_escapes(escaped: str, text: str) -> None:
    assert css.unescape(escaped) == text


@given(st.text(max_size=200) | st.from_regex(r"([@{};:\"'()\\a-z*/ ]|url\(|@import |@media |@font-face){1,60}"))
def test_any_stylesheet_can_be_skimmed(text: str) -> None:
    skim(text)


def test_a_deep_stylesheet_does_not_hurt() -> None:
    assert skim("a{" * 100_000).images == []
    assert skim("@media screen{" * 1000 + "p{background:url(a)}").images == []


@pytest.mark.parametrize(
    ("query", "wide", "phone"),
    [
        ("", True, True),
        ("all", True, True),
        ("SCREEN", True, True),
        ("print", False, False),
        ("not print", True, True),
        ("only screen and (min-width: 600px)", True, False),
        ("(max-width: 40em)", False, True),
        ("(400px <= width < 1281px)", True, False),
        ("(width > 390px)", True, False),
        ("(width: 390px)", False, True),
        ("(orientation: portrait)", False, True),
        ("print, (min-width: 1000px)", True, False),
        ("(min-width:600px) and (max-width:900px)", False, False),
        ("(min-width:900px) or (max-width:400px)", True, True),
        ("not ((min-width:900px) or (hover:none))", False, True),
        ("not all and (monochrome)", True, True),
        ("(aspect-ratio > 1/1)", True, False),
        ("(prefers-color-scheme: dark)", False, False),
        ("(prefers-color-scheme: light)", True, True),
        ("(hover) and (pointer: fine)", True, True),
        ("(scripting: none)", True, True),
        ("(color)", True, True),
        ("(unknown-feature)", False, False),
        ("(min-width: 1 px)", False, False),
        ("screen and", False, False),
        ("(((((", False, False),
        ("&nonsense", False, False),
        ("and (color)", False, False),
    ],
)
def test_media_queries(query: str, wide: bool, phone: bool) -> None:
    assert (media.matches(query, WIDE), media.matches(query, PHONE)) == (wide, phone)


def test_resolution() -> None:
    for query in ("(min-resolution: 2dppx)", "(-webkit-min-device-pixel-ratio: 1.5)", "(resolution >= 192dpi)"):
        assert (media.matches(query, PHONE), media.matches(query, SHARP)) == (False, True)


@pytest.mark.parametrize(
    ("text", "pixels"),
    [
        ("10px", 10),
        ("1.5em", 24),
        ("50vw", 640),
        ("10vh", 80),
        ("1in", 96),
        ("0", 0),
        ("10", None),
        ("x", None),
        ("50%", None),
    ],
)
def test_lengths(text: str, pixels: float | None) -> None:
    assert media.length(text, WIDE) == pixels


@given(st.text(max_size=60) | st.from_regex(r"(not |only |screen|and |or |[(),<>=:/]|min-width|\d+px| ){1,20}"))
def test_any_query_can_be_asked(text: str) -> None:
    media.matches(text, WIDE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.png", [("a.png", 1, None)]),
        ("a.png 1x, b.png 2x", [("a.png", 1, None), ("b.png", 2, None)]),
        ("a.png 320w,b.png 640w", [("a.png", 1, 320), ("b.png", 1, 640)]),
        ("a,b.png 2x", [("a,b.png", 2, None)]),
        ("a.png, b.png", [("a.png", 1, None), ("b.png", 1, None)]),
        (",,a.png 1x,,", [("a.png", 1, None)]),
        ("data:image/png;base64,AA== 2x", [("data:image/png;base64,AA==", 2, None)]),
        ("a.png 2q, b.png", [("b.png", 1, None)]),
        ("a.png 1x 2x, b.png 1w 1x, c.png 0w", []),
        ("a.png 100w 50h", [("a.png", 1, 100)]),
        ("", []),
    ],
)
def test_srcset(text: str, expected: list[tuple[str, float, float | None]]) -> None:
    assert [(one.reference, one.density, one.width) for one in srcset.parse(text)] == expected


@pytest.mark.parametrize(
    ("text", "sizes", "wide", "sharp"),
    [
        ("a 1x, b 2x, c 3x", "", "a", "b"),
        ("a 320w, b 800w, c 1600w", "", "c", "b"),
        ("a 320w, b 800w, c 1600w", "(max-width: 600px) 100vw, 300px", "a", "b"),
        ("a 320w, b 800w", "calc(100vw - 20px)", "b", "b"),
        ("a 0.5x", "", "a", "a"),
    ],
)
def test_the_image_that_is_enough_is_chosen(text: str, sizes: str, wide: str, sharp: str) -> None:
    chosen = [srcset.choose(srcset.parse(text), sizes, viewport) for viewport in (WIDE, SHARP)]
    assert [one.reference for one in chosen if one] == [wide, sharp]


@given(st.text(max_size=80), st.text(max_size=60))
def test_any_set_can_be_read(text: str, sizes: str) -> None:
    srcset.choose(srcset.parse(text), sizes, WIDE)
