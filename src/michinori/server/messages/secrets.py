"""What must not stand on a screen: the values of some header fields. Their names and outer form stay."""

from __future__ import annotations

import re
from typing import Final

from michinori.server.messages.anatomy import Field, line_ends

SECRET_FIELDS: Final = frozenset({"cookie", "set-cookie", "authorization", "proxy-authorization", "x-api-key"})
MASK: Final = "••••"

_SECRET_LINE: Final = re.compile(
    rb"[ \t]*(?:%s)[ \t]*:" % b"|".join(re.escape(name.encode()) for name in sorted(SECRET_FIELDS)), re.IGNORECASE
)


def masked(field: Field) -> str:
    """The value of a field as it may be shown."""
    return masked_value(field.name, field.value)


def masked_value(name: str, value: str) -> str:
    """The value with what is secret in it hidden."""
    match name.lower():
        case "cookie":
            return "; ".join(_pair(part.strip()) for part in value.split(";"))
        case "set-cookie":
            pair, semicolon, attributes = value.partition(";")
            return _pair(pair) + semicolon + attributes
        case "authorization" | "proxy-authorization":
            scheme, space, _ = value.partition(" ")
            return f"{scheme} {MASK}" if space else MASK
        case "x-api-key":
            return MASK
        case _:
            return value


def masked_lines(head: bytes) -> list[bytes]:
    """The lines of a head, with what is secret in them hidden; lines that continue a secret one too."""
    shown: list[bytes] = []
    secret = False
    for line in line_ends(head):
        folded = line[:1] in (b" ", b"\t")
        secret = _SECRET_LINE.match(line) is not None or (secret and folded)
        if not secret:
            shown.append(line)
            continue
        name, colon, rest = line.partition(b":")
        ending = line[len(line.rstrip(b"\r\n")) :]
        if _SECRET_LINE.match(line):
            value = rest.strip().decode("utf-8", "replace")
            shown.append(name + colon + b" " + masked_value(name.decode().strip(), value).encode() + ending)
        else:
            shown.append(b" " + MASK.encode() + ending)
    return shown


def _pair(part: str) -> str:
    name, equals, _ = part.partition("=")
    return f"{name}={MASK}" if equals else (MASK if part else "")
