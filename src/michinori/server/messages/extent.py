"""Where a message ends, found while its octets arrive, however they are cut into pieces.

A server must refuse what two programs could read differently. Who only keeps what came must do the contrary: take
everything, and still know when there is no more to come. Each octet is looked at once.
"""

from __future__ import annotations

import enum
import re
from abc import ABC, abstractmethod
from typing import Final, Protocol

from michinori.server.messages.anatomy import Head, dechunked

_TOKEN_START: Final = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]")
_REQUEST_LINE: Final = re.compile(rb"\S+ .*HTTP/\d(?:\.\d)?[ \t]*\r?\n")
_STATUS_LINE: Final = re.compile(rb"HTTP/\d(?:\.\d)? +\d{3}\b")
_CHUNK_SIZE: Final = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?\r?\n", re.DOTALL)
_LONGEST_LINE: Final = 64 * 1024
_TLS_HEADER: Final = 5
_TLS_HANDSHAKE: Final = 0x16


class Kind(enum.StrEnum):
    """What the first octets are."""

    UNKNOWN = "unknown"
    """Too few have come."""
    HTTP = "http"
    TLS = "tls"
    """A TLS ClientHello: somebody took this for https."""
    HTTP2 = "http2"
    """The connection preface of HTTP/2 (RFC 9113 section 3.4)."""
    OTHER = "other"


class _Body(Protocol):
    done: bool

    def feed(self, data: bytes) -> int:
        """Take what belongs to the body; gives how many octets that were."""


class _Length:
    """So many octets."""

    def __init__(self, octets: int) -> None:
        self._left = octets
        self.done = not octets

    def feed(self, data: bytes) -> int:
        taken = min(len(data), self._left)
        self._left -= taken
        self.done = not self._left
        return taken


class _Endless:
    """All that comes."""

    done = False

    def feed(self, data: bytes) -> int:
        return len(data)


class _Chunked:
    """Chunk after chunk, up to the empty line behind the last one. A broken one has no end that could be known."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._left = 0
        """Of the chunk under way, its line end included."""
        self._trailers = False
        self.broken = False
        self.done = False

    def feed(self, data: bytes) -> int:
        at = 0
        while at < len(data) and not self.done:
            if self.broken:
                return len(data)
            if self._left > 2:
                taken = min(len(data) - at, self._left - 2)
                self._left -= taken
                at += taken
            else:
                end = data.find(b"\n", at)
                piece = data[at:] if end < 0 else data[at : end + 1]
                self._line += piece
                at += len(piece)
                if end >= 0 or len(self._line) > _LONGEST_LINE:
                    self._take_line()
        return at

    def _take_line(self) -> None:
        line = bytes(self._line)
        self._line.clear()
        empty = line in (b"\r\n", b"\n")
        if self._trailers:
            self.done = empty
        elif self._left:
            self._left, self.broken = 0, not empty
        elif match := _CHUNK_SIZE.fullmatch(line):
            size = int(match[1], 16)
            self._left = size + 2 if size else 0
            self._trailers = not size
        else:
            self.broken = True


class MessageExtent(ABC):
    """One message while it arrives. ``octets`` is what belongs to it, from the first to the last."""

    def __init__(self, limit: int | None = None) -> None:
        self._limit = limit
        self.octets = bytearray()
        self.left_out = 0
        """How many octets of the message are not in ``octets``, because there were more than ``limit``."""
        self.kind = Kind.UNKNOWN
        self.head: Head | None = None
        """Once it is whole; of an answer the final one."""
        self.head_start = 0
        self.head_end = 0
        self.done = False
        self.odd: list[str] = []
        """Words for what breaks the rules."""
        self._searched = 0
        self._behind = 0
        self._body: _Body | None = None

    def feed(self, data: bytes) -> int:
        """Take what belongs to this message; gives how many octets that were. The rest belongs to the next one."""
        if self.done or not data:
            return 0
        if self._body is None:
            return self._feed_head(data)
        taken = self._body.feed(data)
        self.add(data[:taken])
        self._look()
        return taken

    def add(self, data: bytes) -> None:
        """Take octets that belong to this message whatever they are."""
        room = len(data) if self._limit is None else max(0, self._limit - len(self.octets))
        self.octets += data[:room]
        self.left_out += max(0, len(data) - room)

    def add_empty_lines(self, data: bytes) -> None:
        """Take line ends that came behind the message: they are kept with it and are no part of its body."""
        self.octets += data
        self._behind += len(data)

    @property
    def body(self) -> bytes:
        """What stands behind the head, as it came."""
        return bytes(self.octets[self.head_end : len(self.octets) - self._behind]) if self.head is not None else b""

    @property
    def content(self) -> bytes:
        """What the body holds once the chunks are undone; a compression is not."""
        return dechunked(self.body) if self.chunked else self.body

    @property
    def chunked(self) -> bool:
        """Whether the body came in chunks."""
        return isinstance(self._body, _Chunked)

    @property
    def settles(self) -> bool:
        """Whether only silence can tell that no more will come."""
        endless = isinstance(self._body, _Endless) or (isinstance(self._body, _Chunked) and self._body.broken)
        return endless and not self.done

    def _feed_head(self, data: bytes) -> int:
        before = len(self.octets)
        self.octets += data
        self._recognise()
        if self._body is None and not self._find_head():
            if self._limit is None or len(self.octets) <= self._limit:
                return len(data)
            self._end_unknown(Kind.OTHER)
        assert self._body is not None
        behind = bytes(self.octets[self.head_end :])
        del self.octets[self.head_end :]
        taken = self._body.feed(behind)
        self.add(behind[:taken])
        self._look()
        return self.head_end - before + taken

    def _find_head(self) -> bool:
        """Whether the head is whole, and what frames the body is known."""
        octets = self.octets
        if not self._skip_empty_lines():
            return False
        while (end := octets.find(b"\n", self._searched)) >= 0:
            first = self._searched <= self.head_start
            self._searched = end + 1
            if first and self.kind is Kind.UNKNOWN:
                self._recognise_line(bytes(octets[self.head_start : end + 1]))
                if self._body is not None:
                    return True
            empty = octets[end - 1] == 0x0A or octets[end - 2 : end] == b"\n\r"
            if empty and end > self.head_start:
                self.head_end = end + 1
                head = Head.parse(bytes(octets[self.head_start : self.head_end]))
                if self._frame(head):
                    self.head = head
                    return True
                self.head_start = self._searched = self.head_end
        return False

    def _skip_empty_lines(self) -> bool:
        """Empty lines before a message are to be ignored (RFC 9112 section 2.2). False if nothing else is there."""
        if self._searched > self.head_start:
            return True
        at = self.head_start
        while at < len(self.octets) and self.octets[at] in b"\r\n":
            at += 1
        self.head_start = self._searched = at
        return at < len(self.octets)

    def _look(self) -> None:
        assert self._body is not None
        self.done = self._body.done
        if isinstance(self._body, _Chunked) and self._body.broken and "chunk" not in self.odd:
            self.odd.append("chunk")

    def _end_unknown(self, kind: Kind) -> None:
        self.kind = kind
        self._body = _Endless()
        self.head_end = len(self.octets)

    @abstractmethod
    def _recognise(self) -> None:
        """Tell the kind by the first octets, where they tell it."""

    @abstractmethod
    def _recognise_line(self, line: bytes) -> None:
        """Tell the kind by the first line."""

    @abstractmethod
    def _frame(self, head: Head) -> bool:
        """Choose what ends the body; False if another head follows."""

    def _frame_by_fields(self, head: Head, otherwise: _Body) -> None:
        """RFC 9112 section 6.3, read so that nothing is missed."""
        lengths, codings = head.all("content-length"), head.tokens("transfer-encoding")
        if codings:
            self._body = _Chunked() if codings[-1] == "chunked" else _Endless()
            self.odd += ["length-and-chunks"] if lengths else []
        elif lengths:
            numbers = {
                int(part) for value in lengths for part in value.split(",") if re.fullmatch(r"\s*\d{1,18}", part)
            }
            self.odd += ["length"] if len(numbers) != 1 else []
            self._body = _Length(max(numbers)) if numbers else otherwise
        else:
            self._body = otherwise


class RequestExtent(MessageExtent):
    """A request, or whatever came in the place of one."""

    def _recognise(self) -> None:
        octets = self.octets
        if self.kind is Kind.UNKNOWN and octets[0] == _TLS_HANDSHAKE:
            self.kind = Kind.TLS
        if self.kind is Kind.TLS:
            if len(octets) > 1 and octets[1] != 3:
                self._end_unknown(Kind.OTHER)
            elif len(octets) >= _TLS_HEADER:
                self._body = _Length(int.from_bytes(octets[3:5]))
                self.head_end = _TLS_HEADER
        elif self.kind is Kind.UNKNOWN and self._skip_empty_lines() and not _TOKEN_START.match(octets, self.head_start):
            self._end_unknown(Kind.OTHER)

    def _find_head(self) -> bool:
        return self.kind is not Kind.TLS and super()._find_head()

    def _recognise_line(self, line: bytes) -> None:
        if _REQUEST_LINE.fullmatch(line):
            self.kind = Kind.HTTP
        else:
            self._end_unknown(Kind.OTHER)

    def _frame(self, head: Head) -> bool:
        if head.start == "PRI * HTTP/2.0":
            self.kind = Kind.HTTP2
            self._body = _Endless()
        else:
            self._frame_by_fields(head, _Length(0))
        return True

    @property
    def expects(self) -> bool:
        """Whether the sender waits for ``100 Continue`` before it sends the body (RFC 9110 section 10.1.1)."""
        return (
            self.head is not None
            and not self.done
            and len(self.octets) == self.head_end
            and self.head.version == "HTTP/1.1"
            and "100-continue" in self.head.tokens("expect")
        )


class AnswerExtent(MessageExtent):
    """An answer with the interim ones (1xx) before it. What ends it depends on the method that was asked with."""

    def __init__(self, method: str, limit: int | None = None) -> None:
        super().__init__(limit)
        self._method = method
        self.interim: list[int] = []

    def end(self) -> bool:
        """The stream has ended. Whether the answer is whole."""
        if isinstance(self._body, _Endless):
            self.done = True
        return self.done

    @property
    def switched(self) -> bool:
        """Whether something else than HTTP follows: a tunnel, another protocol."""
        return self.head is not None and self._switches(self.head.status)

    def _recognise(self) -> None:
        if self.kind is Kind.UNKNOWN:
            begin = bytes(self.octets[:5])
            if self._skip_empty_lines() and begin != b"HTTP/"[: len(begin)] and begin[:1] not in b"\r\n":
                self._end_unknown(Kind.OTHER)

    def _recognise_line(self, line: bytes) -> None:
        if _STATUS_LINE.match(line):
            self.kind = Kind.HTTP
        else:
            self._end_unknown(Kind.OTHER)

    def _frame(self, head: Head) -> bool:
        status = head.status
        if 100 <= status < 200 and status != 101:
            self.interim.append(status)
            return False
        if self._switches(status):
            self._body = _Endless()
        elif self._method == "HEAD" or status in (204, 304):
            self._body = _Length(0)
        else:
            self._frame_by_fields(head, _Endless())
        return True

    def _switches(self, status: int) -> bool:
        return status == 101 or (self._method == "CONNECT" and 200 <= status < 300)
