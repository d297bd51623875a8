"""The chunked transfer coding, read strictly (RFC 9112 section 7.1), for the server's side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from michinori.http.headers import Headers
from michinori.http.refusal import Refusal

_SIZE: Final = re.compile(
    rb"([0-9A-Fa-f]{1,15})"
    rb"((?:[ \t]*;[ \t]*[-!#$%&'*+.^_`|~0-9A-Za-z]+"
    rb"(?:[ \t]*=[ \t]*(?:[-!#$%&'*+.^_`|~0-9A-Za-z]+|\"(?:[^\x00-\x08\x0a-\x1f\x7f\"\\]|\\[\x09\x20-\x7e])*\"))?)*)"
)
_FIELD: Final = re.compile(rb"([-!#$%&'*+.^_`|~0-9A-Za-z]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*")
_LINE_OCTETS: Final = 4096
_TRAILER_OCTETS: Final = 16 * 1024


class ChunkedDecoder:
    """Octets in, content out. ``surplus`` is what came behind the end."""

    def __init__(self) -> None:
        self._octets = bytearray()
        self._left = 0
        """Of the chunk being read."""
        self._crlf_due = False
        self._in_trailers = False
        self._trailer_octets = 0
        self._trailers: list[tuple[bytes, bytes]] = []
        self.done = False

    def feed(self, octets: bytes) -> Iterator[bytes]:
        """The pieces of content in what came. Raises ``Refusal``."""
        self._octets += octets
        while not self.done:
            if self._left:
                piece = bytes(self._octets[: self._left])
                if not piece:
                    return
                del self._octets[: len(piece)]
                self._left -= len(piece)
                self._crlf_due = not self._left
                yield piece
                continue
            line = self._line()
            if line is None:
                return
            self._take(line)

    @property
    def trailers(self) -> Headers:
        return Headers.from_octets(self._trailers)

    @property
    def surplus(self) -> bytes:
        return bytes(self._octets) if self.done else b""

    def _take(self, line: bytes) -> None:
        if self._crlf_due:
            if line:
                raise _bad("A chunk is longer than it says.")
            self._crlf_due = False
        elif self._in_trailers:
            self._take_trailer(line)
        else:
            match = _SIZE.fullmatch(line)
            if match is None:
                raise _bad("The size of a chunk is malformed.")
            self._left = int(match[1], 16)
            self._in_trailers = not self._left

    def _take_trailer(self, line: bytes) -> None:
        if not line:
            self.done = True
            return
        self._trailer_octets += len(line)
        match = _FIELD.fullmatch(line)
        if match is None:
            raise _bad("A trailer field is malformed.")
        if self._trailer_octets > _TRAILER_OCTETS:
            raise Refusal(431, "The trailers are too long.", closes=True)
        self._trailers.append((match[1], match[2]))

    def _line(self) -> bytes | None:
        """The next line without its CRLF, or None if it is not whole yet."""
        octets = self._octets
        end = octets.find(b"\n", 0, _LINE_OCTETS)
        if end < 0:
            if len(octets) >= _LINE_OCTETS:
                raise _bad("A line between chunks is too long.")
            if self._crlf_due and not b"\r\n".startswith(octets):
                raise _bad("A chunk is longer than it says.")
            return None
        if end == 0 or octets[end - 1] != 0x0D:
            raise _bad("A line between chunks ends in a bare LF.")
        line = bytes(octets[: end - 1])
        del octets[: end + 1]
        return line


def _bad(detail: str) -> Refusal:
    return Refusal(400, detail, closes=True)
