"""Which encoding a text is in: marks, headers, declarations, guesses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from michinori.browser import encoding
from michinori.browser.encoding import canonical, decode_css, decode_html, decode_plain, prescan

TEXT = "<title>道のり</title><p>ブラウザに入力したURLの道のりをたどります。表示、能力、ソケット。"


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("utf8", "UTF-8"),
        (" UTF-8 ", "UTF-8"),
        ("x-sjis", "Shift_JIS"),
        ("windows-31j", "Shift_JIS"),
        ("ms932", "Shift_JIS"),
        ("x-euc-jp", "EUC-JP"),
        ("csISO2022JP", "ISO-2022-JP"),
        ("latin1", "windows-1252"),
        ("ascii", "windows-1252"),
        ("gb2312", "GBK"),
        ("utf-7", None),
        ("nonsense", None),
        ("", None),
        ("\0", None),
    ],
)
def test_labels_are_those_of_the_encoding_standard(label: str, name: str | None) -> None:
    assert canonical(label) == name


@pytest.mark.row("B24")
@pytest.mark.parametrize(
    ("codec", "name"),
    [("shift_jis", "Shift_JIS"), ("euc_jp", "EUC-JP"), ("iso2022_jp", "ISO-2022-JP"), ("utf-8", "UTF-8")],
)
def test_japanese_is_guessed_where_nothing_is_said(codec: str, name: str) -> None:
    decoded = decode_html(TEXT.encode(codec))
    assert (decoded.charset, decoded.how, decoded.text) == (name, "guess", TEXT)


@pytest.mark.parametrize("codec", ["shift_jis", "euc_jp", "iso2022_jp", "utf-8"])
@pytest.mark.parametrize("word", ["道のり", "テスト", "日本", "接続", "ブラウザ"])
def test_a_single_word_is_enough_to_guess(codec: str, word: str) -> None:
    assert decode_plain(word.encode(codec)).text == word


def test_a_mark_is_stronger_than_all_else() -> None:
    for codec, name in (("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16LE")):
        decoded = decode_html(TEXT.encode(codec), "shift_jis")
        assert (decoded.charset, decoded.how, decoded.text) == (name, "bom", TEXT)
    assert decode_html(b"\xfe\xff" + TEXT.encode("utf-16-be")).text == TEXT


def test_the_header_is_stronger_than_the_document() -> None:
    octets = f"<meta charset=euc-jp>{TEXT}".encode("shift_jis")
    assert decode_html(octets, "x-sjis").how == "header"
    assert TEXT in decode_html(octets, "x-sjis").text
    assert decode_html(octets, "no-such").how == "meta"


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"<meta charset=shift_jis>", "Shift_JIS"),
        (b"<META  CharSet = 'EUC-JP' >", "EUC-JP"),
        (b'<meta/charset="utf-8"/>', "UTF-8"),
        (b'<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">', "Shift_JIS"),
        (b"<meta content='text/html;charset=\"euc-jp\"' http-equiv=content-type>", "EUC-JP"),
        (b"<meta content='text/html; charset=euc-jp'>", None),
        (b"<meta charset=nope><meta charset=utf-8>", "UTF-8"),
        (b"<meta charset=utf-16>", "UTF-8"),
        (b"<meta charset=x-user-defined>", "windows-1252"),
        (b"<!-- <meta charset=utf-8> --><meta charset=sjis>", "Shift_JIS"),
        (b"<!--><meta charset=sjis>", "Shift_JIS"),
        (b"<a title='<meta charset=utf-8>'><meta charset=sjis>", "Shift_JIS"),
        (b"<!DOCTYPE html><?x <meta charset=utf-8>?><meta charset=sjis>", "Shift_JIS"),
        (b"</p x='>'><meta charset=sjis>", "Shift_JIS"),
        (b"<metal charset=sjis>", None),
        (b"<meta charset='sjis", None),
        (b"", None),
    ],
)
def test_the_prescan(head: bytes, name: str | None) -> None:
    assert prescan(head) == name


def test_the_prescan_looks_at_the_first_1024_octets_alone() -> None:
    meta = b"<meta charset=shift_jis>"
    assert decode_html(b" " * (1024 - len(meta)) + meta).how == "meta"
    assert decode_html(b" " * 1024 + meta).how == "default"


def test_stylesheets() -> None:
    body = 'p::before{content:"道のり"}'
    assert decode_css(body.encode()).how == "default"
    assert decode_css(body.encode("shift_jis"), "shift_jis").text == body
    declared = f'@charset "Shift_JIS";{body}'
    assert decode_css(declared.encode("shift_jis")).text == declared
    assert decode_css(declared.encode("shift_jis")).how == "at-charset"
    assert decode_css(body.encode("euc_jp"), None, "EUC-JP").text == body
    assert decode_css(b'@charset "utf-16";').charset == "UTF-8"
    assert decode_css(b"@charset 'euc-jp';").charset == "UTF-8"  # only double quotes count


def test_what_cannot_be_decoded_is_replaced() -> None:
    assert decode_html(b"a\xffb", "utf-8").text == "a\ufffdb"
    assert decode_html(b"a\x81", "shift_jis").text == "a\ufffd"
    assert decode_html(b"secret", "iso-2022-kr").text == "\ufffd"  # the "replacement" encoding


@given(st.binary(max_size=300), st.sampled_from([None, "utf-8", "shift_jis", "euc-jp", "iso-2022-jp", "big5", "nope"]))
def test_any_octets_can_be_decoded(octets: bytes, charset: str | None) -> None:
    for decode in (decode_html, decode_plain, decode_css):
        assert canonical(decode(octets, charset).charset)


@given(st.binary(max_size=200))
def test_any_head_can_be_scanned(junk: bytes) -> None:
    prescan(b"<meta " + junk)
    prescan(junk + b"<meta charset=sjis")


@given(st.text(max_size=60))
def test_any_content_can_be_looked_into(text: str) -> None:
    encoding.charset_in_content("charset" + text)
