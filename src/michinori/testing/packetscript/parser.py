"""From the text of a script to its values: packetdrill's grammar, as far as docs/packetscript.md says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from michinori.sim import Nanos
from michinori.testing.packetscript.call_notation import parse_call
from michinori.testing.packetscript.packet_notation import parse_packet
from michinori.testing.packetscript.scanner import Scanner
from michinori.testing.packetscript.script import (
    Action,
    Assertions,
    Command,
    Flag,
    Script,
    ScriptError,
    Step,
    When,
)

_FLAG: Final = re.compile(r"--(?P<name>[a-z_]+)(?:=(?P<value>\"[^\"\n]*\"|`[^`]*`|[^\s]+))?")
_TIME: Final = re.compile(r"\d+(?:\.\d+)?|\.\d+")
_COMMAND: Final = re.compile(r"`([^`]*)`")
_CODE: Final = re.compile(r"%\{(.*?)\}%", re.DOTALL)
_RFC_LINE: Final = re.compile(r"^\s*//\s*rfc:\s*(\d.*)$", re.MULTILINE | re.IGNORECASE)
_STEP_ENDS: Final = re.compile(r"[ \t]*(?:\n|$)")
_NS_PER_S: Final = 1_000_000_000


def parse(script: str | Path) -> Script:
    """The script of that file, or of that text. Raises ``ScriptError`` with line and column."""
    if isinstance(script, Path):
        text, name = _read(script), script.name
    else:
        text, name = script, ""
    scanner = Scanner(text, name)
    flags = []
    while (match := scanner.take(_FLAG)) is not None:
        line, _ = scanner.position(match.start())
        flags.append(Flag(match["name"], (match["value"] or "").strip('"'), line))
    commands: list[Step] = []
    steps: list[Step] = []
    while not scanner.done:
        if scanner.text[scanner.at] == "`":
            # Behind the first step a command is one itself.
            (steps or commands).append(_step(scanner, When(relative=True)))
        else:
            steps.append(_step(scanner, None))
    return Script(name, tuple(flags), tuple(commands), tuple(steps), _rfcs(text))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ScriptError(f"the text is not UTF-8 ({error})", 1, 1, path.name) from None


def _rfcs(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """``// rfc: 9293 MUST-12 MUST-13, 5961 3.2``."""
    parts = (part.split() for line in _RFC_LINE.finditer(text) for part in line[1].split(","))
    return tuple((words[0], tuple(words[1:])) for words in parts if words)


def _step(scanner: Scanner, when: When | None) -> Step:
    scanner.skip()
    begin = scanner.at
    line, column = scanner.position()
    if when is None:
        when = _when(scanner)
    scanner.skip()
    action_at = scanner.at
    try:
        action = _action(scanner, when)
    except (ValueError, SyntaxError) as error:  # a number or a text that Python does not take either
        raise scanner.error(str(error), action_at) from None
    text = " ".join(scanner.text[action_at : scanner.at].split())
    packet_out = not isinstance(action, (Assertions, Command)) and text.startswith(">")
    if when.open and not packet_out:
        raise scanner.error("a span of time or * can only stand before a packet that is sent", begin)
    if _STEP_ENDS.match(scanner.text, scanner.at) is None:
        raise scanner.error("a line ends here or is of no known form")
    return Step(line, column, text, when, action)


def _when(scanner: Scanner) -> When:
    if scanner.literal("*"):
        return When(any=True)
    relative = scanner.literal("+")
    start_ns = _nanos(scanner)
    end_ns: Nanos | None = None
    if scanner.literal("~"):
        if scanner.literal("+") != relative:
            raise scanner.error("both ends of a span are counted alike, with + or without")
        end_ns = _nanos(scanner)
        if end_ns < start_ns:
            raise scanner.error("the span ends before it begins")
    return When(start_ns, end_ns, relative)


def _nanos(scanner: Scanner) -> Nanos:
    match = scanner.need(_TIME, "a time")
    # By text, so that .1 is exactly 100,000,000.
    seconds, _, fraction = match[0].partition(".")
    return int(seconds or 0) * _NS_PER_S + int(fraction[:9].ljust(9, "0"))


def _action(scanner: Scanner, when: When) -> Action:
    match = scanner.take(_COMMAND)
    if match is not None:
        return Command(match[1])
    match = scanner.take(_CODE)
    if match is not None:
        return Assertions(match[1])
    for mark, inbound in (("<", True), (">", False)):
        if scanner.literal(mark):
            return parse_packet(scanner, inbound)
    end = None
    if scanner.literal("..."):
        end = When(_nanos(scanner), None, when.relative)
    return parse_call(scanner, end)
