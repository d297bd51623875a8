"""Answers that say no: raised anywhere below a handler, sent as a small page by the server."""

from __future__ import annotations

import html
from collections.abc import Mapping

from michinori.http.status import reason


class Refusal(Exception):
    """The request is answered with this status. ``closes``: the connection cannot be trusted, or used, after it."""

    def __init__(
        self, status: int, detail: str = "", headers: Mapping[str, str] | None = None, *, closes: bool = False
    ) -> None:
        super().__init__(f"{status} {reason(status)}: {detail}" if detail else f"{status} {reason(status)}")
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.closes = closes


def page(status: int, detail: str = "") -> bytes:
    """The small page that goes with a status."""
    title = html.escape(f"{status} {reason(status)}".rstrip())
    said = f"<p>{html.escape(detail)}</p>\n" if detail else ""
    return f'<!doctype html>\n<html lang="en">\n<title>{title}</title>\n<h1>{title}</h1>\n{said}</html>\n'.encode()
