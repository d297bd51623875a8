"""URLs as the client needs them, taken apart by the WHATWG parser."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import ada_url

from michinori.http.errors import BadUrl

DEFAULT_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Whom a connection leads to: connections are shared within an origin and never across."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{bracketed(self.host)}:{self.port}"


@dataclass(frozen=True, slots=True)
class Url:
    """An http or https URL in its parts. ``host`` is without brackets; ``target`` is what the request line carries."""

    href: str
    scheme: str
    host: str
    port: int
    target: str
    fragment: str
    username: str
    password: str

    @property
    def origin(self) -> Origin:
        return Origin(self.scheme, self.host, self.port)

    @property
    def authority(self) -> str:
        """The value of the Host field: the port only where it is not the scheme's own."""
        host = bracketed(self.host)
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def without_fragment(self) -> str:
        return self.href.partition("#")[0]


@lru_cache(maxsize=1024)
def parse(text: str, base: str | None = None) -> Url:
    """Take a URL apart, relative to ``base`` if given. Raises ``BadUrl``."""
    try:
        url = ada_url.URL(text, base=base) if base is not None else ada_url.URL(text)
    except (ValueError, UnicodeError):
        raise BadUrl(text, "it is not a URL") from None
    scheme = url.protocol.removesuffix(":")
    if scheme not in DEFAULT_PORTS:
        raise BadUrl(text, f"the scheme {scheme!r} is not spoken here")
    return Url(
        href=url.href,
        scheme=scheme,
        host=url.hostname.removeprefix("[").removesuffix("]"),
        port=int(url.port) if url.port else DEFAULT_PORTS[scheme],
        target=url.pathname + url.search,
        fragment=url.hash,
        username=url.username,
        password=url.password,
    )


def bracketed(host: str) -> str:
    """A host as it stands in a URL: IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host
