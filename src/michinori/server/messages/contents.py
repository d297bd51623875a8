"""A message's body by its type: a form's fields, the parts of an upload, JSON, text, or what cannot be read as any."""

from __future__ import annotations

import json
import re
from typing import NamedTuple
from urllib.parse import parse_qsl

from michinori.http.codings import Stack
from michinori.http.errors import HttpError
from michinori.http.limits import Bounds
from michinori.server.messages.anatomy import Head, dechunked, text
from michinori.trace.visible import visible

_SHOWN_OCTETS = 64 * 1024
_DUMPED_OCTETS = 256
_MOST_FIELDS = 100


class Content(NamedTuple):
    """What a body holds, ready to be shown: a table or lines."""

    kind: str
    """``form``, ``multipart``, ``json``, ``text`` or ``octets``; ``none`` when there is no body."""
    octets: int
    """Of the content, after the chunks and the compression were undone."""
    pairs: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()
    cut: bool = False
    """Whether more is there than is shown."""


def content_of(head: Head | None, body: bytes, *, chunked: bool, a_line: int = 16) -> Content:
    """Look into a body. What cannot be undone is shown as it came. ``a_line``: octets of a dump."""
    plain = dechunked(body) if chunked else body
    if head is None or not plain:
        return Content("none", 0) if not plain else _octets(plain, a_line)
    plain = _decoded(head, plain)
    kind, parameters = _media_type(head.get("content-type"))
    if kind == "application/x-www-form-urlencoded":
        return _form(plain)
    if kind == "multipart/form-data" and parameters.get("boundary"):
        return _multipart(plain, parameters["boundary"].encode("latin-1", "replace"))
    if kind == "application/json" or kind.endswith("+json"):
        return _json(plain) or _text(plain, "utf-8")
    if kind.startswith("text/") or kind.endswith(("+xml", "/xml", "/javascript")):
        return _text(plain, parameters.get("charset", "utf-8"))
    return _octets(plain, a_line) if kind or not _looks_like_text(plain) else _text(plain, "utf-8")


def dump(octets: bytes, a_line: int = 16) -> list[str]:
    """Octets as offset, hexadecimal and ASCII, so many a line (a multiple of eight)."""
    lines = []
    for at in range(0, len(octets), a_line):
        row = octets[at : at + a_line]
        readable = "".join(chr(octet) if 0x20 <= octet < 0x7F else "." for octet in row)
        eights = "  ".join(f"{row[start : start + 8].hex(' '):<23}" for start in range(0, a_line, 8))
        lines.append(f"{at:06x}  {eights}  {readable}")
    return lines


def _decoded(head: Head, body: bytes) -> bytes:
    codings = [coding for coding in head.tokens("content-encoding") if coding != "identity"]
    if not codings:
        return body
    found = bytearray()
    try:
        stack = Stack(codings, Bounds(body_octets=1 << 26))
        for piece in stack.feed(body):
            found += piece
            if len(found) > 1 << 26:
                break
    except (HttpError, ValueError):
        return bytes(found) or body
    return bytes(found)


def _media_type(value: str) -> tuple[str, dict[str, str]]:
    kind, *parts = value.split(";")
    parameters = {}
    for part in parts:
        name, _, given = part.partition("=")
        parameters[name.strip().lower()] = given.strip().strip('"')
    return kind.strip().lower(), parameters


def _form(octets: bytes) -> Content:
    readable = octets[:_SHOWN_OCTETS].decode("utf-8", "replace")
    pairs = parse_qsl(readable, keep_blank_values=True)
    shown = tuple((visible(name), visible(value, limit=1000)) for name, value in pairs[:_MOST_FIELDS])
    return Content("form", len(octets), pairs=shown, cut=len(octets) > _SHOWN_OCTETS or len(pairs) > _MOST_FIELDS)


def _multipart(octets: bytes, boundary: bytes) -> Content:
    pairs = []
    pieces = octets.split(b"--" + boundary)[1:]
    for piece in pieces[:_MOST_FIELDS]:
        if piece.startswith(b"--"):
            break
        head_octets, _, value = piece.lstrip(b"\r\n").partition(b"\r\n\r\n")
        head = Head.parse(b"part\r\n" + head_octets)
        name, filename = (
            (match[1] if match else "")
            for match in (
                re.search(rf'\b{key}="([^"]*)"', head.get("content-disposition")) for key in ("name", "filename")
            )
        )
        value = value.removesuffix(b"\r\n")
        if filename:
            kind = head.get("content-type") or "?"
            pairs.append((name, f"{filename} ({kind}, {len(value):,} octets)"))
        else:
            pairs.append((name, text(value[:1000])))
    return Content("multipart", len(octets), pairs=tuple(pairs), cut=len(pieces) > _MOST_FIELDS)


def _json(octets: bytes) -> Content | None:
    if len(octets) > _SHOWN_OCTETS:
        return None
    try:
        value = json.loads(octets)
    except (ValueError, RecursionError):
        return None
    lines = json.dumps(value, ensure_ascii=False, indent=2).split("\n")
    return Content("json", len(octets), lines=tuple(visible(line) for line in lines))


def _text(octets: bytes, charset: str) -> Content:
    try:
        readable = octets[:_SHOWN_OCTETS].decode(charset, "replace")
    except (LookupError, ValueError):
        readable = octets[:_SHOWN_OCTETS].decode("utf-8", "replace")
    rows = re.split(r"\r?\n", readable)
    lines = tuple(visible(row.replace("\t", "    ")) for row in (rows if rows[-1] else rows[:-1]))
    return Content("text", len(octets), lines=lines, cut=len(octets) > _SHOWN_OCTETS)


def _octets(octets: bytes, a_line: int) -> Content:
    lines = tuple(dump(octets[:_DUMPED_OCTETS], a_line))
    return Content("octets", len(octets), lines=lines, cut=len(octets) > _DUMPED_OCTETS)


def _looks_like_text(octets: bytes) -> bool:
    try:
        readable = octets[:_DUMPED_OCTETS].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return readable.isprintable() or "\n" in readable
