"""The server that a command is told to send to."""

from __future__ import annotations

import ssl

from michinori.cli.catch_words import say
from michinori.cli.language import Language
from michinori.http.errors import BadUrl
from michinori.http.urls import Url, parse
from michinori.report.text import visible


class UsageError(Exception):
    """The command was used wrongly; the message is one sentence."""


def server_url(text: str, language: Language) -> Url:
    """Scheme, host and port; a path would have no effect and is refused. Raises ``UsageError``."""
    try:
        url = parse(text)
    except BadUrl:
        raise UsageError(say("bad-url", language, url=visible(text))) from None
    if url.target != "/" or url.fragment or url.username or url.password:
        origin = f"{url.scheme}://{url.authority}"
        raise UsageError(say("no-path", language, url=visible(text), origin=visible(origin)))
    return url


def tls_context(url: Url, *, insecure: bool) -> ssl.SSLContext | None:
    """What an https server is spoken to with: its certificate is checked unless ``insecure``."""
    if url.scheme != "https":
        return None
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
