"""Ranges of octets (RFC 9110 section 14): which parts are asked for, and how several travel in one answer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

_SPEC: Final = re.compile(r"(\d+)-(\d*)|-(\d+)", re.ASCII)
_MOST: Final = 64
_LONGEST_NUMBER: Final = 18


class Span(NamedTuple):
    """Octets ``first`` to ``last``, both included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1

    def content_range(self, size: int) -> str:
        """The value of Content-Range."""
        return f"bytes {self.first}-{self.last}/{size}"


def parse(value: str, size: int) -> list[Span] | None:
    """The parts of a representation of that size that a Range asks for; empty if none can be satisfied (416).

    None if the field is to be ignored: another unit, malformed, or asking for more than the whole, as an attack would.
    """
    unit, equals, text = value.partition("=")
    if not equals or unit.strip().lower() != "bytes":
        return None
    specs = [spec.strip(" \t") for spec in text.split(",")]
    specs = [spec for spec in specs if spec]
    if not specs or len(specs) > _MOST:
        return None
    spans = []
    for spec in specs:
        match = _SPEC.fullmatch(spec)
        if match is None or any(len(number or "") > _LONGEST_NUMBER for number in match.groups()):
            return None
        first, last, suffix = match.groups()
        if last and int(last) < int(first):
            return None
        span = _span(first, last, suffix, size)
        if span is not None:
            spans.append(span)
    if sum(span.length for span in spans) > size:
        return None
    return spans


def _span(first: str | None, last: str | None, suffix: str | None, size: int) -> Span | None:
    """The part, cut to the size; None if it lies outside."""
    if suffix is not None:
        length = min(int(suffix), size)
        return Span(size - length, size - 1) if length else None
    start = int(first or 0)
    end = min(int(last), size - 1) if last else size - 1
    return Span(start, end) if start < size else None


def boundary(etag: str, spans: Sequence[Span]) -> str:
    """A boundary for that answer: the same every time, and not to be guessed by who wrote the file."""
    asked = f"{etag} {','.join(f'{first}-{last}' for first, last in spans)}"
    return hashlib.sha256(asked.encode()).hexdigest()[:40]


def multipart(spans: Sequence[Span], size: int, kind: str, mark: str) -> list[bytes | tuple[int, int]]:
    """The body of ``multipart/byteranges``: octets, and (offset, length) of the representation between them."""
    parts: list[bytes | tuple[int, int]] = []
    before = ""
    for span in spans:
        head = f"{before}--{mark}\r\nContent-Type: {kind}\r\nContent-Range: {span.content_range(size)}\r\n\r\n"
        parts += [head.encode("latin-1"), (span.first, span.length)]
        before = "\r\n"
    parts.append(f"\r\n--{mark}--\r\n".encode("ascii"))
    return parts
