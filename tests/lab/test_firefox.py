"""The lab in Firefox, by mouse and keyboard: what it does in Chromium it does there too."""

import zipfile

import pytest
from chromium import NARROW, WIDE
from firefox import ENTER, firefox

pytestmark = pytest.mark.peer

#: A report is shown, of this journey.
SHOWN = "document.querySelector('h2.part-title') && location.hash.includes('journey={}')"


@pytest.fixture(scope="module", params=["ja,en", "en,ja"])
def fox(request):
    with firefox(request.param) as started:
        started.language = request.param[:2]
        yield started


@pytest.fixture(scope="module")
def started_english():
    with firefox() as started:
        yield started


@pytest.fixture
def english(started_english):
    """One browser for all: each test has a lab of its own, and so an origin for which nothing is kept."""
    started_english.resize(*WIDE)
    yield started_english
    started_english.open("about:blank")
    assert started_english.complaints == []


def enter(fox, lab, fragment=""):
    fox.open("about:blank")
    fox.open(f"{lab.url}/#{fragment}")
    fox.wait_until("!!document.querySelector('.lab')")


def text(fox, selector):
    return fox.value(f"document.querySelector({selector!r})?.innerText ?? ''")


def test_the_lab_speaks_the_readers_language_until_another_is_chosen(fox, quiet_lab):
    enter(fox, quiet_lab)
    assert fox.value("document.documentElement.lang") == fox.language
    assert text(fox, ".lab-go") == {"ja": "出発", "en": "Go"}[fox.language]
    fox.click("#language")
    other = {"ja": "en", "en": "ja"}[fox.language]
    enter(fox, quiet_lab, "view=past")
    assert fox.value("document.documentElement.lang") == other
    fox.click("#language")
    assert fox.complaints == []


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "390"])
def test_every_view_fits(fox, quiet_lab, size):
    fox.resize(*size)
    for view in ("past", "compare", "tour"):
        enter(fox, quiet_lab, f"view={view}")
        fox.wait_until("!!document.querySelector('h2.part-title')")
        assert fox.value("document.documentElement.scrollWidth") <= size[0], view
    assert fox.complaints == []


def test_go_progress_a_fault_by_clicking_the_map_and_a_past_journey(english, lab):
    fox = english
    enter(fox, lab, "part=map&n=1500")
    fox.value(
        "(window.told = [], new MutationObserver(() => told.push(document.querySelector('.lab-progress strong')?."
        "innerText)).observe(document.body, {subtree: true, childList: true, characterData: true})) ?? null"
    )
    fox.fill("#address", f"http://www.michinori.example/photo.html{ENTER}")
    fox.wait_until(SHOWN.format(1))
    told = fox.value("[...new Set(told)].filter(Boolean)")
    assert "On the way" in told  # server-sent events came in, one after the other
    assert len(told) > 2
    fox.wait_until("!!document.querySelector('[data-touch=access]')")
    at = fox.value(
        "(() => { const cable = document.querySelector('[data-touch=access]'); cable.scrollIntoView({block: 'center'});"
        "const p = cable.getPointAtLength(cable.getTotalLength() * .4).matrixTransform(cable.getScreenCTM());"
        "return [Math.round(p.x), Math.round(p.y)]; })()"
    )
    fox.click_at(*at)
    fox.wait_until("document.querySelector('#touched')?.value === 'access'")
    fox.click("[data-befalls=third]")
    fox.click("#again")
    fox.wait_until(SHOWN.format(2))
    faults = "michinori.journey.about.lines.flatMap((line) => line.faults.map((rule) => `${line.name}:${rule}`))"
    assert fox.value(faults) == ["access:drop nth=3 carrying=tcp"]
    fox.click(".lab-views li:nth-child(2) button")
    fox.wait_until("document.querySelectorAll('.lab-past li').length === 2")
    fox.click(".lab-past li:last-child h3 button")
    fox.wait_until(SHOWN.format(1))
    assert fox.value(faults) == []


def test_two_side_by_side(english, lab):
    enter(english, lab, "view=compare")
    english.click("[data-pair=warm]")
    english.wait_until("!!document.querySelector('.lab-differences li')")
    assert "Name resolution of the first request" in text(english, ".lab-differences")
    english.wait_until(
        "[...document.querySelectorAll('.lab-two img')].filter((one) => one.naturalWidth > 100).length === 2"
    )


def test_an_upload_and_its_refusal(english, lab, tmp_path):
    for name, member in (("bad.zip", "../index.html"), ("mine.zip", "index.html")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr(member, "<!doctype html><title>mine</title><p>mine")
    enter(english, lab)
    english.click("[aria-controls=conditions]")
    english.wait_until("!!document.querySelector('#upload-zip')")
    english.upload("#upload-zip", tmp_path / "bad.zip")
    english.wait_until("!!document.querySelector('.lab-refused')")
    english.upload("#upload-zip", tmp_path / "mine.zip")
    english.wait_until("document.querySelector('.lab-upload [role=status]').innerText.includes('Took 1 files')")
    english.click(".lab-go")
    english.wait_until(SHOWN.format(1))
    assert text(english, ".masthead .verdict") == "Arrived 200"
    english.complaints.clear()  # Firefox says itself that something was answered with 400


def test_a_lesson_answered_wrong_and_right(english, lab):
    enter(english, lab, "view=tour")
    english.click("[data-lesson=path-mtu]")
    english.click(".lab-go")
    english.wait_until(SHOWN.format(1))
    english.fill("#answer", f"1500{ENTER}")
    english.wait_until("!!document.querySelector('.lab-verdict:not(.right)')")
    english.fill("#answer", f"1454{ENTER}")
    english.wait_until("!!document.querySelector('.lab-verdict.right')")
    english.click(".lab-verdict .chip")
    english.wait_until("michinori.journey.event(michinori.cursor.value.n).what === 'path-mtu'")
