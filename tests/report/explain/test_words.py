"""Every stage, row, layer, kind of event and reason is explained, in both languages and the examination's words."""

from __future__ import annotations

import re
from pathlib import Path

import node
import pytest

from michinori.report.rows import ROWS

pytestmark = pytest.mark.peer

DOCS = Path(__file__).parents[3] / "docs"
#: The examinations write these without the final long mark.
LONG_MARKS = re.compile(
    "(サーバ|ルータ|ヘッダ|ブラウザ|レイヤ|リゾルバ|バッファ|スイッチ|アダプタ|ドライバ|ユーザ|タイマ|ポインタ)ー"
)
MODULES = ("tables/index.js", "words/events.js", "words/reasons.js", "words/stages.js")


def documented_events():
    """The kinds of events that docs/trace.md lists."""
    text = (DOCS / "trace.md").read_text().partition("## Events")[2].partition("## Reasons of drops")[0]
    layers: list[str] = []
    head: list[str] = []
    for line in text.splitlines():
        if line.startswith("### "):
            layers = line[4:].split(", ")
        if not line.startswith("|"):
            head = []
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        head = head or cells
        if "what" not in head or not cells[head.index("what")].startswith("`"):
            continue  # a table about something else, its head or its rule
        among = cells[head.index("layer")].split(", ") if "layer" in head else layers
        yield from ((layer, what) for layer in among for what in re.findall(r"`([a-z-]+)`", cells[head.index("what")]))


def documented_reasons():
    """The reasons that docs/trace.md lists, but for those that it writes with a place-holder."""
    text = (DOCS / "trace.md").read_text().partition("## Reasons of drops")[2]
    for line in text.splitlines():
        if line.startswith("|") and "`why`" not in line:
            yield from (why for why in re.findall(r"`([^`]+)`", line.split("|")[2]) if "…" not in why)


def told(name, *calls):
    return node.call("explain/words.js", [(name, *call) for call in calls])


def missing(name, *calls):
    return [call for call, found in zip(calls, told(name, *calls), strict=True) if not found]


def test_every_kind_of_event_is_explained():
    kinds = sorted(documented_events())
    assert len(kinds) > 100
    assert missing("explainEvent", *kinds) == []


def test_every_reason_is_explained():
    reasons = {why.replace("-N", "-3") for why in documented_reasons()}
    assert len(reasons) > 40
    assert missing("explainReason", *((why,) for why in sorted(reasons))) == []


def test_what_was_never_met_has_no_explanation_made_up():
    assert told("explainReason", ("no such reason",)) == [None]
    assert told("explainEvent", ("tcp", "sneezed")) == [None]


def test_every_row_stage_and_layer_is_explained():
    assert missing("explainRow", *((row.name,) for row in ROWS)) == []
    stages = [("out", number) for number in range(1, 8)] + [("back", number) for number in range(1, 5)]
    assert missing("explainStage", *stages) == []
    assert missing("explainOsi", *((number,) for number in range(1, 8))) == []


@pytest.mark.parametrize("file", [*MODULES, "words.js"], ids=str)
def test_the_words_are_those_of_the_examinations(file):
    path = node.ASSETS / "explain" / file
    for source in path.parent.glob("*.js") if path.name == "index.js" else (path,):
        found = LONG_MARKS.findall(source.read_text())
        assert not found, (source.name, found)


def test_every_field_says_what_it_is_in_both_languages():
    (headers,) = node.call("explain/tables/index.js", [("HEADERS",)])

    def fields(specs):
        for spec in specs:
            if "key" in spec:
                yield spec
            for inner in ("fields", "parts", "otherwise"):
                yield from fields(spec.get(inner, ()))
            for choice in (spec.get("of"), spec.get("options", {}).get("of")):
                for chosen in (choice or {}).values():
                    yield from fields(chosen if isinstance(chosen, list) else [chosen])

    described = [field for header in headers.values() for field in fields(header.get("fields", ()))]
    assert len(described) > 150
    for field in described:
        assert field["source"], field["key"]
        for text in (field["label"], field["meaning"]):
            assert text["ja"], field["key"]
            assert text["en"], field["key"]
