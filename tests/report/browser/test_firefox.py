"""The same page in Firefox: the policy, the modules out of the file and the blobs work there too."""

import pytest
from chromium import NARROW, WIDE
from firefox import firefox
from tests.report.browser.test_shell import PARTS

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def fox():
    with firefox() as started:
        yield started


@pytest.mark.parametrize(("lang", "size"), [("ja", WIDE), ("en", NARROW)], ids=["ja wide", "en 390"])
def test_every_part_is_drawn_and_fits(fox, report, lang, size):
    fox.resize(*size)
    fox.open("about:blank")
    fox.open(f"file://{report}#lang={lang}")
    fox.wait_until("typeof michinori === 'object' && !!document.querySelector('main')")
    for number, part in enumerate(PARTS):
        fox.value(f"location.hash = 'part={part}&n=3000&lang={lang}'")
        fox.wait_until(f"document.querySelectorAll('.parts button')[{number}].ariaCurrent === 'page'")
        fox.wait_until("document.querySelector('main')?.innerText.trim().length > 40")
        assert fox.value("document.documentElement.lang") == lang
        assert fox.value("document.documentElement.scrollWidth") <= size[0], part
    assert fox.complaints == []


def test_the_cursor_moves_and_the_strip_follows(fox, report):
    fox.resize(*WIDE)
    fox.open("about:blank")
    fox.open(f"file://{report}#part=way&n=1&lang=ja")
    fox.wait_until("typeof michinori === 'object' && !!document.querySelector('main')")
    before = fox.value("document.querySelector('.pinned').innerText")
    fox.value("michinori.go(michinori.journey.size - 100) ?? null")
    fox.wait_until(f"document.querySelector('.pinned').innerText !== {before!r}")
    assert fox.complaints == []


def test_the_graphs_are_drawn_though_their_library_is_loaded_later(fox, report):
    """By ``import()`` out of the file, which the page's policy must allow."""
    fox.open("about:blank")
    fox.open(f"file://{report}#part=graphs&n=3000&lang=en")
    fox.wait_until("document.querySelectorAll('.graphs-panel canvas').length > 3")
    assert fox.complaints == []
