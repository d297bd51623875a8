"""The whole way: every row, with its times; what did not happen is said and explained."""

import pytest
from chromium import opened
from node import call

pytestmark = pytest.mark.peer


def test_every_row_has_its_place_and_its_time(browser, report, walked):
    events = walked.events
    with opened(browser, report, lang="en") as page:
        for name, count in walked.numbers["rows"].items():
            row = page.locator(f"#{name}")
            assert row.count() == 1, name
            assert ("unmet" in row.get_attribute("class")) == (count == 0)
            if count == 0:
                assert "not met on this journey" in row.inner_text()
        typed = next(event for event in events if event.what == "address-typed")
        assert f"{typed.t / 1e6:.3f} ms" in page.locator("#B1").inner_text()
        for number in range(1, 14):
            assert "michinori " in page.locator(f"#A{number}").inner_text()


def test_what_the_cache_of_names_answered_sent_no_frame(browser, report, walked):
    """A warm cache: the row says so, and below its answers there is nothing."""
    hits = walked.of("dns", "cache-hit", "pc")
    assert hits
    with opened(browser, report, lang="en") as page:
        below = page.evaluate(
            """(hits) => hits.map((n) => [...michinori.journey.effects(n)].map(
                (effect) => michinori.journey.event(effect).layer))""",
            [event.n for event in hits],
        )
        assert all("link" not in layers for layers in below)
        assert f"answered from the cache: {len(hits)}" in page.locator("#B6").inner_text()


@pytest.mark.row("B9")
def test_where_the_journey_went_more_than_once_each_time_shows(browser, report, walked):
    opened_at = {
        event.connection: event.t for event in walked.of("tcp", "state-changed", "pc") if event.data["to"] == "SYN-SENT"
    }
    with opened(browser, report) as page:
        shown = page.locator("#B9 .times b").all_inner_texts()
        assert shown == [f"{t / 1e6:.3f}" for t in sorted(opened_at.values())]
        page.locator("#B9 .times button").nth(2).click()
        n = page.evaluate("michinori.cursor.value.n")
        assert walked.events[n - 1].t == sorted(opened_at.values())[2]


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_stage_and_row_is_explained_and_says_where_it_is_defined(browser, report, walked, lang):
    rows = list(walked.numbers["rows"])
    stages = [("out", number) for number in range(1, 8)] + [("back", number) for number in range(1, 5)]
    calls = [("explainStage", *stage) for stage in stages] + [("explainRow", row) for row in rows]
    words = call("explain/words.js", calls)
    with opened(browser, report, lang=lang) as page:
        heads = page.locator(".way-head .explained").all_inner_texts()
        shown = [page.locator(f"#{row} .explained").inner_text() for row in rows]
    assert heads + shown == [f"{each[lang]} {each['source']}" for each in words]
