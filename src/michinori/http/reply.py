"""The answer to one request on its way onto the wire: its head, and its body framed (RFC 9112 section 6)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable
from typing import Final

from michinori.http.channel import Channel
from michinori.http.status import reason as phrase

WITHOUT_CONTENT: Final = frozenset({204, 304})
_BLOCK: Final = re.compile(rb"(?:[-!#$%&'*+.^_`|~0-9A-Za-z]++: [^\x00-\x08\x0a-\x1f\x7f]*+\r\n)*+")
_REASON: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_TOGETHER: Final = 64 * 1024
_STATUS_LINES: dict[int, bytes] = {}

Octets = tuple[bytes, bytes]

PLAIN: Final = b"plain"
_MEANT: Final = frozenset({b"content-length", b"transfer-encoding", b"connection", b"date", b"server"})
_KNOWN: dict[Octets, tuple[bytes, bytes]] = {}
"""Fields that were checked before: their line, and their name in lower case if it means something to us."""
_MOST_KNOWN: Final = 1000
_WORTH_KNOWING: Final = 200


def _look_at(field: Octets) -> tuple[bytes, bytes]:
    """The line of a field, and what it means to us. Raises ``ValueError`` if it is no field, or more than one."""
    name, value = field
    line = b"%b: %b\r\n" % (name, value)
    check_fields(line, 1)
    lower = name.lower()
    seen = line, lower if lower in _MEANT else PLAIN
    if len(_KNOWN) < _MOST_KNOWN and len(line) < _WORTH_KNOWING and lower != b"set-cookie":
        _KNOWN[field] = seen
    return seen


def status_line(status: int, reason: str | None = None) -> bytes:
    """Raises ``ValueError`` for what is no final status or holds a line's end."""
    line = _STATUS_LINES.get(status) if reason is None else None
    if line is None:
        if not 100 <= status <= 599:
            raise ValueError(f"not a status: {status}")
        said = phrase(status) if reason is None else reason
        if not _REASON.fullmatch(said):
            raise ValueError("a reason phrase is one line")
        line = f"HTTP/1.1 {status} {said}\r\n".encode("latin-1")
        if reason is None:
            _STATUS_LINES[status] = line
    return line


def check_fields(block: bytes, count: int) -> None:
    """Raises ``ValueError`` unless that is so many whole header fields: nobody may smuggle another line in."""
    if _BLOCK.fullmatch(block) is None or block.count(b"\n") != count:
        raise ValueError("a header field of the answer is malformed")


class Reply:
    """One answer, written as it comes: ``start`` once, then ``write`` until ``more`` is false.

    Raises ``ValueError`` for what cannot be an answer (before anything of it was sent), ``OSError`` when the
    connection is lost.
    """

    block = b""
    """The fields, as they were sent once ``sent`` says so."""
    status = 0
    started = False
    """Whether ``start`` was called; nothing may have been sent yet."""
    silent = False
    """Whether no body is sent, whatever is written: to HEAD, and with a status that has none."""
    complete = False
    head_octets = 0
    body_octets = 0
    """What was written of the body; the framing of chunks is not counted, as in Apache's logs."""
    on_complete: Callable[[Reply], None] | None = None
    """Called with the reply when all of it has been written."""
    _line = b""
    _chunked = False
    _left: int | None = None

    def __init__(
        self,
        channel: Channel,
        own_fields: bytes,
        *,
        may_go_on: Callable[[], bool],
        modern: bool = True,
        to_head: bool = False,
        send_s: float,
    ) -> None:
        self._channel = channel
        self._own_fields = own_fields
        self._may_go_on = may_go_on
        self._modern = modern
        self._to_head = to_head
        self.send_s = send_s
        self.closes = not modern
        """Whether the connection ends with this answer. May be set until the head is sent."""

    @property
    def sent(self) -> bool:
        """Whether a part of the answer is on its way, so that no other can take its place."""
        return self.head_octets > 0 or self.body_octets > 0

    @property
    def congested(self) -> bool:
        """Whether the peer is slower than the writer: time to ``drain``."""
        return self._channel.congested

    def start(self, status: int, fields: Iterable[Octets], reason: str | None = None) -> None:
        """Say what the answer is. It goes out with the first piece of the body."""
        assert not self.sent, "the answer has begun already"
        if status < 200:
            raise ValueError(f"{status} is no final status")
        length: int | None = None
        line = status_line(status, reason)
        parts = [self._own_fields]
        for given in fields:
            field: Octets = tuple(given)  # type: ignore[assignment]  # applications give lists too
            text, lower = _KNOWN.get(field) or _look_at(field)
            parts.append(text)
            if lower is PLAIN:
                continue
            value = field[1]
            if lower == b"content-length":
                if length is not None or not value.isdigit() or len(value) > 18:
                    raise ValueError("the Content-Length of the answer is malformed")
                length = int(value)
                if status == 204:
                    parts.pop()
            elif lower == b"transfer-encoding":
                parts.pop()  # framing is our matter
            elif lower == b"connection":
                self.closes = self.closes or b"close" in value.lower()
                parts.pop()
            else:  # Date or Server: theirs instead of ours
                parts[0] = _without(parts[0], lower)
        self._line = line
        self.block = b"".join(parts)
        self.status = status
        self.silent = self._to_head or status in WITHOUT_CONTENT
        self.started = True
        self._left = length

    def write(self, octets: bytes, *, more: bool = False, trailers: Iterable[Octets] = ()) -> None:
        """Send the next piece; without ``more`` it is the last one. Trailers may end a chunked body."""
        if self.complete or not self.started:
            raise ValueError("the answer has ended already" if self.complete else "the answer has not begun")
        if self.silent:
            body = b""
        else:
            if self._left is not None:
                self._left -= len(octets)
                if self._left < 0 or (self._left and not more):
                    raise ValueError("the body of the answer is not as long as its Content-Length says")
            body = octets
        head = b""
        if not self.head_octets:
            head = self._take_head(len(octets), more=more)
            self.head_octets = len(head)
        self.body_octets += len(body)
        if self._chunked:
            body = _chunk(body, more=more, trailers=trailers)
        if len(body) <= _TOGETHER:
            # Head and body in one send: two small ones would wait for each other (Nagle here, delayed ACK there).
            self._channel.send(head + body if head else body)
        else:
            self._channel.send(head)
            self._channel.send(body)
        if not more:
            self.complete = True
            if self.on_complete is not None:
                self.on_complete(self)

    def pass_on(self, status: int, octets: bytes, *, more: bool) -> None:
        """Send a piece of an answer with that status that was made elsewhere, head and framing included."""
        self.status = status
        self.started = self.closes = True
        self.body_octets += len(octets)
        self._channel.send(octets)
        self.complete = not more

    async def drain(self) -> None:
        """Wait until there is room for more. Raises ``OSError`` when nothing gets away for too long."""
        async with asyncio.timeout(self.send_s):
            await self._channel.drain()

    def sent_beside(self, octets: int) -> None:
        """That much of the body went to the connection by another way."""
        assert self._left is not None, "the length was announced"
        self._left -= octets
        self.body_octets += octets
        self.complete = not self._left

    def interim(self, status: int, fields: Iterable[Octets] = ()) -> None:
        """Send a 1xx response before the answer. HTTP/1.0 does not know them."""
        if not self._modern or self.sent:
            return
        lines = [b"%b: %b\r\n" % field for field in fields]
        block = b"".join(lines)
        check_fields(block, len(lines))
        self._channel.send(status_line(status) + block + b"\r\n")

    def _take_head(self, octets: int, *, more: bool) -> bytes:
        """The head with what frames the body, which begins with so many octets."""
        if self._left is None and self.status not in WITHOUT_CONTENT:
            if not more:
                self.block += b"Content-Length: %d\r\n" % octets
            elif self._modern:
                self.block += b"Transfer-Encoding: chunked\r\n"
                self._chunked = not self.silent
            else:
                self.closes = True
        if self.closes or not self._may_go_on():
            self.closes = True
            self.block += b"Connection: close\r\n"
        return self._line + self.block + b"\r\n"


def _chunk(octets: bytes, *, more: bool, trailers: Iterable[Octets]) -> bytes:
    """RFC 9112 section 7.1."""
    chunk = b"%x\r\n%b\r\n" % (len(octets), octets) if octets else b""
    if more:
        return chunk
    lines = [b"%b: %b\r\n" % field for field in trailers]
    check_fields(b"".join(lines), len(lines))
    return b"%b0\r\n%b\r\n" % (chunk, b"".join(lines))


def _without(block: bytes, name: bytes) -> bytes:
    lines = block.splitlines(keepends=True)
    return b"".join(line for line in lines if not line.lower().startswith(name + b":"))
