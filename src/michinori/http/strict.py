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
_LENGTH: Final = re.compile(rb"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class HeadLimits:
    """Bounds on a request head."""

    target_octets: int = 8192
    field_octets: int = 8192
    field_count: int = 100
    head_octets: int = 64 * 1024


class HeadBuffer:
    """Gathers octets until a request head is whole. What comes behind it stays."""

    def __init__(self, limits: HeadLimits) -> None:
        self._limits = limits
        self._octets = bytearray()
        self._searched = 0

    def feed(self, octets: bytes) -> None:
        """Take what came."""
        self._octets += octets

    def take(self) -> bytes | None:
        """A whole head, checked, or None if more is needed. Raises ``Refusal``."""
        self._skip_empty_lines()
        octets = self._octets
        if not octets:
            return None
        if self._searched == 0 and not _TOKEN_CHAR.match(octets):
            raise Refusal(400, "That is not an HTTP request.", closes=True)
        end = octets.find(b"\r\n\r\n", max(0, self._searched - 3))
        self._check_line_ends(len(octets) if end < 0 else end + 4)
        if end < 0:
            self._searched = len(octets)
            _check_sizes(bytes(octets[: self._limits.head_octets + 1]), self._limits, whole=False)
            return None
        head = bytes(octets[: end + 4])
        del octets[: end + 4]
        self._searched = 0
        _check_sizes(head, self._limits, whole=True)
        check(head, self._limits)
        return head

    def take_rest(self) -> bytes:
        """What came behind the head."""
        rest = bytes(self._octets)
        self._octets.clear()
        return rest

    def __len__(self) -> int:
        return len(self._octets)

    def _skip_empty_lines(self) -> None:
        """Empty lines before a request line are to be ignored (RFC 9112 section 2.2)."""
        if self._searched == 0:
            while self._octets.startswith(b"\r\n"):
                del self._octets[:2]

    def _check_line_ends(self, until: int) -> None:
        """Every LF belongs to a CR; said as soon as it is seen."""
        octets, at = self._octets, max(0, self._searched - 1)
        while (at := octets.find(b"\n", at, until)) >= 0:
            if at == 0 or octets[at - 1] != 0x0D:
                raise Refusal(400, "A line of the request ends in a bare LF.", closes=True)
            at += 1


def check(head: bytes, limits: HeadLimits) -> None:
    """Check a whole head, its empty line included. Raises ``Refusal``."""
    request_line, *lines = head[:-4].split(b"\r\n")
    match = _REQUEST_LINE.fullmatch(request_line)
    if match is None:
        raise _bad("The request line is malformed.")
    method, target, major, minor = match.groups()
    if major != b"1":
        raise Refusal(505, "HTTP/1.1 is spoken here.", closes=True)
    if len(lines) > limits.field_count:
        raise Refusal(431, f"More than {limits.field_count} header fields.", closes=True)
    fields: dict[bytes, list[bytes]] = {}
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise _bad("A header field is malformed.")
        fields.setdefault(field[1].lower(), []).append(field[2].rstrip(b" \t"))
    _check_host(fields.get(b"host", []), method, target, needed=minor != b"0")
    _check_framing(fields, modern=minor != b"0")


def _check_sizes(head: bytes, limits: HeadLimits, *, whole: bool) -> None:
    line, *rest = head.split(b"\r\n")
    # "METHOD " and " HTTP/1.1" stand beside the target; no method of this world has more than 64 letters.
    if len(line) > limits.target_octets + 64 + len(b" HTTP/1.1"):
        raise Refusal(414, f"The request line is longer than {limits.target_octets} octets.", closes=True)
    if whole and len(line.split(b" ")) == 3 and len(line.split(b" ")[1]) > limits.target_octets:
        raise Refusal(414, f"The target is longer than {limits.target_octets} octets.", closes=True)
    if len(head) > limits.head_octets or any(len(field) > limits.field_octets for field in rest):
        raise Refusal(431, f"A header field is longer than {limits.field_octets} octets.", closes=True)
    if len(rest) > limits.field_count + 2:
        raise Refusal(431, f"More than {limits.field_count} header fields.", closes=True)


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
