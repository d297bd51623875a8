"""What a server must not overlook in a request head (RFC 9112): every reading on which two programs could differ.

Whoever can make two servers disagree on where a request ends can hide one request inside another. So what is not
exactly right is refused, with 400 and a closed connection.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from michinori.http.headers import Headers
from michinori.http.refusal import Refusal

_TOKEN: Final = r"[-!#$%&'*+.^_`|~0-9A-Za-z]++"
_VALUE: Final = r"[^\x00-\x08\x0a-\x1f\x7f]*+"
_FIELD: Final = re.compile(rf"({_TOKEN}):({_VALUE})\r\n")
_METHOD: Final = r"[-!#$%&'*+.^_`|~0-9A-Z]++"  # names of methods differ in case; none is in lower case
_TARGET: Final = r"[\x21\x22\x24-\x7e]++"  # a fragment is none of the server's business
_FIRST_LINE: Final = re.compile(rf"({_METHOD}) ({_TARGET}) (HTTP/1\.[01])\r\n")
_OTHER_VERSION: Final = re.compile(rf"{_METHOD} {_TARGET} HTTP/([0-9]\.[0-9])")
_TOKEN_CHAR: Final = re.compile(_TOKEN[:-2].encode("ascii"))
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[-A-Za-z0-9._~!$&'()*+,;=%]+)(?::([0-9]{1,5})?)?")
_LONGEST_METHOD: Final = 64
_SECRET: Final = frozenset({"authorization", "cookie", "proxy-authorization"})
_LENGTH: Final = re.compile(r"[0-9]{1,18}")


class RequestHead(msgspec.Struct, frozen=True, gc=False):
    """Request line and header fields, which others may share; ``octets`` is how many they took on the wire."""

    method: str
    target: str
    version: str
    headers: Headers
    octets: int
    is_last: bool = False
    """Whether the client has said that it asks for nothing more."""
    is_all: bool = True
    """Whether it is the whole request: no body follows, and the client does not wait to be told to go on."""


@dataclass(frozen=True, slots=True)
class HeadLimits:
    """Bounds on a request head."""

    target_octets: int = 8192
    field_octets: int = 8192
    field_count: int = 100
    head_octets: int = 64 * 1024


class Block(NamedTuple):
    """Header fields that were checked and taken apart."""

    text: str
    headers: Headers
    says_close: bool
    expects: bool


class KnownBlocks:
    """Blocks that came before, for all connections of a server: many clients say the same of themselves.

    What proves who a client is never comes in here; it stays with its connection.
    """

    def __init__(self, most: int = 256, most_octets: int = 2048) -> None:
        self._most = most
        self._most_octets = most_octets
        self._blocks: dict[str, Block] = {}

    def get(self, text: str) -> Block | None:
        return self._blocks.get(text)

    def keep(self, block: Block) -> None:
        """Keep it for all, unless it is long or secret."""
        if len(block.text) > self._most_octets or not _SECRET.isdisjoint(block.headers.index):
            return
        if len(self._blocks) >= self._most:
            self._blocks.clear()  # who is still there comes back
        self._blocks[block.text] = block


class HeadBuffer:
    """Gathers octets until a request head is whole. What comes behind it stays.

    Each octet is looked at once, and what is wrong is said as soon as it is seen: who sends a head in single octets
    costs no more than others, and who sends no HTTP at all need not be waited for.
    """

    _line = 0
    """Where the line begins that is not whole yet."""
    _lines = 0
    _block: Block | None = None
    """The last one of this connection."""
    _again: tuple[bytes, RequestHead] | None = None
    """What came the last time, if it was a whole head without a body, and what it said."""

    def __init__(self, limits: HeadLimits, known: KnownBlocks | None = None) -> None:
        self._limits = limits
        self._known = known or KnownBlocks()
        self._octets = bytearray()

    def feed(self, octets: bytes) -> None:
        """Take what came."""
        self._octets += octets

    def take_from(self, octets: bytes) -> RequestHead | None:
        """The head that these octets are, if they are just that and nothing waits here; else they are fed.

        The usual case, without the detour through the buffer; what came before, octet for octet, is not even looked
        at. Raises ``Refusal``.
        """
        if self._octets:
            self.feed(octets)
            return None
        if self._again is not None and self._again[0] == octets:
            return self._again[1]
        end = octets.find(b"\r\n\r\n")
        if end <= 0 or end != len(octets) - 4 or octets[0] == 0x0D:
            self.feed(octets)
            return None
        head = self._parse(octets.decode("latin-1"))
        self._again = None if self._block is None else (octets, head)
        return head

    def take(self) -> RequestHead | None:
        """A whole head, checked, or None if more is needed. Raises ``Refusal``."""
        octets = self._octets
        if not octets:
            return None
        while not self._line and octets.startswith(b"\r\n"):
            del octets[:2]  # empty lines before a request line are to be ignored (RFC 9112 section 2.2)
        if not self._line and octets and not _TOKEN_CHAR.match(octets) and octets != b"\r":
            raise _bad("That is not an HTTP request.")
        if not self._line:
            end = octets.find(b"\r\n\r\n") + 4
            if end > 4:  # the usual case: all of it has come in one piece
                text = octets[:end].decode("latin-1")
                del octets[:end]
                return self._parse(text)
        searched = self._line
        while (end := octets.find(b"\n", searched)) >= 0:
            if end == 0 or octets[end - 1] != 0x0D:
                raise _bad("A line of the request ends in a bare LF.")
            length = end - 1 - self._line
            self._check_line(length)
            self._line = searched = end + 1
            self._lines += 1
            if not length:
                return self._whole()
        self._check_line(len(octets) - self._line - octets.endswith(b"\r"))
        return None

    def take_rest(self) -> bytes:
        """What came behind the head."""
        rest = bytes(self._octets)
        self._octets.clear()
        return rest

    def __len__(self) -> int:
        return len(self._octets)

    def _whole(self) -> RequestHead:
        end, self._line, self._lines = self._line, 0, 0
        text = self._octets[:end].decode("latin-1")
        del self._octets[:end]
        return self._parse(text)

    def _parse(self, text: str) -> RequestHead:
        head, self._block = parse(text, self._limits, self._known, self._block)
        return head

    def _check_line(self, length: int) -> None:
        limits = self._limits
        if not self._lines and length > _longest_line(limits):
            raise Refusal(414, f"The target is longer than {limits.target_octets} octets.", closes=True)
        if self._lines and length > limits.field_octets:
            raise Refusal(431, f"A header field is longer than {limits.field_octets} octets.", closes=True)
        if self._lines > limits.field_count and length:
            raise Refusal(431, f"More than {limits.field_count} header fields.", closes=True)
        if self._line + length > limits.head_octets:
            raise Refusal(431, f"The head is longer than {limits.head_octets} octets.", closes=True)


def parse(
    text: str, limits: HeadLimits, known: KnownBlocks, last: Block | None = None
) -> tuple[RequestHead, Block | None]:
    """Check and take apart a whole head, its empty line included, one character an octet. Raises ``Refusal``.

    Clients say the same of themselves again and again. So the fields are given back too, if with any request line
    nothing can be wrong with them, and what is the ``last`` or ``known`` is not looked at a second time.
    """
    match = _FIRST_LINE.match(text)
    if match is None:
        raise _what_is_wrong(text)
    method, target, version = match.groups()
    block = text[match.end() :]
    small = len(text) <= limits.target_octets and len(text) <= limits.field_octets
    if target[0] == "/" and small and method != "CONNECT":
        if last is None or last.text != block:
            last = known.get(block)
        if last is not None:
            return _head(method, target, version, last, len(text)), last
    pairs = _take_apart(block)
    if pairs is None:
        raise _what_is_wrong(text)
    headers = Headers.from_pairs(pairs)
    if not small or len(headers) > limits.field_count:
        _check_sizes(text, limits)
    fields = headers.index
    hosts = fields.get("host", [])
    modern = version != "HTTP/1.0"
    if len(hosts) != 1 or target[0] != "/" or method == "CONNECT" or not _is_host(hosts[0]):
        _check_host(hosts, method, target, needed=modern)
    framed = "content-length" in fields or "transfer-encoding" in fields
    if framed:
        _check_framing(fields, modern=modern)
    last = Block(block, headers, "close" in headers.tokens("Connection"), "expect" in fields)
    head = _head(method, target, version, last, len(text), framed=framed)
    if framed or len(hosts) != 1 or not small:
        return head, None
    known.keep(last)
    return head, last


def _head(method: str, target: str, version: str, block: Block, octets: int, *, framed: bool = False) -> RequestHead:
    is_last = block.says_close or version == "HTTP/1.0"
    return RequestHead(method, target, version, block.headers, octets, is_last, not (framed or block.expects))


def _take_apart(block: str) -> list[tuple[str, str]] | None:
    """Names and values; None unless fields and the empty line are all there is, without a gap between them."""
    pairs, length = [], len("\r\n")
    for name, value in _FIELD.findall(block):
        length += len(name) + len(value) + len(":\r\n")
        pairs.append((name, value.strip(" \t")))
    return pairs if length == len(block) else None


def _what_is_wrong(text: str) -> Refusal:
    request_line = text.partition("\r\n")[0]
    if "\n" in text.replace("\r\n", ""):
        return _bad("A line of the request ends in a bare LF.")
    match = _OTHER_VERSION.fullmatch(request_line)
    if match is None:
        return _bad("The request line is malformed.")
    if match[1] not in ("1.0", "1.1"):
        return Refusal(505, "HTTP/1.1 is spoken here.", closes=True)
    return _bad("A header field is malformed.")


def _check_sizes(text: str, limits: HeadLimits) -> None:
    request_line, *lines = text[:-4].split("\r\n")
    if len(request_line.split(" ")[1]) > limits.target_octets or len(request_line) > _longest_line(limits):
        raise Refusal(414, f"The target is longer than {limits.target_octets} octets.", closes=True)
    if any(len(line) > limits.field_octets for line in lines):
        raise Refusal(431, f"A header field is longer than {limits.field_octets} octets.", closes=True)
    if len(lines) > limits.field_count:
        raise Refusal(431, f"More than {limits.field_count} header fields.", closes=True)
    if len(text) > limits.head_octets:
        raise Refusal(431, f"The head is longer than {limits.head_octets} octets.", closes=True)


def _longest_line(limits: HeadLimits) -> int:
    """ "METHOD " and " HTTP/1.1" stand beside the target."""
    return limits.target_octets + _LONGEST_METHOD + len(" HTTP/1.1")


def _check_host(hosts: list[str], method: str, target: str, *, needed: bool) -> None:
    """RFC 9112 section 3.2; a target that names another host than the Host field is refused too."""
    if len(hosts) > 1 or (needed and not hosts):
        raise _bad("There must be exactly one Host field.")
    if hosts and not _is_host(hosts[0]):
        raise _bad("The Host field is malformed.")
    if method == "CONNECT":
        if not _is_host(target) or ":" not in target:
            raise _bad("CONNECT wants host:port.")
    elif target.startswith("/") or (target == "*" and method == "OPTIONS"):
        return
    else:
        _check_absolute(hosts, target)


def _check_absolute(hosts: list[str], target: str) -> None:
    try:
        parts = urlsplit(target)
    except ValueError:
        raise _bad("The target is malformed.") from None
    authority = parts.netloc
    if parts.scheme.lower() not in ("http", "https") or not _is_host(authority) or parts.fragment:
        raise _bad("The target is malformed.")
    if hosts and _plain(hosts[0], parts.scheme) != _plain(authority, parts.scheme):
        raise _bad("The target and the Host field name different hosts.")


def _check_framing(fields: dict[str, list[str]], *, modern: bool) -> None:
    """RFC 9112 section 6.3."""
    lengths, codings = fields.get("content-length", []), fields.get("transfer-encoding", [])
    if len(lengths) > 1 or (lengths and not _LENGTH.fullmatch(lengths[0])):
        raise _bad("The Content-Length is malformed.")
    if not codings:
        return
    if lengths:
        raise _bad("Content-Length and Transfer-Encoding do not go together.")
    if not modern:
        raise _bad("HTTP/1.0 has no Transfer-Encoding.")
    if len(codings) > 1:
        raise _bad("There must be one Transfer-Encoding.")
    if codings[0].lower() != "chunked":
        members = [member.strip() for member in codings[0].lower().split(",")]
        if members[-1] != "chunked" or "chunked" in members[:-1] or not all(members):
            raise _bad("The Transfer-Encoding is malformed.")
        raise Refusal(501, "Of the transfer codings only chunked is known here.", closes=True)


@lru_cache(256)
def _is_host(value: str) -> bool:
    match = _HOST.fullmatch(value)
    return match is not None and (match[2] is None or int(match[2]) < 65536)


def _plain(authority: str, scheme: str) -> str:
    default = ":80" if scheme.lower() == "http" else ":443"
    return authority.lower().removesuffix(default).removesuffix(":")


def _bad(detail: str) -> Refusal:
    return Refusal(400, detail, closes=True)
