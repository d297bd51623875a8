"""Loading what a page needs, side by side: who goes first is said to the fetcher, who is too much is left out.

Stylesheets that come in ask for more; every URL is fetched once. What fails is kept with its reason and breaks nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from michinori import trace
from michinori.browser import address_bar, asking, css, data_url, encoding, sniff
from michinori.browser.discover import Finder, Resource
from michinori.browser.errors import BadDataUrl
from michinori.browser.mime import MimeType
from michinori.browser.settings import Fetcher, Settings
from michinori.http.errors import HttpError
from michinori.http.headers import Headers
from michinori.http.message import Request, Response


@dataclass(slots=True)
class Loaded:
    """What became of a resource. ``error`` is empty, or says in one sentence why it is broken."""

    resource: Resource
    url: str
    """Where it came from in the end."""
    status: int = 0
    type: MimeType = field(default_factory=lambda: MimeType("application/octet-stream"))
    body: bytes = b""
    text: str = ""
    """Of a stylesheet: decoded."""
    charset: str = ""
    error: str = ""
    layer: str = ""
    """The floor at fault, where there is an error."""
    response: Response | None = None
    event: int = 0

    @property
    def ok(self) -> bool:
        return not self.error


class Loader:
    """Loads the resources of one page."""

    def __init__(self, fetcher: Fetcher, settings: Settings) -> None:
        self._fetcher = fetcher
        self._settings = settings
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._waiting_sheets: list[tuple[Loaded, css.Wants]] = []
        self._finder: Finder | None = None
        self._octets = 0
        self._closed = False
        self.policy = asking.POLICIES[0]
        self.document_charset: str | None = None
        self.loaded: dict[str, Loaded] = {}
        """By URL without fragment, in the order in which they were found."""
        self._named_only: set[str] = set()
        """URLs of what is named and not loaded."""

    def ask(self, resources: Iterable[Resource]) -> None:
        """Begin to load them, the most important first. What was asked for before, or is only named, is not loaded."""
        fresh = [resource for resource in resources if self._is_new(resource)]
        for resource in sorted(fresh, key=lambda resource: resource.priority):
            self._begin(resource)

    def parsed(self, finder: Finder, charset: str) -> None:
        """The document is whole: now what stylesheets want can be told from what they only mention."""
        self._finder = finder
        self.document_charset = charset
        self.ask(finder.in_document())
        for sheet, wants in self._waiting_sheets:
            self._follow(sheet, wants)
        self._waiting_sheets.clear()

    async def finish(self) -> None:
        """Wait until everything has come, has failed, or has taken too long."""
        limit_s = self._settings.limits.load_s
        try:
            async with asyncio.timeout(limit_s):
                while True:
                    running = [task for task in self._tasks.values() if not task.done()]
                    if not running:
                        break
                    await asyncio.wait(running[:1])  # which cancels nobody when the time is up
        except TimeoutError:
            for loaded in self.loaded.values():
                task = self._tasks.get(loaded.resource.url.partition("#")[0])
                if task is not None and not task.done():
                    loaded.error = f"it had not come after {limit_s:g} s"
                    loaded.layer = "browser"
        finally:
            await self.close()

    async def close(self) -> None:
        """Give up what is still under way."""
        self._closed = True
        running = [task for task in self._tasks.values() if not task.done()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _is_new(self, resource: Resource) -> bool:
        key = resource.url.partition("#")[0]
        if key in self.loaded or self._closed or resource.url in self._named_only:
            return False
        if resource.not_fetched:
            self._named_only.add(resource.url)
            self._note_found(resource, resource.not_fetched)
            return False
        self.loaded[key] = Loaded(resource, resource.url)
        return True

    def _begin(self, resource: Resource) -> None:
        key = resource.url.partition("#")[0]
        loaded = self.loaded[key]
        limits = self._settings.limits
        if len(self._tasks) >= limits.resources or self._octets >= limits.total_octets:
            loaded.error, loaded.layer = "the page names more than is fetched for one page", "browser"
            self._note_found(resource, loaded.error)
            return
        with trace.acting(self._note_found(resource)):
            self._tasks[key] = asyncio.get_running_loop().create_task(self._load(loaded), name=f"load {key[:80]}")

    def _note_found(self, resource: Resource, why: str = "") -> int:
        return trace.note(
            "browser",
            "resource-found",
            why=why,
            url=address_bar.shown(resource.url),
            kind=resource.kind,
            initiator=address_bar.shown(resource.initiator),
            line=resource.line,
            priority=resource.priority,
            fetched=not why,
        )

    async def _load(self, loaded: Loaded) -> None:
        try:
            headers = await self._fetch(loaded)
        except HttpError as error:
            loaded.error, loaded.layer = str(error), error.layer
        except BadDataUrl as error:
            loaded.error, loaded.layer = str(error), "browser"
        else:
            with trace.acting(loaded.event):
                self._judge(loaded, headers)
        if loaded.error:
            note_failed(loaded)

    async def _fetch(self, loaded: Loaded) -> Headers:
        resource = loaded.resource
        if resource.url.startswith("data:"):
            kind, loaded.body = data_url.read(resource.url)
            loaded.status = 200
            parameters = "".join(f";{name}={value}" for name, value in kind.parameters.items())
            return Headers({"Content-Type": kind.essence + parameters})
        request = Request(
            "GET",
            resource.url,
            asking.fields(
                resource.kind, resource.url, lang=self._settings.lang, referrer=resource.initiator, policy=self.policy
            ),
            priority=resource.priority,
            about={
                "page": self._settings.page,
                "initiator": address_bar.shown(resource.initiator),
                "kind": resource.kind,
            },
        )
        response = await self._fetcher.fetch(request)
        self._octets += len(response.body)
        loaded.response, loaded.event = response, response.event
        loaded.url, loaded.status, loaded.body = response.url, response.status, response.body
        return response.headers

    def _judge(self, loaded: Loaded, headers: Headers) -> None:
        """Whether what came can be used as what it was asked for."""
        resource = loaded.resource
        if not 200 <= loaded.status < 300:
            loaded.error, loaded.layer = f"the server answered {loaded.status}", "http"
            return
        nosniff = "nosniff" in headers.tokens("X-Content-Type-Options")
        context: sniff.Context = "stylesheet" if resource.kind == "stylesheet" else "other"
        if resource.kind in ("image", "icon"):
            context = "image"
        elif resource.kind == "font":
            context = "font"
        found = sniff.sniff(loaded.body, headers.all("Content-Type"), nosniff=nosniff, context=context)
        loaded.type = found.type
        note_sniffed(found, loaded.url)
        if resource.kind == "stylesheet":
            self._take_stylesheet(loaded, nosniff=nosniff)
        elif resource.kind == "font" and found.rule != "font-table":
            loaded.error, loaded.layer = f"it is not a font, but {found.type.essence}", "browser"
        elif resource.kind == "font" and not asking.allows_font(headers, loaded.url, resource.initiator):
            loaded.error, loaded.layer = "a font of another origin that does not allow its use here (CORS)", "browser"

    def _take_stylesheet(self, loaded: Loaded, *, nosniff: bool) -> None:
        lenient = self._finder is not None and self._finder.document.quirks and not nosniff
        if loaded.type.essence != "text/css" and not lenient:
            loaded.error, loaded.layer = f"a stylesheet must be text/css, and this is {loaded.type.essence}", "browser"
            return
        decoded = encoding.decode_css(loaded.body, loaded.type.charset, self.document_charset)
        loaded.text, loaded.charset = decoded.text, decoded.charset
        trace.note("browser", "decoded", url=address_bar.shown(loaded.url), charset=decoded.charset, how=decoded.how)
        wants = css.skim(decoded.text)
        if self._finder is None:
            self._waiting_sheets.append((loaded, wants))
        else:
            self._follow(loaded, wants)

    def _follow(self, sheet: Loaded, wants: css.Wants) -> None:
        if self._finder is not None:
            self.ask(self._finder.in_stylesheet(wants, sheet.url))


def note_failed(loaded: Loaded) -> None:
    """For the trace: it cannot be used, and why."""
    url, kind = address_bar.shown(loaded.url), loaded.resource.kind
    trace.note("browser", "resource-failed", why=loaded.error, url=url, kind=kind, status=loaded.status)


def note_sniffed(found: sniff.Sniffed, url: str) -> int:
    """Row B24 for the trace: what it is, and what the header said."""
    return trace.note(
        "browser",
        "sniffed",
        url=address_bar.shown(url),
        type=found.type.essence,
        header_type=found.supplied,
        rule=found.rule,
        differs=found.differs,
    )
