"""The lab in WebKit, the engine of Safari: it fits, and a journey is made and shown."""

import pytest
from chromium import WIDE
from webkit import webkit

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def window():
    with webkit() as started:
        yield started


def enter(window, lab, fragment=""):
    window.open("about:blank")
    window.open(f"{lab.url}/#{fragment}")
    window.wait_until("!!document.querySelector('.lab')")


@pytest.mark.parametrize("width", [WIDE[0], 450])
def test_every_view_fits(window, quiet_lab, width):
    window.resize(width, 900)
    for view in ("past", "compare", "tour"):
        enter(window, quiet_lab, f"view={view}")
        window.wait_until("!!document.querySelector('h2.part-title')")
        assert window.value("document.documentElement.scrollWidth <= innerWidth"), view


def test_a_journey_is_followed_while_it_runs_and_then_shown(window, lab):
    window.resize(*WIDE)
    enter(window, lab)
    window.value(
        "(window.told = new Set(), new MutationObserver(() => told.add(document.querySelector('.lab-progress strong')?."
        "innerText)).observe(document.body, {subtree: true, childList: true, characterData: true})) ?? null"
    )
    window.value("document.querySelector('.lab-go').click() ?? null")
    window.wait_until("!!document.querySelector('h2.part-title') && location.hash.includes('journey=1')")
    assert len(window.value("[...told].filter(Boolean)")) > 2
    assert window.value("michinori.journey.size") > 1000
