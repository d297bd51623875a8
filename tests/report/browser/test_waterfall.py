"""The waterfall: its phases and sizes are those of the HAR, its packets those of the trace."""

import json

import pytest
from chromium import NARROW, opened
from journeys import walk
from node import JOURNEY, call

pytestmark = pytest.mark.peer


def entries(walked):
    """The entries of the HAR by the number of the event that each was made of."""
    log = json.loads((walked.folder / "page.har").read_text())["log"]
    return {entry["_event"]: entry for entry in log["entries"]}


def asked(walked):
    return call("requests.js", [("requestsOf", JOURNEY)], walked.folder / "journey.html")[0]


@pytest.mark.parametrize("which", ["walked", "lossy"])
def test_phases_sizes_and_connections_are_those_of_the_har(which, request):
    walked = request.getfixturevalue(which)
    har = entries(walked)
    requests = asked(walked)
    assert {one["n"] for one in requests} == har.keys()
    assert len(har) > 10
    for one in requests:
        entry = har[one["n"]]
        took = {phase["name"]: phase["to"] - phase["from"] for phase in one["phases"]}
        for name, ms in entry["timings"].items():
            assert took.get(name, 0) == pytest.approx(max(ms, 0) * 1e6)
        assert one["to"] - one["from"] == pytest.approx(entry["time"] * 1e6)
        ends = [phase["to"] for phase in one["phases"] if phase["name"] != "ssl"]
        assert ends[-1] == one["to"]
        assert one["connection"] == entry["connection"]
        assert one["data"]["response_body_octets"] == entry["response"]["bodySize"]
    assert [one["from"] for one in requests] == sorted(one["from"] for one in requests)


def test_every_segment_that_was_lost_or_sent_again_is_marked(lossy):
    """Every segment of the browser's connections stands under one request at most; what is lost never came."""
    requests = asked(lossy)
    calls = [("packetsOf", JOURNEY, one) for one in requests]
    packets = [packet for found in call("requests.js", calls, lossy.folder / "journey.html") for packet in found]
    numbers = [packet["n"] for packet in packets]
    assert len(numbers) == len(set(numbers))
    events = {event.n: event for event in lossy.events}
    own = "pc"
    for packet in packets:
        event = events[packet["n"]]
        assert event.what == ("segment-sent" if packet["out"] or packet["lost"] else "segment-received") or (
            event.layer == "udp"
        )
        assert (event.host == own) == (packet["out"] or not packet["lost"])
        assert packet["length"] == event.data.get("len", event.data.get("octets"))
    arrived = {event.n for event in lossy.of("tcp", "segment-received", own)}
    assert {
        packet["n"] for packet in packets if not packet["out"] and not packet["lost"] and packet["flags"]
    } <= arrived
    again = [packet for packet in packets if packet["again"]]
    repeated = len(lossy.of("tcp", "retransmitted"))
    assert 10 < len(again) <= repeated
    assert sum(packet["lost"] for packet in packets) >= 10


def test_a_request_is_opened_and_its_packets_are_walked_by_keyboard(browser, report, walked):
    har = entries(walked)
    with opened(browser, report, part="waterfall", n=3000, lang="en") as page:
        name = page.locator(".waterfall-name").first
        name.focus()
        page.keyboard.press("Enter")
        assert name.get_attribute("aria-expanded") == "true"
        entry = min(har.values(), key=lambda each: each["startedDateTime"])
        shown = page.locator(".waterfall-phases").inner_text()
        for phase in ("dns", "connect", "wait"):
            assert f"{entry['timings'][phase]:.1f} ms" in shown
        page.locator("[data-phase=wait]").click()
        assert (
            page.evaluate("michinori.cursor.value.t") >= (entry["timings"]["dns"] + entry["timings"]["connect"]) * 1e6
        )
        before = page.evaluate("michinori.cursor.value.n")
        page.locator(".waterfall-packet button[aria-label='Next packet']").focus()
        page.keyboard.press("Enter")
        after = page.evaluate("michinori.cursor.value.n")
        assert after > before
        assert page.evaluate(f"michinori.journey.columns.exchange[{after} - 1]") == 1
        page.locator("[data-open=inspector]").click()
        assert page.locator("h2.part-title").inner_text() == "The inspector"
        assert page.evaluate("michinori.cursor.value.n") == after


def test_a_press_on_a_bar_moves_the_cursor_there(browser, report, walked):
    last = max(event.data["ended_ns"] for event in walked.of("http", "exchange"))
    for size in ((1360, 900), NARROW):
        with opened(browser, report, size=size, part="waterfall", lang="en") as page:
            bar = page.locator(".waterfall-bar").nth(2)
            width = bar.bounding_box()["width"]
            bar.click(position={"x": width / 2, "y": 8})
            assert page.evaluate("michinori.cursor.value.t") == pytest.approx(last / 2, rel=0.02)


def test_why_an_image_did_not_come_is_told_in_the_readers_language(browser, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text(
        '<!doctype html><img src="http://www.michinori.example:81/a.png"><img src="https://www.michinori.example/b.png">'
    )
    walked = walk(tmp_path / "out", "http://my.site.example/", sites=(f"my.site.example={site}",), lang="ja")
    with opened(browser, walked.folder / "journey.html", part="waterfall", lang="ja") as page:
        page.locator(".waterfall-name", has_text="a.png").click()
        page.get_by_text("に接続できません (203.0.113.80: 接続が拒否されました)").wait_for()
        page.locator(".waterfall-name", has_text="b.png").click()
        page.get_by_text("b.png は https で、ここではTLSを話しません").wait_for()
        page.get_by_text("このリクエストのためのパケットは、ひとつも送られていません。").wait_for()
