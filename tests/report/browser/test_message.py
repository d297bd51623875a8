"""Follow one message: every cell is what tshark reads on that adapter."""

import io

import pytest
import tshark
from chromium import NARROW, opened
from journeys import walk
from PIL import Image

pytestmark = pytest.mark.peer
WWW = "http://www.michinori.example/"
FIELDS = (
    *("eth.dst", "eth.src", "eth.type", "frame.len"),
    *("ip.src", "ip.dst", "ip.len", "ip.id", "ip.flags.df", "ip.flags.mf", "ip.frag_offset", "ip.ttl", "ip.proto"),
    *("ip.checksum", "tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.ack_raw", "tcp.flags"),
    *("tcp.window_size_value", "tcp.checksum", "udp.srcport", "udp.dstport", "udp.length", "udp.checksum"),
)
CELLS = """() => [...document.querySelectorAll(".hops td[data-field]")].map((cell) => ({
    ...cell.dataset, frame: Number(cell.dataset.frame), text: cell.textContent.trim(),
}))"""


class Captures:
    """What tshark reads in the captures of a journey, host by host."""

    def __init__(self, walked):
        self.folder = walked.folder
        self._read = {}

    def value(self, host, frame, field):
        if host not in self._read:
            own = self.folder / "packets.pcapng"
            file = self.folder / f"captures/{host}.pcapng"
            self._read[host] = tshark.fields(file if file.exists() else own, *FIELDS, setting="ip.defragment:FALSE")
        return self._read[host][frame - 1].get(field, [""])[0]


def number(text):
    """A number as either of them writes it: ``0x1c``, ``28``, ``0 × 8 = 0``, ``True``."""
    words = {"True": "1", "False": "0"}
    text = words.get(text, text).split(" ")[0]
    try:
        return int(text, 0)
    except ValueError:
        return text


def compare(page, captures):
    compared = 0
    for cell in page.evaluate(CELLS):
        if cell["text"]:
            wanted = captures.value(cell["host"], cell["frame"], cell["field"])
            assert number(cell["text"]) == number(wanted), cell
            compared += 1
    return compared


@pytest.mark.row("B14")
@pytest.mark.row("B15")
def test_every_cell_of_requests_and_responses_equals_tshark(browser, report, walked):
    captures = Captures(walked)
    compared = 0
    with opened(browser, report, part="message", lang="en") as page:
        for option in page.locator(".message-choice option").all():
            page.locator(".message-choice select").select_option(option.get_attribute("value"))
            compared += compare(page, captures)
    assert compared > 2000


@pytest.mark.row("B18")
def test_fragments_stand_beside_each_other_and_equal_tshark(browser, tmp_path):
    walked = walk(tmp_path / "out", WWW, scenario="fragments")
    fragmented = walked.of("ip", "fragmented")
    assert fragmented
    with opened(browser, walked.folder / "journey.html", part="message", n=fragmented[0].n) as page:
        assert compare(page, Captures(walked)) > 20
        offsets = page.locator("td[data-field='ip.frag_offset']").all_inner_texts()
        assert len({number(text) for text in offsets}) > 1


def test_the_octets_of_a_message_are_put_together(browser, report, walked):
    sent = walked.of("http", "request-sent", "pc")[0]
    with opened(browser, report, part="message", n=sent.n) as page:
        text = "".join(page.locator(".dump-text").all_inner_texts())
        assert text.startswith(f"{sent.data['method']} {sent.data['target']} HTTP/1.1")
        assert page.locator(".dump-hex i").count() > 200


@pytest.mark.row("B9")
def test_a_handshake_is_three_segments_without_data(browser, report, walked):
    syn = next(event for event in walked.of("tcp", "segment-sent", "pc") if event.data["flags"] == "SYN")
    with opened(browser, report, part="message", n=syn.n, lang="en") as page:
        assert "0 octets in 3 segments" in page.locator(".message-choice").inner_text()
        flags = []
        for number in range(3):
            flags.append(page.locator(".segments .mono").inner_text())
            if number < 2:
                page.locator(".segments button").nth(1).click()
                page.wait_for_timeout(50)
        assert flags == ["SYN", "SYN,ACK", "ACK"]


def test_on_a_narrow_screen_an_edge_lies_in_shadow_while_more_stands_beyond_it(browser, report, request_frame):
    """So that a table that is wider than the screen, and a map, do not seem to end there."""
    with opened(browser, report, size=NARROW, part="message", n=request_frame[0], lang="ja") as page:
        table = page.locator(".hops")
        table.evaluate("(box) => box.scrollIntoView({block: 'center'})")
        page.wait_for_timeout(200)  # it moves by itself to the link of the moment

        def lightest_at_right_edge(left):
            table.evaluate(f"(box) => {{ box.scrollLeft = {left}; }}")
            box = table.bounding_box()
            clip = {"x": box["x"] + box["width"] - 5, "y": box["y"] + box["height"] / 2, "width": 3, "height": 40}
            with Image.open(io.BytesIO(page.screenshot(clip=clip))) as picture:
                return picture.convert("L").getextrema()[1]

        assert table.evaluate("(box) => box.scrollWidth > box.clientWidth + 100")
        assert lightest_at_right_edge(0) < lightest_at_right_edge("box.scrollWidth") - 15


def test_a_query_is_shown_whole_and_the_box_ends_behind_its_last_line(browser, report, walked):
    [asked, *_] = walked.of("udp", "sent", "pc")
    with opened(browser, report, part="message", n=asked.n, lang="ja") as page:
        box = page.get_by_label("メッセージ全体", exact=True)
        rows = box.locator(".dump-row")
        assert rows.count() == -(-asked.data["octets"] // 16)
        assert box.bounding_box()["height"] < rows.count() * 24 + 4
