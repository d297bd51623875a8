"""The page in Chromium: a journey from the address bar to its report, by mouse and by keyboard, wide and narrow."""

import re
import zipfile

import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import NARROW, WIDE, chromium, wait_until

pytestmark = pytest.mark.peer
#: What Chromium says by itself of an answer that the page tells of in a sentence.
REFUSED = "status of 400"
PAGE = "<!doctype html><title>mine</title><p>mine"
LOOKS = [("ja", WIDE, "light"), ("en", WIDE, "dark"), ("ja", NARROW, "dark"), ("en", NARROW, "light")]


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def open_page(browser):
    """Opens the lab; nothing may be complained about."""
    opened, complaints = [], []

    def open_it(lab, fragment="lang=en", size=WIDE, scheme="light", **of_browser):
        width, height = size
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **of_browser)
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
    assert [said for said in complaints if REFUSED not in said] == []


def look(page, width):
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] != "minor"] == []


def test_go_leads_to_the_report(lab, open_page):
    page = open_page(lab)
    page.fill("#address", "http://www.michinori.example/photo.html")
    page.click(".lab-go")
    page.wait_for_selector(".lab-progress [role=status]")
    page.wait_for_selector("h2.part-title")
    assert page.locator(".masthead h1").inner_text() == "http://www.michinori.example/photo.html"
    assert page.evaluate("michinori.journey.size") > 1000
    wait_until(page, "location.hash.includes('journey=1')", tries=2000)
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
    wanted = "michinori open --lang en --loss 5% --warm --tcp tlp=false http://www.michinori.example/"
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
def test_the_page_fits_and_has_no_barrier(quiet_lab, open_page, lang, size, scheme):
    page = open_page(quiet_lab, f"lang={lang}", size, scheme)
    look(page, size[0])
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


def test_a_click_on_the_map_makes_the_next_journey_go_wrong(lab, open_page):
    page = open_page(lab, "lang=en&part=map&n=1500")
    page.click(".lab-go")
    page.wait_for_selector("[data-touch=access]", state="attached")
    at = page.evaluate(
        "(() => { const cable = document.querySelector('[data-touch=access]');"
        "cable.scrollIntoView({block: 'center'});"
        "const p = cable.getPointAtLength(cable.getTotalLength() * .4).matrixTransform(cable.getScreenCTM());"
        "return [p.x, p.y]; })()"
    )
    page.mouse.click(*at)
    assert page.locator("#touched").input_value() == "access"
    bar = page.locator(".lab-fault-bar").bounding_box()
    assert bar["y"] + bar["height"] <= page.locator(".player").bounding_box()["y"]  # nobody must look for it
    page.click("[data-befalls=third]")
    page.click("[data-node=tld-server]")
    page.click("[data-befalls=silent]")
    told = page.locator(".lab-fault").all_inner_texts()
    assert told[0] == "access: Lose the third TCP segment"
    assert re.fullmatch("tld-server: Silence this machine, from [0-9]+us on", told[1])  # its only cable
    faults = [fault.get_attribute("title") for fault in page.locator(".lab-fault").all()]
    assert faults[0] == "access:drop nth=3 carrying=tcp"
    assert faults[1].startswith("tld-server:loss 100% from=")
    page.click("#again")
    wait_until(page, "location.hash.includes('journey=2')", tries=2000)
    about = page.evaluate("michinori.journey.about.lines.filter((line) => line.faults.length).map((line) => line.name)")
    assert about == ["access", "tld-server"]


def test_what_befalls_a_machine_is_told_and_taken_back_as_one(quiet_lab, open_page):
    page = open_page(quiet_lab)
    page.click("[aria-controls=conditions]")
    page.click(".lab-faults .lab-add")  # the access line is cut
    page.select_option("#fault-where", "machine isp-router")
    page.click(".lab-faults .lab-add")
    told = page.locator(".lab-fault-list span")
    assert told.all_inner_texts() == [
        "access: Cut this cable, from 0ms on",
        "isp-router: Silence this machine, from 0ms on",
    ]
    assert "access:loss 100% from=0ms isp-servers:loss 100% from=0ms" in told.nth(1).get_attribute("title")
    page.select_option("#fault-where", "machine pc")
    page.select_option("#fault-what", "deaf")
    page.click(".lab-faults .lab-add")
    assert told.nth(2).inner_text() == "pc: Let it answer no UDP"
    page.click("[aria-label^='Remove isp-router']")
    assert told.count() == 2
    assert page.locator(".lab-chosen p").inner_text() == (
        "faults: access: Cut this cable, from 0ms on; pc: Let it answer no UDP"
    )


def test_a_removed_journey_is_had_back_by_keyboard(lab, open_page):
    lab.walk("http://192.168.1.1/")
    page = open_page(lab, "lang=ja&view=past", NARROW)
    page.click("[aria-label='旅 1 を消す']")
    page.wait_for_selector("#restore:focus")
    assert page.locator(".lab-past [role=status]").inner_text().split() == ["旅", "1", "を消しました。", "元に戻す"]
    assert page.locator(".lab-past li").count() == 0
    look(page, NARROW[0])
    page.keyboard.press("Enter")
    page.wait_for_selector(".lab-past li")
    assert page.locator("#restore").count() == 0


def test_no_line_ends_within_time_wait(quiet_lab, open_page):
    page = open_page(quiet_lab, "lang=ja&lesson=time-wait", NARROW)
    boxes = "Array.from(document.querySelectorAll('.lab-lesson .unbroken'), (one) => one.getClientRects().length)"
    assert page.locator(".lab-question .unbroken").inner_text() == "TIME-WAIT"
    for width in range(200, 420, 10):
        page.set_viewport_size({"width": width, "height": 844})
        assert set(page.evaluate(boxes)) == {1}


def test_two_journeys_side_by_side(lab, open_page):
    page = open_page(lab, "lang=en&view=compare")
    page.click("[data-pair=loss]")
    page.wait_for_selector("text=Journey 2 of 2")
    page.wait_for_selector(".lab-differences li", timeout=60_000)
    said = page.locator(".lab-differences").inner_text()
    assert "The right journey took" in said
    assert "Retransmitted" in said
    assert page.locator(".lab-two img").count() == 2
    look(page, WIDE[0])
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    look(page, NARROW[0])
    page.click("#language")
    assert "右の旅は" in page.locator(".lab-differences").inner_text()


def test_a_zip_and_a_folder_are_uploaded_and_walked(lab, open_page, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/index.html").write_text(PAGE)
    for name, member in (("mine.zip", "index.html"), ("bad.zip", "../index.html")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr(member, PAGE)
    page = open_page(lab)
    page.click("text=Conditions")
    page.set_input_files("#upload-zip", tmp_path / "bad.zip")
    page.wait_for_selector(".lab-upload [role=alert]")  # beside the button, wherever the page is scrolled to
    page.set_input_files("#upload-zip", tmp_path / "mine.zip")
    page.wait_for_selector("text=Took 1 files for my.site.example")
    page.set_input_files("#upload-folder", tmp_path / "mine")
    page.wait_for_selector("text=Took 1 files for my.site.example")
    page.click(".lab-go")
    page.wait_for_selector("h2.part-title")
    assert page.locator(".masthead .verdict").inner_text() == "Arrived 200"


def test_the_first_and_the_last_lesson_wrong_and_right(lab, open_page):
    page = open_page(lab, "lang=en&view=tour")
    look(page, WIDE[0])
    assert page.locator(".lab-tour li").count() == 10
    page.click("[data-lesson=dns-walk]")
    assert page.locator("#check").is_disabled()
    page.click(".lab-go")
    page.wait_for_selector("h2.part-title")
    page.fill("#answer", "192.0.2.34")
    page.keyboard.press("Enter")
    page.wait_for_selector(".lab-verdict:not(.right)")
    page.fill("#answer", "203.0.113.53")
    page.click("#check")
    page.wait_for_selector(".lab-verdict.right")
    look(page, WIDE[0])
    page.click("text=See the event")
    wait_until(page, "michinori.journey.event(michinori.cursor.value.n).what === 'answered'")
    page.click("#leave")
    assert page.locator(".lab-tour .verdict").count() == 1
    page.click("[data-lesson=time-wait]")
    page.click(".lab-go")
    page.wait_for_selector("h2.part-title")
    page.fill("#answer", "www")
    page.click("#check")
    page.wait_for_selector(".lab-verdict:not(.right)")
    page.fill("#answer", "pc")
    page.click("#check")
    page.wait_for_selector(".lab-verdict.right")
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    look(page, NARROW[0])


def test_an_unknown_host_and_a_cut_cable_are_told(lab, open_page):
    page = open_page(lab, "lang=ja")
    page.fill("#address", "http://nowhere.example/")
    page.click(".lab-go")
    page.wait_for_selector(".failure")
    assert "その名前はありません (NXDOMAIN)" in page.locator(".failure").inner_text()
    page.click("[aria-controls=conditions]")
    page.click(".lab-faults .lab-add")
    page.click(".lab-go")
    wait_until(page, "location.hash.includes('journey=2')", tries=2000)
    assert "回問い合わせても応答しません" in page.locator(".failure").inner_text()
    look(page, WIDE[0])


def test_a_journey_is_followed_again_when_the_page_is_loaded_again(lab, open_page):
    page = open_page(lab)
    page.click(".lab-go")
    page.wait_for_selector("h2.part-title")
    wait_until(page, "location.hash.includes('journey=1')", tries=2000)
    page.click("[aria-controls=conditions]")
    page.fill("[list=likely-rate]", "500kbit")
    before = page.locator(".tiles").inner_text()
    page.click(".lab-go")
    page.wait_for_selector(".lab-progress [role=status]")
    page.reload()
    wait_until(page, "location.hash.includes('journey=2')", tries=2000)
    assert page.locator(".tiles").inner_text() != before


def test_a_second_tab_shows_the_journey_of_the_first_but_takes_nobody_away(lab, open_page):
    page = open_page(lab)
    page.click(".lab-go")
    page.wait_for_selector(".lab-progress [role=status]")
    beside, elsewhere = page.context.new_page(), page.context.new_page()
    beside.goto(f"{lab.url}/")
    elsewhere.goto(f"{lab.url}/#view=tour")
    for each in (page, beside):
        each.wait_for_selector("h2.part-title")
        assert each.locator(".masthead h1").inner_text() == "http://www.michinori.example/"
    assert elsewhere.locator("[data-lesson]").count() == 10
    assert elsewhere.locator(".masthead").count() == 0


def test_a_lab_that_is_gone_is_told_at_once_and_found_again(open_lab, browser, tmp_path):
    lab = open_lab(tmp_path / "first")
    page = browser.new_page(locale="ja-JP")
    page.goto(lab.url)
    page.click(".lab-go")
    page.wait_for_selector("h2.part-title")
    lab.close()
    page.wait_for_selector("[role=alert]")
    assert page.locator("[role=alert]").inner_text().startswith("ラボに届きません。")
    page.click("#language")
    assert page.locator("[role=alert]").inner_text().startswith("The lab cannot be reached.")
    page.click(".lab-go")  # nothing comes of it, and nothing else is said
    assert page.locator("[role=alert]").count() == 1
    again = open_lab(tmp_path / "second", port=lab.port)  # with a token of its own, and no past journey
    page.wait_for_selector(".lab-gone", state="detached")
    assert page.locator("h2.part-title").count() == 1  # what was read is still there
    page.click("text=Past journeys")
    assert page.locator(".lab-past li").count() == 0
    page.click("text=Journey >> nth=0")
    page.click(".lab-go")
    wait_until(page, "location.hash.includes('journey=1') && !document.querySelector('.lab-progress')", tries=2000)
    assert [each["id"] for each in again.get("/api/journeys").json()["past"]] == [1]
    page.close()


def test_a_lesson_and_a_pair_are_still_there_when_the_page_is_loaded_again(lab, open_page):
    page = open_page(lab, "lang=en&view=tour")
    page.click("[data-lesson=udp]")
    assert page.locator("#address").count() == 0  # it needs no journey
    page.reload()
    page.fill("#answer", "drop nth=3")
    page.keyboard.press("Enter")
    page.wait_for_selector(".lab-verdict.right")
    page.click("#next")
    page.click(".lab-go")
    page.wait_for_selector("h2.part-title")
    wait_until(page, "/journey=1&lesson=path-mtu/.test(location.hash)", tries=2000)
    page.reload()
    page.fill("#answer", "1454")
    page.click("#check")
    page.click(".lab-verdict.right >> text=See the event")
    wait_until(page, "michinori.journey.event(michinori.cursor.value.n).what === 'path-mtu'")
    wait_until(page, "document.querySelector('.pinned').getBoundingClientRect().top < 200")
    page.click(".lab-go")
    wait_until(page, "location.hash.includes('journey=2')", tries=2000)
    page.click("text=Side by side")
    for at in range(2):
        page.locator(".lab-chooser select").nth(at).select_option(str(at + 1))
    page.wait_for_selector(".lab-differences li")
    page.reload()
    page.wait_for_selector(".lab-differences li")


@pytest.mark.parametrize(("locale", "language"), [("ja-JP", "ja"), ("en-GB", "en"), ("de-DE", "en")])
def test_the_page_speaks_the_readers_language_until_another_is_chosen(quiet_lab, open_page, locale, language):
    page = open_page(quiet_lab, "", locale=locale)
    assert page.evaluate("document.documentElement.lang") == language
    page.click("#language")
    page.reload()
    page.wait_for_selector(".lab")
    assert page.evaluate("document.documentElement.lang") == {"ja": "en", "en": "ja"}[language]


def test_the_browsers_back_leads_to_what_was_shown_before(lab, open_page):
    page = open_page(lab)
    page.click("#begin")
    page.click("[data-lesson=isn]")
    wait_until(page, "document.activeElement.id === 'lesson-title'")  # where the button that was pressed is gone
    page.click(".lab-go")
    page.wait_for_selector("h2.part-title")
    page.click("text=Past journeys")
    page.click(".lab-past h3 button")
    page.wait_for_selector(".masthead h1")
    wait_until(page, "/journey=1&lesson=isn&part=way/.test(location.hash)")
    for seen in (".lab-past li", ".masthead h1", ".lab-welcome", "[data-lesson=isn]", "#begin"):
        page.go_back()
        page.wait_for_selector(seen)
    page.go_forward()
    page.go_forward()
    page.wait_for_selector("#lesson-title")
    page.go_forward()
    page.wait_for_selector(".masthead h1")
    assert page.locator("h2.part-title").inner_text() == "The inspector"


def test_a_journey_of_another_tab_takes_no_typed_address_away(lab, open_page):
    page = open_page(lab)
    page.click(".lab-go")
    page.wait_for_selector(".lab-progress [role=status]")
    beside = page.context.new_page()
    beside.goto(f"{lab.url}/#lang=en")
    beside.fill("#address", "http://search.example/")
    page.wait_for_selector("h2.part-title")
    wait_until(beside, "!document.querySelector('.lab-go').disabled", tries=2000)
    assert beside.input_value("#address") == "http://search.example/"


def test_numbers_may_be_typed_in_full_width(lab, open_page):
    page = open_page(lab, "lang=ja")
    page.click("[aria-controls=conditions]")
    page.fill("[list=likely-mtu]", "１２８０")
    page.fill("[list=likely-loss]", "１％")
    page.click(".lab-go")
    page.wait_for_selector("h2.part-title")
    assert [each["command"] for each in lab.get("/api/journeys").json()["past"]] == [
        "michinori open --lang ja --loss 1% --mtu 1280 http://www.michinori.example/"
    ]


def test_a_copied_link_leads_to_the_journey(lab, open_page):
    page = open_page(lab, permissions=["clipboard-read", "clipboard-write"])
    page.click(".lab-go")
    page.wait_for_selector("h2.part-title")
    page.click("#tool-link")
    page.wait_for_selector("text=Link copied")
    assert "journey=1&" in page.evaluate("navigator.clipboard.readText()")


def test_a_lesson_is_taken_by_keyboard_alone(lab, open_page):
    page = open_page(lab, "lang=en&view=tour")

    def press_until(key, wanted):
        for _ in range(60):
            if page.evaluate(f"document.activeElement.matches({wanted!r})"):
                return
            page.keyboard.press(key)
        pytest.fail(f"{key} never leads to {wanted}")

    press_until("Tab", "[data-lesson=path-mtu]")
    page.keyboard.press("Enter")
    wait_until(page, "document.activeElement.id === 'lesson-title'")
    press_until("Tab", "#address")
    page.keyboard.press("Enter")
    page.wait_for_selector("h2.part-title")
    press_until("Shift+Tab", "#answer")
    page.keyboard.type("1414")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=that is the MSS")
    page.keyboard.press("Control+A")
    page.keyboard.type("1454")
    page.keyboard.press("Enter")
    page.wait_for_selector(".lab-verdict.right")
    press_until("Tab", "#next")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=The longest match")
    wait_until(page, "document.activeElement.id === 'lesson-title'")
