"""What a redirect asks for: the rules of RFC 9110 section 15.4 and of the Fetch standard, as pure functions."""

from __future__ import annotations

from typing import Final

from michinori.http import urls
from michinori.http.errors import BadRedirect, BadUrl
from michinori.http.headers import Headers
from michinori.http.urls import Url

STATUSES: Final = frozenset({301, 302, 303, 307, 308})

_OF_THE_BODY: Final = (
    *("Content-Type", "Content-Length", "Content-Encoding", "Content-Language", "Content-Location"),
    *("Transfer-Encoding", "Expect", "Trailer", "Digest", "Last-Modified"),
)
_OF_THE_ORIGIN: Final = ("Authorization", "Cookie", "Proxy-Authorization")


def location(status: int, headers: Headers, base: Url) -> Url | None:
    """Where the answer redirects to, or None if it does not. Raises ``BadRedirect``.

    A fragment is inherited where the location has none (RFC 9110 section 10.2.2).
    """
    values = headers.all("Location")
    if status not in STATUSES or not values:
        return None
    if len(set(values)) > 1:
        raise BadRedirect(", ".join(values), "is more than one place")
    text = _as_text(values[0])
    try:
        url = urls.parse(text, base.href)
    except BadUrl:
        raise BadRedirect(text, "is no http or https URL") from None
    if not url.fragment and base.fragment and "#" not in text:
        url = urls.parse(url.href + base.fragment)
    return url


def method(status: int, before: str) -> str:
    """The method of the next request: 303 turns all but HEAD into GET; 301 and 302 do so, by old custom, with POST."""
    if status == 303:
        return "HEAD" if before == "HEAD" else "GET"
    if status in (301, 302) and before == "POST":
        return "GET"
    return before


def keeps_body(status: int, before: str) -> bool:
    """Whether the body goes along."""
    return method(status, before) == before and status != 303


def headers(before: Headers, *, source: Url, target: Url, keeps_body: bool) -> Headers:
    """The header fields that go along: those of the body only with it, secrets only within the origin."""
    after = before.copy()
    after.remove("Host")
    if not keeps_body:
        after.remove(*_OF_THE_BODY)
    if source.origin != target.origin:
        after.remove(*_OF_THE_ORIGIN)
    return after


def _as_text(value: str) -> str:
    """A location with octets beyond ASCII is UTF-8 as a rule, whatever RFC 3986 says."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return value
