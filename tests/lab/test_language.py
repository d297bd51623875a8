"""Which language the lab's page is in, until its reader chooses."""

import pytest


def language_of(lab, accepted):
    page = lab.get("/", headers={"Accept-Language": accepted}).text
    return next(language for language in ("ja", "en") if f'<html lang="{language}">' in page)


@pytest.mark.parametrize(
    ("accepted", "language"), [("ja-JP,ja;q=0.9,en;q=0.5", "ja"), ("en-US,en;q=0.9,ja;q=0.8", "en"), ("de,fr", "en")]
)
def test_without_another_word_it_is_that_of_the_browser(quiet_lab, accepted, language):
    assert language_of(quiet_lab, accepted) == language


@pytest.mark.parametrize("language", ["ja", "en"])
def test_what_the_command_said_comes_before_the_browser(open_lab, language):
    lab = open_lab(language=language)
    assert {language_of(lab, accepted) for accepted in ("ja", "en", "fr")} == {language}
