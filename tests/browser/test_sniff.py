"""What an answer really is, by the tables of the MIME Sniffing standard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from michinori.browser import mime, sniff

PNG, JPEG, GIF = b"\x89PNG\r\n\x1a\n....", b"\xff\xd8\xff\xe0..", b"GIF89a...."
WEBP = b"RIFF\x24\0\0\0WEBPVP8 ...."
AVIF = b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf...."
HTML = b"  <html><p>"


def type_of(body: bytes, *content_types: str, nosniff: bool = False, context: sniff.Context = "document") -> str:
    return sniff.sniff(body, list(content_types), nosniff=nosniff, context=context).type.essence


@pytest.mark.row("B24")
@pytest.mark.parametrize(
    ("body", "essence"),
    [
        (b"<!doctype html>", "text/html"),
        (b"\n\t <HTML>", "text/html"),
        (b"<html lang=en>", "text/html"),
        (b"<p>", "text/html"),
        (b"<!-- a comment", "text/html"),
        (b"<pre>", "text/plain"),  # not in the table, and <p needs an end
        (b"<html", "text/plain"),
        (b"<?xml version='1.0'?>", "text/xml"),
        (b"%PDF-1.7", "application/pdf"),
        (b"%!PS-Adobe-3.0", "application/postscript"),
        (b"\xfe\xff\0a\0b", "text/plain"),
        (b"\xef\xbb\xbfabc", "text/plain"),
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (GIF, "image/gif"),
        (WEBP, "image/webp"),
        (AVIF, "image/avif"),
        (b"BM....", "image/bmp"),
        (b"\0\0\x01\0\x01", "image/x-icon"),
        (b"OggS\0", "application/ogg"),
        (b"ID3\x04", "audio/mpeg"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wave"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video/mp4"),
        (b"\x1a\x45\xdf\xa3\x93\x42\x82\x84webm", "video/webm"),
        (b"\x1f\x8b\x08\0", "application/x-gzip"),
        (b"PK\x03\x04", "application/zip"),
        (b"just a text\x1b$B", "text/plain"),
        (b"binary\0", "application/octet-stream"),
        (b"", "text/plain"),
    ],
)
def test_where_the_header_says_nothing(body: bytes, essence: str) -> None:
    assert type_of(body) == essence
    assert type_of(body, "unknown/unknown") == essence
    assert type_of(body, "nonsense") == essence


@pytest.mark.parametrize(
    ("body", "said", "essence"),
    [
        (HTML, "text/plain", "text/plain"),  # a text never becomes a page
        (b"plain\0", "text/plain", "application/octet-stream"),
        (PNG, "text/plain; charset=ISO-8859-1", "image/png"),
        (PNG, "text/plain; charset=utf-8", "text/plain"),  # not what old Apaches sent
        (b"\xff\xfe\0\0", "text/plain", "text/plain"),
        (PNG, "image/gif", "image/png"),
        (AVIF, "image/jpeg", "image/avif"),
        (b"....", "image/gif", "image/gif"),
        (PNG, "image/svg+xml", "image/svg+xml"),
        (PNG, "text/html", "text/html"),
        (b"<!-- x --><rss version='2.0'>", "text/html", "application/rss+xml"),
        (b"<?xml version='1.0'?>\n<feed>", "text/html", "application/atom+xml"),
        (
            b"<rdf:RDF http://purl.org/rss/1.0/ http://www.w3.org/1999/02/22-rdf-syntax-ns#",
            "text/html",
            "application/rss+xml",
        ),
        (b"<rdf:RDF>", "text/html", "text/html"),
        (HTML, "application/octet-stream", "application/octet-stream"),
        (HTML, "application/json", "application/json"),
    ],
)
def test_where_the_header_may_be_wrong(body: bytes, said: str, essence: str) -> None:
    assert type_of(body, said) == essence


def test_nosniff_is_obeyed() -> None:
    assert type_of(PNG, "text/plain", nosniff=True) == "text/plain"
    assert type_of(HTML, nosniff=True) == "text/plain"
    assert type_of(PNG, nosniff=True) == "image/png"


@pytest.mark.parametrize("body", [PNG, JPEG, GIF, WEBP, AVIF])
def test_images_are_what_they_are(body: bytes) -> None:
    assert type_of(body, "text/plain", context="image") == type_of(body)
    assert type_of(body, "image/x-nonsense", context="image") == type_of(body)
    assert type_of(b"<svg", "image/svg+xml", context="image") == "image/svg+xml"
    assert type_of(b"????", "image/png", context="image") == "image/png"


@pytest.mark.parametrize(
    ("body", "essence"),
    [
        (b"\0\x01\0\0", "font/ttf"),
        (b"OTTO", "font/otf"),
        (b"ttcf", "font/collection"),
        (b"wOFF", "font/woff"),
        (b"wOF2", "font/woff2"),
        (b"x" * 34 + b"LP", "application/vnd.ms-fontobject"),
    ],
)
def test_fonts_are_what_they_are(body: bytes, essence: str) -> None:
    assert type_of(body, "application/octet-stream", context="font") == essence


def test_a_wrong_header_is_told() -> None:
    assert sniff.sniff(PNG, ["image/gif"]).differs
    assert sniff.sniff(PNG, []).differs
    assert not sniff.sniff(PNG, ["Image/PNG; q=1"]).differs
    found = sniff.sniff(HTML, ["text/html; charset=euc-jp"])
    assert (found.type.charset, found.rule, found.supplied) == ("euc-jp", "feed-or-html", "text/html; charset=euc-jp")


def test_a_hundred_comments_do_not_take_for_ever() -> None:
    assert type_of(b"<!---->" * 190 + b"<x", "text/html") == "text/html"


@pytest.mark.parametrize(
    ("value", "essence", "parameters"),
    [
        ("text/html", "text/html", {}),
        (" Text/HTML ; Charset=UTF-8 ", "text/html", {"charset": "UTF-8"}),
        ('text/html;charset="shift_jis"', "text/html", {"charset": "shift_jis"}),
        ('text/html;charset="a\\"b";x=y', "text/html", {"charset": 'a"b', "x": "y"}),
        ("text/html;;charset=a;charset=b", "text/html", {"charset": "a"}),
        ("text/html;charset;x=1", "text/html", {"x": "1"}),
        ("text/html;charset=", "text/html", {}),
        ('text/html;charset="unclosed', "text/html", {"charset": "unclosed"}),
    ],
)
def test_mime_types(value: str, essence: str, parameters: dict[str, str]) -> None:
    parsed = mime.parse(value)
    assert parsed is not None
    assert (parsed.essence, parsed.parameters) == (essence, parameters)


@pytest.mark.parametrize("value", ["", "text", "text/", "/html", "te xt/html", "text/ht ml", ";charset=utf-8"])
def test_what_is_no_mime_type(value: str) -> None:
    assert mime.parse(value) is None


@pytest.mark.parametrize(
    ("fields", "essence", "charset"),
    [
        (["text/plain", "text/html"], "text/html", None),
        (["text/html;charset=gbk", "text/html"], "text/html", "gbk"),
        (["text/html;charset=gbk", "text/plain"], "text/plain", None),
        (["text/html, */*"], "text/html", None),
        (['text/html;x=",", text/css'], "text/css", None),
        ([], "", None),
    ],
)
def test_several_fields_are_taken_as_the_fetch_standard_says(
    fields: list[str], essence: str, charset: str | None
) -> None:
    found = mime.from_header(fields)
    assert (found.essence if found else "", found.charset if found else None) == (essence, charset)


@given(st.binary(max_size=100), st.text(max_size=40), st.sampled_from(["document", "image", "font", "other"]))
def test_anything_is_something(body: bytes, said: str, context: sniff.Context) -> None:
    assert "/" in type_of(body, said, context=context)
