"""Opening a page: from what was typed to the picture, every stage in the order in which it happens.

Whatever goes wrong on the way to the document ends in a page that says so, as in any browser; it is drawn like others.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Literal

from michinori import trace
from michinori.browser import address_bar, asking, data_url, encoding, images, mime, notes, own_pages, prepare, sniff
from michinori.browser.address_bar import Typed
from michinori.browser.discover import PRIORITY, Finder
from michinori.browser.document import Document
from michinori.browser.errors import BadAddress, BadDataUrl, BadImage, NotDrawn
from michinori.browser.film import Film
from michinori.browser.loader import Loaded, Loader, note_sniffed
from michinori.browser.paint import Answer, Engine, PlutoPrint
from michinori.browser.picture import Picture
from michinori.browser.preload import Preload
from michinori.browser.settings import Fetcher, Settings
from michinori.browser.sniff import Sniffed
from michinori.http.errors import HttpError, IncompleteBody, TooLarge
from michinori.http.headers import Headers
from michinori.http.limits import Bounds
from michinori.http.message import Request, Response

Shown = Literal["html", "image", "text", "download", "error"]

#: A ``<meta>`` refresh that waits longer is a page that shows itself first; it is not followed.
_REFRESH_AT_ONCE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that went wrong, in one sentence. ``stage`` and ``layer`` as in ``HttpError``."""

    url: str
    why: str
    stage: str
    layer: str
    error: BaseException | None = None
    """What was raised, where something was."""


@dataclass(slots=True)
class Page:
    """An opened page."""

    typed: Typed
    url: str
    """The URL that was asked for first."""
    final_url: str
    """Where the document came from in the end, after redirects."""
    status: int
    """The status of the last answer; 0 if there was none."""
    shown: Shown
    document: Document
    """What is drawn: the page, or the browser's own page about an error, an image, a text."""
    resources: list[Loaded]
    picture: Picture | None
    not_drawn: str
    """Why there is no picture; empty if there is one."""
    response: Response | None
    charset: str
    failure: Failure | None
    """Why the document could not be had; ``None`` if it was."""
    errors: list[Failure] = field(default_factory=list)
    """Everything that went wrong, of the document and of its resources."""
    film: Film | None = None
    """How it filled in, to be painted if wanted; None where there is no picture, or nothing but the document came."""

    @property
    def title(self) -> str:
        return self.document.title

    @property
    def icon(self) -> Loaded | None:
        """The favicon, if there is a whole one."""
        return next((one for one in self.resources if one.resource.kind == "icon" and one.ok), None)


async def open_page(typed: str, settings: Settings | None = None, fetcher: Fetcher | None = None) -> Page:
    """Open what was typed into the address bar.

    Raises ``BadAddress`` for what cannot be opened at all and ``MissingExtra`` where the extra ``browser`` is missing.
    All else that fails, fails on the page. Without a ``fetcher`` an own client is made, and closed at the end.
    """
    settings = settings or Settings()
    understood = address_bar.understand(typed, settings.search)
    typed_number = address_bar.note_typed(understood)
    address_bar.refuse_other_schemes(understood.url)
    page = settings.page
    opened = trace.note("browser", "page-opened", cause=typed_number, page=page, url=address_bar.shown(understood.url))
    async with _fetcher(fetcher, settings) as fetching:
        with trace.acting(opened):
            return await _Opening(understood, settings, fetching).run()


@asynccontextmanager
async def _fetcher(given: Fetcher | None, settings: Settings) -> AsyncIterator[Fetcher]:
    if given is not None:
        yield given
        return
    from michinori.http.client import Client

    bounds = Bounds(body_octets=settings.limits.resource_octets)
    async with Client(bounds=bounds, tls=settings.tls) as client:
        yield client


@dataclass(slots=True)
class _Main:
    """The answer that is to become the document."""

    url: str
    status: int
    headers: Headers
    body: bytes
    response: Response | None
    event: int = 0
    broken: HttpError | None = None
    """It broke off; what came is shown all the same."""


class _Opening:
    """The opening of one page, stage by stage."""

    def __init__(self, typed: Typed, settings: Settings, fetcher: Fetcher) -> None:
        self._typed = typed
        self._settings = settings
        self._fetcher = fetcher
        self._loader = Loader(fetcher, settings)
        self._charset = "UTF-8"
        self._failure: Failure | None = None
        self._own_images: dict[str, Answer] = {}
        """The image that was opened instead of a page."""
        self._told: dict[str, Answer] = {}
        """What the painter was told."""

    async def run(self) -> Page:
        try:
            main, shown, document = await self._navigate()
            if shown == "html":
                await self._loader.finish()
        finally:
            await self._loader.close()
        picture, not_drawn = self._draw(document)
        trace.note("browser", "loaded", page=self._settings.page, url=address_bar.shown(main.url), shown=shown)
        return Page(
            typed=self._typed,
            url=self._typed.url,
            final_url=main.url,
            status=main.status,
            shown=shown,
            document=document,
            resources=list(self._loader.loaded.values()),
            picture=picture,
            not_drawn=not_drawn,
            response=main.response,
            charset=self._charset,
            failure=self._failure,
            errors=self._errors(main),
            film=self._film(main, document) if picture is not None and shown == "html" else None,
        )

    # From the URL to the document.

    async def _navigate(self) -> tuple[_Main, Shown, Document]:
        """Fetch and parse, and again where the page only points to another."""
        url, referrer = self._typed.url, ""
        for remaining in range(self._settings.limits.refreshes, -1, -1):
            try:
                main = await self._fetch(url, referrer)
            except HttpError as error:
                return self._failed(url, error)
            shown, document = self._understand(main)
            refresh = document.refresh if shown == "html" and remaining else None
            if refresh is None or refresh[0] > _REFRESH_AT_ONCE_S or refresh[1] == main.url:
                break
            if not refresh[1].startswith(("http:", "https:")):
                break
            trace.note(
                "browser",
                "refresh-followed",
                url=address_bar.shown(refresh[1]),
                after_s=refresh[0],
                initiator=address_bar.shown(main.url),
            )
            await self._loader.close()
            self._loader = Loader(self._fetcher, self._settings)
            url, referrer = refresh[1], main.url
            address_bar.note_parts(address_bar.split(url))
        if shown == "html":
            finder = Finder(document, self._settings.viewport)
            with trace.acting(notes.parsed(document, self._settings.page)):
                self._loader.parsed(finder, self._charset)
        else:
            notes.parsed(document, self._settings.page)
        return main, shown, document

    async def _fetch(self, url: str, referrer: str) -> _Main:
        if url == "about:blank":
            return _Main(url, 200, Headers({"Content-Type": "text/html;charset=utf-8"}), b"", None)
        if url.startswith("data:"):
            return self._fetch_data(url)
        request = Request(
            "GET",
            url,
            asking.fields("document", url, lang=self._settings.lang, referrer=referrer),
            priority=PRIORITY["document"],
            about={"page": self._settings.page, "initiator": address_bar.shown(referrer), "kind": "document"},
        )
        body = bytearray()
        broken: HttpError | None = None
        async with self._fetcher.stream(request) as answer:
            self._loader.policy = asking.policy_of(answer.headers)
            preload = self._preload(answer.url, answer.headers)
            try:
                async for piece in answer:
                    body += piece
                    if len(body) > self._settings.limits.document_octets:
                        raise TooLarge("the document", f"{self._settings.limits.document_octets} octets")
                    if preload is not None:
                        self._loader.ask(preload.feed(bytes(piece)))
            except (IncompleteBody, TooLarge) as error:
                if not body:
                    raise
                broken = error
                answer.give_up(error)
            response = answer.whole(bytes(body))
        return _Main(response.url, response.status, response.headers, response.body, response, response.event, broken)

    def _fetch_data(self, url: str) -> _Main:
        try:
            kind, body = data_url.read(url)
        except BadDataUrl as error:
            raise BadAddress(str(error)) from None
        parameters = "".join(f";{name}={value}" for name, value in kind.parameters.items())
        return _Main(url, 200, Headers({"Content-Type": kind.essence + parameters}), body, None)

    def _preload(self, url: str, headers: Headers) -> Preload | None:
        kind = mime.from_header(headers.all("Content-Type"))
        if kind is None or kind.essence != "text/html":
            return None
        return Preload(url, kind.charset, self._settings.viewport)

    def _failed(self, url: str, error: HttpError) -> tuple[_Main, Shown, Document]:
        """The document could not be had: the own page that says so stands in its place."""
        self._failure = Failure(address_bar.shown(url), str(error), error.stage, error.layer, error)
        trace.note(
            "browser", "page-failed", why=str(error), url=address_bar.shown(url), stage=error.stage, fault=error.layer
        )
        document = Document(
            own_pages.error_page(error.stage, address_bar.shown(url), str(error), self._settings.lang), url
        )
        notes.parsed(document, self._settings.page)
        return _Main(url, 0, Headers(), b"", None), "error", document

    # From octets to the tree.

    def _understand(self, main: _Main) -> tuple[Shown, Document]:
        with trace.acting(main.event):
            nosniff = "nosniff" in main.headers.tokens("X-Content-Type-Options")
            found = sniff.sniff(main.body, main.headers.all("Content-Type"), nosniff=nosniff)
            note_sniffed(found, main.url)
            return self._document(main, found)

    def _document(self, main: _Main, found: Sniffed) -> tuple[Shown, Document]:
        essence = found.type.essence
        attached = main.headers.get("Content-Disposition").strip().lower().startswith("attachment")
        if attached and main.status == 200:
            return self._download(main, essence)
        if essence in ("text/html", "application/xhtml+xml") or not main.body:
            return "html", self._parse(main, found.type.charset)
        if found.type.is_image:
            return self._image(main, essence)
        if found.type.is_text or found.type.is_xml:
            decoded = encoding.decode_plain(main.body, found.type.charset)
            self._charset = decoded.charset
            notes.decoded(main.url, main.body, decoded)
            return "text", Document(own_pages.text_page(decoded.text, self._settings.lang), main.url)
        return self._download(main, essence)

    def _parse(self, main: _Main, header_charset: str | None) -> Document:
        decoded = encoding.decode_html(main.body, header_charset)
        document = Document(decoded.text, main.url)
        if decoded.how in ("guess", "default"):
            late = document.declared_charset  # it stood too far down for the prescan: read again by what it says
            if late is not None and late != decoded.charset:
                decoded = encoding.Decoded(encoding.decode(main.body, late), late, "meta")
                document = Document(decoded.text, main.url)
        self._charset = decoded.charset
        notes.decoded(main.url, main.body, decoded)
        return document

    def _image(self, main: _Main, essence: str) -> tuple[Shown, Document]:
        name = address_bar.split(main.url).path.rpartition("/")[2] or essence
        try:
            image = images.decode(main.body, essence)
        except BadImage as error:
            return self._failed_to_show(main, "image", f"the image is broken: {error}")
        self._own_images[main.url.partition("#")[0]] = Answer(image.octets, image.type, (image.width, image.height))
        trace.note(
            *("browser", "image-decoded"),
            url=address_bar.shown(main.url),
            format=image.format,
            width=image.width,
            height=image.height,
        )
        page = own_pages.image_page(main.url, name, image.width, image.height, self._settings.lang)
        return "image", Document(page, main.url)

    def _download(self, main: _Main, essence: str) -> tuple[Shown, Document]:
        trace.note("browser", "download-offered", url=address_bar.shown(main.url), type=essence, octets=len(main.body))
        why = f"{essence}, {len(main.body)} octets"
        return "download", Document(
            own_pages.error_page("download", address_bar.shown(main.url), why, self._settings.lang), main.url
        )

    def _failed_to_show(self, main: _Main, stage: str, why: str) -> tuple[Shown, Document]:
        self._failure = Failure(address_bar.shown(main.url), why, stage, "browser")
        trace.note("browser", "page-failed", why=why, url=address_bar.shown(main.url), stage=stage, fault="browser")
        return "error", Document(
            own_pages.error_page(stage, address_bar.shown(main.url), why, self._settings.lang), main.url
        )

    # From the tree to the picture.

    def _draw(self, document: Document) -> tuple[Picture | None, str]:
        told = self._told = prepare.answers(self._loader.loaded.values()) | self._own_images
        if not self._settings.draw:
            return None, "nobody asked for a picture"
        engine: Engine = self._settings.engine or PlutoPrint()
        viewport = self._settings.viewport
        twin = prepare.document_for_painting(document, self._loader.loaded, told, viewport)
        try:
            picture = engine.paint(twin, told, viewport)
        except NotDrawn as reason:
            trace.note("browser", "not-painted", why=str(reason), page=self._settings.page)
            return None, str(reason)
        notes.painted(picture, self._settings.page, viewport)
        return picture, ""

    def _film(self, main: _Main, document: Document) -> Film:
        return Film(document, self._loader.loaded, self._told, self._settings.viewport, main.event)

    def _errors(self, main: _Main) -> list[Failure]:
        errors = [self._failure] if self._failure else []
        if main.broken is not None:
            errors.append(Failure(address_bar.shown(main.url), str(main.broken), main.broken.stage, main.broken.layer))
        errors += [
            Failure(address_bar.shown(one.url), one.error, "load", one.layer)
            for one in self._loader.loaded.values()
            if one.error and one.resource.kind != "icon"  # a page without one is whole
        ]
        return errors
