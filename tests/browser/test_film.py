"""How a page filled in: each small picture is the document with what had come by then, and the same every time."""

from __future__ import annotations

import io
import os

import pytest
from PIL import Image
from webs import image

from michinori.browser import apart, prepare
from michinori.browser.discover import Resource
from michinori.browser.document import Document
from michinori.browser.film import MOST, SIZE, Film, chosen
from michinori.browser.loader import Loaded
from michinori.browser.media import Viewport
from michinori.browser.mime import MimeType

BASE = "http://x.example/"
PAGE = (
    "<!DOCTYPE html><link rel=stylesheet href=a.css><body>"
    "<img src=red.png width=100 height=50 style='display:block'><img src=blue.png width=100 height=50>"
)
VIEWPORT = Viewport(100, 100)


def came(name: str, event: int, kind: str, body: bytes = b"", text: str = "", error: str = "") -> Loaded:
    essence = {"stylesheet": "text/css", "image": "image/png"}.get(kind, "text/html")
    resource = Resource(BASE + name, kind, BASE, 1)  # type: ignore[arg-type]
    return Loaded(resource, BASE + name, 200, MimeType(essence), body, text, error=error, event=event)


SHEET = came("a.css", 20, "stylesheet", text="body{margin:0;background:lime}")
RED = came("red.png", 30, "image", image("PNG", (100, 50), (255, 0, 0)))
BLUE = came("blue.png", 40, "image", image("PNG", (100, 50), (0, 0, 255)))


def film(*loaded: Loaded, page: str = PAGE) -> Film:
    by_url = {one.url: one for one in loaded}
    return Film(Document(page, BASE), by_url, prepare.answers(loaded), VIEWPORT, 10)


def colours(jpeg: bytes) -> list[str]:
    """What is to be seen in the middle of the upper and of the lower half."""
    picture = Image.open(io.BytesIO(jpeg)).convert("RGB")
    assert picture.width == SIZE[0]
    names = {(255, 255, 255): "white", (0, 255, 0): "lime", (255, 0, 0): "red", (0, 0, 255): "blue"}
    found = []
    for part in (0.25, 0.75):
        seen = picture.getpixel((picture.width // 2, round(picture.height * part)))
        found.append(min(names, key=lambda name: sum(abs(a - b) for a, b in zip(name, seen, strict=True))))  # type: ignore[arg-type]
    return [names[each] for each in found]


def test_each_picture_shows_what_had_come() -> None:
    shots = film(SHEET, RED, BLUE).begin()()
    assert [shot.event for shot in shots] == [10, 20, 30]  # with the blue one the page is whole, and drawn as such
    assert [colours(shot.jpeg) for shot in shots] == [["white", "white"], ["lime", "lime"], ["red", "lime"]]


def test_the_order_in_which_things_come_is_what_counts() -> None:
    late = came("a.css", 50, "stylesheet", text=SHEET.text)
    shots = film(late, RED, BLUE).begin()()
    assert [shot.event for shot in shots] == [10, 30, 40]
    assert colours(shots[-1].jpeg) == ["red", "blue"]


def test_what_changes_nothing_gets_no_picture() -> None:
    unseen = came("unseen.png", 25, "image", image("PNG"))
    icon = came("favicon.ico", 26, "icon", image("PNG"))
    assert [shot.event for shot in film(SHEET, unseen, icon, RED, BLUE).begin()()] == [10, 20, 30]


def test_what_failed_never_comes() -> None:
    broken = came("red.png", 30, "image", error="it broke off")
    shots = film(SHEET, broken, BLUE).begin()()
    assert colours(shots[-1].jpeg) == ["lime", "lime"]


def test_the_same_page_gives_the_same_octets() -> None:
    one, other = (film(SHEET, RED, BLUE).begin()() for _ in range(2))
    assert one == other


@pytest.mark.skipif(not apart.can_fork(), reason="processes are not forked here")
def test_two_are_painted_beside_each_other_and_nobody_is_left_behind() -> None:
    first, second = (film(SHEET, RED, BLUE).begin() for _ in range(2))
    assert second() == first()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_document_alone_has_no_film() -> None:
    assert film(page="<p>alone").begin()() == []


def test_few_are_chosen_of_many_with_the_document_and_the_style_sheets_among_them() -> None:
    images = [came(f"{n}.png", 100 + n, "image") for n in range(50)]
    events = chosen(10, [SHEET, *images])
    assert events[:2] == [10, 20]
    assert len(events) == MOST
    assert max(events) < 149  # not the last: the finished picture is that one
    assert set(events[2:]) <= {one.event for one in images}


def test_of_many_style_sheets_the_last_is_chosen_so_that_there_is_room_for_images() -> None:
    sheets = [came(f"{n}.css", 11 + n, "stylesheet") for n in range(9)]
    images = [came(f"{n}.png", 100 + n, "image") for n in range(50)]
    assert chosen(10, [*sheets, *images])[:2] == [10, 19]
    assert chosen(10, [*sheets, *images])[2] in range(100, 149)
    assert chosen(10, [*sheets, images[0]]) == [10, 15, 19]  # the page is whole with the one image
    assert chosen(10, sheets)[0] == 10
    assert chosen(10, sheets)[-1] < 19
    assert len(chosen(10, sheets)) == MOST
