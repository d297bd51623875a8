"""A message on the screen: its octets as they came, and below them what they mean. What is secret is masked."""

from __future__ import annotations

from typing import Final

from michinori.cli.explained_words import say
from michinori.cli.language import Language
from michinori.cli.lines import Lines, pad
from michinori.server.messages import Head, Kind, MessageExtent
from michinori.server.messages.anatomy import text
from michinori.server.messages.contents import Content, content_of, dump
from michinori.server.messages.secrets import masked, masked_lines
from michinori.server.messages.words import field_meaning, method_meaning, status_meaning

_MOST_RAW: Final = 4096
_MOST_BODY: Final = 1024
_MOST_LINES: Final = 40
_MOST_VALUE: Final = 600
_INDENT: Final = 2
_NAME_WIDTH: Final = 28
#: Columns of a dump with sixteen octets a line.
_DUMP_WIDTH: Final = 74


def print_raw(extent: MessageExtent, lines: Lines, language: Language) -> None:
    """The octets, lines with their ends shown; what is no text as hexadecimal."""
    lines.rule(say("raw", language, octets=len(extent.octets)))
    octets = bytes(extent.octets)
    if extent.kind is not Kind.HTTP and not _readable(octets[:_MOST_RAW]):
        for row in dump(octets[:256], _a_line(lines)):
            lines.line(row)
        _more(len(octets) - 256, lines, language)
        return
    head = octets[: extent.head_end] if extent.head is not None else octets
    shown = 0
    for line in masked_lines(head):
        if shown > _MOST_RAW:
            break
        _raw_line(line, lines)
        shown += len(line)
    left = max(0, len(head) - shown)
    body = octets[len(head) :]
    if body and _readable(body[:_MOST_BODY]):
        for line in body[:_MOST_BODY].splitlines(keepends=True):
            _raw_line(line, lines)
        left += max(0, len(body) - _MOST_BODY)
    elif body:
        for row in dump(body[:128], _a_line(lines)):
            lines.line((row, "dim"))
        left += max(0, len(body) - 128)
    _more(left, lines, language)


def print_request(extent: MessageExtent, lines: Lines, language: Language) -> None:
    """What a request says."""
    head = extent.head
    if head is None:
        return
    lines.rule(say("explained", language))
    lines.line((say("request-line", language), "bold"))
    _row(lines, head.method, method_meaning(head.method, language) or say("method", language), strong=True)
    _row(lines, head.target, say("target", language))
    _row(lines, head.version, say("version", language))
    _print_fields(head, lines, language)
    _print_body(extent, lines, language)


def print_answer(extent: MessageExtent, lines: Lines, language: Language) -> None:
    """What an answer says."""
    head = extent.head
    if head is None:
        return
    lines.rule(say("explained", language))
    lines.line((say("status-line", language), "bold"))
    _row(lines, head.version, say("version", language))
    _row(lines, f"{head.status} {head.reason}", status_meaning(head.status, language), strong=True)
    _print_fields(head, lines, language)
    _print_body(extent, lines, language)


def print_odd(extent: MessageExtent, lines: Lines, language: Language) -> None:
    """What breaks the rules in it."""
    for word in extent.odd:
        lines.line(("! " + say(f"odd-{word}", language), "yellow"), indent=2)


def _print_fields(head: Head, lines: Lines, language: Language) -> None:
    lines.line((say("fields", language, count=len(head.fields)), "bold"))
    for field in head.fields:
        value = _shortened(masked(field), _MOST_VALUE)
        name = pad(" " * _INDENT + field.name, _NAME_WIDTH)
        lines.line((name, "cyan"), value, indent=_NAME_WIDTH)
        meaning = field_meaning(field.name, language)
        if meaning:
            lines.line(" " * _NAME_WIDTH, (meaning, "dim"), indent=_NAME_WIDTH)


def _print_body(extent: MessageExtent, lines: Lines, language: Language) -> None:
    content = content_of(extent.head, extent.body, chunked=extent.chunked, a_line=_a_line(lines))
    if content.kind == "none":
        lines.line((say("body", language), "bold"), " ", (say("no-body", language), "dim"))
        return
    about = say(f"kind-{content.kind}", language, octets=content.octets)
    lines.line((say("body", language), "bold"), " ", (about, "dim"))
    _print_content(content, lines, language)


def _print_content(content: Content, lines: Lines, language: Language) -> None:
    for name, value in content.pairs[:_MOST_LINES]:
        lines.line((pad(" " * _INDENT + name, _NAME_WIDTH), "cyan"), value, indent=_NAME_WIDTH)
    for line in content.lines[:_MOST_LINES]:
        lines.line(" " * _INDENT + line[:_MOST_VALUE], indent=_INDENT)
    if content.cut or len(content.lines) > _MOST_LINES or len(content.pairs) > _MOST_LINES:
        lines.line((" " * _INDENT + say("cut", language), "dim"))


def _row(lines: Lines, value: str, meaning: str, *, strong: bool = False) -> None:
    name = pad(" " * _INDENT + _shortened(value, _MOST_VALUE), _NAME_WIDTH)
    lines.line((name, "bold green" if strong else "green"), (meaning, "dim"), indent=2)


def _raw_line(line: bytes, lines: Lines) -> None:
    bare = line.rstrip(b"\r\n")
    ending = "".join({13: "␍", 10: "␊"}[octet] for octet in line[len(bare) :])
    lines.line(_shortened(text(bare), _MOST_RAW), (ending, "dim"))


def _a_line(lines: Lines) -> int:
    """Octets of a dump, as many as have room."""
    return 16 if lines.width >= _INDENT + _DUMP_WIDTH else 8


def _shortened(value: str, most: int) -> str:
    return value if len(value) <= most else value[:most] + "…"


def _more(octets: int, lines: Lines, language: Language) -> None:
    if octets > 0:
        lines.line((say("more", language, octets=octets), "dim"))


def _readable(octets: bytes) -> bool:
    try:
        shown = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.end < len(octets) - 4:
            return False
        shown = octets.decode("utf-8", "replace")
    return all(letter.isprintable() or letter in "\r\n\t\ufffd" for letter in shown)
