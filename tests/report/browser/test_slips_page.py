"""Beside the text, as a reader uses it."""

import pytest
from chromium import opened

pytestmark = pytest.mark.peer


def test_the_proof_is_one_click_away(browser, report, walked):
    with opened(browser, report, part="slips", lang="ja") as page:
        card = page.locator("#slip-both-isn")
        chosen = walked.of("tcp", "isn-chosen", "www")[0]
        assert str(chosen.data["isn"]) in card.inner_text()
        card.get_by_role("button").click()
        assert page.evaluate("michinori.cursor.value.n") == chosen.n


def test_the_documents_are_chosen_by_keyboard_and_what_was_not_met_names_another_journey(browser, report):
    with opened(browser, report, part="slips", lang="en") as page:
        every = page.locator(".slip").count()
        page.get_by_role("button", name="the article", exact=True).focus()
        page.keyboard.press("Enter")
        assert 0 < page.locator(".slip").count() < every
        assert "--scenario fragments" in page.locator("#slip-reassembly").inner_text()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Space")
        assert page.locator("#slip-colon").count() == 1
        assert page.locator("#slip-reassembly").count() == 0
