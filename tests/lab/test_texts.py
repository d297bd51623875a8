"""What the page says is in both languages, in the words of the examinations, and never markup from strings."""

import re

import pytest

from michinori.lab.page import assets

OWN = {name: text for name, text in assets().items() if name.startswith("lab/")}


@pytest.mark.parametrize("name", [name for name in OWN if name.endswith(".js")])
def test_texts_are_in_both_languages_and_never_markup(name):
    text = OWN[name]
    japanese, english = (len(re.findall(rf"\b{language}: [`\"]", text)) for language in ("ja", "en"))
    assert japanese == english
    for wrong in ("サーバー", "ルーター", "ヘッダー", "ブラウザー", "リゾルバー", "セッション層", "innerHTML", "eval("):
        assert wrong not in text


def test_there_is_something_to_say():
    assert sum(text.count("ja: ") for text in OWN.values()) > 80
