"""From octets to text: which character encoding a document or a stylesheet is in.

For HTML, in the order of the standard (HTML section 13.2.3.2): a byte-order mark, the charset of the HTTP header, a
``<meta>`` within the first 1,024 octets, and then a guess by how often characters follow each other, which tells
ISO-2022-JP, Shift_JIS, EUC-JP and UTF-8 apart. For CSS (CSS Syntax section 3.2): a mark, the header, ``@charset``, the
encoding of the document that asked, UTF-8. Labels and decoders are those of the WHATWG Encoding standard.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from michinori.browser.errors import needed_for

How = Literal["bom", "header", "meta", "guess", "at-charset", "document", "default"]

_MARKS: Final = ((b"\xef\xbb\xbf", "UTF-8"), (b"\xfe\xff", "UTF-16BE"), (b"\xff\xfe", "UTF-16LE"))
_PRESCAN_OCTETS: Final = 1024
_SPACES: Final = b"\t\n\x0c\r "
_AT_CHARSET: Final = re.compile(rb'@charset "([^"\x80-\xff]{1,100})";')
_META: Final = re.compile(rb"<meta[\t\n\f\r /]", re.IGNORECASE)
_TAG: Final = re.compile(rb"</?[a-z]", re.IGNORECASE)
_CHARSET_IN_CONTENT: Final = re.compile(
    r"charset[\t\n\f\r ]*=[\t\n\f\r ]*(?:\"([^\"]*)\"|'([^']*)'|([^\"'\t\n\f\r ;][^\t\n\f\r ;]*))", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, the encoding that it was in by its WHATWG name, and how that was found."""

    text: str
    charset: str
    how: How


def canonical(label: str) -> str | None:
    """The WHATWG name of the encoding that a label means (``x-sjis``: ``Shift_JIS``), or ``None``."""
    with needed_for("decoding text"):
        import turbohtml

    try:
        return turbohtml.parse(b"", encoding=label, positions=False).encoding
    except (LookupError, ValueError):  # ValueError: a NUL in it
        return None


def decode(octets: bytes, charset: str) -> str:
    """Decode by the WHATWG decoder of that name; what cannot be decoded becomes U+FFFD. A byte-order mark is cut."""
    for mark, name in _MARKS:
        if name == charset and octets.startswith(mark):
            octets = octets[len(mark) :]
    if charset == "UTF-8":
        return octets.decode("utf-8", "replace")
    with needed_for("decoding text"):
        import turbohtml.detect  # noqa: F401 - registers the codecs named below

    return octets.decode(f"whatwg-{charset.lower()}", "replace")


def decode_html(octets: bytes, header_charset: str | None = None) -> Decoded:
    """Decode an HTML document; ``header_charset`` is the parameter of its Content-Type."""
    charset, how = _encoding_of_html(octets, header_charset)
    return Decoded(decode(octets, charset), charset, how)


def decode_css(octets: bytes, header_charset: str | None = None, document_charset: str | None = None) -> Decoded:
    """Decode a stylesheet; ``document_charset`` is the WHATWG name of that of the document that asked."""
    charset, how = _encoding_of_css(octets, header_charset, document_charset)
    return Decoded(decode(octets, charset), charset, how)


def decode_plain(octets: bytes, header_charset: str | None = None) -> Decoded:
    """Decode a text that is shown as it is: as HTML is, but nobody looks for ``<meta>``."""
    charset, how = _by_mark_or_header(octets, header_charset) or _guess(octets)
    return Decoded(decode(octets, charset), charset, how)


def charset_in_content(content: str) -> str | None:
    """The label in the ``content`` of ``<meta http-equiv=content-type>`` (HTML, "extracting a character encoding")."""
    match = _CHARSET_IN_CONTENT.search(content)
    return next((group for group in match.groups() if group is not None), None) if match else None


def _by_mark_or_header(octets: bytes, header_charset: str | None) -> tuple[str, How] | None:
    for mark, name in _MARKS:
        if octets.startswith(mark):
            return name, "bom"
    name_in_header = canonical(header_charset) if header_charset else None
    return (name_in_header, "header") if name_in_header else None


def _encoding_of_html(octets: bytes, header_charset: str | None) -> tuple[str, How]:
    known = _by_mark_or_header(octets, header_charset)
    if known:
        return known
    declared = prescan(octets[:_PRESCAN_OCTETS])
    return (declared, "meta") if declared else _guess(octets)


def _encoding_of_css(octets: bytes, header_charset: str | None, document_charset: str | None) -> tuple[str, How]:
    known = _by_mark_or_header(octets, header_charset)
    if known:
        return known
    rule = _AT_CHARSET.match(octets)
    declared = canonical(rule[1].decode("ascii")) if rule else None
    if declared:
        return ("UTF-8" if declared.startswith("UTF-16") else declared), "at-charset"
    return (document_charset, "document") if document_charset else ("UTF-8", "default")


def _guess(octets: bytes) -> tuple[str, How]:
    with needed_for("decoding text"):
        from turbohtml.detect import Detection, detect

    if octets.isascii() and b"\x1b" not in octets:
        return "UTF-8", "default"
    # A mark or a <meta> would have been found before; what is left of the detector is its table of frequencies.
    match = detect(octets, Detection(language="Japanese"))
    name = canonical(match.encoding) if match.encoding else None
    return (name, "guess") if name else ("windows-1252", "default")


def prescan(head: bytes) -> str | None:
    """Look for the encoding in ``<meta>`` before parsing (HTML section 13.2.3.2, "prescan a byte stream")."""
    at = 0
    while at < len(head):
        if head.startswith(b"<!--", at):
            end = head.find(b"-->", at + 2)
            at = len(head) if end < 0 else end + 3
        elif _META.match(head, at):
            declared, at = _prescan_meta(head, at + 5)
            if declared:
                return declared
        elif _TAG.match(head, at):
            while at < len(head) and head[at] not in _SPACES + b">":
                at += 1
            attribute: tuple[str, str] | None = ("", "")
            while attribute:
                attribute, at = _attribute(head, at)
            at += 1
        elif head.startswith((b"<!", b"</", b"<?"), at):
            end = head.find(b">", at)
            at = len(head) if end < 0 else end + 1
        else:
            end = head.find(b"<", at + 1)
            at = len(head) if end < 0 else end
    return None


def _prescan_meta(head: bytes, at: int) -> tuple[str | None, int]:
    """The attributes of one ``<meta>``; gives what it declares and where to go on."""
    seen: dict[str, str] = {}
    while True:
        attribute, at = _attribute(head, at)
        if attribute is None:
            break
        seen.setdefault(*attribute)
    label = seen.get("charset")
    if label is None and seen.get("http-equiv") == "content-type":
        label = charset_in_content(seen.get("content", ""))
    name = canonical(label) if label else None
    if name in ("UTF-16BE", "UTF-16LE"):
        name = "UTF-8"  # it was read as ASCII, so it cannot be
    return ("windows-1252" if name == "x-user-defined" else name), at + 1


def _attribute(head: bytes, at: int) -> tuple[tuple[str, str] | None, int]:
    """The next attribute of a tag, lowercased, and where it ends; ``None`` at the end of the tag."""
    size = len(head)
    while at < size and head[at] in _SPACES + b"/":
        at += 1
    if at >= size or head[at : at + 1] == b">":
        return None, at
    begin = at
    while at < size and head[at] not in _SPACES + b"/>" and (head[at : at + 1] != b"=" or at == begin):
        at += 1
    name = head[begin:at].decode("latin-1").lower()
    after = at
    while after < size and head[after] in _SPACES:
        after += 1
    if head[after : after + 1] != b"=":
        return (name, ""), at
    at = after + 1
    while at < size and head[at] in _SPACES:
        at += 1
    quote = head[at : at + 1]
    if quote in (b'"', b"'") and quote:
        end = head.find(quote, at + 1)
        if end < 0:
            return None, size  # cut off by the end of the prescan: not to be believed
        return (name, head[at + 1 : end].decode("latin-1").lower()), end + 1
    begin = at
    while at < size and head[at] not in _SPACES + b">":
        at += 1
    return (name, head[begin:at].decode("latin-1").lower()), at
