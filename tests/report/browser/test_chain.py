"""The chain of requests: from any frame with data the call that caused it is one click away."""

import node
import pytest
from chromium import opened

pytestmark = [pytest.mark.peer, pytest.mark.row("B26")]


def calls_of_frames(events):
    """For each frame that carries data of a stream, the call that wrote it."""
    by_number = {event.n: event for event in events}
    found = {}
    for event in events:
        if not event.frame:
            continue
        above = event
        while above.cause and (above.layer, above.what) != ("tcp", "segment-sent"):
            above = by_number[above.cause]
        if above.what == "segment-sent" and above.data["len"]:
            found[event.n] = above.data["calls"][0]
    return found


def test_from_any_data_frame_the_causing_call_is_one_click_away(browser, report, walked):
    events = walked.events
    frames = calls_of_frames(events)
    assert len(frames) > 1000
    with opened(browser, report, part="chain") as page:
        shown = page.evaluate(
            """async (frames) => {
                const found = {};
                for (const n of frames) {
                    michinori.go(n);
                    await null; // the elements are there behind what waits already; no picture of them is needed
                    const shown = document.querySelector(".step[aria-current]").dataset.n;
                    document.getElementById("to-call").click();
                    found[shown] = michinori.cursor.value.n;
                }
                return found;
            }""",
            list(frames),
        )
    assert {int(n): call for n, call in shown.items()} == frames
    for frame, call in frames.items():
        assert call < frame
        assert events[call - 1].data["call"] in ("write", "send")


def test_every_call_shows_its_arguments_and_how_long_it_blocked(browser, report, walked):
    connect = next(
        event for event in walked.of("socket", "called", "pc") if event.data.get("call") == "connect" and event.n > 400
    )
    returned = next(event for event in walked.of("socket", "returned", "pc") if event.cause == connect.n)
    with opened(browser, report, part="chain", n=connect.n, lang="en") as page:
        line = page.locator(f"[data-call='{connect.n}'].call").inner_text()
        assert f"connect({connect.data['descriptor']}, {connect.data['address']})" in line
        assert f"blocked {returned.data['waited_ns'] / 1e6:.1f} ms" in line


def test_the_steps_stand_in_the_order_of_what_led_to_what(browser, report, walked):
    frame = next(event for event in walked.of("link", "frame-received", "www") if event.data["octets"] > 300)
    with opened(browser, report, part="chain", n=frame.n) as page:
        numbers = [
            int(step.get_attribute("data-n"))
            for step in page.locator("section").filter(has=page.locator("#chain-title")).locator(".step").all()
        ]
    assert numbers == sorted(numbers)
    assert numbers[-1] == frame.n
    layers = [walked.events[n - 1].layer for n in numbers]
    assert (
        layers.index("http") < layers.index("socket") < layers.index("tcp") < layers.index("ip") < layers.index("link")
    )


def test_every_step_that_led_to_the_cursor_is_explained(browser, report, walked):
    """A phone shows no tips beside a pointer, and the names of the events are the trace's."""
    [first, *_] = walked.of("tcp", "segment-sent", "pc")
    with opened(browser, report, part="chain", n=first.n, lang="en") as page:
        led = page.locator("section").filter(has=page.locator("#chain-title"))
        steps = [walked.events[int(step.get_attribute("data-n")) - 1] for step in led.locator(".step").all()]
        shown = led.locator(".explained").all_inner_texts()
    assert steps[-1].n == first.n
    assert len(steps) > 1
    words = node.call("explain/words.js", [("explainEvent", step.layer, step.what) for step in steps])
    assert shown == [f"{each['en']} {each['source']}".removesuffix(" —") for each in words]
