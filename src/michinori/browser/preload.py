"""The preload scan: while the document is still coming in, its tags are skimmed for what will be needed for certain.

It only gains time. What it misses or cannot decide (pictures in ``<picture>``, whatever stands in stylesheets), the
parsed document tells.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Final

from michinori.browser import address_bar, encoding, media
from michinori.browser.discover import PRIORITY, VISIBLE_IMAGES, Kind, Resource
from michinori.browser.errors import needed_for
from michinori.browser.media import Viewport

_ENOUGH_FOR_ENCODING: Final = 1024
_MAX_FOUND: Final = 50


class Preload:
    """Fed with the octets of a document as they come."""

    def __init__(self, url: str, header_charset: str | None, viewport: Viewport) -> None:
        with needed_for("parsing HTML"):
            import turbohtml

        self._tokenizer = turbohtml.Tokenizer()
        self._start_tag = turbohtml.TokenType.START_TAG
        self._header_charset = header_charset
        self._viewport = viewport
        self._url = self._base = url
        self._based = False
        self._held = b""
        self._decoder: codecs.IncrementalDecoder | None = None
        self._pictures = 0
        self._found = 0
        self._images = 0

    def feed(self, octets: bytes) -> Iterator[Resource]:
        """What the next octets name."""
        if self._decoder is None:
            self._held += octets
            if len(self._held) < _ENOUGH_FOR_ENCODING:
                return
            octets, self._held = self._held, b""
            self._decoder = _decoder(octets, self._header_charset)
        for token in self._tokenizer.feed(self._decoder.decode(octets)):
            if token.type is self._start_tag and self._found < _MAX_FOUND:
                for resource in self._look_at(token.tag or "", dict(token.attrs or ())):
                    self._found += 1
                    yield resource
            elif token.tag == "picture":
                self._pictures = 0

    def _look_at(self, tag: str, attributes: dict[str, str]) -> Iterator[Resource]:
        match tag:
            case "base" if not self._based and "href" in attributes:
                self._based = True
                self._base = address_bar.join(self._url, attributes["href"].strip()) or self._url
            case "picture":
                self._pictures = 1
            case "link":
                relations = attributes.get("rel", "").lower().split()
                usual = attributes.get("type", "text/css").strip().lower() == "text/css"
                wanted = "stylesheet" in relations and "alternate" not in relations and "disabled" not in attributes
                if wanted and usual and media.matches(attributes.get("media", ""), self._viewport):
                    yield from self._resource(attributes.get("href", ""), "stylesheet", PRIORITY["stylesheet"])
            case "img" if not self._pictures and not attributes.get("srcset"):
                self._images += 1
                near_the_top = self._images <= VISIBLE_IMAGES
                priority = PRIORITY["visible image" if near_the_top else "image"]
                yield from self._resource(attributes.get("src", ""), "image", priority)

    def _resource(self, reference: str, kind: Kind, priority: int) -> Iterator[Resource]:
        url = address_bar.join(self._base, reference.strip()) if reference.strip() else None
        if url is not None and url.startswith(("http:", "https:")):
            yield Resource(url, kind, self._url, priority)


def _decoder(head: bytes, header_charset: str | None) -> codecs.IncrementalDecoder:
    """By what the first octets say. Where they say nothing, tags are ASCII, and nothing else matters here."""
    decided = encoding.decode_html(head[:_ENOUGH_FOR_ENCODING], header_charset)
    names = {"Shift_JIS": "cp932", "EUC-JP": "euc_jp", "ISO-2022-JP": "iso2022_jp"}
    if decided.how == "guess":
        return codecs.getincrementaldecoder("latin-1")("replace")
    try:
        return codecs.getincrementaldecoder(names.get(decided.charset, decided.charset))("replace")
    except LookupError:
        return codecs.getincrementaldecoder("latin-1")("replace")
