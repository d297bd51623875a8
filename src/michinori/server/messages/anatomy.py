"""The parts of a message: start line, header fields, content. Read leniently: nothing raises, nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, Self

from michinori.trace.visible import visible


class Field(NamedTuple):
    """A header field. A line that is none (it lacks the colon) has an empty name."""

    name: str
    value: str
    octets: bytes
    """The lines as they came, folded ones together."""


class Head(NamedTuple):
    """The start line and the fields, as text that is fit to be looked at."""

    start: str
    fields: tuple[Field, ...]

    @classmethod
    def parse(cls, octets: bytes) -> Self:
        """Take a head apart; it may be cut off anywhere."""
        lines = [line for line in line_ends(octets) if line.strip(b"\r\n")]
        if not lines:
            return cls("", ())
        folded: list[bytes] = []
        for line in lines[1:]:
            if folded and line[:1] in (b" ", b"\t"):
                folded[-1] += line
            else:
                folded.append(line)
        return cls(text(lines[0].rstrip(b"\r\n")), tuple(_field(line) for line in folded))

    def all(self, name: str) -> list[str]:
        """The values of every field of that name."""
        return [field.value for field in self.fields if field.name.lower() == name.lower()]

    def get(self, name: str) -> str:
        """The value, several of them as one list; empty if there is none."""
        return ", ".join(self.all(name))

    def tokens(self, name: str) -> list[str]:
        """The members of a list, in lower case."""
        return [member for value in self.all(name) for part in value.split(",") if (member := part.strip().lower())]

    @property
    def method(self) -> str:
        """Of a request."""
        return self.start.partition(" ")[0]

    @property
    def target(self) -> str:
        """Of a request: what stands between the method and the version."""
        rest = self.start.partition(" ")[2]
        match = _VERSION_AT_END.search(rest)
        return rest[: match.start()].strip() if match else rest.strip()

    @property
    def version(self) -> str:
        """Of a request or an answer; empty if it names none."""
        if self.start.startswith("HTTP/"):
            return self.start.partition(" ")[0]
        match = _VERSION_AT_END.search(self.start)
        return match[0].strip() if match else ""

    @property
    def status(self) -> int:
        """Of an answer, 0 if there is none."""
        match = _STATUS.match(self.start)
        return int(match[1]) if match else 0

    @property
    def reason(self) -> str:
        """Of an answer."""
        match = _STATUS.match(self.start)
        return self.start[match.end() :].strip() if match else ""


_VERSION_AT_END = re.compile(r"(?:^| )HTTP/\d(?:\.\d)?$")
_STATUS = re.compile(r"HTTP/\d(?:\.\d)? +(\d{3})(?!\d)")


def text(octets: bytes) -> str:
    """Octets as text: UTF-8 if they are that, else a character an octet; what cannot be seen is escaped."""
    try:
        return visible(octets.decode("utf-8"))
    except UnicodeDecodeError:
        return visible(octets.decode("latin-1"))


def line_ends(octets: bytes) -> list[bytes]:
    """The lines with whatever ends them."""
    lines = octets.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def dechunked(body: bytes) -> bytes:
    """What a chunked body holds, as far as it can be read."""
    return b"".join(_chunks(body))


def _chunks(body: bytes) -> Iterator[bytes]:
    at = 0
    while (end := body.find(b"\n", at)) >= 0:
        match = re.match(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;|\r?$)", body[at:end])
        size = int(match[1], 16) if match else 0
        if not size:
            return
        yield body[end + 1 : end + 1 + size]
        at = end + 1 + size
        if body.startswith(b"\r\n", at):
            at += 2
        elif body.startswith(b"\n", at):
            at += 1
        else:
            return


def _field(lines: bytes) -> Field:
    name, colon, value = lines.partition(b":")
    if not colon:
        return Field("", text(lines.strip()), lines)
    unfolded = re.sub(rb"\r?\n[ \t]+", b" ", value.strip(b" \t\r\n"))
    return Field(text(name.strip()), text(unfolded), lines)
