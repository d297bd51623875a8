"""System calls as a script writes them: ``setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0``."""

from __future__ import annotations

import ast
import re
from typing import Any, Final

from michinori.testing.packetscript.scanner import Scanner
from michinori.testing.packetscript.script import Call, When, Word

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_INTEGER: Final = re.compile(r"0x[0-9a-fA-F]+|-?\d+")
_STRING: Final = re.compile(r'"(?:\\.|[^"\\\n])*"')
_ERROR: Final = re.compile(r"E[A-Z0-9]+")
_NOTE: Final = re.compile(r"[ \t]*\([^)\n]*\)")


def parse_call(scanner: Scanner, end: When | None) -> Call:
    """A call, its result and, where it fails, the error."""
    name = scanner.need(_NAME, "a system call, a packet (< or >), `a command` or %{ assertions }%")[0]
    scanner.expect("(")
    arguments = _list(scanner, ")")
    scanner.expect("=")
    result = _expression(scanner)
    error = scanner.take(_ERROR)
    note = _NOTE.match(scanner.text, scanner.at)
    if note is not None:
        scanner.at = note.end()
    return Call(name, tuple(arguments), result, "" if error is None else error[0], end)


def _list(scanner: Scanner, end: str) -> list[Any]:
    found: list[Any] = []
    if scanner.literal(end):
        return found
    while True:
        found.append(_expression(scanner))
        if scanner.literal(end):
            return found
        scanner.expect(",")


def _expression(scanner: Scanner) -> Any:
    """A term, or several names or numbers joined by ``|``, which become a tuple."""
    terms = [_term(scanner)]
    while scanner.literal("|"):
        terms.append(_term(scanner))
    return terms[0] if len(terms) == 1 else tuple(terms)


def _term(scanner: Scanner) -> Any:
    if scanner.literal("..."):
        return ...
    if scanner.literal("["):
        return _list(scanner, "]")
    if scanner.literal("{"):
        return _struct(scanner)
    if (match := scanner.take(_STRING)) is not None:
        scanner.literal("...")
        return str(ast.literal_eval(match[0])).encode("latin-1")
    if (match := scanner.take(_INTEGER)) is not None:
        return int(match[0], 16 if match[0].startswith("0x") else 10)
    name = scanner.need(_NAME, "a value")[0]
    if scanner.literal("("):
        arguments = _list(scanner, ")")
        return arguments[-1] if name in ("htons", "htonl") else {Word(name): arguments}
    return Word(name)


def _struct(scanner: Scanner) -> dict[str, Any]:
    """``{onoff=1, linger=0}``; members without a name are counted, and what stands in brackets behind a name is
    passed over: ``msg_iov(1)=[…]``.
    """
    members: dict[str, Any] = {}
    while not scanner.literal("}"):
        value = _expression(scanner)
        if isinstance(value, dict) and len(value) == 1 and scanner.literal("="):
            members[str(next(iter(value)))] = _expression(scanner)
        elif isinstance(value, Word) and scanner.literal("="):
            members[str(value)] = _expression(scanner)
        else:
            members[str(len(members))] = value
        if not scanner.literal(","):
            scanner.expect("}")
            break
    return members
