"""The browser: address bar, fetch, sniff, decode, document, paint.

``open_page`` does it all; everything heavy is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from michinori.browser.errors import BadAddress as BadAddress
    from michinori.browser.errors import BrowserError as BrowserError
    from michinori.browser.errors import MissingExtra as MissingExtra
    from michinori.browser.media import Viewport as Viewport
    from michinori.browser.page import Page as Page
    from michinori.browser.page import open_page as open_page
    from michinori.browser.settings import Settings as Settings

_HOMES = {
    "BadAddress": "errors",
    "BrowserError": "errors",
    "MissingExtra": "errors",
    "Page": "page",
    "Settings": "settings",
    "Viewport": "media",
    "open_page": "page",
}
__all__ = ["BadAddress", "BrowserError", "MissingExtra", "Page", "Settings", "Viewport", "open_page"]


def __getattr__(name: str) -> Any:
    """Lazily, by PEP 562."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"michinori.browser.{_HOMES[name]}"), name)
