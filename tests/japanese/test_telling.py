"""Every sentence about what was wrong exists in Japanese: those of the floors below, and click's own."""

from __future__ import annotations

import ast
import re
import time
from collections import Counter
from pathlib import Path

import click
import pytest

import michinori
from michinori.japanese import SENTENCES, in_japanese

SOURCE = Path(michinori.__file__).parent
#: Whose sentences a command shows: by file, the exceptions that are raised there for that.
SPEAKERS = {
    "browser/address_bar.py": {"BadAddress"},
    "browser/apart.py": {"NotDrawn"},
    "browser/data_url.py": {"BadDataUrl"},
    "browser/images.py": {"BadImage"},
    "browser/paint.py": {"NotDrawn"},
    "cli/folder.py": {"FolderError"},
    "cli/open.py": {"UsageError"},
    "cli/serve.py": {"WrongUsage"},
    "dns/exchange.py": {"Silent", "Unanswered"},
    "dns/stub.py": {"NoAddress", "NoSuchName"},
    "dns/walk.py": {"Fruitless", "TooMuchWork"},
    "http/client.py": {"BadRedirect"},
    "http/codings.py": {"BadCoding"},
    "http/dialing.py": {"TlsFailed"},
    "http/exchange.py": {"Disconnected", "ProtocolError"},
    "http/framing.py": {"ProtocolError"},
    "http/names.py": {"NameNotResolved"},
    "http/redirects.py": {"BadRedirect"},
    "link/faults.py": {"ValueError"},
    "link/tap.py": {"TapError"},
    "server/access_file.py": {"RulesError"},
    "server/addresses.py": {"ServeError"},
    "server/apps.py": {"NoApplication"},
    "server/extras.py": {"MissingLibrary"},
    "server/running.py": {"ServeError"},
    "server/settings.py": {"WrongUsage"},
    "server/targets.py": {"WrongUsage"},
    "server/tls.py": {"TlsError"},
    "world/build.py": {"ScenarioError"},
    "world/changes.py": {"ScenarioError"},
    "world/kernel_side.py": {"TapError"},
    "world/line.py": {"ValueError"},
    "world/plan.py": {"PlanError"},
    "world/rules.py": {"ValueError"},
    "world/scenario.py": {"ScenarioError"},
    "world/tap_world.py": {"TapError"},
    "world/units.py": {"UnitError"},
}
JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")
#: What stands in a gap of a sentence when it is made up here, where it matters.
FILLED = {
    "kind": "a rate",
    "missing": "it has no unit",
    "what": "certificate",
    "where": " in the namespace x",
    "near": "",
    "by": " by nginx (process 7)",
    "hint": 'did you mean "x"?',
}


def sentences(file: str) -> list[str]:
    """One sentence for each ``raise`` in the file, its gaps filled with anything."""
    found = []
    for node in ast.walk(ast.parse((SOURCE / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name):
            told = node.exc.args[-1]
            if node.exc.func.id in SPEAKERS[file] and isinstance(told, ast.JoinedStr | ast.Constant):
                found.append(written(told))
    return found


def noted(file: str) -> list[str]:
    """One sentence for each that the file notes of a thing as its ``error``."""
    found = []
    for node in ast.walk(ast.parse((SOURCE / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and ".error" in ast.unparse(node.targets[0]):
            told = node.value.elts[0] if isinstance(node.value, ast.Tuple) else node.value
            found += [written(told)] if isinstance(told, ast.JoinedStr | ast.Constant) else []
    return found


def written(told: ast.JoinedStr | ast.Constant) -> str:
    if isinstance(told, ast.Constant):
        return str(told.value)
    parts = told.values
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else FILLED.get(ast.unparse(part.value), "x")
        for part in parts
        if isinstance(part, ast.Constant | ast.FormattedValue)
    )


@pytest.mark.parametrize("file", sorted(SPEAKERS))
def test_what_a_floor_says_of_wrong_input_is_there_in_japanese(file: str) -> None:
    told = sentences(file)
    assert told, f"{file} raises nothing of {SPEAKERS[file]}: take it out of the list"
    #: A sentence that only passes another on, as in "[{place}] {error}", is held where that one is made.
    left = [sentence for sentence in told if len(re.findall("[a-z]{2}", sentence)) > 2]
    assert [sentence for sentence in left if not JAPANESE.search(in_japanese(sentence))] == []


def test_what_the_browser_notes_of_a_part_of_a_page_is_there_in_japanese() -> None:
    told = noted("browser/loader.py")
    assert len(told) > 4
    assert [sentence for sentence in told if not JAPANESE.search(in_japanese(sentence))] == []


def test_no_sentence_stands_there_twice() -> None:
    english = [row[0] for row in SENTENCES]
    assert [each for each, count in Counter(english).items() if count > 1] == []


@pytest.mark.parametrize(
    ("what", "english", "japanese"),
    [
        (
            "",
            "the path 'x' should begin with / and hold no query",
            "パス 'x' は / で始め、クエリを付けないでください",
        ),
        (
            "",
            "'get' is no method: write it in capitals, as GET",
            "'get' はメソッドではありません。GET のように大文字で書いてください",
        ),
        (
            ", deny",
            "'1.2.3.400' does not appear to be an IPv4 or IPv6 network",
            "'1.2.3.400' はIPアドレスとして読めません",
        ),
        (", allow", "expected `array`, got `str`", "`array` のはずが `str` です"),
        (
            ", allow",
            "fe80::1/8 has bits set behind its prefix: the network is fe00::/8",
            "fe80::1/8 はプレフィックス長より後のビットが立っています。ネットワークは fe00::/8 です",
        ),
    ],
)
def test_a_place_in_an_access_file_is_named_in_japanese(what: str, english: str, japanese: str) -> None:
    place = f"2 番目の [[rule]] の{what.replace(',', '')}" if what else "2 番目の [[rule]]"
    assert in_japanese(f"access.toml: [[rule]] number 2{what}: {english}") == f"access.toml: {place}: {japanese}"


def test_sentences_in_a_row_are_each_put_into_japanese() -> None:
    assert in_japanese(
        "no server of example. helps: ns1 (192.0.2.1) did not answer, asked 2 times; ns2: it answered REFUSED (a, b)"
    ) == (
        "example. のどのDNSサーバからも答えが得られません: "
        "ns1 (192.0.2.1) は 2 回問い合わせても応答しません; ns2 の応答は REFUSED (a, b)"
    )


def test_a_long_text_that_no_sentence_fits_is_looked_up_in_no_time() -> None:
    began = time.process_time()
    assert in_japanese("a: b, " * 400) == "a: b, " * 400
    assert time.process_time() - began < 5


def test_an_inner_sentence_is_told_in_japanese_too() -> None:
    assert in_japanese("fault rule 'drop nth=x': nth= counts frames from 1, such as 3,4 or 7-9, not 'x'") == (
        "障害の規則 'drop nth=x': nth= には 1 から数えた番号を 3,4 や 7-9 のように書きます。'x' は読めません"
    )
    assert in_japanese("The folder out cannot be written: No space left on device; choose another with -O") == (
        "フォルダ out に書けません (空き容量がありません)。-O で別の場所を選んでください"
    )


def test_a_sentence_that_nobody_wrote_down_stays_as_it_is() -> None:
    assert in_japanese("the moon is full, red or blue") == "the moon is full, red or blue"


@pytest.mark.parametrize(("english", "japanese"), SENTENCES)
def test_the_gaps_of_both_languages_are_the_same(english: str, japanese: str) -> None:
    def gaps(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    assert gaps(japanese) <= gaps(english)


def test_what_click_finds_wrong_is_told_in_japanese() -> None:
    @click.command()
    @click.argument("name")
    @click.option("--many", type=click.IntRange(1, 3), required=True)
    @click.option("--one", type=click.Choice(["a", "b"]))
    def command(**_: object) -> None: ...

    for words in (["x"], ["--many", "2"], ["x", "--many", "9"], ["x", "--many", "two"], ["x", "--many"], ["x", "--no"],
                  ["x", "y", "--many", "1"], ["x", "--many", "1", "--one", "c"]):  # fmt: skip
        with pytest.raises(click.UsageError) as raised:
            command.main(words, standalone_mode=False)
        assert JAPANESE.search(in_japanese(raised.value.format_message())), raised.value.format_message()
