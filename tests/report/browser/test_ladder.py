"""The ladder, by mouse and keyboard: its words are the trace's numbers, its states those of the ends."""

import pytest
from chromium import NARROW, opened, wait_until
from journeys import walk

pytestmark = pytest.mark.peer
WORDS = """() => [...document.querySelectorAll(".ladder-arrow")].map((arrow, at) =>
    [Number(arrow.dataset.sent), document.querySelectorAll(".ladder-words text:first-child")[at].textContent])"""

#: How tall they are, in pixels.
LETTERS = 11


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    return walk(tmp_path_factory.mktemp("bad") / "out", "http://www.michinori.example/", scenario="bad-line", seed=4)


def first(walked):
    return walked.of("tcp", "segment-sent", "pc")[0]


@pytest.mark.row("B12")
@pytest.mark.parametrize("absolute", [False, True], ids=["relative", "absolute"])
def test_the_numbers_are_those_of_the_segments(browser, report, walked, absolute):
    events = walked.events
    with opened(browser, report, part="ladder", n=first(walked).n, lang="en") as page:
        page.click(f"text={'absolute' if absolute else 'relative'}")
        seen = 0
        for _ in range(4):
            for sent, words in page.evaluate(WORDS):
                data = events[sent - 1].data
                if events[sent - 1].layer != "tcp":
                    continue
                assert f"[{data['flags']}] seq {data['seq' if absolute else 'rel_seq']} " in words
                assert f"win {data['window']}" in words
                if "ack" in data:
                    assert f"ack {data['ack' if absolute else 'rel_ack']} " in words
                if data["len"]:
                    assert f"len {data['len']} " in words
                seen += 1
            page.locator(".ladder-box").evaluate("(box) => { box.scrollTop += box.clientHeight; }")
            page.wait_for_timeout(60)
        assert seen > 40


@pytest.mark.row("B12")
@pytest.mark.row("B25")
def test_both_ends_go_through_the_states_of_the_trace(browser, report, walked):
    opening = first(walked)
    changes = [event for event in walked.of("tcp", "state-changed", "pc") if event.connection == opening.connection]
    wanted = [event.data["to"] for event in changes if event.data["to"] != "CLOSED"]
    with opened(browser, report, part="ladder", n=opening.n, lang="en") as page:
        seen = []
        for event in changes:
            page.evaluate(f"michinori.go({event.n})")
            page.wait_for_timeout(60)
            for state in page.locator('.ladder-state[data-host="pc"]').all():
                name = state.get_attribute("data-state")
                if name not in seen:
                    seen.append(name)
        assert seen == wanted


def test_arrows_are_walked_and_opened_by_keyboard(browser, report, walked):
    opening = first(walked)
    with opened(browser, report, part="ladder", n=opening.n, lang="en") as page:
        page.locator(".ladder-box").focus()
        page.keyboard.press("ArrowDown")
        n = page.evaluate("michinori.cursor.value.n")
        assert n > opening.n
        assert page.evaluate(f"michinori.journey.event({n}).what") == "segment-sent"
        page.keyboard.press("ArrowUp")
        assert page.evaluate("michinori.cursor.value.n") == opening.n
        page.keyboard.press("Enter")
        assert page.locator(".ladder .inspector").count() == 1
        assert "pc → www" in page.locator(".ladder-detail p").inner_text()


def test_a_click_on_an_arrow_opens_its_frame(browser, report, walked):
    with opened(browser, report, size=NARROW, part="ladder", n=first(walked).n, lang="en") as page:
        arrow = page.locator(".ladder-words").nth(1)
        arrow.dispatch_event("click")
        sent = int(page.locator(".ladder-arrow.now").get_attribute("data-sent"))
        wait_until(page, f"michinori.cursor.value.n === {sent}")
        assert page.locator(".ladder .inspector").count() == 1


def test_what_was_lost_is_broken_and_says_why(browser, bad):
    lost = next(event for event in bad.of("link", "frame-sent") if event.why == "fault:loss")
    with opened(browser, bad.folder / "journey.html", part="ladder", n=lost.n, lang="en") as page:
        assert "fault:loss" in page.locator(".ladder-words .warm").all_text_contents()
        assert page.locator(".ladder-arrow.bad .ladder-cross").count() >= 1
        page.evaluate("michinori.go(Number(document.querySelector('.ladder-arrow.bad').dataset.sent))")
        assert page.locator(".ladder-detail .warm").first.inner_text().startswith("did not arrive")


def test_the_routers_between_get_life_lines(browser, report, walked):
    with opened(browser, report, part="ladder", n=first(walked).n, lang="en") as page:
        page.click("text=Routers between")
        names = page.locator(".ladder-name").all_text_contents()
        assert names == ["pc", "home-router", "isp-router", "backbone-1", "datacentre-router", "www"]


@pytest.mark.row("B15")
def test_questions_for_addresses_have_a_ladder_of_their_own(browser, report, walked):
    asked = walked.of("arp", "asked")[0]
    with opened(browser, report, part="ladder", n=asked.n, lang="en") as page:
        page.locator(".ladder-choice select").select_option("arp")
        words = [text for _, text in page.evaluate(WORDS)]
        assert words[0] == f"{asked.data['address']} ?"
        answered = walked.of("arp", "answered")[0].data
        assert words[1] == f"{answered['address']} = {answered['mac']}"


def test_the_time_of_the_cursor_covers_no_words_on_a_narrow_screen(browser, report, walked):
    """Of arrows to either side: words of those to the left end where the time stands."""
    sends = [walked.of("tcp", "segment-sent", host)[0] for host in ("pc", "www")]
    with opened(browser, report, size=NARROW, part="ladder", n=sends[0].n, lang="ja") as page:
        for send in sends:
            page.evaluate(f"michinori.go({send.n})")
            wait_until(page, f"document.querySelector('.ladder-arrow.now')?.dataset.sent === '{send.n}'")
            apart = page.evaluate(
                """(() => {
                    const time = document.querySelector(".ladder-cursor text");
                    const words = document.querySelector(".ladder-words.now text");
                    const baseline = (text) => text.ownerSVGElement.createSVGPoint().matrixTransform(text.getCTM()).y
                        + Number(text.getAttribute("y"));
                    const beside = time.getBoundingClientRect().left >= words.getBoundingClientRect().right;
                    return beside ? null : Math.abs(baseline(time) - baseline(words));
                })()"""
            )
            assert apart is None or apart >= LETTERS
