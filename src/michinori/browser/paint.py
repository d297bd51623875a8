"""Painting: from a document and what was fetched for it to a picture.

PlutoPrint lays out and draws. It asks for every resource by a callback that answers from what was fetched before, so it
touches neither network nor disk, and it knows the fonts of ``fonts.py`` alone: one page gives one picture everywhere.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from michinori.browser import address_bar, apart, boxes, fonts
from michinori.browser.document import Document
from michinori.browser.errors import BadAddress, MissingExtra, NotDrawn, needed_for
from michinori.browser.media import Viewport
from michinori.browser.picture import Box, Picture

if TYPE_CHECKING:
    import plutoprint

#: Higher pages are cut off here, in device pixels.
MAX_HEIGHT: Final = 20_000

_POINTS_PER_PX: Final = 0.75
#: A page is as high as the window at least, and readings stand in brackets, as the painter has no ruby.
_USER_STYLE: Final = "html{min-height:100vh}rp{display:inline}rt{font-size:0.75em}"
_FONT_NAME: Final = re.compile(r"\.(?:ttf|otf|ttc|woff2?|eot)(?:[?#]|$)", re.IGNORECASE)
_RGB: Final = 2
_STRIP: Final = 32
_QUALITY: Final = 85


@dataclass(frozen=True, slots=True)
class Answer:
    """What the painter is told when it asks for a URL. ``size``: of an image."""

    octets: bytes
    type: str
    size: tuple[int, int] = (0, 0)


#: In the place of an image that is not there.
BLANK: Final = Answer(b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>', "image/svg+xml", (1, 1))


class Engine(Protocol):
    """What can draw a page."""

    name: str

    def paint(self, document: Document, answers: Mapping[str, Answer], viewport: Viewport) -> Picture:
        """Draw a document (which may be changed by it). ``answers`` by absolute URL without fragment. Raises
        ``NotDrawn``.
        """


class PlutoPrint:
    """The engine that comes with the extra ``browser``."""

    name = "plutoprint"

    def __init__(self, *, with_boxes: bool = True) -> None:
        self._with_boxes = with_boxes

    def paint(self, document: Document, answers: Mapping[str, Answer], viewport: Viewport) -> Picture:
        try:
            library = _library()
        except MissingExtra as missing:
            raise NotDrawn(f"the page was not drawn: {missing}") from None
        if apart.can_fork():
            return apart.paint_apart(lambda: self._paint(library, document, answers, viewport))
        return self._paint(library, document, answers, viewport)

    def sketch(
        self, document: Document, answers: Mapping[str, Answer], viewport: Viewport, size: tuple[int, int]
    ) -> bytes:
        """The upper part of the page as a JPEG of that width, and of that height at most. Raises ``NotDrawn``."""
        library = _library()
        book = _laid_out(library, document, answers, viewport)
        width, scale = size[0], size[0] / viewport.width
        height = max(1, min(size[1], round(max(viewport.height, _pixels(book.get_document_height())) * scale)))
        canvas = library.ImageCanvas(width, height, library.IMAGE_FORMAT_RGB24)
        canvas.clear_surface(1, 1, 1, 1)
        canvas.scale(scale, scale)
        book.render_document(canvas)
        return _jpeg(canvas, width, height)

    def _paint(self, library: Any, document: Document, answers: Mapping[str, Answer], viewport: Viewport) -> Picture:
        book = _laid_out(library, document, answers, viewport)
        scale = viewport.scale
        width = max(1, round(viewport.width * scale))
        whole = max(viewport.height, _pixels(book.get_document_height()))
        height = max(1, min(MAX_HEIGHT, round(whole * scale)))
        canvas = library.ImageCanvas(width, height, library.IMAGE_FORMAT_RGB24)
        canvas.clear_surface(1, 1, 1, 1)
        canvas.scale(scale, scale)
        book.render_document(canvas)
        found: list[Box] = []
        if self._with_boxes:
            found = _find_boxes(library, document, answers, viewport, min(whole, round(MAX_HEIGHT / scale)))
        return Picture(_png(canvas, width, height), width, height, self.name, round(whole * scale) > height, found)


def _library() -> Any:
    with needed_for("drawing pages"):
        import plutoprint

    plutoprint.plutobook_set_fontconfig_path(fonts.configuration())
    return plutoprint


def _laid_out(library: Any, document: Document, answers: Mapping[str, Answer], viewport: Viewport) -> plutoprint.Book:
    size = library.PageSize(viewport.width * _POINTS_PER_PX, viewport.height * _POINTS_PER_PX)
    book: plutoprint.Book = library.Book(size, library.PAGE_MARGINS_NONE, library.MEDIA_TYPE_SCREEN)
    book.custom_resource_fetcher = _fetcher(library, answers)
    try:
        if document.mixes_languages:  # which the library's HTML parser does not survive
            book.load_xml(document.xhtml(), _USER_STYLE, "", document.base_url)
        else:
            book.load_html(document.html(), _USER_STYLE, "", document.base_url)
    except library.Error as error:
        raise NotDrawn(f"the page was not drawn: {error}") from None
    return book


def _pixels(length: float) -> int:
    """Style sheets can ask for endless pages, and for what is no number at all."""
    return round(min(length, 1e9)) if length > 0 else 0


def _fetcher(library: Any, answers: Mapping[str, Answer]) -> Any:
    """Answers from what was fetched. Whatever else it is asked for is an empty picture, or a font without letters, so
    that nothing is drawn of it and nothing is written on the terminal about it.
    """

    class Fetcher(library.ResourceFetcher):  # type: ignore[misc]
        def fetch_url(self, url: str) -> plutoprint.ResourceData:
            answer = answers.get(_key(url)) or _nothing(url)
            return library.ResourceData(answer.octets, answer.type, "utf-8")  # type: ignore[no-any-return]

    return Fetcher()


def _nothing(url: str) -> Answer:
    if _FONT_NAME.search(url):
        return Answer(fonts.blank(), "font/ttf")
    return BLANK


def _key(url: str) -> str:
    """The URL as the standard writes it, as the painter's own idea of one may differ."""
    try:
        return address_bar.split(url).href.partition("#")[0]
    except BadAddress:
        return url


def _find_boxes(
    library: Any, document: Document, answers: Mapping[str, Answer], viewport: Viewport, height: int
) -> list[Box]:
    marking = boxes.Marking(document)
    hidden = {url: _hidden(answer) for url, answer in answers.items()}
    book = _laid_out(library, document, hidden, viewport)
    canvas = library.ImageCanvas(viewport.width, height, library.IMAGE_FORMAT_RGB24)
    canvas.clear_surface(0, 0, 0, 1)
    book.render_document(canvas)
    canvas.flush()
    return marking.find(canvas.get_data(), viewport.width, height)


def _hidden(answer: Answer) -> Answer:
    if not answer.type.startswith("image/"):
        return answer
    return Answer(boxes.invisible(answer.octets, answer.type, *answer.size), "image/svg+xml")


def _png(canvas: plutoprint.ImageCanvas, width: int, height: int) -> bytes:
    """The canvas as a PNG (RFC 2083).

    Written here, without a filter and packed lightly: on pages, mostly flat, that is both smaller and three times
    faster than what image libraries do.
    """
    with needed_for("writing pictures"):
        from PIL import Image

    canvas.flush()
    stride, data = canvas.get_stride(), canvas.get_data()
    packer = zlib.compressobj(1)
    packed = []
    for top in range(0, height, _STRIP):  # in pieces that fit a processor's cache
        rows = min(_STRIP, height - top)
        pixels = bytes(data[top * stride : (top + rows) * stride])
        strip = Image.frombuffer("RGB", (width, rows), pixels, "raw", "BGRX", stride, 1).tobytes()
        unfiltered = [b"\0" + strip[at : at + width * 3] for at in range(0, len(strip), width * 3)]
        packed.append(packer.compress(b"".join(unfiltered)))
    packed.append(packer.flush())
    head = struct.pack(">IIBBBBB", width, height, 8, _RGB, 0, 0, 0)
    chunks = (_chunk(b"IHDR", head), _chunk(b"IDAT", b"".join(packed)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _jpeg(canvas: plutoprint.ImageCanvas, width: int, height: int) -> bytes:
    with needed_for("writing pictures"):
        from PIL import Image

    canvas.flush()
    pixels = bytes(canvas.get_data()[: canvas.get_stride() * height])
    octets = io.BytesIO()
    Image.frombuffer("RGB", (width, height), pixels, "raw", "BGRX", canvas.get_stride(), 1).save(
        octets, "JPEG", quality=_QUALITY
    )
    return octets.getvalue()


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
