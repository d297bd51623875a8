"""The search engine's index and pages, without a network."""

import asyncio
from types import SimpleNamespace

import pytest

from michinori.http.headers import Headers
from michinori.world.search import SearchSite
from michinori.world.search_index import Index
from michinori.world.search_page import front_page, results_page


@pytest.fixture
def index(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "index.html").write_text(
        "<title>TCP &amp; friends</title><h1>The handshake</h1><p>SYN, then ACK.</p><script>secret()</script>"
    )
    (tmp_path / "sub/index.html").write_text("<title>Other</title><p>tcp is mentioned, no handshake here</p>")
    (tmp_path / "jp.html").write_bytes(
        '<meta charset="euc-jp"><title>経路</title><p>ルータを経由する</p>'.encode("euc-jp")
    )
    return Index({"a.example": tmp_path})


def test_pages_are_found_by_words_and_the_title_counts_most(index):
    hits = index.search("TCP handshake")
    assert [hit.page.url for hit in hits] == ["http://a.example/", "http://a.example/sub/"]
    assert hits[0].page.title == "TCP & friends"


def test_a_page_with_some_of_the_words_comes_later_and_says_which_are_missing(index):
    hits = index.search("SYN mentioned")
    assert [(hit.page.url, hit.missing) for hit in hits] == [
        ("http://a.example/", ["mentioned"]),
        ("http://a.example/sub/", ["syn"]),
    ]
    assert "missing: mentioned" in results_page("SYN mentioned", hits, 3, "en")


def test_japanese_is_found_in_its_own_encoding(index):
    [hit] = index.search("ルータ")
    assert (hit.page.url, hit.match) == ("http://a.example/jp.html", "ルータ")


def test_scripts_and_unknown_words_are_not_found(index):
    assert index.search("secret") == []
    assert index.search("  ") == []


def test_what_was_searched_for_is_only_text(index):
    page = results_page("<b>x</b>", [], 3, "en")
    assert "<b>x</b>" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_is_in_the_language_of_the_reader(language):
    assert f'lang="{language}"' in front_page(language)


@pytest.mark.parametrize(("query", "status"), [("q=tcp", 200), ("", 200), ("q=tcp&" * 30, 400), ("q=%ff&q", 200)])
def test_no_query_is_more_than_the_site_can_answer(index, query, status):
    request = SimpleNamespace(method="GET", path="/", query=query, headers=Headers())
    assert asyncio.run(SearchSite(index)(request)).status == status
