"""What a person can set, and what bounds the work on one page."""

from __future__ import annotations

import ssl
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from michinori.browser import address_bar
from michinori.browser.media import Viewport
from michinori.browser.paint import Engine
from michinori.http.message import Request, Response
from michinori.http.streamed import StreamedResponse


class Fetcher(Protocol):
    """What fetches: ``michinori.http.client.Client``, later with a cache before it."""

    async def fetch(self, request: Request) -> Response:
        """Ask, and keep the whole answer. Raises ``HttpError``."""

    def stream(self, request: Request) -> AbstractAsyncContextManager[StreamedResponse]:
        """Ask, and read the answer as it comes. Raises ``HttpError``."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one page."""

    document_octets: int = 32 << 20
    resource_octets: int = 32 << 20
    total_octets: int = 128 << 20
    resources: int = 500
    load_s: float = 60.0
    """From the parsed document until the picture is drawn from what has come, on the loop's clock."""
    refreshes: int = 5
    """``<meta http-equiv=refresh>`` followed one after the other."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a page is opened."""

    lang: str = "en"
    """The language of the browser's own pages, and what it asks servers for."""
    viewport: Viewport = field(default_factory=Viewport)
    search: str = address_bar.SEARCH
    limits: Limits = field(default_factory=Limits)
    draw: bool = True
    engine: Engine | None = None
    """What draws; ``None`` is PlutoPrint."""
    tls: ssl.SSLContext | None = None
    """For https URLs, where no fetcher is given."""
    page: str = "page_1"
    """Its name in the trace."""
