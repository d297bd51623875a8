"""What an answer really is, when its Content-Type may be wrong or missing (WHATWG MIME Sniffing).

https://mimesniff.spec.whatwg.org/. Beyond it stands AVIF, which all browsers look for. ``nosniff`` is obeyed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from michinori.browser import mime
from michinori.browser.mime import MimeType

#: Octets that are looked at (section 5.2, "resource header").
HEADER_OCTETS: Final = 1445

Context = Literal["document", "image", "font", "stylesheet", "other"]

#: Values that old Apaches sent for anything they did not know (section 5.1): "check for Apache bug".
_APACHE_BUG: Final = frozenset(
    ("text/plain", "text/plain; charset=ISO-8859-1", "text/plain; charset=iso-8859-1", "text/plain; charset=UTF-8")
)
_UNKNOWN: Final = frozenset(("unknown/unknown", "application/unknown", "*/*"))
#: Possessive, as ``<!-- -->`` can be read in two ways and a page may hold hundreds of them.
_FIRST_TAG_OF_FEED: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?(?>[\t\n\f\r ]|<!--.*?-->|<!(?!--)[^>]*>|<\?.*?\?>)*+<(rss|feed|rdf:RDF)", re.DOTALL
)
_BINARY_OCTETS: Final = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_TEXT_MARKS: Final = (b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf")


class Pattern(NamedTuple):
    """Begins with ``octets`` where ``mask`` has ones, after any ``ignored`` octets."""

    octets: bytes
    mask: bytes
    type: str
    ignored: bytes = b""

    def matches(self, data: bytes) -> bool:
        begin = len(data) - len(data.lstrip(self.ignored)) if self.ignored else 0
        part = data[begin : begin + len(self.octets)]
        return len(part) == len(self.octets) and all(
            octet & mask == wanted for octet, mask, wanted in zip(part, self.mask, self.octets, strict=True)
        )


def _begins(octets: bytes, kind: str) -> Pattern:
    return Pattern(octets, b"\xff" * len(octets), kind)


def _masked(octets: bytes, gaps: bytes, kind: str) -> Pattern:
    """``gaps`` has a dot where any octet does."""
    mask = bytes(0 if gap == 0x2E else 0xFF for gap in gaps)
    return Pattern(bytes(octet & bit for octet, bit in zip(octets, mask, strict=True)), mask, kind)


_HTML_SPACE: Final = b"\t\n\x0c\r "
_HTML_TAGS: Final = (
    b"<!DOCTYPE HTML|<HTML|<HEAD|<SCRIPT|<IFRAME|<H1|<DIV|<FONT|<TABLE|<A|<STYLE|<TITLE|<B|<BODY|<BR|<P|<!--".split(
        b"|"
    )
)

_SCRIPTABLE: Final = (
    Pattern(b"<?xml", b"\xff" * 5, "text/xml", _HTML_SPACE),
    _begins(b"%PDF-", "application/pdf"),
)
_OTHER_TEXT: Final = (
    _begins(b"%!PS-Adobe-", "application/postscript"),
    _masked(b"\xfe\xff\0\0", b"xx..", "text/plain"),
    _masked(b"\xff\xfe\0\0", b"xx..", "text/plain"),
    _masked(b"\xef\xbb\xbf\0", b"xxx.", "text/plain"),
)
_IMAGES: Final = (
    _begins(b"\0\0\x01\0", "image/x-icon"),
    _begins(b"\0\0\x02\0", "image/x-icon"),
    _begins(b"BM", "image/bmp"),
    _begins(b"GIF87a", "image/gif"),
    _begins(b"GIF89a", "image/gif"),
    _masked(b"RIFF\0\0\0\0WEBPVP", b"xxxx....xxxxxx", "image/webp"),
    _begins(b"\x89PNG\r\n\x1a\n", "image/png"),
    _begins(b"\xff\xd8\xff", "image/jpeg"),
)
_AUDIO_AND_VIDEO: Final = (
    _masked(b"FORM\0\0\0\0AIFF", b"xxxx....xxxx", "audio/aiff"),
    _begins(b"ID3", "audio/mpeg"),
    _begins(b"OggS\0", "application/ogg"),
    _begins(b"MThd\0\0\0\x06", "audio/midi"),
    _masked(b"RIFF\0\0\0\0AVI ", b"xxxx....xxxx", "video/avi"),
    _masked(b"RIFF\0\0\0\0WAVE", b"xxxx....xxxx", "audio/wave"),
)
_FONTS: Final = (
    _masked(b"\0" * 34 + b"LP", b"." * 34 + b"xx", "application/vnd.ms-fontobject"),
    _begins(b"\0\x01\0\0", "font/ttf"),
    _begins(b"OTTO", "font/otf"),
    _begins(b"ttcf", "font/collection"),
    _begins(b"wOFF", "font/woff"),
    _begins(b"wOF2", "font/woff2"),
)
_ARCHIVES: Final = (
    _begins(b"\x1f\x8b\x08", "application/x-gzip"),
    _begins(b"PK\x03\x04", "application/zip"),
    _begins(b"Rar \x1a\x07\0", "application/x-rar-compressed"),
)


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What it is taken for, what the header said, and by which rule."""

    type: MimeType
    supplied: str
    rule: str

    @property
    def differs(self) -> bool:
        """Whether the header was wrong or missing."""
        supplied = mime.parse(self.supplied)
        return supplied is None or supplied.essence != self.type.essence


def sniff(body: bytes, content_types: list[str], *, nosniff: bool = False, context: Context = "document") -> Sniffed:
    """Decide the type (section 7, for images 8, for fonts 9). ``content_types``: every such field of the answer."""
    supplied = mime.from_header(content_types)
    said = content_types[-1] if content_types else ""
    head = body[:HEADER_OCTETS]

    if context in ("image", "font"):
        essence, rule = _in_context(head, supplied, context)
    else:
        essence, rule = _anywhere(head, supplied, said, nosniff=nosniff)
    kept = supplied is not None and supplied.essence == essence  # with its parameters
    return Sniffed(supplied if supplied and kept else MimeType(essence), said, rule)


def _anywhere(head: bytes, supplied: MimeType | None, said: str, *, nosniff: bool) -> tuple[str, str]:
    """Section 7, "MIME type sniffing algorithm": the essence and the rule that gave it."""
    if supplied is None or supplied.essence in _UNKNOWN:
        return unknown_type(head, scriptable=not nosniff), "unknown-type"
    if nosniff:
        return supplied.essence, "nosniff"
    if said in _APACHE_BUG:
        return text_or_binary(head), "text-or-binary"
    if supplied.is_image:
        return _in_context(head, supplied, "image")
    if supplied.essence == "text/html":
        return feed_or_html(head), "feed-or-html"
    return supplied.essence, "header"


def _in_context(head: bytes, supplied: MimeType | None, context: Context) -> tuple[str, str]:
    """Sections 8.1 and 8.4: an image or a font is what its first octets say; only XML is believed."""
    if supplied is not None and supplied.is_xml:
        return supplied.essence, "header"
    matched = image_type(head) if context == "image" else font_type(head)
    if matched:
        return matched, f"{context}-table"
    return (supplied.essence, "header") if supplied else (unknown_type(head), "unknown-type")


def image_type(head: bytes) -> str | None:
    """Section 6.1, and AVIF."""
    return _first(_IMAGES, head) or _avif(head)


def font_type(head: bytes) -> str | None:
    """Section 6.3."""
    return _first(_FONTS, head)


def unknown_type(head: bytes, *, scriptable: bool = True) -> str:
    """Section 7.1, "identifying a resource with an unknown MIME type"."""
    if scriptable:
        if _is_html(head):
            return "text/html"
        active = _first(_SCRIPTABLE, head)
        if active:
            return active
    passive = _first(_OTHER_TEXT, head) or image_type(head) or _media(head) or _first(_ARCHIVES, head)
    if passive:
        return passive
    return "application/octet-stream" if _BINARY_OCTETS.search(head) else "text/plain"


def text_or_binary(head: bytes) -> str:
    """Section 7.2: text, unless some octet cannot be in a text. Never anything that could run."""
    if head.startswith(_TEXT_MARKS) or not _BINARY_OCTETS.search(head):
        return "text/plain"
    passive = image_type(head) or _media(head) or _first(_ARCHIVES, head)
    return passive or "application/octet-stream"


def feed_or_html(head: bytes) -> str:
    """Section 7.3: RSS and Atom are often served as HTML."""
    match = _FIRST_TAG_OF_FEED.match(head)
    if not match:
        return "text/html"
    if match[1] == b"rss":
        return "application/rss+xml"
    if match[1] == b"feed":
        return "application/atom+xml"
    if b"http://purl.org/rss/1.0/" in head and b"http://www.w3.org/1999/02/22-rdf-syntax-ns#" in head:
        return "application/rss+xml"
    return "text/html"


def _first(table: tuple[Pattern, ...], head: bytes) -> str | None:
    return next((pattern.type for pattern in table if pattern.matches(head)), None)


def _is_html(head: bytes) -> bool:
    """A tag of the table, ended by a space or ``>`` (a comment needs no such end)."""
    rest = head.lstrip(_HTML_SPACE)[:16].upper()
    if rest.startswith(b"<!--"):
        return True
    return any(rest.startswith(tag) and rest[len(tag) : len(tag) + 1] in (b" ", b">") for tag in _HTML_TAGS)


def _brands(head: bytes) -> list[bytes]:
    """The brands in the ``ftyp`` box of an ISO base media file; empty for anything else."""
    size = int.from_bytes(head[:4], "big")
    if len(head) < 12 or head[4:8] != b"ftyp" or size % 4 or size > len(head):
        return []
    return [head[8:12], *(head[at : at + 4] for at in range(16, size, 4))]


def _avif(head: bytes) -> str | None:
    return "image/avif" if any(brand in (b"avif", b"avis") for brand in _brands(head)) else None


def _media(head: bytes) -> str | None:
    """Section 6.2."""
    known = _first(_AUDIO_AND_VIDEO, head)
    if known:
        return known
    if any(brand.startswith(b"mp4") for brand in _brands(head)):
        return "video/mp4"
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"\x42\x82" in head[:42] and b"webm" in head[:64]:
        return "video/webm"
    return None
