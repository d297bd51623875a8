"""What stands where on the drawn page.

The painter does not say where it put things, so they are asked for as a drawing program finds what was clicked: the
page is painted once more with nothing visible but headings, links, images and their like, each filled with a colour of
its own, and the colours are looked up in the picture. Colours do not change the layout.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from michinori.browser.document import Document, Element
from michinori.browser.picture import Box

#: More elements than this are not asked for.
MAX_BOXES: Final = 400

_TAGS: Final = (
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "a", "img", "svg", "table", "ul", "ol", "dl", "pre", "blockquote"),
    *("form", "input", "button", "select", "textarea", "header", "nav", "main", "footer", "figure", "video", "iframe"),
)
_NEUTRAL: Final = (
    "<style>*,*::before,*::after{background:transparent none!important;border-color:transparent!important;"
    "color:transparent!important;outline-color:transparent!important;text-decoration:none!important;"
    "list-style-image:none!important;opacity:1!important;border-image:none!important}"
    "svg *{visibility:hidden!important}</style>"
)
_HIDDEN_SVG: Final = re.compile(rb"<svg\b[^>]*>", re.IGNORECASE)
_MAX_TEXT: Final = 80
_MARK: Final = re.compile("[0-9]{1,4}")


@dataclass(slots=True)
class _Marked:
    element: Element
    outer: int
    """The index of the nearest marked element around it, -1 for none: what covers an edge of it belongs to it."""
    left: int = 1 << 30
    top: int = 1 << 30
    right: int = -1
    bottom: int = -1

    def cover(self, left: int, top: int, right: int, bottom: int) -> None:
        self.left, self.top = min(self.left, left), min(self.top, top)
        self.right, self.bottom = max(self.right, right), max(self.bottom, bottom)


class Marking:
    """A document whose elements are about to be found. Changes the document that it is given."""

    def __init__(self, document: Document) -> None:
        self._marked: list[_Marked] = []
        for element in itertools.islice(_wanted(document), MAX_BOXES):
            index = len(self._marked)
            self._marked.append(_Marked(element, self._outer(element)))
            element.set("data-michinori-box", str(index))
            style = (element.get("style") or "").rstrip("; \t\n")
            element.set("style", f"{style};background:{_css_colour(index)}!important")
        root = document.root
        if root is not None:
            root.append(_NEUTRAL)

    def find(self, pixels: bytes | memoryview, width: int, height: int) -> list[Box]:
        """Look the colours up in 32-bit pixels; ``width`` and ``height`` in CSS pixels, one pixel each."""
        by_colour = {_colour(index): marked for index, marked in enumerate(self._marked)}
        for top, bottom, colours in _bands(memoryview(pixels).cast("B"), width, height):
            left = 0
            for colour, run in itertools.groupby(colours):
                right = left + sum(1 for _ in run)
                marked = by_colour.get(colour & 0xFFFFFF)
                if marked:
                    marked.cover(left, top, right, bottom)
                left = right
        for marked in reversed(self._marked):
            if marked.outer >= 0 and marked.right >= 0:
                self._marked[marked.outer].cover(marked.left, marked.top, marked.right, marked.bottom)
        return [self._box(marked) for marked in self._marked if marked.right >= 0]

    def _outer(self, element: Element) -> int:
        parent = element.parent
        while parent is not None:
            mark = parent.get("data-michinori-box")
            if mark is not None and _MARK.fullmatch(mark) and int(mark) < len(self._marked):
                return int(mark)
            parent = parent.parent
        return -1

    def _box(self, marked: _Marked) -> Box:
        element = marked.element
        text = " ".join(element.text.split())[:_MAX_TEXT] if element.tag != "img" else element.get("alt") or ""
        url = element.get("href") if element.tag == "a" else element.get("src")
        size = (marked.right - marked.left, marked.bottom - marked.top)
        return Box(element.tag, marked.left, marked.top, *size, text, url or "")


def _wanted(document: Document) -> Iterator[Element]:
    for element in document.elements(*_TAGS):
        if not element.is_svg or element.tag == "svg":
            yield element


def invisible(octets: bytes, kind: str, width: int, height: int) -> bytes:
    """An SVG of the same size as an image, with nothing in it."""
    root = _HIDDEN_SVG.search(octets) if kind == "image/svg+xml" else None
    if root:
        return root[0].removesuffix(b">").removesuffix(b"/") + b"/>"
    return b'<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d"/>' % (width, height)


def _bands(pixels: memoryview, width: int, height: int) -> Iterator[tuple[int, int, list[int]]]:
    """Rows that look the same, together: where they begin, where they end, and their pixels."""
    stride = len(pixels) // height if height else 0
    band, begin = b"", 0
    for top in range(height):
        row = pixels[top * stride : top * stride + width * 4].tobytes()
        if row != band:
            if band:
                yield begin, top, memoryview(band).cast("I").tolist()
            band, begin = row, top
    if band:
        yield begin, height, memoryview(band).cast("I").tolist()


def _colour(index: int) -> int:
    """A colour for each index, far from those of its neighbours, never black. (The factor is odd: none comes twice.)"""
    return (index + 1) * 0x9E3779 & 0xFFFFFF


def _css_colour(index: int) -> str:
    return f"#{_colour(index):06x}"
