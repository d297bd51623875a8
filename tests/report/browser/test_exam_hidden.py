"""While an examination is under way, no part gives an answer away: not as text, in a drawing, or to a screen reader."""

import re

import node
import pytest
from chromium import NARROW, WIDE, opened, wait_until

pytestmark = pytest.mark.peer

#: What is written on a canvas from now on.
LISTEN_TO_CANVASES = """(() => {
  globalThis.drawn = [];
  for (const name of ["fillText", "strokeText"]) {
    const draw = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (text, ...rest) {
      drawn.push(String(text));
      return draw.call(this, text, ...rest);
    };
  }
})()"""
#: Drawings follow a frame or two later.
DRAWN = """(async () => {
  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
})()"""
#: All that can be read or heard: each text, those of a line together, what names a control, what is on a canvas.
READABLE = """(() => {
  const said = new Set(drawn);
  for (const element of document.body.querySelectorAll("*")) {
    if (element.closest("script, style")) continue;
    for (const name of ["title", "aria-label", "aria-valuetext", "alt", "placeholder", "label"])
      if (element.hasAttribute(name)) said.add(element.getAttribute(name));
    for (const child of element.childNodes) if (child.nodeType === Node.TEXT_NODE) said.add(child.data);
    const inline = [...element.children].every((child) => getComputedStyle(child).display.startsWith("inline"));
    if (element.children.length && inline) said.add(element.textContent);
  }
  return [...said].filter((text) => text.trim());
})()"""


def shown(page, texts):
    """Which of the texts can be read now, each with where it stands."""
    readable = page.evaluate(READABLE)
    everything = "\n".join(readable)  # most texts are nowhere: only the others are worth a closer look
    patterns = {text: rf"(?<![\w.]){re.escape(text)}(?![\w]|\.\d)" for text in texts if text in everything}
    return {text: line for text, pattern in patterns.items() for line in readable if re.search(pattern, line)}


def settled(page, n):
    page.evaluate(f"(drawn.length = 0, michinori.go({n}))")
    page.evaluate(DRAWN)


@pytest.mark.parametrize(("seed", "size"), [(2, WIDE), (3, NARROW)], ids=["2", "3"])
def test_no_part_shows_an_answer(browser, report, seed, size):
    with opened(browser, report, size=size, part="exam", lang="en") as page:
        page.evaluate(LISTEN_TO_CANVASES)
        page.evaluate(f"(() => {{ crypto.getRandomValues = (numbers) => numbers.fill({seed}); }})()")
        page.get_by_role("button", name="Begin", exact=True).click()
        page.wait_for_selector(".question")
        (questions,) = node.call("explain/exam/draw.js", [("draw", node.JOURNEY, seed)], report)
        hidden = [text for question in questions for text in question["hidden"]]
        places = sorted({question["n"] for question in questions})
        parts = page.locator("nav.parts button")
        names = [name for name in parts.all_inner_texts() if name != "Examination"]
        assert len(names) > 10
        for name in names:
            parts.get_by_text(name, exact=True).click()
            for n in places:
                settled(page, n)
                assert shown(page, hidden) == {}, (name, n)
        parts.get_by_text("The map", exact=True).click()
        for host in page.locator("[data-node]").evaluate_all("(all) => all.map((one) => one.dataset.node)"):
            page.locator(f"[data-node='{host}']").click()
            assert shown(page, hidden) == {}, host
        parts.get_by_text("Examination", exact=True).click()
        for number, question in enumerate(questions):
            page.locator(".question").nth(number).locator("button.link").click()
            page.locator(".outcome").nth(number).wait_for()
            if number == 4:
                told = [text for one in questions[:5] for text in one["hidden"]]
                still = [text for one in questions[5:] for text in one["hidden"] if text not in told]
                parts.get_by_text("The ladder", exact=True).click()
                settled(page, question["n"])
                assert shown(page, still) == {}
                parts.get_by_text("Examination", exact=True).click()
        # The same looking finds them where nothing is asked any more.
        found = {}
        for name in ("The whole way", "The map", "The ladder", "The inspector"):
            parts.get_by_text(name, exact=True).click()
            for n in places:
                settled(page, n)
                found |= shown(page, hidden)
        assert len(found) > 3


def test_the_search_hides_answers_even_over_the_questions(browser, report, walked):
    with opened(browser, report, part="exam", lang="en") as page:
        page.evaluate(LISTEN_TO_CANVASES)
        page.evaluate("(() => { crypto.getRandomValues = (numbers) => numbers.fill(2); })()")
        page.get_by_role("button", name="Begin", exact=True).click()
        page.wait_for_selector(".question")
        (questions,) = node.call("explain/exam/draw.js", [("draw", node.JOURNEY, 2)], report)
        hidden = [text for question in questions for text in question["hidden"]]
        page.keyboard.press("Control+k")
        page.locator("dialog input").fill("arp or tcp.flags.syn == 1 or dns")
        wait_until(page, "document.querySelectorAll('.search-found').length > 5")
        assert shown(page, hidden) == {}
        page.keyboard.press("Escape")
        assert page.locator(".question").first.inner_text().count("？？？") == 0


def test_a_status_code_that_is_asked_for_stands_nowhere(browser, report):
    with opened(browser, report, part="exam", lang="en") as page:
        page.evaluate(LISTEN_TO_CANVASES)
        page.get_by_role("button", name="Begin", exact=True).click()
        page.wait_for_selector(".question")
        parts = page.locator("nav.parts button")
        for name in ("The waterfall", "The page", "The chain of requests", "The ladder"):
            parts.get_by_text(name, exact=True).click()
            page.evaluate(DRAWN)
            assert shown(page, ["200", "404"]) == {}, name
