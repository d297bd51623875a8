"""What a document and its stylesheets need besides themselves: stylesheets, fonts, images, the icon; and what they name
that is not loaded here (scripts, frames, sound and film), each with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from michinori.browser import address_bar, css, media, mime, srcset
from michinori.browser.css import Face, Wants
from michinori.browser.document import Document, Element
from michinori.browser.media import Viewport

Kind = Literal["stylesheet", "font", "image", "icon", "script", "frame", "media"]

#: Who goes first. Images near the top are likely to be seen first.
PRIORITY: Final = {"document": 0, "stylesheet": 1, "font": 2, "visible image": 3, "image": 4, "icon": 5, "unused": 6}
VISIBLE_IMAGES: Final = 5

_IMAGE_TYPES: Final = frozenset(
    f"image/{kind}" for kind in ("png", "jpeg", "jpg", "gif", "webp", "avif", "svg+xml", "bmp", "x-icon", "apng")
) | {"image/vnd.microsoft.icon"}
_FONT_FORMATS: Final = frozenset(
    ("", "woff2", "woff", "truetype", "opentype", "woff2-variations", "woff-variations", "truetype-variations")
)
_NO_SCRIPTS: Final = "scripts are not run here"
_NO_FRAMES: Final = "frames are not loaded"
_NO_MEDIA: Final = "sound and film are not played"
_PSEUDO_ELEMENT: Final = re.compile(r"::?(?:before|after|first-line|first-letter)\b|::[-\w]+(?:\([^)]*\))?")
_DYNAMIC: Final = re.compile(r":(?:hover|focus|active|focus-within|focus-visible|visited|target)\b")
_NOTHING_LEFT: Final = re.compile(r"(^|[\s,>+~])(?=$|[,>+~])")


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that the page names. ``not_fetched`` is empty, or says why it is only named."""

    url: str
    kind: Kind
    initiator: str
    """The URL of the document or stylesheet that names it."""
    priority: int
    line: int = 0
    not_fetched: str = ""


class Finder:
    """Finds the resources of one document, piece by piece as its stylesheets come in."""

    def __init__(self, document: Document, viewport: Viewport) -> None:
        self.document = document
        self.viewport = viewport
        self._images = 0
        self._families: set[str] = set()
        self._faces: list[tuple[Face, str, str]] = []
        """Fonts that nobody has named so far, with their base and initiator."""

    def in_document(self) -> Iterator[Resource]:
        """In the order in which the parser meets them, the icon last."""
        icon: Resource | None = None
        for element in self.document.elements():
            match element.tag:
                case "link":
                    for found in self._link(element):
                        icon = found if found.kind == "icon" else icon
                        if found.kind != "icon":
                            yield found
                case "style" if not element.is_svg or element.text:
                    if media.matches(element.get("media") or "", self.viewport):
                        yield from self.in_stylesheet(css.skim(element.text), self.document.base_url, inline=True)
                case "img" | "input" | "image" | "feImage" | "video" | "source" | "body" | "table" | "td" | "th":
                    yield from self._image_element(element)
                case "script" | "iframe" | "frame" | "embed" | "object" | "audio" | "track":
                    yield from self._named_only(element)
            style = element.get("style")
            if style and ("url(" in style.lower() or "font" in style):
                yield from self.in_stylesheet(css.skim("*{" + style + "}"), self.document.base_url, inline=True)
        yield from self._icon(icon)

    def in_stylesheet(self, wants: Wants, url: str, *, inline: bool = False) -> Iterator[Resource]:
        """What a stylesheet asks for that this document uses: images whose selector fits, fonts that are named."""
        initiator = self.document.url if inline else url
        for wanted in wants.imports:
            matching = media.all_match(wanted.media, self.viewport)
            yield from self._resource(
                wanted.reference, url, "stylesheet", PRIORITY["stylesheet" if matching else "unused"], initiator
            )
        self._families |= wants.families
        self._faces += [(face, url, initiator) for face in wants.faces if media.all_match(face.media, self.viewport)]
        yield from self._fonts()
        for image in wants.images:
            if media.all_match(image.media, self.viewport) and self._used(image.selector):
                yield from self._image(image.reference, url, 0, initiator)

    def _fonts(self) -> Iterator[Resource]:
        waiting = []
        for face, url, initiator in self._faces:
            source = next((reference for reference, form in face.sources if form in _FONT_FORMATS), None)
            if face.family not in self._families:
                waiting.append((face, url, initiator))
            elif source:
                yield from self._resource(source, url, "font", PRIORITY["font"], initiator)
        self._faces = waiting

    def _link(self, element: Element) -> Iterator[Resource]:
        relations = (element.get("rel") or "").lower().split()
        reference = (element.get("href") or "").strip()
        base, line = self.document.base_url, element.line
        if not reference:
            return
        if "stylesheet" in relations:
            kind = mime.parse(element.get("type") or "text/css")
            if (
                element.get("disabled") is not None
                or "alternate" in relations
                or not kind
                or kind.essence != "text/css"
            ):
                return
            matching = media.matches(element.get("media") or "", self.viewport)
            priority = PRIORITY["stylesheet" if matching else "unused"]
            yield from self._resource(reference, base, "stylesheet", priority, line=line)
        elif "icon" in relations:
            kind = mime.parse(element.get("type") or "image/png")
            if kind and kind.essence in _IMAGE_TYPES:
                yield from self._resource(reference, base, "icon", PRIORITY["icon"], line=line)
        elif "preload" in relations and media.matches(element.get("media") or "", self.viewport):
            match element.get("as"):
                case "style":
                    yield from self._resource(reference, base, "stylesheet", PRIORITY["stylesheet"], line=line)
                case "font":
                    yield from self._resource(reference, base, "font", PRIORITY["font"], line=line)
                case "image":
                    yield from self._image(reference, base, line)

    def _image_element(self, element: Element) -> Iterator[Resource]:
        base, line = self.document.base_url, element.line
        reference: str | None = None
        match element.tag:
            case "img":
                chosen = chosen_image(element, self.viewport)
                reference = chosen.reference if chosen else None
            case "input" if (element.get("type") or "").lower() == "image":
                reference = element.get("src")
            case "image" | "feImage" if element.is_svg:
                reference = element.get("href") or element.get("xlink:href")
            case "video":
                if element.get("src"):
                    yield from self._resource(element.get("src") or "", base, "media", 9, line=line, why=_NO_MEDIA)
                reference = element.get("poster")
            case "source" if element.parent and element.parent.tag in ("video", "audio"):
                yield from self._resource(element.get("src") or "", base, "media", 9, line=line, why=_NO_MEDIA)
            case "body" | "table" | "td" | "th":
                reference = element.get("background")
        if reference and not (element.is_svg and reference.startswith("#")):
            yield from self._image(reference, base, line)

    def _named_only(self, element: Element) -> Iterator[Resource]:
        attribute = {"object": "data"}.get(element.tag, "src")
        kind: Kind = "frame"
        why = _NO_FRAMES
        if element.tag == "script":
            kind, why = "script", _NO_SCRIPTS
        elif element.tag in ("audio", "track"):
            kind, why = "media", _NO_MEDIA
        yield from self._resource(
            element.get(attribute) or "", self.document.base_url, kind, PRIORITY["unused"], line=element.line, why=why
        )

    def _icon(self, linked: Resource | None) -> Iterator[Resource]:
        if linked is not None:
            yield linked
        elif self.document.url.startswith(("http:", "https:")):
            yield from self._resource("/favicon.ico", self.document.url, "icon", PRIORITY["icon"])

    def _image(self, reference: str, base: str, line: int, initiator: str = "") -> Iterator[Resource]:
        self._images += 1
        priority = PRIORITY["visible image" if self._images <= VISIBLE_IMAGES else "image"]
        yield from self._resource(reference, base, "image", priority, initiator, line=line)

    def _resource(
        self, reference: str, base: str, kind: Kind, priority: int, initiator: str = "", *, line: int = 0, why: str = ""
    ) -> Iterator[Resource]:
        url = address_bar.join(base, reference.strip()) if reference.strip() else None
        if url is not None:
            if not why and not url.startswith(("http:", "https:", "data:")):
                why = f"{url.partition(':')[0]}: is not fetched"
            yield Resource(url, kind, initiator or self.document.url, priority, line, why)

    def _used(self, selector: str) -> bool:
        plain = _without_pseudo(selector)
        return not plain or self.document.selects(plain)


def chosen_image(element: Element, viewport: Viewport) -> srcset.Candidate | None:
    """The image that an ``<img>`` shows, by its ``<picture>``, its ``srcset`` and its ``src`` in this order."""
    parent = element.parent
    if parent is not None and parent.tag == "picture":
        for source in parent.children():
            if source.is_same(element):
                break
            if source.tag != "source" or not media.matches(source.get("media") or "", viewport):
                continue
            kind = mime.parse(source.get("type") or "image/png")
            if kind is None or kind.essence not in _IMAGE_TYPES:
                continue
            chosen = srcset.choose(srcset.parse(source.get("srcset") or ""), source.get("sizes") or "", viewport)
            if chosen:
                return chosen
    candidates = srcset.parse(element.get("srcset") or "")
    plain = (element.get("src") or "").strip()
    if plain and not any(one.width is not None or one.density == 1 for one in candidates):
        candidates.append(srcset.Candidate(plain))
    return srcset.choose(candidates, element.get("sizes") or "", viewport)


def _without_pseudo(selector: str) -> str:
    """Pseudo-elements cut off, as ``p::before`` asks for its image when there is a ``p``; and what never holds while a
    page is drawn (``:hover`` and its like) made to fit nothing.
    """
    plain = _DYNAMIC.sub(":not(*)", _PSEUDO_ELEMENT.sub("", selector))
    return _NOTHING_LEFT.sub(r"\1*", plain.strip()) if plain != selector else plain
