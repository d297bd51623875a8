"""The page in Chromium: a journey from the address bar to its report, by mouse and by keyboard, wide and narrow."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import NARROW, WIDE, chromium

pytestmark = pytest.mark.peer
LOOKS = [("ja", WIDE, "light"), ("en", WIDE, "dark"), ("ja", NARROW, "dark"), ("en", NARROW, "light")]


@pytest.fixture(scope="session")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def open_page(browser):
    """Opens the lab; nothing may be complained about."""
    opened, complaints = [], []

    def open_it(lab, fragment="lang=en", size=WIDE, scheme="light"):
        width, height = size
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        opened.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{lab.url}/#{fragment}")
        page.wait_for_selector(".lab")
        return page

    yield open_it
    for context in opened:
        context.close()
    assert complaints == []


def look(page, width):
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    serious = [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")]
    assert serious == []


def test_go_leads_to_the_report(lab, open_page):
    page = open_page(lab)
    page.fill("#address", "http://www.michinori.example/photo.html")
    page.click(".lab-go")
    page.wait_for_selector(".lab-progress [role=status]")
    page.wait_for_selector("h2.part-title")
    assert page.locator(".masthead h1").inner_text() == "http://www.michinori.example/photo.html"
    assert page.evaluate("michinori.journey.size") > 1000
    assert "journey=1" in page.evaluate("location.hash")
    page.reload()
    page.wait_for_selector("h2.part-title")


def test_conditions_are_chosen_walked_and_opened_again(lab, open_page):
    page = open_page(lab)
    page.click("text=Conditions")
    page.select_option("select:near(:text('DNS caches'))", "warm")
    page.fill("[list=likely-loss]", "5%")
    page.uncheck("text=tail-loss probes")
    page.click(".lab-go")
    page.wait_for_selector("h2.part-title")
    page.click("text=Past journeys")
    wanted = "michinori open --loss 5% --warm --tcp tlp=false http://www.michinori.example/"
    assert page.locator(".lab-command").inner_text() == wanted
    page.click("text=Journey >> nth=0")
    page.click("text=Reset the conditions")
    assert page.locator(".lab-chosen p").inner_text() == "as it comes"
    page.click("text=Past journeys")
    page.click(".lab-past h3 button")
    page.wait_for_selector("h2.part-title")
    assert "loss 5%" in page.locator(".lab-chosen p").inner_text()


def test_what_cannot_be_done_is_said(quiet_lab, open_page):
    page = open_page(quiet_lab)
    page.click("text=Conditions")
    page.fill("[list=likely-delay]", "soon")
    page.click(".lab-go")
    page.wait_for_selector("[role=alert]")
    assert "soon" in page.locator("[role=alert]").inner_text()


def test_a_journey_is_made_by_keyboard_alone(lab, open_page):
    page = open_page(lab)
    for _ in range(10):
        if page.evaluate("document.activeElement.id") == "address":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("http://search.example/")
    page.keyboard.press("Enter")
    page.wait_for_selector("h2.part-title")
    assert page.locator(".masthead h1").inner_text() == "http://search.example/"


@pytest.mark.parametrize(("lang", "size", "scheme"), LOOKS, ids=["ja", "en dark", "ja 390 dark", "en 390"])
def test_the_page_fits_and_has_no_serious_barrier(quiet_lab, open_page, lang, size, scheme):
    page = open_page(quiet_lab, f"lang={lang}&journey=1", size, scheme)
    page.wait_for_selector("h2.part-title")
    look(page, size[0])
    page.click("[aria-controls=conditions]")
    look(page, size[0])
    page = open_page(quiet_lab, f"lang={lang}&view=past", size, scheme)
    page.wait_for_selector(".lab-past li")
    look(page, size[0])


def test_what_a_site_brings_runs_nothing_in_the_page(open_lab, open_page, tmp_path):
    site = tmp_path / "evil"
    site.mkdir()
    (site / "index.html").write_text(
        "<script>document.title='owned'</script><img src=x onerror='top.document.title=1'>"
    )
    lab = open_lab(sites={"evil.example": site})
    page = open_page(lab)
    page.fill(
        "#address", "http://evil.example/?</script><script>document.title='owned'</script><img src=x onerror=alert(1)>"
    )
    page.click("text=Conditions")
    page.check("text=evil.example")
    page.click(".lab-go")
    page.wait_for_selector("h2.part-title")
    assert page.title() == "Michinori Lab"
    assert page.locator("main script, img[onerror]").count() == 0
