"""Where am I: what the strip says is what the trace says."""

import random

import pytest
from chromium import NARROW, WIDE, opened

from michinori.report.place import Stage, locate

pytestmark = pytest.mark.peer
OSI = {
    "browser": 7,
    "http": 7,
    "dns": 7,
    "tls": 6,
    "socket": 5,
    "tcp": 4,
    "udp": 4,
    "ip": 3,
    "icmp": 3,
    "arp": 3,
    "link": 2,
}


def test_for_50_events_it_equals_the_trace(browser, report, walked):
    events = walked.events
    places = locate(events, "pc")
    exchanges = {one.id: one for one in places.exchanges}
    with opened(browser, report, lang="en") as page:
        strip = page.locator(".here")
        for event in random.Random(5).sample(events, 50):
            page.evaluate(f"michinori.go({event.n})")
            page.wait_for_selector(f".here[data-host='{event.host}'][data-osi='{OSI[event.layer]}']")
            stage = places.stages[event.n - 1]
            assert strip.get_attribute("data-stage") == str(int(stage))
            said = strip.inner_text()
            assert event.host in said
            assert f"L{OSI[event.layer]}" in said
            if stage:
                way, number = ("Way out", stage) if stage <= Stage.ROUTERS else ("Way back", stage - Stage.ROUTERS)
                assert f"{way} {number}" in said
            exchange = places.exchange_of[event.n - 1]
            if exchange:
                assert f"#{exchange} {exchanges[exchange].data['method']}" in said


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "390"])
def test_it_stays_in_view_in_every_part(browser, report, size):
    with opened(browser, report, size=size) as page:
        for button in page.locator("nav.parts button").all():
            button.click()
            page.evaluate("scrollTo(0, 4000)")
            box = page.locator(".here-now").bounding_box()
            assert box is not None
            assert 0 <= box["y"] < size[1] / 2
            assert page.evaluate(
                "([x, y]) => document.elementFromPoint(x, y).closest('.here') !== null", [box["x"] + 4, box["y"] + 4]
            )
