"""Requests as they are asked for, and answers as they are kept whole."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from michinori.http import forms
from michinori.http.headers import Fields, Headers

Body: TypeAlias = "bytes | AsyncIterable[bytes] | None"


class Request:
    """What to ask for. ``url`` is absolute; header fields that the client must know better are added by it.

    ``priority``: the lower, the sooner it gets a connection. ``about`` goes unchanged into the ``exchange`` event (for
    instance ``{"page": "page_1", "initiator": "parser"}``).
    """

    __slots__ = ("about", "body", "headers", "method", "priority", "url")

    def __init__(
        self,
        method: str,
        url: str,
        headers: Fields = (),
        body: Body = None,
        *,
        priority: int = 0,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        self.method = method
        self.url = url
        self.headers = Headers(headers)
        self.body = body
        self.priority = priority
        self.about = dict(about or {})

    @classmethod
    def get(cls, url: str, headers: Fields = (), *, priority: int = 0) -> Request:
        """The plain case."""
        return cls("GET", url, headers, priority=priority)

    @classmethod
    def form(cls, url: str, fields: Iterable[tuple[str, str | forms.File]], headers: Fields = ()) -> Request:
        """A form that is submitted by POST, as a browser does it: as ``multipart/form-data`` if a file is in it."""
        given, texts = list(fields), []
        for name, value in given:
            if isinstance(value, str):
                texts.append((name, value))
        body, content_type = forms.urlencoded(texts) if len(texts) == len(given) else forms.multipart(given)
        request = cls("POST", url, headers, body)
        request.headers.set_default("Content-Type", content_type)
        return request

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.url}>"


@dataclass(frozen=True, slots=True)
class Interim:
    """A 1xx response that came before the final one."""

    status: int
    reason: str
    headers: Headers


@dataclass(frozen=True, slots=True)
class Hop:
    """An answer that led elsewhere."""

    url: str
    status: int
    headers: Headers
    location: str


@dataclass(slots=True)
class Response:
    """A whole answer. ``body`` is decoded; ``coded_octets`` is its size before that."""

    url: str
    """Where it came from in the end; with the fragment."""
    status: int
    reason: str
    version: str
    headers: Headers
    body: bytes
    method: str = "GET"
    trailers: Headers = field(default_factory=Headers)
    interim: list[Interim] = field(default_factory=list)
    history: list[Hop] = field(default_factory=list)
    coded_octets: int = 0
    connection: str = ""
    """As traces call it."""
    phases_ns: dict[str, int] = field(default_factory=dict)
    """Of the last exchange; see ``Stopwatch.har_ns``."""
    event: int = 0
    """The number of the ``exchange`` event: the cause of what is done with the answer."""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def content_type(self) -> str:
        """The Content-Type as it stands there; empty if there is none."""
        return self.headers.get("Content-Type")

    def text(self, charset: str = "utf-8") -> str:
        """The body as text; what does not fit is replaced. (The browser decodes by its own rules.)"""
        return self.body.decode(charset, "replace")

    def json(self) -> Any:
        """The body as JSON. Raises ``ValueError``."""
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"<Response {self.status} {self.url} {len(self.body)} octets>"
