"""What the trace is told of a document on its way from octets to the picture."""

from __future__ import annotations

from michinori import trace
from michinori.browser import address_bar
from michinori.browser.document import Document
from michinori.browser.encoding import Decoded
from michinori.browser.media import Viewport
from michinori.browser.picture import Picture


def decoded(url: str, body: bytes, found: Decoded) -> None:
    """Octets have become text."""
    trace.note(
        "browser",
        "decoded",
        url=address_bar.shown(url),
        charset=found.charset,
        how=found.how,
        octets=len(body),
        characters=len(found.text),
    )


def parsed(document: Document, page: str) -> int:
    """Text has become a tree. Gives the number of the event."""
    return trace.note(
        "browser",
        "document-parsed",
        page=page,
        url=address_bar.shown(document.url),
        title=document.title,
        elements=document.count(),
        depth=document.depth,
        mode="quirks" if document.quirks else "standards",
        errors=[list(error) for error in document.errors[:20]],
        error_count=len(document.errors),
    )


def painted(picture: Picture, page: str, viewport: Viewport) -> None:
    """The tree has been laid out and painted."""
    laid_out = trace.note(
        "browser",
        "laid-out",
        page=page,
        viewport=[viewport.width, viewport.height],
        width=round(picture.width / viewport.scale),
        height=round(picture.height / viewport.scale),
        boxes=[
            [box.tag, box.x, box.y, box.width, box.height, box.text, address_bar.shown(box.url)]
            for box in picture.boxes
        ],
    )
    trace.note(
        "browser",
        "painted",
        cause=laid_out or None,
        page=page,
        width=picture.width,
        height=picture.height,
        engine=picture.engine,
        cut=picture.cut,
        octets=len(picture.png),
    )
