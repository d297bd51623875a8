"""Between loading and painting: images are decoded, and what the painter does not know is written so that it does.

The painter gets a twin of the document in which every image points to the one that was chosen for this screen, every
stylesheet to where it really came from, and what failed looks broken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Final

from michinori import trace
from michinori.browser import address_bar, fonts, images, srcset
from michinori.browser.discover import chosen_image
from michinori.browser.document import Document, Element
from michinori.browser.errors import BadImage
from michinori.browser.loader import Loaded, note_failed
from michinori.browser.media import Viewport
from michinori.browser.paint import BLANK, Answer

_ICON: Final = (
    '<path d="M2.5 1.5h8l3 3v10h-11z" fill="#fff" stroke="#889"/><path d="M10.5 1.5v3h3" fill="none" stroke="#889"/>'
    '<path d="M4 12l3-4 2 2 1.5-1.5L12 12z" fill="#7a9"/><circle cx="5.5" cy="6" r="1" fill="#ec5"/>'
    '<path d="M2 9l3-1 2 2 3-2 4 2" fill="none" stroke="#fff" stroke-width="1.5"/>'
)
_ICON_STYLE: Final = "width:16px!important;height:16px!important;display:inline!important;margin:0 3px 0 0!important"
_BROKEN: Final = "michinori:broken"
_LENGTH: Final = re.compile("[0-9]{1,4}")
_LONGEST: Final = 5000


def answers(loaded: Iterable[Loaded]) -> dict[str, Answer]:
    """What the painter is told, by URL. An image that cannot be decoded gets its error here."""
    told: dict[str, Answer] = {}
    for one in loaded:
        answer = _answer(one) if one.ok else _answer_for_missing(one)
        if answer is not None:
            told[_key(one.resource.url)] = told[_key(one.url)] = answer
    told[_BROKEN] = Answer(_svg(16, 16, _ICON), "image/svg+xml", (16, 16))
    return told


def document_for_painting(
    document: Document, loaded: dict[str, Loaded], told: dict[str, Answer], viewport: Viewport
) -> Document:
    """The twin. ``told`` grows by pictures of broken images and by what stood in ``data:`` URLs."""
    twin = document.twin()
    for element in list(twin.elements("img", "input", "link", "iframe")):
        match element.tag:
            case "link":
                _point_to_source(element, document, loaded)
            case "iframe":
                _make_room(element)
            case "img" | "input" if element.tag == "img" or (element.get("type") or "").lower() == "image":
                _show(element, document, told, viewport)
    return twin


def _answer(one: Loaded) -> Answer | None:
    match one.resource.kind:
        case "stylesheet":
            return Answer(one.text.encode("utf-8", "replace"), "text/css")
        case "font":
            return Answer(one.body, one.type.essence)
        case "image" | "icon":
            return _decoded(one)
        case _:
            return None


def _answer_for_missing(one: Loaded) -> Answer | None:
    return Answer(fonts.blank(), "font/ttf") if one.resource.kind == "font" else None


def _decoded(one: Loaded) -> Answer | None:
    with trace.acting(one.event):
        try:
            image = images.decode(one.body, one.type.essence)
        except BadImage as error:
            one.error, one.layer = f"the image is broken: {error}", "browser"
            note_failed(one)
            return None
        trace.note(
            "browser",
            "image-decoded",
            url=address_bar.shown(one.url),
            format=image.format,
            width=image.width,
            height=image.height,
            frames=image.frames,
            octets=len(one.body),
            pixels_octets=image.width * image.height * 4,
        )
    return Answer(image.octets, image.type, (image.width, image.height))


def _point_to_source(element: Element, document: Document, loaded: dict[str, Loaded]) -> None:
    """A stylesheet that was redirected has its relative URLs from where it came in the end."""
    if "stylesheet" not in (element.get("rel") or "").lower().split():
        return
    url = address_bar.join(document.base_url, (element.get("href") or "").strip())
    one = loaded.get(_key(url)) if url else None
    if one is None or not one.ok:
        element.remove("href")
    elif not one.url.startswith("data:"):
        element.set("href", one.url)


def _make_room(element: Element) -> None:
    """The painter has no frames: what is left is their place."""
    width, height = element.get("width") or "300", element.get("height") or "150"
    sizes = "".join(
        f"{name}:{value}{'' if value.endswith('%') else 'px'};"
        for name, value in (("width", width), ("height", height))
        if value.removesuffix("%").isdecimal()
    )
    element.set("style", f"display:inline-block;{sizes}{element.get('style') or ''}")


def _show(element: Element, document: Document, told: dict[str, Answer], viewport: Viewport) -> None:
    reference, density = (element.get("src") or "").strip(), 1.0
    if element.tag == "img":
        chosen = chosen_image(element, viewport)
        reference = chosen.reference if chosen else ""
        if chosen:
            density = chosen.density_at(srcset.source_size(element.get("sizes") or "", viewport))
    url = address_bar.join(document.base_url, reference) if reference else None
    answer = told.get(_key(url)) if url else None
    if answer is None:
        _show_broken(element, told, asked=bool(reference))
        return
    element.remove("srcset")
    if answer is BLANK and (size := _announced(element)):  # room is kept for it, in its proportions
        url = f"michinori:blank/{len(told)}"
        told[url] = answer = Answer(_svg(*size, ""), "image/svg+xml", size)
    if url is not None and url.startswith("data:"):
        url = f"michinori:data/{len(told)}"
        told[url] = answer
    element.set("src", url or "")
    sized = element.get("width") or element.get("height")
    if density not in (0, 1) and not sized and answer.size[0] and answer.type != "image/svg+xml":
        element.set("width", str(round(answer.size[0] / density)))


def _show_broken(element: Element, told: dict[str, Answer], *, asked: bool) -> None:
    """As browsers do: a frame of the size that was announced, or a small icon before the text that stands for it."""
    alt = element.get("alt")
    size = _announced(element)
    element.remove("srcset")
    element.remove("src")
    if not asked:
        return
    if size:
        url = f"{_BROKEN}/{len(told)}"
        told[url] = Answer(_frame(*size, alt or ""), "image/svg+xml", size)
        element.set("src", url)
    elif alt is None:
        element.set("src", _BROKEN)
    elif alt:
        element.insert_before(f'<img src="{_BROKEN}" style="{_ICON_STYLE}">')


def _announced(element: Element) -> tuple[int, int] | None:
    """The size that the document gives an image, in pixels, unless that is too large to be drawn."""
    width, height = (element.get(name) or "" for name in ("width", "height"))
    if not (_LENGTH.fullmatch(width) and _LENGTH.fullmatch(height)):
        return None
    size = int(width), int(height)
    return size if min(size) > 0 and max(size) < _LONGEST else None


def _frame(width: int, height: int, alt: str) -> bytes:
    text = f'<text x="24" y="17" font-family="sans-serif" font-size="13" fill="#333">{escape(alt)}</text>'
    border = f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" fill="none" stroke="#bbb"/>'
    return _svg(width, height, border + f'<g transform="translate(4 4)">{_ICON}</g>' + text)


def _svg(width: int, height: int, inside: str) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">{inside}</svg>'.encode()


def _key(url: str) -> str:
    return url.partition("#")[0]
