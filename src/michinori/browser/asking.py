"""What the browser says about itself and about what it wants: the header fields of its requests."""

from __future__ import annotations

from typing import Final

from michinori.browser import address_bar
from michinori.http.client import USER_AGENT
from michinori.http.headers import Headers

_ACCEPT: Final = {
    "document": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "stylesheet": "text/css,*/*;q=0.1",
    "image": "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
    "icon": "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
    "font": "font/woff2,font/woff,font/ttf,font/otf,*/*;q=0.5",
}
_LANGUAGES: Final = {"ja": "ja,en;q=0.5", "en": "en,ja;q=0.5"}

#: Referrer Policy, section 3; the default comes first.
POLICIES: Final = (
    "strict-origin-when-cross-origin",
    *("no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin"),
    *("origin-when-cross-origin", "unsafe-url"),
)


def fields(destination: str, url: str, *, lang: str = "en", referrer: str = "", policy: str = POLICIES[0]) -> Headers:
    """The fields of a request for ``url``; ``referrer`` is the URL of the document or stylesheet that asks for it."""
    headers = Headers({"User-Agent": USER_AGENT, "Accept": _ACCEPT.get(destination, "*/*")})
    headers.add("Accept-Language", _LANGUAGES.get(lang, lang))
    if destination == "document":
        headers.add("Upgrade-Insecure-Requests", "1")
    said = referer(referrer, url, policy)
    if said:
        headers.add("Referer", said)
    if destination == "font" and _origin(referrer) != _origin(url):
        headers.add("Origin", _origin(referrer) or "null")  # fonts are fetched in CORS mode
    return headers


def referer(source: str, target: str, policy: str = POLICIES[0]) -> str:
    """What the Referer field says, ``""`` for nothing (Referrer Policy, section 8.3)."""
    if not source.startswith(("http:", "https:")):
        return ""
    parts = address_bar.split(source)
    origin = parts.origin + "/"
    whole = parts.origin + parts.path + (f"?{parts.query}" if parts.query else "")
    if len(whole) > 4096:
        whole = origin
    same = parts.origin == _origin(target)
    downgrade = parts.scheme == "https" and not target.startswith("https:")
    match policy:
        case "no-referrer":
            return ""
        case "unsafe-url":
            return whole
        case "origin":
            return origin
        case "same-origin":
            return whole if same else ""
        case "strict-origin":
            return "" if downgrade else origin
        case "no-referrer-when-downgrade":
            return "" if downgrade else whole
        case "origin-when-cross-origin":
            return whole if same else origin
        case _:
            return whole if same else "" if downgrade else origin


def policy_of(headers: Headers, before: str = POLICIES[0]) -> str:
    """The referrer policy that an answer sets: the last one known in its fields, else the one before."""
    known = [token for token in headers.tokens("Referrer-Policy") if token in POLICIES]
    return known[-1] if known else before


def allows_font(headers: Headers, url: str, referrer: str) -> bool:
    """Whether a font may be used by a page of another origin (the CORS check of the Fetch standard)."""
    if _origin(url) == _origin(referrer):
        return True
    return headers.get("Access-Control-Allow-Origin") in ("*", _origin(referrer))


def _origin(url: str) -> str:
    return address_bar.split(url).origin if url else ""
