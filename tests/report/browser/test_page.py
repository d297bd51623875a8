"""The page: its boxes, how it filled in, its tree and what is said of each response are those of the trace."""

import re

import pytest
from chromium import NARROW, WIDE, opened, wait_until
from journeys import walk
from node import JOURNEY, call

from michinori.browser import sniff
from michinori.browser.document import Document
from michinori.report.dom import MAX_NODES, MAX_TEXT, carried
from michinori.report.html import assets

pytestmark = pytest.mark.peer


def test_the_tree_is_that_of_the_parser_without_white_space():
    document = Document("<!doctype html><title>a</title><p class=x id=y>b<!--c--> <i>d</i>", "http://x.example/")
    tree = carried(document)
    assert tree == {
        "cut": False,
        "nodes": [
            [0, "#doctype", "html"],
            [0, "html", []],
            [1, "head", []],
            [2, "title", []],
            [3, "#text", "a"],
            [1, "body", []],
            [2, "p", [["class", "x"], ["id", "y"]]],
            [3, "#text", "b"],
            [3, "#comment", "c"],
            [3, "i", []],
            [4, "#text", "d"],
        ],
    }


def test_of_a_tree_that_is_too_large_the_beginning_is_carried():
    tree = carried(Document("<p>" * (MAX_NODES + 5), "http://x.example/"))
    assert tree["cut"]
    assert len(tree["nodes"]) == MAX_NODES
    long = carried(Document("<p>" + "a" * (MAX_TEXT + 1), "http://x.example/"))
    assert long["cut"]
    assert max(len(node[2]) for node in long["nodes"]) == MAX_TEXT


def test_each_rule_by_which_a_type_is_settled_has_words():
    png, font = b"\x89PNG\r\n\x1a\n", b"wOF2"
    settled = [
        sniff.sniff(b"<p>", ["text/html"]),
        sniff.sniff(b"<p>", ["text/css"]),
        sniff.sniff(b"<p>", ["text/css"], nosniff=True),
        sniff.sniff(b"<p>", []),
        sniff.sniff(b"<p>", ["text/plain"]),
        sniff.sniff(png, ["image/jpeg"]),
        sniff.sniff(font, ["font/ttf"], context="font"),
    ]
    rules = {each.rule for each in settled}
    assert len(rules) == len(settled)
    assert [rule for rule in rules if not re.search(f'^  "?{rule}"?: {{ ja', assets()["page_answers.js"], re.M)] == []


def test_codings_types_and_character_codes_are_those_of_the_trace(walked):
    report = walked.folder / "journey.html"
    [answers] = call("page_data.js", [("answersOf", JOURNEY)], report)
    by_url = {answer["asked"]["data"]["url"]: answer for answer in answers}
    for event in walked.of("browser", "sniffed"):
        told = by_url[event.data["url"]]["sniffed"]
        assert (told["n"], told["type"], told["differs"]) == (event.n, event.data["type"], event.data["differs"])
    for event in walked.of("browser", "decoded"):
        told = by_url[event.data["url"]]["decoded"]
        assert (told["charset"], told["how"]) == (event.data["charset"], event.data["how"])
    coded = {event.n: event.data for event in walked.of("http", "content-decoded", "pc")}
    told = {answer["coded"]["n"]: answer for answer in answers if answer["coded"]}
    assert told.keys() == coded.keys()
    for n, answer in told.items():
        assert (answer["coded"]["from"], answer["coded"]["to"]) == (coded[n]["from"], coded[n]["to"])
        assert answer["asked"]["data"]["response_body_octets"] == coded[n]["from"]
        assert answer["asked"]["data"]["content_octets"] == coded[n]["to"]


def test_what_had_not_come_is_covered(walked):
    report = walked.folder / "journey.html"
    [answers], [layout] = (call("page_data.js", [(name, JOURNEY)], report) for name in ("answersOf", "layoutOf"))
    [laid] = walked.of("browser", "laid-out")
    boxes = [list(box.values())[:6] for box in layout["boxes"]]
    assert boxes == [box[:6] for box in laid.data["boxes"]]
    exchanges = walked.of("http", "exchange")
    asked = [answer["asked"] for answer in answers]
    answers = [{"asked": {"id": one["id"], "n": one["n"], "data": {"kind": one["data"]["kind"]}}} for one in asked]
    for event in exchanges:
        [missing] = call("page_data.js", [("missingAt", answers, layout, event.n)])
        pending = {one.data["url"]: one.data["kind"] for one in exchanges if one.n > event.n}
        assert missing["everything"] == bool({"document", "stylesheet"} & set(pending.values()))
        drawn = {box["url"] for box in layout["boxes"] if box["tag"] == "img"}
        assert {box["url"] for box in missing["boxes"] if box["tag"] == "img"} == drawn & pending.keys()


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_boxes_are_pointed_at_and_walked_by_arrows(browser, report, walked, size):
    [laid] = walked.of("browser", "laid-out")
    with opened(browser, report, size=size, part="page", n=10_000_000, lang="en") as page:
        boxes = laid.data["boxes"]
        assert page.locator(".page-box").count() == len(boxes)
        first = page.locator(".page-box").first
        first.focus()
        page.keyboard.press("ArrowDown")
        told = page.locator(".page-told").inner_text()
        assert f"<{boxes[1][0]}>" in told
        assert f"{boxes[1][3]:,} × {boxes[1][4]:,}" in told
        image = next(index for index, box in enumerate(boxes) if box[0] == "img")
        page.locator(".page-box").nth(image).hover()
        page.locator(".page-told button").click()
        assert page.locator("h2.part-title").inner_text() == "The waterfall"


def test_the_film_moves_the_cursor_and_the_picture_follows(browser, report, walked):
    with opened(browser, report, part="page", n=1, lang="en") as page:
        assert page.locator(".page-cover").count() == 1
        buttons = page.locator(".page-film button")
        film = page.evaluate("michinori.journey.about.film.map(([n]) => n)")
        exchanges = {event.n: event.data["kind"] for event in walked.of("http", "exchange")}
        assert exchanges[film[0]] == "document"
        assert "stylesheet" in [exchanges[n] for n in film]
        assert film == sorted(film)
        assert buttons.count() == len(film) + 1  # the finished picture is the last
        drawn = "[...document.querySelectorAll('.page-shot img')].filter((one) => one.naturalWidth === 264)"
        wait_until(page, f"{drawn}.length === {len(film)}")
        buttons.last.click()
        [painted] = walked.of("browser", "painted")
        assert page.evaluate("michinori.cursor.value.n") == painted.n
        wait_until(page, "!document.querySelector('.page-cover, .page-missing')")
        buttons.nth(buttons.count() - 2).focus()
        page.keyboard.press("Enter")
        assert page.evaluate("michinori.cursor.value.n") == film[-1]
        wait_until(page, "document.querySelectorAll('.page-missing').length > 0")
        page.get_by_role("button", name="Show it finished").click()
        assert page.locator(".page-missing").count() == 0


def test_heads_and_tree_are_opened_by_keyboard(browser, report, walked):
    first = min(walked.of("http", "exchange"), key=lambda event: event.data["started_ns"])
    with opened(browser, report, part="page", lang="en") as page:
        page.locator(".page-answer-head").first.focus()
        page.keyboard.press("Enter")
        shown = page.locator(".page-lines").last.inner_text()
        for name, value in first.data["response_headers"]:
            assert f"{name}: {value}" in shown
        [parsed] = walked.of("browser", "document-parsed")
        for _ in range(parsed.data["depth"]):
            page.evaluate("document.querySelectorAll('.page-tree [aria-expanded=false]').forEach((one) => one.click())")
            page.wait_for_timeout(20)
        tags = page.locator(".page-tree .page-node-tag").all_inner_texts()
        assert sum(tag.startswith("<") for tag in tags) == parsed.data["elements"]


def test_the_strip_of_a_short_page_ends_where_the_page_ends(browser, tmp_path):
    lost = walk(tmp_path / "out", "http://www.michinori.example/no-such-page")
    with opened(browser, lost.folder / "journey.html", part="page", lang="en") as page:
        sheet, shot = page.locator(".page-sheet").bounding_box(), page.locator(".page-film canvas").first.bounding_box()
        assert shot["height"] / shot["width"] == pytest.approx(sheet["height"] / sheet["width"], rel=0.03)
