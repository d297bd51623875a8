"""The graphs on the page say what the trace says at the cursor, follow it, move it, and share a stretch of time."""

import pytest
from chromium import NARROW, WIDE, opened, wait_until

pytestmark = pytest.mark.peer


def told(walked, connection, n):
    """What the stack had told last of a connection's end, by then."""
    infos = [event for event in walked.of("tcp", "info") if event.connection == connection and event.n <= n]
    return infos[-1]


def test_the_legend_says_what_the_stack_told_at_the_cursor(browser, report, walked):
    with opened(browser, report, part="graphs", lang="en") as page:
        connection = page.locator("#graphs-sender").input_value()
        infos = [event for event in walked.of("tcp", "info") if event.connection == connection]
        for event in (infos[len(infos) // 3], infos[-1]):
            page.evaluate(f"michinori.cursor.goToTime({event.t})")
            last = told(walked, connection, page.evaluate("michinori.cursor.value.n"))
            cwnd = page.locator("[aria-labelledby=graph-windows] [data-name=cwnd] dd")
            wait_until(page, f"document.querySelector('[data-name=cwnd] dd').textContent === '{last.data['cwnd']:,}'")
            assert cwnd.inner_text() == f"{last.data['cwnd']:,}"
            srtt = page.locator("[aria-labelledby=graph-times] [data-name=srtt] dd").inner_text()
            assert float(srtt.split()[0]) == pytest.approx(last.data["srtt_ns"] / 1e6, rel=0.005)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_a_press_moves_the_cursor_and_its_line_follows(browser, report, size):
    with opened(browser, report, size=size, part="graphs", lang="en") as page:
        over = page.locator("[aria-labelledby=graph-sequence] .u-over")
        over.scroll_into_view_if_needed()
        page.evaluate("scrollBy(0, 200)")
        box = over.bounding_box()
        over.click(position={"x": box["width"] * 0.5, "y": 40})
        n = page.evaluate("michinori.cursor.value.n")
        assert page.evaluate(f"michinori.journey.event({n}).layer") == "tcp"
        places = page.evaluate(
            "[...document.querySelectorAll('.plot-now')].slice(0, 4).map((line) => line.getBoundingClientRect().left"
            " - line.parentElement.getBoundingClientRect().left)"
        )
        assert max(places) - min(places) < 1.5
        assert abs(places[0] - box["width"] * 0.5) < box["width"] * 0.2


def test_looking_closer_is_shared_by_all_graphs_and_undone_by_keyboard(browser, report):
    spans = (
        "[...document.querySelectorAll('.graphs-zoom .num')].map((one) => one.textContent.match(/[\\d.,]+/g)"
        ".map((number) => Number(number.replaceAll(',', ''))))[0]"
    )
    with opened(browser, report, part="graphs", n=5000, lang="en") as page:
        begin, end = page.evaluate(spans)
        page.get_by_role("button", name="Closer at the cursor").focus()
        page.keyboard.press("Enter")
        closer = page.evaluate(spans)
        assert closer[1] - closer[0] == pytest.approx((end - begin) / 4, rel=0.1)
        page.get_by_role("button", name="The whole", exact=True).focus()
        page.keyboard.press("Enter")
        assert page.evaluate(spans) == [begin, end]
        over = page.locator("[aria-labelledby=graph-windows] .u-over")
        over.scroll_into_view_if_needed()
        page.evaluate("scrollBy(0, 250)")
        box = over.bounding_box()
        page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 60)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 60, steps=4)
        page.mouse.up()
        dragged = page.evaluate(spans)
        assert dragged[1] - dragged[0] == pytest.approx((end - begin) * 0.2, rel=0.1)


def test_another_end_and_another_cable_are_chosen(browser, report, walked):
    with opened(browser, report, part="graphs", lang="en") as page:
        options = page.locator("#graphs-sender option").count()
        connections = {event.connection for event in walked.of("tcp", "segment-sent")}
        assert options == len(connections)
        page.select_option("#graphs-sender", index=options - 1)
        assert page.locator(".plot canvas").count() == 5
        page.select_option("#graphs-cable", index=1)
        assert page.locator("[aria-labelledby=graph-queue] canvas").count() == 1
        page.click("#theme")
        assert page.locator(".plot canvas").count() == 5


def test_nothing_is_drawn_during_an_examination(browser, report):
    with opened(browser, report, part="graphs", lang="en") as page:
        page.evaluate("michinori.examining.set(true)")
        page.wait_for_selector(".note")
        assert page.locator(".plot").count() == 0
