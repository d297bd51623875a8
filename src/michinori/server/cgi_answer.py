"""What a CGI program answers: its head, read as RFC 3875 section 6 has it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from michinori.http import Headers

_HEAD_OCTETS: Final = 64 * 1024
_END: Final = re.compile(rb"\r?\n\r?\n|\A\r?\n")
_FIELD: Final = re.compile(r"([-!#$%&'*+.^_`|~0-9A-Za-z]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_STATUS: Final = re.compile(r"([2-5][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?")
_STATUS_LINE: Final = re.compile(rb"HTTP/[0-9]\.[0-9] ([1-5][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?\r?\n")
_FRAMING: Final = ("Connection", "Keep-Alive", "Transfer-Encoding", "Trailer", "Upgrade")


class NoAnswer(Exception):
    """The output of a program is no answer; says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an answer. ``local``: the path and query of another place here that is to answer instead."""

    status: int
    reason: str | None = None
    headers: Headers = field(default_factory=Headers)
    local: str = ""
    whole: bool = False
    """The output is a whole HTTP answer, to be passed on unmodified (section 5.2)."""


async def read(output: AsyncIterator[bytes]) -> tuple[Answer, bytes]:
    """What a program says that leaves the protocol to the server (section 6), and what came behind its head. Raises
    ``NoAnswer``.
    """
    head, rest = await _split(output)
    return _understand(head), rest


async def read_whole(output: AsyncIterator[bytes]) -> tuple[Answer, bytes]:
    """What a program says that speaks HTTP itself (NPH, section 5), and all that came of it. Raises ``NoAnswer``."""
    octets = b""
    async for piece in output:
        octets += piece
        if b"\n" in octets or len(octets) > _HEAD_OCTETS:
            break
    match = _STATUS_LINE.match(octets)
    if match is None:
        raise NoAnswer(f"it should begin with a status line, not with {octets[:100]!r}")
    return Answer(int(match[1]), whole=True), octets


async def _split(output: AsyncIterator[bytes]) -> tuple[bytes, bytes]:
    """The head without its empty line, and what came behind it. Raises ``NoAnswer``."""
    octets = bytearray()
    async for piece in output:
        searched = max(len(octets) - 3, 0)
        octets += piece
        end = _END.search(octets, searched) if searched else _END.search(octets)
        if end is not None and end.start() <= _HEAD_OCTETS:
            return bytes(octets[: end.start()]), bytes(octets[end.end() :])
        if len(octets) > _HEAD_OCTETS:
            raise NoAnswer(f"its head is longer than {_HEAD_OCTETS} octets")
    raise NoAnswer("it ended before the empty line that ends a head" if octets else "it wrote nothing")


def _understand(head: bytes) -> Answer:
    headers = _fields(_lines(head))
    status, location = headers.all("Status"), headers.all("Location")
    if len(status) > 1 or len(location) > 1 or len(headers.all("Content-Type")) > 1:
        raise NoAnswer("it gave a field twice of which there can be one")
    if not (status or location or "Content-Type" in headers):
        raise NoAnswer("it gave neither Content-Type nor Location nor Status")
    if location and len(headers) == 1 and location[0].startswith("/") and not location[0].startswith("//"):
        return Answer(200, headers=headers, local=location[0])
    headers.remove("Status", *_FRAMING)
    if not status:
        return Answer(302 if location else 200, headers=headers)
    match = _STATUS.fullmatch(status[0])
    if match is None:
        raise NoAnswer(f"its Status is none: {status[0]!r}")
    return Answer(int(match[1]), match[2], headers)


def _lines(head: bytes) -> list[str]:
    return head.decode("latin-1").replace("\r\n", "\n").split("\n")


def _fields(lines: list[str]) -> Headers:
    headers = Headers()
    for line in lines:
        match = _FIELD.fullmatch(line.rstrip(" \t"))
        if match is None:
            raise NoAnswer(f"a line of its head is no field: {line[:100]!r}")
        headers.add(match[1], match[2])
    return headers
