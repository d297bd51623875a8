"""``docs/trace.md`` is the schema of the trace: no event happens that it does not name."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import msgspec

from michinori.trace import Event

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/trace.md").read_text(encoding="utf-8")
LAYERS = {"browser", "http", "tls", "dns", "socket", "tcp", "udp", "icmp", "ip", "arp", "link", "world"}
#: The functions by which the floors record an event; the name of the event is their first text that is not a layer.
TELLERS = {"event", "note", "tell", "_note", "_tell"}
FLOORS = ("aio", "browser", "dns", "host", "http", "inet", "link", "tcp", "world")


def events_in(source: str) -> set[str]:
    found = set()
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        texts = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        named = [text for text in texts if text not in LAYERS]
        if name in TELLERS and named and re.fullmatch(r"[a-z]+(-[a-z]+)*", named[0]):
            found.add(named[0])
    return found


def test_every_event_is_documented() -> None:
    undocumented = {
        f"{path.relative_to(ROOT)}: {event}"
        for floor in FLOORS
        for path in sorted((ROOT / "src/michinori" / floor).rglob("*.py"))
        for event in events_in(path.read_text(encoding="utf-8"))
        if f"`{event}`" not in PAGE
    }
    assert not undocumented, f"docs/trace.md does not name {sorted(undocumented)}"


def test_every_member_is_documented() -> None:
    members = re.findall(r"^\| `(\w+)` \| (?:integer|text|object) \|", PAGE, re.MULTILINE)
    assert members == [field.name for field in msgspec.structs.fields(Event)]


def test_the_examples_are_lines_of_a_trace() -> None:
    examples = [line for line in PAGE.splitlines() if line.startswith('{"n"')]
    assert len(examples) == 3
    for line in examples:
        event = msgspec.json.decode(line, type=Event, strict=True)
        assert msgspec.json.decode(msgspec.json.encode(event)) == json.loads(line)
