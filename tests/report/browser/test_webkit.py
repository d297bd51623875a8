"""The same page in WebKit, the engine of Safari: policy, modules out of the file, compressed parts and layout."""

import pytest
from chromium import WIDE
from tests.report.browser.test_shell import PARTS
from webkit import webkit

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def window():
    with webkit("C.UTF-8") as started:  # its page is told the language "C" then, which Intl refuses
        yield started


def opened(window, report, where):
    window.open("about:blank")
    window.open(f"file://{report}#{where}")
    window.wait_until("typeof michinori === 'object' && !!document.querySelector('main')")


@pytest.mark.parametrize(("lang", "width"), [("ja", WIDE[0]), ("en", 450)], ids=["ja wide", "en narrow"])
def test_every_part_is_drawn_and_fits(window, report, lang, width):
    window.resize(width, 900)
    opened(window, report, f"lang={lang}")
    for number, part in enumerate(PARTS):
        window.value(f"location.hash = 'part={part}&n=3000&lang={lang}'")
        window.wait_until(f"document.querySelectorAll('.parts button')[{number}].ariaCurrent === 'page'")
        window.wait_until("document.querySelector('main')?.innerText.trim().length > 40")
        assert window.value("document.documentElement.lang") == lang
        assert window.value("document.documentElement.scrollWidth <= innerWidth"), part


def test_the_cursor_moves_and_the_strip_follows(window, report):
    window.resize(*WIDE)
    opened(window, report, "part=way&n=1&lang=ja")
    before = window.value("document.querySelector('.pinned').innerText")
    window.value("michinori.go(michinori.journey.size - 100) ?? null")
    window.wait_until(f"document.querySelector('.pinned').innerText !== {before!r}")


def test_the_octets_of_every_frame_come_out_of_the_file(window, report, request_frame):
    """They are compressed inside: ``DecompressionStream``."""
    number, _ = request_frame
    opened(window, report, f"part=inspector&n={number}&lang=en")
    window.wait_until("document.querySelector('main').innerText.includes('GET / HTTP/1.1')")


def test_the_graphs_are_drawn_whatever_language_the_browser_names(window, report):
    opened(window, report, "part=graphs&n=3000&lang=ja")
    window.wait_until("document.querySelectorAll('.graphs-panel canvas').length > 3")
    assert window.value("navigator.language") == "C"
