"""The inspector: fields and octets light each other, by mouse and by keyboard, down to the bit."""

import pytest
from chromium import NARROW, opened, wait_until

from michinori.report.capture import read_frames
from michinori.wire import ethernet

pytestmark = pytest.mark.peer

PREAMBLE = 8
#: Octets on the wire of the TTL and of the IPv4 flags, behind the preamble and the Ethernet header.
TTL, FLAGS = PREAMBLE + 14 + 8, PREAMBLE + 14 + 6


@pytest.fixture
def page(browser, report, request_frame):
    with opened(browser, report, part="inspector", n=request_frame[0], lang="en") as page:
        yield page


def lit(page):
    return page.locator(".o.lit").evaluate_all("all => all.map((one) => Number(one.dataset.at))")


def line(page, key):
    return page.locator(f'.line[data-key="{key}"]').first


def chosen(page):
    return page.locator('.line[aria-selected="true"]').get_attribute("data-key")


def test_pointing_at_a_field_lights_its_octets_and_pointing_at_an_octet_its_field(page):
    line(page, "ip.ttl").hover()
    assert lit(page) == [TTL]
    line(page, "ip.src").hover()
    assert lit(page) == list(range(TTL + 4, TTL + 8))
    page.locator(f"#octet-{TTL}").click()
    assert chosen(page) == "ip.ttl"
    assert "Time to Live" in line(page, "ip.ttl").inner_text()
    assert "RFC 791" in line(page, "ip.ttl").inner_text()


def test_every_octet_belongs_to_a_field_that_lights_it(page):
    octets = page.locator(".o").count()
    for at in range(0, octets, 7):
        page.locator(f"#octet-{at}").click()
        assert at in lit(page), at
        assert chosen(page) is not None


def test_the_tree_is_walked_by_keyboard_down_to_a_bit(page):
    line(page, "ip.flags").click()
    tree = page.locator('[role="tree"]')
    tree.focus()
    page.keyboard.press("ArrowRight" if line(page, "ip.flags").get_attribute("aria-expanded") == "false" else "Home")
    for _ in range(300):
        if chosen(page) == "ip.flags.df":
            break
        page.keyboard.press("ArrowDown")
    assert chosen(page) == "ip.flags.df"
    assert lit(page) == [FLAGS]
    bits = page.locator(".bits b").all_inner_texts()
    on = page.locator(".bits b.lit")
    assert (bits, on.all_inner_texts()) == (list("01000000"), ["1"])
    page.keyboard.press("ArrowLeft")
    assert chosen(page) == "ip.flags"
    page.keyboard.press("ArrowLeft")
    assert line(page, "ip.flags").get_attribute("aria-expanded") == "false"
    assert page.locator('.line[data-key="ip.flags.df"]').count() == 0
    page.keyboard.press("End")
    page.keyboard.press("Home")
    assert chosen(page) == "phy"


def test_the_octets_are_walked_by_keyboard(page, request_frame):
    page.locator(f"#octet-{TTL}").click()
    page.locator(".octets").focus()
    page.keyboard.press("ArrowRight")
    assert (chosen(page), lit(page)) == ("ip.proto", [TTL + 1])
    page.keyboard.press("ArrowDown")  # sixteen octets on: the second of the sequence number
    assert chosen(page) == "tcp.seq_raw"
    page.keyboard.press("Home")
    assert chosen(page) == "eth.preamble"
    page.keyboard.press("End")
    assert chosen(page) == "eth.fcs"
    assert page.evaluate("michinori.cursor.value.n") == request_frame[0]  # the arrows did not move the time as well


def test_preamble_and_check_sequence_are_those_of_the_wire(page, walked, request_frame):
    frames = list(read_frames((walked.folder / "packets.pcapng").read_bytes()))
    frame = frames[request_frame[1] - 1].octets
    wire = bytes.fromhex("".join(page.locator(".o").all_inner_texts()))
    assert wire == bytes.fromhex("55" * 7 + "d5") + frame + ethernet.fcs(frame)
    assert "correct" in line(page, "eth.fcs").inner_text()
    line(page, "eth.sfd").click()
    assert "".join(page.locator(".bits b").all_inner_texts()) == "10101011"  # as on the cable


def test_the_encapsulation_is_drawn_from_the_message_to_the_bits(page):
    units = [text.split("\n")[0].split(" ")[0] for text in page.locator(".capsule-unit").all_inner_texts()]
    assert units == ["message", "segment", "packet", "frame", "bits"]
    sizes = [int(text) for text in page.locator(".capsule li:last-child .piece small").all_inner_texts()]
    assert sum(sizes) == page.locator(".o").count()
    page.locator(".capsule .piece.ip.own").click()
    assert chosen(page) == "ip"


def test_frames_are_stepped_and_machines_chosen(page, request_frame):
    number = request_frame[1]
    page.get_by_role("button", name="Next frame of this machine").click()
    assert page.locator(".inspector-choice h3").inner_text() == f"Frame {number + 1}"
    page.get_by_role("button", name="Frame before of this machine").click()
    assert page.locator(".inspector-choice h3").inner_text() == f"Frame {number}"
    page.get_by_role("combobox", name="At which machine").select_option("www")
    assert page.evaluate("michinori.journey.event(michinori.cursor.value.n).host") == "www"


def test_a_dropped_frame_says_why(browser, report, walked):
    dropped = next(event for event in walked.events if event.frame and event.why)
    with opened(browser, report, part="inspector", n=dropped.n, lang="ja") as page:
        told = page.locator(".dropped").inner_text()
        assert dropped.why in told
        assert "RFC" in told


def test_an_event_of_another_layer_shows_the_frame_that_it_led_to(browser, report, walked):
    syn = next(event for event in walked.of("tcp", "segment-sent", "pc") if event.data["flags"] == "SYN")
    with opened(browser, report, part="inspector", n=syn.n, lang="en") as page:
        assert str(syn.data["seq"]) in line(page, "tcp.seq_raw").inner_text()


def test_a_phone_shows_eight_octets_a_row_and_nothing_sticks_out(browser, report, request_frame):
    with opened(browser, report, size=NARROW, part="inspector", n=request_frame[0], lang="ja") as page:
        assert page.locator(".octets-row").first.locator(".o").count() == 8
        line(page, "tcp.flags").click()
        wait_until(page, "document.querySelector('.about') !== null")
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]


def test_every_piece_of_the_encapsulation_has_a_box(browser, report, request_frame):
    with opened(browser, report, part="inspector", n=request_frame[0]) as page:
        boxes = page.evaluate("[...document.querySelectorAll('.piece')].map((one) => getComputedStyle(one).boxShadow)")
    assert len(boxes) > 10
    assert "none" not in boxes


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_no_name_in_the_encapsulation_is_cut_off_on_a_narrow_screen(browser, report, request_frame, lang):
    with opened(browser, report, size=NARROW, part="inspector", n=request_frame[0], lang=lang) as page:
        page.wait_for_selector(".piece span")
        cut = page.evaluate(
            "[...document.querySelectorAll('.piece span')].filter((name) => name.scrollWidth > name.clientWidth)"
            ".map((name) => name.textContent)"
        )
        assert cut == []
