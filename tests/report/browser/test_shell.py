"""The page itself: every part in both languages, wide and narrow, light and dark, by mouse and by keyboard."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import NARROW, WIDE, opened, wait_until

from michinori.report.html import assets

pytestmark = pytest.mark.peer
PARTS = re.findall(r'^    id: "(\w+)"', assets()["parts.js"], re.MULTILINE)
LOOKS = [("ja", WIDE, "light"), ("en", WIDE, "dark"), ("ja", NARROW, "dark"), ("en", NARROW, "light")]
NAMES = [f"{lang} {size[0]} {scheme}" for lang, size, scheme in LOOKS]
MIDDLE = 3000
BARRIERS = ("moderate", "serious", "critical")


@pytest.fixture(scope="module", params=LOOKS, ids=NAMES)
def look(request):
    return request.param


@pytest.fixture(scope="module")
def page(browser, report, look):
    """The report opened once in that look, to be led from part to part."""
    lang, size, scheme = look
    with opened(browser, report, size=size, scheme=scheme, n=MIDDLE, lang=lang) as page:
        yield page


def lead(page, report, part, n=1):
    """To another part of the report that is open, without loading it anew."""
    page.goto(f"file://{report}#part={part}&n={n}")
    wait_until(page, f"document.querySelectorAll('.parts button')[{PARTS.index(part)}].ariaCurrent === 'page'")


@pytest.mark.parametrize("part", PARTS)
def test_every_part_is_drawn_fits_and_has_no_barrier(page, report, look, request_frame, part):
    lang, (width, _), _ = look
    # The inspector shows a frame with all layers, of fewer octets than one of a picture.
    lead(page, report, part, request_frame[0] if part == "inspector" else MIDDLE)
    assert page.locator("html").get_attribute("lang") == lang
    assert page.locator("main").inner_text().strip()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in BARRIERS] == []


def test_no_text_of_the_other_language_is_left(browser, report):
    with opened(browser, report, n=MIDDLE, lang="en") as page:
        for part in PARTS:
            lead(page, report, part, MIDDLE)
            labels = page.locator("button, h1, h2, h3, h4, th, label, .lead").all_inner_texts()
            assert [text for text in labels if re.search(r"[\u3040-\u30ff]", text)] == [], part
            assert len(labels) > 10


def test_language_and_theme_are_switched_and_kept(browser, report):
    with opened(browser, report, lang="ja") as page:
        page.click("#language")
        assert page.locator("h2.part-title").inner_text() == "The whole way"
        before = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.click("#theme")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
        page.goto("about:blank")
        page.goto(f"file://{report}")
        page.wait_for_selector("main")
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.locator("html").get_attribute("data-theme") == "dark"


def at(page):
    return page.evaluate("michinori.cursor.value.n")


def test_the_cursor_is_moved_by_keyboard_alone(browser, report):
    with opened(browser, report, n=500) as page:
        page.keyboard.press("ArrowRight")
        assert at(page) == 501
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        assert at(page) == 499
        page.keyboard.press("Shift+ArrowRight")
        n = at(page)
        assert page.evaluate(f"michinori.journey.event({n}).what") == "frame-sent"
        page.keyboard.press("End")
        assert at(page) == page.evaluate("michinori.journey.size")
        page.keyboard.press("Home")
        assert at(page) == 1
        for _ in range(5):  # backwards from the top is the end of the page, where the controls of time are
            if page.evaluate("document.activeElement.type") == "range":
                break
            page.keyboard.press("Shift+Tab")
        page.keyboard.press("ArrowRight")
        assert at(page) > 1


def test_it_plays_and_pauses(browser, report):
    with opened(browser, report) as page:
        begun = page.evaluate("michinori.cursor.value.t")
        page.keyboard.press("Space")
        wait_until(page, f"michinori.cursor.value.t > {begun}")
        page.keyboard.press("Space")
        assert not page.evaluate("michinori.cursor.value.playing")


def test_an_address_leads_back_to_the_moment(browser, report):
    with opened(browser, report, part="message", n=700) as page:
        page.evaluate("michinori.go(1234)")
        wait_until(page, "location.hash.includes('n=1234')")
        assert "part=message" in page.evaluate("location.hash")


def test_a_link_is_followed_although_the_address_is_just_made_to_follow_the_reader(browser, report):
    with opened(browser, report, part="message", n=700) as page:
        link = "location.hash = 'part=map&n=1234'"
        page.evaluate(f"({link}, history.replaceState(null, '', '#part=message&n=700'))")
        wait_until(page, "michinori.cursor.value.n === 1234")


def test_the_script_of_a_page_does_not_run_in_its_report(browser, tmp_path):
    from journeys import walk

    (tmp_path / "site").mkdir()
    (tmp_path / "site/index.html").write_text("<script>document.title='owned'</script><img src=x onerror=x()>")
    url = "http://evil.example/?</script><script>document.title='owned'</script><img src=x onerror=alert(1)>"
    walked = walk(tmp_path / "out", url, sites=(f"evil.example={tmp_path / 'site'}",))
    written = walked.folder / "journey.html"
    with opened(browser, written) as page:
        for part in PARTS:
            lead(page, written, part)
            assert page.title() != "owned"
            assert page.locator("main script, main img[onerror]").count() == 0
