"""What a server must not overlook in a request head (RFC 9112): every reading on which two programs could differ.

Whoever can make two servers disagree on where a request ends can hide one request inside another. So what is not
exactly right is refused, with 400 and a closed connection.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from michinori.http.refusal import Refusal

_TOKEN: Final = rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+"
_REQUEST_LINE: Final = re.compile(rb"(%s) ([\x21-\x7e]+) HTTP/([0-9])\.([0-9])" % _TOKEN)
_FIELD: Final = re.compile(rb"(%s):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)" % _TOKEN)
_TOKEN_CHAR: Final = re.compile(_TOKEN[:-1])
_HOST: Final = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[-A-Za-z0-9._~!$&'()*+,;=%]+)(?::([0-9]{1,5})?)?")
_LONGEST_METHOD: Final = 64
_LENGTH: Final = re.compile(rb"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class HeadLimits:
    """Bounds on a request head."""

    target_octets: int = 8192
    field_octets: int = 8192
    field_count: int = 100
    head_octets: int = 64 * 1024


class HeadBuffer:
    """Gathers octets until a request head is whole. What comes behind it stays.

    Each octet is looked at once, and what is wrong is said as soon as it is seen: who sends a head in single octets
    costs no more than others, and who sends no HTTP at all need not be waited for.
    """

    def __init__(self, limits: HeadLimits) -> None:
        self._limits = limits
        self._octets = bytearray()
        self._line = 0
        """Where the line begins that is not whole yet."""
        self._lines = 0

    def feed(self, octets: bytes) -> None:
        """Take what came."""
        self._octets += octets

    def take(self) -> bytes | None:
        """A whole head, checked, or None if more is needed. Raises ``Refusal``."""
        octets = self._octets
        while not self._line and octets.startswith(b"\r\n"):
            del octets[:2]  # empty lines before a request line are to be ignored (RFC 9112 section 2.2)
        if not self._line and octets and not _TOKEN_CHAR.match(octets) and octets != b"\r":
            raise _bad("That is not an HTTP request.")
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

    def _whole(self) -> bytes:
        end, self._line, self._lines = self._line, 0, 0
        head = bytes(self._octets[:end])
        del self._octets[:end]
        check(head, self._limits)
        return head

    def _check_line(self, length: int) -> None:
        limits = self._limits
        # "METHOD " and " HTTP/1.1" stand beside the target.
        if not self._lines and length > limits.target_octets + _LONGEST_METHOD + len(" HTTP/1.1"):
            raise Refusal(414, f"The target is longer than {limits.target_octets} octets.", closes=True)
        if self._lines and length > limits.field_octets:
            raise Refusal(431, f"A header field is longer than {limits.field_octets} octets.", closes=True)
        if self._lines > limits.field_count and length:
            raise Refusal(431, f"More than {limits.field_count} header fields.", closes=True)
        if self._line + length > limits.head_octets:
            raise Refusal(431, f"The head is longer than {limits.head_octets} octets.", closes=True)


def check(head: bytes, limits: HeadLimits) -> None:
    """Check a whole head, its empty line included. Raises ``Refusal``."""
    request_line, *lines = head[:-4].split(b"\r\n")
    match = _REQUEST_LINE.fullmatch(request_line)
    if match is None:
        raise _bad("The request line is malformed.")
    method, target, major, minor = match.groups()
    if major != b"1":
        raise Refusal(505, "HTTP/1.1 is spoken here.", closes=True)
    if len(target) > limits.target_octets:
        raise Refusal(414, f"The target is longer than {limits.target_octets} octets.", closes=True)
    fields: dict[bytes, list[bytes]] = {}
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise _bad("A header field is malformed.")
        fields.setdefault(field[1].lower(), []).append(field[2].rstrip(b" \t"))
    _check_host(fields.get(b"host", []), method, target, needed=minor != b"0")
    _check_framing(fields, modern=minor != b"0")


def _check_host(hosts: list[bytes], method: bytes, target: bytes, *, needed: bool) -> None:
    """RFC 9112 section 3.2; a target that names another host than the Host field is refused too."""
    if len(hosts) > 1 or (needed and not hosts):
        raise _bad("There must be exactly one Host field.")
    if hosts and not _is_host(hosts[0]):
        raise _bad("The Host field is malformed.")
    if method == b"CONNECT":
        if not _is_host(target) or b":" not in target:
            raise _bad("CONNECT wants host:port.")
    elif target.startswith(b"/") or (target == b"*" and method == b"OPTIONS"):
        return
    else:
        _check_absolute(hosts, target)


def _check_absolute(hosts: list[bytes], target: bytes) -> None:
    try:
        parts = urlsplit(target.decode("ascii"))
    except ValueError:
        raise _bad("The target is malformed.") from None
    authority = parts.netloc.encode("ascii")
    if parts.scheme.lower() not in ("http", "https") or not _is_host(authority) or parts.fragment:
        raise _bad("The target is malformed.")
    if hosts and _plain(hosts[0], parts.scheme) != _plain(authority, parts.scheme):
        raise _bad("The target and the Host field name different hosts.")


def _check_framing(fields: dict[bytes, list[bytes]], *, modern: bool) -> None:
    """RFC 9112 section 6.3."""
    lengths, codings = fields.get(b"content-length", []), fields.get(b"transfer-encoding", [])
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
    if codings[0].lower() != b"chunked":
        members = [member.strip() for member in codings[0].lower().split(b",")]
        if members[-1] != b"chunked" or b"chunked" in members[:-1] or not all(members):
            raise _bad("The Transfer-Encoding is malformed.")
        raise Refusal(501, "Of the transfer codings only chunked is known here.", closes=True)


def _is_host(value: bytes) -> bool:
    match = _HOST.fullmatch(value)
    return match is not None and (match[2] is None or int(match[2]) < 65536)


def _plain(authority: bytes, scheme: str) -> bytes:
    default = b":80" if scheme.lower() == "http" else b":443"
    return authority.lower().removesuffix(default).removesuffix(b":")


def _bad(detail: str) -> Refusal:
    return Refusal(400, detail, closes=True)
