"""``data:`` URLs: resources that stand in the address itself (Fetch standard, "data: URL processor"; RFC 2397)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final
from urllib.parse import unquote_to_bytes

from michinori.browser import mime
from michinori.browser.errors import BadDataUrl
from michinori.browser.mime import MimeType

_BASE64: Final = re.compile(r";[ ]*base64\Z", re.IGNORECASE)
_NOT_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/]")


def read(url: str) -> tuple[MimeType, bytes]:
    """Its type and its octets. Raises ``BadDataUrl``."""
    head, comma, data = url.partition("#")[0].removeprefix("data:").partition(",")
    if not comma:
        raise BadDataUrl("a data: URL without a comma holds nothing")
    body = unquote_to_bytes(data)
    head = head.strip(" ")
    if _BASE64.search(head):
        head = _BASE64.sub("", head)
        body = _forgiving_base64(body)
    if head.startswith(";"):
        head = "text/plain" + head
    return mime.parse(head) or MimeType("text/plain", {"charset": "US-ASCII"}), body


def _forgiving_base64(data: bytes) -> bytes:
    """Infra standard, "forgiving-base64 decode"."""
    data = re.sub(rb"[\t\n\f\r ]", b"", data)
    if len(data) % 4 == 0:
        data = re.sub(rb"={1,2}\Z", b"", data)
    if len(data) % 4 == 1 or _NOT_BASE64.search(data):
        raise BadDataUrl("the base64 in a data: URL is damaged")
    try:
        return base64.b64decode(data + b"=" * (-len(data) % 4))
    except binascii.Error as error:
        raise BadDataUrl(f"the base64 in a data: URL is damaged: {error}") from None
