"""Who may ask the lab for what: this machine's own browser, from the lab's own page, and nobody else.

A page of another site cannot reach it by a name of its own that leads to 127.0.0.1 (the Host field is checked), cannot
post (token, cookie, Origin, Sec-Fetch-Site) and cannot embed or read what it serves (CORP, COOP, frame-ancestors).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_FIELD: Final = "x-michinori-token"
_READING: Final = frozenset({"GET", "HEAD"})

_HEADERS: Final = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
#: For everything that is no page: whatever it holds, it runs nothing and loads nothing.
INERT: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"


class Keys:
    """What tells the lab's own page from others: new each time the lab begins."""

    def __init__(self, port: int) -> None:
        self.token = secrets.token_urlsafe(32)
        self.cookie_name = f"michinori-lab-{port}"  # cookies are shared by all ports of a host
        self.cookie = secrets.token_urlsafe(32)
        self.hosts = frozenset(
            {f"127.0.0.1:{port}", f"localhost:{port}"} | ({"127.0.0.1", "localhost"} if port == 80 else set())
        )

    @property
    def set_cookie(self) -> str:
        return f"{self.cookie_name}={self.cookie}; Path=/; HttpOnly; SameSite=Strict"


class Guard:
    """Stands before the application."""

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("Content-Security-Policy", INERT)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refusal = self._refusal(scope)
        app: Any = self._app if refusal is None else JSONResponse({"sentence": refusal[1]}, refusal[0])
        await app(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> tuple[int, dict[str, str]] | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._keys.hosts:
            return 421, _HOST
        if not _is_own(headers, hosts[0].lower()):
            return 403, _FOREIGN
        if scope["method"] in _READING:
            return None
        if not (
            _same(headers.get(TOKEN_FIELD, ""), [self._keys.token])
            and _same(_cookie(headers, self._keys.cookie_name), [self._keys.cookie])
        ):
            return 403, _TOKEN
        return None


def _is_own(headers: Headers, host: str) -> bool:
    """Whether a page of the lab asked, or the person by the address bar."""
    origin = headers.get("origin")
    if origin is not None and origin.lower() != f"http://{host}":
        return False
    site = headers.get("sec-fetch-site")
    if site in (None, "same-origin", "none"):
        return True
    # A link on another page may lead to the page, as a whole and in a place of its own.
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"


def _cookie(headers: Headers, name: str) -> str:
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies[name].value if name in cookies else ""


def _same(given: str, wanted: Iterable[str]) -> bool:
    return any(hmac.compare_digest(given.encode(), one.encode()) for one in wanted)


_HOST: Final = {
    "ja": "この名前では応じません: 起動したときに示されたURLを開いてください",
    "en": "the lab does not answer to that name: open the URL that it printed when it began",
}
_FOREIGN: Final = {
    "ja": "ほかのサイトからの要求には応じません",
    "en": "the lab does not answer to other sites",
}
_TOKEN: Final = {
    "ja": "このページは古くなりました: 読み込み直してください",
    "en": "this page is out of date: load it again",
}
