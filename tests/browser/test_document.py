"""The tree: printed as the html5lib tests print it, and what it is asked for."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from michinori.browser.document import Document


def parsed(html: str) -> Document:
    return Document(html, "http://site.example/folder/page.html")


TREES = {
    "<p>One<p>Two": """\
        | <html>
        |   <head>
        |   <body>
        |     <p>
        |       "One"
        |     <p>
        |       "Two"
        """,
    "<!DOCTYPE html><title>x</title><!-- c --><b><i>1</b>2</i>": """\
        | <!DOCTYPE html>
        | <html>
        |   <head>
        |     <title>
        |       "x"
        |     <!--  c  -->
        |   <body>
        |     <b>
        |       <i>
        |         "1"
        |     <i>
        |       "2"
        """,
    "<table>a<tr><td b=2 a='1'>c": """\
        | <html>
        |   <head>
        |   <body>
        |     "a"
        |     <table>
        |       <tbody>
        |         <tr>
        |           <td>
        |             a="1"
        |             b="2"
        |             "c"
        """,
    "<svg viewbox='0 0 1 1'><image xlink:href=#a /></svg><template><p>t</template>": """\
        | <html>
        |   <head>
        |   <body>
        |     <svg svg>
        |       viewBox="0 0 1 1"
        |       <svg image>
        |         xlink href="#a"
        |     <template>
        |       content
        |         <p>
        |           "t"
        """,
    '<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">': """\
        | <!DOCTYPE html "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">
        | <html>
        |   <head>
        |   <body>
        """,
}


@pytest.mark.row("B24")
@pytest.mark.parametrize(("html", "tree"), TREES.items())
def test_the_tree_can_be_printed(html: str, tree: str) -> None:
    assert parsed(html).dump() == dedent(tree)


def test_the_markup_of_a_tree_gives_the_same_tree() -> None:
    for html in TREES:
        tree = parsed(html)
        assert parsed(tree.html()).dump() == tree.dump()


def test_title_language_and_base() -> None:
    document = parsed(
        "<html lang=ja><title> 道のり\n &amp; more </title><svg><title>no</title></svg><base href=/x/><base href=/y/>"
    )
    assert (document.title, document.lang) == ("道のり & more", "ja")
    assert document.base_url == "http://site.example/x/"
    assert parsed("<p>").base_url == "http://site.example/folder/page.html"
    assert parsed("<base href='http://['>").base_url == "http://site.example/folder/page.html"
    assert parsed("<svg><title>only</title></svg>").title == ""


@pytest.mark.parametrize(
    ("doctype", "quirks"),
    [
        ("<!DOCTYPE html>", False),
        ("", True),
        ("<!DOCTYPE htm>", True),
        ('<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01//EN">', False),
        ('<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">', True),
        (
            '<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN" "http://www.w3.org/TR/html4/loose.dtd">',
            False,
        ),
        ('<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">', True),
        ('<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x">', False),
        ('<!DOCTYPE html PUBLIC "html">', True),
    ],
)
def test_quirks_mode(doctype: str, quirks: bool) -> None:
    assert parsed(doctype + "<p>").quirks is quirks


def test_declared_charset_anywhere_in_the_document() -> None:
    assert parsed("<p><meta charset=x-sjis>").declared_charset == "Shift_JIS"
    assert parsed("<meta http-equiv=Content-Type content='text/html; charset=euc-jp'>").declared_charset == "EUC-JP"
    assert parsed("<meta charset=nope>").declared_charset is None
    assert parsed("<meta charset=utf-16>").declared_charset == "UTF-8"


def test_refresh() -> None:
    assert parsed("<meta http-equiv=refresh content='0; url=next.html'>").refresh == (
        0,
        "http://site.example/folder/next.html",
    )
    assert parsed("<p>").refresh is None


def test_elements_in_templates_are_inert() -> None:
    document = parsed("<img src=a><template><img src=b></template><noscript><img src=c></noscript>")
    assert [element.get("src") for element in document.elements("img")] == ["a", "c"]


def test_elements_know_where_they_stand() -> None:
    document = parsed("<!DOCTYPE html>\n<p>\n<img src=a>")
    assert [element.line for element in document.elements("img")] == [3]
    assert [element.tag for element in document.elements()] == ["html", "head", "body", "p", "img"]


def test_selectors() -> None:
    document = parsed("<p class=a><b>x</b>")
    assert document.selects("p.a > b")
    assert not document.selects("p.a > i")
    assert document.selects("p:::nonsense(")  # not understood: taken to fit


def test_mistakes_are_kept() -> None:
    (error, *_) = parsed("<!DOCTYPE html>\n<p a=1 a=2>").errors
    assert (error.code, error.line) == ("duplicate-attribute", 2)


def test_depth() -> None:
    assert parsed("").depth == 2
    assert parsed("<div>" * 100).depth == 102
    endless = parsed("<div>" * 5000)
    assert endless.depth < 600  # deeper ones become siblings, as in Blink, so that no painter runs out of stack
    assert endless.count() == len(endless.dump().splitlines()) == 5003


@given(st.text(max_size=200) | st.from_regex(r"(<[!/?]?[a-z]{0,3}[ =\"'>]{0,4}){1,12}"))
def test_every_text_is_a_document(text: str) -> None:
    document = parsed(text)
    again = parsed(document.html())
    assert document.dump()
    assert again.dump()
    assert document.count() >= 3 or "frameset" in text.lower()
    assert document.depth >= 2
