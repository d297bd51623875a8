"""Search in reach from every part, the trail back and forward, links to a moment, and files from inside the report."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import NARROW, WIDE, opened, wait_until

pytestmark = pytest.mark.peer


def at(page):
    return page.evaluate("michinori.cursor.value.n")


def count(page):
    wait_until(page, "!/…/.test(document.querySelector('.search-said').textContent)")
    return int(page.locator(".search-said").inner_text().split()[0].replace(",", ""))


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
def test_a_filter_is_typed_and_its_second_result_gone_to_by_keyboard_alone(browser, report, walked, size, scheme):
    dropped = [event.n for event in walked.events if event.what == "dropped" or (event.frame and event.why)]
    with opened(browser, report, size=size, scheme=scheme, part="graphs", lang="en") as page:
        page.keyboard.press("/")
        page.keyboard.type("dropped")
        wait_until(page, "document.querySelectorAll('.search-found').length > 1")
        assert count(page) == len(dropped)
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        assert at(page) == dropped[1]
        wait_until(page, "!document.querySelector('dialog')")
        page.keyboard.press("Control+k")
        assert page.locator("dialog input").input_value() == "dropped"
        page.keyboard.press("Escape")
        wait_until(page, "!document.querySelector('dialog')")
        assert page.locator("h2.part-title").inner_text() == "The graphs"


def test_a_result_says_when_where_and_what_and_is_pressed(browser, report, walked):
    asked = walked.of("arp", "asked", "pc")
    with opened(browser, report, lang="ja") as page:
        page.click("#tool-search")
        page.locator("dialog input").fill("host == pc and what == asked and layer == arp")
        wait_until(page, "document.querySelectorAll('.search-found').length > 0")
        assert count(page) == len(asked)
        line = page.locator(".search-found").first
        shown = line.inner_text()
        for part in (f"{asked[0].t / 1e6:,.3f}", "pc", "ARP", "asked", asked[0].data["address"]):
            assert part in shown
        line.click()
        assert at(page) == asked[0].n


@pytest.mark.parametrize(("lang", "says"), [("ja", "「tcp.port」のことですか。"), ("en", 'Did you mean "tcp.port"?')])
def test_a_wrong_filter_is_answered_in_the_reader_s_language(browser, report, lang, says):
    with opened(browser, report, lang=lang) as page:
        page.keyboard.press("Control+k")
        page.keyboard.type("tcp.prt == 80")
        assert says in page.locator(".search-said").inner_text()
        assert page.locator("dialog input").get_attribute("aria-invalid") == "true"
        page.locator("dialog input").fill("サーバー")
        wait_until(page, "document.querySelectorAll('.search-found').length > 0")
        many = count(page)
        page.locator("dialog input").fill("ｻｰﾊﾞ")
        page.wait_for_timeout(100)
        assert count(page) == many > 0


def test_every_example_finds_something_or_says_that_there_is_nothing(browser, lossy):
    with opened(browser, lossy.folder / "journey.html", lang="en") as page:
        page.keyboard.press("/")
        examples = page.locator(".search-examples button").all_inner_texts()
        assert len(examples) > 5
        for example in examples:
            page.locator("dialog input").fill(example)
            page.wait_for_timeout(50)
            assert count(page) > 0, example


def test_back_and_forward_lead_along_the_jumps(browser, report):
    with opened(browser, report, part="waterfall", n=3000, lang="en") as page:
        assert page.locator("#tool-back").is_disabled()
        page.locator(".waterfall-name").first.click()
        page.locator("[data-phase=wait]").click()
        there = at(page)
        page.locator("[data-open=inspector]").click()
        page.locator("#tool-back").click()
        assert (page.locator("h2.part-title").inner_text(), at(page)) == ("The waterfall", there)
        page.locator("#tool-back").click()
        assert at(page) == 3000
        page.locator("#tool-forward").click()
        page.locator("#tool-forward").click()
        assert page.locator("h2.part-title").inner_text() == "The inspector"
        assert page.locator("#tool-forward").is_disabled()


def test_the_link_that_is_copied_opens_the_report_there(browser, report):
    with opened(browser, report, part="graphs", n=1234, lang="en") as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.click("#tool-link")
        wait_until(page, "document.querySelector('.tools-told').textContent !== ''")
        assert page.locator(".tools-told").inner_text() == "Link copied"
        page.keyboard.press("/")
        page.locator("dialog input").fill("")
        page.keyboard.press("Control+v")
        link = page.locator("dialog input").input_value()
        page.keyboard.press("Escape")
        assert link == f"file://{report}#part=graphs&n=1234"
        page.evaluate("location.hash = 'part=waterfall&n=77'")
        wait_until(page, "michinori.cursor.value.n === 77")
        assert page.locator("h2.part-title").inner_text() == "The waterfall"
        fresh = page.context.new_page()
        fresh.goto(link)
        fresh.wait_for_selector("main")
        assert at(fresh) == 1234
        assert fresh.locator("h2.part-title").inner_text() == "The graphs"


def test_files_saved_from_the_report_are_those_that_were_written(browser, report, walked):
    with opened(browser, report, part="files", lang="en") as page:
        names = [button.get_attribute("data-file") for button in page.locator("[data-file]").all()]
        written = walked.files() - {"journey.html", ".michinori.json"}
        assert set(names) == written
        assert len(names) == len(written)
        for name in ("packets.pcapng", "captures/home-router.pcapng", "page.har", "trace.jsonl", "page.png"):
            with page.expect_download() as saving:
                page.locator(f"[data-file='{name}']").click()
            saved = saving.value
            assert saved.suggested_filename == name.rpartition("/")[2]
            assert saved.path().read_bytes() == (walked.folder / name).read_bytes(), name
            told = page.locator("li", has=page.locator(f"[data-file='{name}']")).inner_text()
            assert int(re.search(r"([\d,]+) octets", told)[1].replace(",", "")) == (walked.folder / name).stat().st_size
