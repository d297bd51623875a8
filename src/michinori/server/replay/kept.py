"""The requests in a file that a catcher wrote."""

from __future__ import annotations

import re
from typing import Final

from michinori.server.messages import Kind, RequestExtent, line_ends

_HOST_LINE: Final = re.compile(rb"[Hh][Oo][Ss][Tt][ \t]*:")


class NotARequest(Exception):
    """The octets are something else; ``kind`` tells what."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        super().__init__(f"these octets are no HTTP/1 request ({kind})")


def read_requests(octets: bytes) -> list[RequestExtent]:
    """The requests one behind the other; the last may be cut off. Raises ``NotARequest``."""
    found: list[RequestExtent] = []
    while octets:
        extent = RequestExtent()
        taken = extent.feed(octets)
        octets = octets[taken:]
        if found and not extent.octets.strip(b"\r\n"):
            found[-1].add_empty_lines(bytes(extent.octets))
        elif extent.kind is not Kind.HTTP or extent.head is None:
            raise NotARequest(extent.kind)
        else:
            found.append(extent)
    if not found:
        raise NotARequest(Kind.UNKNOWN)
    return found


def with_host(request: RequestExtent, authority: str) -> bytes:
    """The request's octets with another Host field; all else as it was."""
    octets = bytes(request.octets)
    head, rest = octets[: request.head_end], octets[request.head_end :]
    value = authority.encode("ascii", "replace")
    lines, done = [], False
    for line in line_ends(head):
        if _HOST_LINE.match(line):
            name, colon, _ = line.partition(b":")
            lines.append(name + colon + b" " + value + _ending(line))
            done = True
        else:
            lines.append(line)
    if not done:
        place = next(place for place, line in enumerate(lines) if line.strip(b"\r\n")) + 1
        lines.insert(place, b"Host: " + value + _ending(lines[place - 1]))
    return b"".join(lines) + rest


def _ending(line: bytes) -> bytes:
    return line[len(line.rstrip(b"\r\n")) :] or b"\r\n"
