"""Examination mode as a candidate uses it: by keyboard alone, hidden values elsewhere, checked and led to the place."""

import node
import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import NARROW, WIDE, opened

pytestmark = pytest.mark.peer


def begin(page, report, name="Begin"):
    """Presses the button, and gives the questions that were drawn."""
    page.get_by_role("button", name=name, exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".question")
    seed = int(page.locator(".exam").get_attribute("data-seed"))
    (questions,) = node.call("explain/exam/draw.js", [("draw", node.JOURNEY, seed)], report)
    assert page.locator(".question").count() == len(questions) == 10
    return questions


def answer(page, number, question, given):
    """By keyboard alone."""
    card = page.locator(".question").nth(number)
    if question["form"] == "choice":
        radio = card.locator(f'input[value="{given}"]')
        radio.focus()
        page.keyboard.press("Space")
        if not radio.is_checked():
            radio.check()
    else:
        card.get_by_role("textbox").focus()
        page.keyboard.type(given)
    page.keyboard.press("Enter")
    card.locator(".outcome").wait_for()
    return card


def test_ten_right_answers_by_keyboard_alone(browser, report):
    with opened(browser, report, part="exam", lang="en") as page:
        for number, question in enumerate(begin(page, report)):
            card = answer(
                page, number, question, question["answer"] if question["form"] != "hex" else question["shown"]
            )
            assert card.locator(".mark").inner_text() == "Right", question
        assert page.locator(".exam-progress [role=status]").inner_text() == "10 of 10 right"
        assert page.evaluate("michinori.examining.value") is False


def test_a_wrong_answer_is_put_right_and_leads_to_its_place(browser, report):
    with opened(browser, report, part="exam", lang="ja") as page:
        questions = begin(page, report, "試験を始める")
        number, question = next((n, one) for n, one in enumerate(questions) if one["form"] != "choice")
        card = answer(page, number, question, "７")
        assert card.locator(".mark").inner_text() == "不正解"
        assert question["shown"] in card.locator(".outcome").inner_text()
        card.locator("button.go").click()
        assert page.evaluate("michinori.cursor.value.n") == question["n"]
        assert page.locator(".mask").count() == 0  # the place of an answered question may be seen


def test_what_is_asked_for_is_hidden_in_all_parts_until_all_is_answered(browser, report, walked):
    with opened(browser, report, part="exam", lang="en") as page:
        questions = begin(page, report)
        hidden = [text for question in questions for text in question["hidden"]]
        assert hidden
        others = [name for name in page.locator("nav.parts button").all_inner_texts() if name != "Examination"]
        frame = next(event.n for event in walked.of("link", "frame-sent", "pc") if event.data["octets"] > 200)
        page.evaluate(f"michinori.go({frame})")
        for name in others:
            page.get_by_role("button", name=name, exact=True).click()
            shown = page.locator("main").inner_text()
            assert [text for text in hidden if text in shown.split()] == [], name
        page.get_by_role("button", name="The inspector", exact=True).click()
        assert page.locator(".mask").count() > 5
        assert page.locator(".o", has_text="··").count() > 10
        page.get_by_role("button", name="Examination", exact=True).click()
        page.get_by_role("button", name="Stop", exact=True).click()
        page.get_by_role("button", name="The inspector", exact=True).click()
        assert page.locator(".mask").count() == 0


@pytest.mark.parametrize(("lang", "size", "scheme"), [("ja", WIDE, "dark"), ("en", NARROW, "light")])
def test_an_examination_under_way_fits_and_has_no_serious_barrier(browser, report, lang, size, scheme):
    with opened(browser, report, part="exam", lang=lang, size=size, scheme=scheme) as page:
        questions = begin(page, report, {"ja": "試験を始める", "en": "Begin"}[lang])
        for number in range(2):
            page.locator(".question").nth(number).locator("button.link").click()
        assert page.locator(".outcome").count() == 2
        assert questions[0]["explain"][lang] in page.locator(".outcome").first.inner_text().replace("\n", " ")
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
