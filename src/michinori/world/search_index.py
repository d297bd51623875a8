"""An index over the pages of a world's sites, for its search engine.

Words are matched as they are written, without regard to case: in a page's title, headings and text. Pages that hold
more of the words come first; then, what stands in the title counts most. Pages are read when somebody searches for the
first time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

_LARGEST_PAGE: Final = 1 << 20
_MOST_PAGES: Final = 2000
_SNIPPET: Final = 140
_TITLE_WEIGHT: Final = 20
_HEADING_WEIGHT: Final = 5
_SILENT: Final = frozenset({"script", "style", "template", "noscript", "svg"})
_BREAKING: Final = frozenset({"p", "div", "li", "td", "th", "br", "h1", "h2", "h3", "h4", "tr", "dt", "dd", "section"})
_HEADINGS: Final = frozenset({"h1", "h2", "h3"})
_SPACE: Final = re.compile(r"\s+")
_DECLARED: Final = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?([A-Za-z0-9_-]+)", re.IGNORECASE)


class Page(msgspec.Struct, frozen=True):
    """One page as the index knows it."""

    url: str
    title: str
    headings: str
    text: str


class Hit(msgspec.Struct, frozen=True):
    """A page that holds some of the words, and a piece of its text around the first."""

    page: Page
    score: int
    missing: list[str]
    """The words that it does not hold."""
    before: str
    match: str
    after: str


class Index:
    """The pages of some sites, given as folders by name."""

    def __init__(self, sites: Mapping[str, Path]) -> None:
        self._sites = dict(sites)
        self._pages: list[Page] | None = None

    def pages(self) -> list[Page]:
        """All pages, in the order of their sites and paths."""
        if self._pages is None:
            self._pages = [page for name, folder in self._sites.items() for page in _pages_of(name, folder)]
        return self._pages

    def search(self, words: str) -> list[Hit]:
        """The pages that hold any of the words, the best first."""
        wanted = words.casefold().split()
        if not wanted:
            return []
        hits = [hit for page in self.pages() if (hit := _match(page, wanted)) is not None]
        hits.sort(key=lambda hit: (len(hit.missing), -hit.score, hit.page.url))
        return hits


def _match(page: Page, wanted: list[str]) -> Hit | None:
    title, headings, text = page.title.casefold(), page.headings.casefold(), page.text.casefold()
    scores = [
        title.count(word) * _TITLE_WEIGHT + headings.count(word) * _HEADING_WEIGHT + text.count(word) for word in wanted
    ]
    score = sum(scores)
    if not score:
        return None
    missing = [word for word, counted in zip(wanted, scores, strict=True) if not counted]
    at = min((found for word in wanted if (found := text.find(word)) >= 0), default=-1)
    if at < 0 or len(text) != len(page.text):  # case folding moved the letters: no place to point at
        return Hit(page, score, missing, page.text[:_SNIPPET], "", "")
    word = next(word for word in wanted if text.startswith(word, at))
    begin = max(0, at - _SNIPPET // 3)
    end = at + len(word)
    before = ("…" if begin else "") + page.text[begin:at]
    return Hit(page, score, missing, before, page.text[at:end], page.text[end : end + _SNIPPET])


def _pages_of(name: str, folder: Path) -> Iterator[Page]:
    files = sorted(file for pattern in ("*.html", "*.htm") for file in folder.rglob(pattern))
    for file in files[:_MOST_PAGES]:
        if not file.is_file() or file.stat().st_size > _LARGEST_PAGE:
            continue
        path = quote(file.relative_to(folder).as_posix())
        if path == "index.html" or path.endswith("/index.html"):
            path = path.removesuffix("index.html")
        yield _read(f"http://{name}/{path}", file.read_bytes())


def _read(url: str, octets: bytes) -> Page:
    declared = _DECLARED.search(octets[:1024])
    try:
        text = octets.decode(declared[1].decode() if declared else "utf-8", errors="replace")
    except LookupError:
        text = octets.decode("utf-8", errors="replace")
    reader = _Reader()
    reader.feed(text)
    reader.close()
    said = {part: _SPACE.sub(" ", "".join(pieces)).strip() for part, pieces in reader.said.items()}
    return Page(url, said["title"] or url, said["headings"], said["text"])


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: dict[str, list[str]] = {"title": [], "headings": [], "text": []}
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _SILENT or tag in _HEADINGS or tag == "title":
            self._open.append(tag)
        if tag in _BREAKING:
            self.said["text"].append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            del self._open[self._open.index(tag) :]
            self.said["headings"].append(" ")

    def handle_data(self, data: str) -> None:
        if any(tag in _SILENT for tag in self._open):
            return
        if "title" in self._open:
            self.said["title"].append(data)
            return
        if any(tag in _HEADINGS for tag in self._open):
            self.said["headings"].append(data)
        self.said["text"].append(data)
