"""What fails says so in its place, and everything else of the page goes on."""

import pytest
from chromium import opened, wait_until

pytestmark = pytest.mark.peer
#: What a browser in the locale "C" says, WebKit for one, and what Intl refuses as a language.
NO_LANGUAGE = "Object.defineProperty(Navigator.prototype, 'language', {get: () => 'C', configurable: true})"
#: uPlot asks for it as it is loaded, and nothing else of the page does.
NO_DATES = "Intl.DateTimeFormat = function () { throw new RangeError('no dates today'); }"


def test_a_browser_whose_language_intl_refuses_draws_every_graph(browser, report):
    with opened(browser, report, before=NO_LANGUAGE, part="graphs", lang="ja") as page:
        wait_until(page, "document.querySelectorAll('.graphs-panel canvas').length > 3")
        assert page.evaluate("navigator.language") == "C"
        assert page.locator(".plot-now").count() == page.locator(".graphs-panel canvas").count()


def test_where_graphs_cannot_be_drawn_their_values_are_still_told(browser, report):
    with opened(browser, report, before=NO_DATES, part="graphs", lang="en") as page:
        page.wait_for_selector(".graphs-panel [role=alert]")
        said = page.locator("[aria-labelledby=graph-windows]").inner_text()
        assert "cannot draw the graphs" in said
        assert "no dates today" in said
        assert page.locator("[data-name=cwnd] dd").inner_text() != ""


def test_a_part_that_fails_says_so_and_the_others_are_shown(browser, report):
    with opened(browser, report, part="way", lang="ja", complaining=True) as page:
        page.evaluate("michinori.journey.about.lines = null")
        page.get_by_role("button", name="地図").click()
        page.wait_for_selector("main [role=alert]")
        assert "ここは表示できませんでした" in page.locator("main").inner_text()
        assert page.locator(".masthead h1").inner_text().startswith("http://")
        page.get_by_role("button", name="ウォーターフォール").click()
        page.wait_for_selector(".waterfall")
        assert page.locator("main [role=alert]").count() == 0


def test_what_fails_as_time_goes_on_stops_nothing_else(browser, report):
    """The inspector is told of the new moment before the strip and the player are."""
    with opened(browser, report, part="inspector", n=3000, lang="en", complaining=True) as page:
        page.evaluate("void (michinori.journey.frameOf = () => { throw new Error('no frame'); })")
        page.evaluate("michinori.cursor.go(3100)")
        page.wait_for_selector("main [role=alert]")
        assert page.evaluate("michinori.cursor.value.n") == 3100
        assert "3,100" in page.locator(".player").inner_text()
        page.evaluate("delete michinori.journey.frameOf")
        page.get_by_role("button", name="Try again").click()
        assert page.locator("main [role=alert]").count() == 0


def test_a_report_that_was_cut_short_says_so(browser, report, tmp_path):
    whole = report.read_text()
    at = whole.index('id="blob-events"')
    short = tmp_path / "journey.html"
    short.write_text(whole[: at + 4000] + "</script>" + whole[whole.rindex("<script>") :])
    with opened(browser, short, complaining=True) as page:
        said = page.locator("main").inner_text()
        assert "読み出せませんでした" in said
        assert "could not be read" in said
