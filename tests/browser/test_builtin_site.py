"""The site of the little internet: whole, and rich enough to exercise every stage."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from webs import Web, browse, type_by_name

import michinori
from michinori.browser import Page, Settings, Viewport

FOLDER = Path(michinori.__file__).parent / "world" / "sites" / "www.michinori.example"
HOME = "http://www.michinori.example"


def site() -> Web:
    pages: dict[str, Any] = {}
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            name = path.relative_to(FOLDER).as_posix()
            # As a server that says nothing of charsets.
            pages[f"{HOME}/{name}"] = (type_by_name(name).partition(";")[0], path.read_bytes())
    for folder in ("", "gallery/"):
        pages[f"{HOME}/{folder}"] = pages[f"{HOME}/{folder}index.html"]
    pages[f"{HOME}/gallery"] = (301, {"Location": f"{HOME}/gallery/"}, "")
    return Web(pages)


def opened(path: str, width: int = 1280) -> Page:
    return browse(site(), HOME + path, Settings(viewport=Viewport(width)))


@pytest.mark.row("B24")
def test_the_home_page_exercises_every_kind_of_resource() -> None:
    page = opened("/")
    assert page.errors == []
    assert page.title == "道のり — ひとつのURLがたどる道"
    assert {one.resource.kind for one in page.resources} == {"stylesheet", "image", "icon"}
    types = {one.type.essence for one in page.resources}
    assert types >= {"text/css", "image/jpeg", "image/png", "image/webp", "image/svg+xml", "image/x-icon"}
    stamp = next(one for one in page.resources if one.url.endswith("stamp.png"))
    assert stamp.type.essence == "image/jpeg"  # whatever its name says
    assert any(one.resource.initiator.endswith("style.css") for one in page.resources)  # @import
    assert page.picture is not None
    headings = [box.text for box in page.picture.boxes if box.tag in ("h1", "h2")]
    assert headings[:3] == ["ひとつのURLがたどる道", "旅の地図", "十二の宿場"]


def test_the_home_page_is_large_enough_to_show_windows_and_small_enough_to_be_quick() -> None:
    page = opened("/")
    octets = sum(len(one.body) for one in page.resources) + len(page.response.body if page.response else b"")
    assert 200_000 < octets < 400_000
    assert page.picture is not None
    assert page.picture.height < 5500
    html = (FOLDER / "index.html").read_bytes()
    assert len(gzip.compress(html)) < len(html) / 2


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_sticks_out(width: int) -> None:
    picture = opened("/", width).picture
    assert picture is not None
    assert all(box.x >= 0 and box.x + box.width <= width for box in picture.boxes)
    images = [box for box in picture.boxes if box.tag == "img"]
    assert len(images) == 7
    assert all(box.width > 80 for box in images)


def test_the_old_register_is_in_shift_jis() -> None:
    page = opened("/record.html")
    assert (page.charset, page.errors) == ("Shift_JIS", [])
    assert "表示、能力、ソケット。" in page.document.dump()


def test_the_gallery_is_reached_by_a_redirect_and_misses_one_picture() -> None:
    page = opened("/gallery")
    assert page.final_url == HOME + "/gallery/"
    assert [error.url for error in page.errors] == [HOME + "/img/lost.png"]
    assert {one.url.rpartition("/")[2] for one in page.resources if one.resource.kind == "image" and one.ok} == {
        "gate.webp",
        "bridge.webp",
        "inn.webp",
        "dots.png",
    }


@pytest.mark.parametrize("path", ["/en.html", "/layers.html"])
def test_the_other_pages_are_whole(path: str) -> None:
    page = opened(path)
    assert (page.shown, page.errors) == ("html", [])


def test_a_plain_text() -> None:
    page = opened("/plain.txt")
    assert (page.shown, page.charset) == ("text", "UTF-8")


def test_every_link_leads_somewhere_or_nowhere_on_purpose() -> None:
    web = site()
    for path in sorted(FOLDER.rglob("*.html")):
        page = opened("/" + path.relative_to(FOLDER).as_posix())
        for element in page.document.elements("a"):
            from michinori.browser import address_bar

            url = (address_bar.join(page.document.base_url, element.get("href") or "") or "").partition("#")[0]
            known = url in web.pages or url.startswith("http://search.example/") or url == HOME + "/nowhere.html"
            assert known, (path.name, url)
