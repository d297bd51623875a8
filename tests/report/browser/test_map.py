"""The map, by mouse and keyboard: what it shows of a machine is in the trace, and it keeps up with the cursor."""

import pytest
from chromium import NARROW, opened, wait_until
from journeys import walk

pytestmark = pytest.mark.peer
TABLE = """(name) => [...document.querySelectorAll(`.host-table[data-table="${name}"] tbody tr`)]
    .map((row) => [...row.cells].map((cell) => cell.textContent.trim()))"""

PLACES = """() => [...document.querySelectorAll(".map-frames .map-frame")]
    .filter((one) => one.getAttribute("visibility") === "visible").map((one) => one.getAttribute("transform"))"""
COUNT_FRAMES = """() => {
    window.drawn = 0;
    const count = () => { window.drawn++; requestAnimationFrame(count); };
    requestAnimationFrame(count);
    michinori.cursor.play();
}"""


def test_every_machine_and_cable_stands_on_the_map(browser, report):
    with opened(browser, report, part="map", n=2000, lang="en") as page:
        about = page.evaluate(
            "({nodes: michinori.journey.about.nodes.map((n) => n.name), lines: michinori.journey.about.lines.length})"
        )
        assert sorted(page.locator(".map-node").all_inner_texts()) == sorted(about["nodes"])
        assert page.locator(".map-cable").count() == about["lines"]


def test_machines_do_not_cover_each_other_even_where_it_is_narrow(browser, report):
    with opened(browser, report, size=NARROW, part="map", n=2000) as page:
        boxes = [node.bounding_box() for node in page.locator(".map-node svg").all()]
        for at, one in enumerate(boxes):
            for other in boxes[at + 1 :]:
                apart = abs(one["x"] - other["x"]) >= one["width"] or abs(one["y"] - other["y"]) >= one["height"]
                assert apart, (one, other)


@pytest.mark.row("B18")
def test_a_router_shows_its_mappings_and_the_route_that_was_chosen(browser, report, walked):
    forwarded = [event for event in walked.of("ip", "forwarded", "home-router") if event.data["protocol"] == "tcp"]
    chosen = forwarded[40]
    with opened(browser, report, part="map", n=chosen.n, lang="en") as page:
        page.locator('[data-node="home-router"]').focus()
        page.keyboard.press("Enter")
        assert page.locator(".host").get_attribute("data-host") == "home-router"
        mapped = [event.data for event in walked.of("ip", "nat-mapped", "home-router") if event.n <= chosen.n]
        wanted = [[data["protocol"], data["inside"], data["outside"]] for data in mapped]
        assert [row[:3] for row in page.evaluate(TABLE, "napt")] == wanted
        routes = page.evaluate(TABLE, "routes")
        assert [row[0] for row in routes if row[3] == "chosen (longest)"] == [chosen.data["chosen"]]


@pytest.mark.row("B11")
def test_the_sockets_are_those_of_the_last_listing(browser, report, walked):
    listing = walked.of("socket", "table", "pc")[6]
    with opened(browser, report, part="map", n=listing.n, lang="en") as page:
        keys = ("kind", "state", "recv_q", "send_q", "local", "remote", "descriptor")
        wanted = [
            [f"{socket[key]:,}" if isinstance(socket[key], int) else socket[key] for key in keys]
            for socket in listing.data["sockets"]
        ]
        assert page.evaluate(TABLE, "sockets") == wanted


def test_the_numbers_of_a_connection_are_those_of_its_last_account(browser, report, walked):
    info = walked.of("tcp", "info", "pc")[-20]
    with opened(browser, report, part="map", n=info.n, lang="en") as page:
        local = info.connection.split()[1]
        page.locator(f'[data-table="sockets"] button:text-is("{local}")').click()
        for name in ("snd_una", "snd_nxt", "rcv_nxt", "cwnd", "snd_wnd", "rcv_wnd", "mss"):
            assert page.locator(f'[data-number="{name}"]').inner_text() == f"{info.data[name]:,}"


def test_a_frame_moves_along_its_cable(browser, report, walked):
    sent = walked.of("link", "frame-sent", "isp-router")[5]
    place = "document.querySelector('.map-frame.now')?.getAttribute('transform')"
    with opened(browser, report, part="map", n=sent.n, lang="en") as page:
        at_first = page.evaluate(place)
        assert at_first
        page.evaluate(f"michinori.cursor.goToTime({sent.t + 500_000})")
        assert at_first not in page.evaluate(PLACES)
        assert page.locator(".map-cable.busy").count() >= 1


def test_it_plays_smoothly(browser, report):
    with opened(browser, report, part="map", n=2500, lang="en") as page:
        page.evaluate("michinori.cursor.setPace(1e7)")
        began = page.evaluate("michinori.cursor.value.t")
        page.evaluate(COUNT_FRAMES)
        wait_until(page, "window.drawn > 30")
        page.evaluate("michinori.cursor.pause()")
        assert page.evaluate("michinori.cursor.value.t") > began


def test_what_was_dropped_is_named_with_its_reason(browser, report, walked):
    dropped = [
        event for event in walked.events if event.what == "frame-received" and event.why == "fragmentation-needed"
    ]
    with opened(browser, report, part="map", n=walked.events[-1].n, lang="en") as page:
        listed = page.locator(".map-list").nth(1)
        assert f"({len(dropped)})" in listed.locator("h3").inner_text()
        listed.locator("button").last.click()
        assert page.evaluate("michinori.cursor.value.n") == dropped[0].n


def test_what_no_socket_sent_is_told_as_what_it_is(browser, tmp_path):
    """The refusal of a connection is no SYN, though a SYN led to it."""
    refused = walk(tmp_path / "out", "http://www.michinori.example:81/")
    [dropped] = refused.of("tcp", "dropped", "www")
    reset = next(event for event in refused.of("link", "frame-sent", "www") if event.n > dropped.n)
    with opened(browser, refused.folder / "journey.html", part="map", n=reset.n, lang="en") as page:
        under_way = page.locator(".map-list").first.locator("li").all_inner_texts()
    [told] = [text for text in under_way if text.startswith("www ")]
    assert told.startswith("www IP 203.0.113.80 → ")
