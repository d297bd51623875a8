"""Forms as request bodies: what a browser sends when a form is submitted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import quote_plus

from michinori.trace import current


class File(NamedTuple):
    """A file in a form."""

    name: str
    content: bytes
    content_type: str = "application/octet-stream"


def urlencoded(fields: Mapping[str, str] | Iterable[tuple[str, str]]) -> tuple[bytes, str]:
    """Body and Content-Type by the ``application/x-www-form-urlencoded`` serializer of the URL standard."""
    pairs = fields.items() if isinstance(fields, Mapping) else fields
    text = "&".join(f"{_escape(name)}={_escape(value)}" for name, value in pairs)
    return text.encode("ascii"), "application/x-www-form-urlencoded"


def multipart(fields: Iterable[tuple[str, str | File]], boundary: str | None = None) -> tuple[bytes, str]:
    """Body and Content-Type by RFC 7578; without a boundary one is rolled by the scope's dice."""
    mark = boundary or f"----MichinoriForm{current().dice.getrandbits(64):016x}"
    body = bytearray()
    for name, value in fields:
        head = f'--{mark}\r\nContent-Disposition: form-data; name="{_quote(name)}"'
        if isinstance(value, File):
            head += f'; filename="{_quote(value.name)}"\r\nContent-Type: {value.content_type}'
            content = value.content
        else:
            content = value.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n").encode()
        body += head.encode() + b"\r\n\r\n" + content + b"\r\n"
    return bytes(body) + f"--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"


def _escape(text: str) -> str:
    return quote_plus(text, safe="*").replace("~", "%7E")


def _quote(text: str) -> str:
    """As the HTML standard escapes names in ``multipart/form-data``."""
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
