"""The answer that shows a browser what it has just sent: one small page without scripts, under a strict policy."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from importlib.resources import files
from typing import Final

from michinori.http import accept
from michinori.http.dates import format_date, now_s
from michinori.http.urls import bracketed
from michinori.server.catch.caught import Caught
from michinori.server.catch.hello_words import WORDS
from michinori.server.messages.anatomy import Head, text
from michinori.server.messages.contents import Content, content_of
from michinori.server.messages.secrets import MASK, masked, masked_lines
from michinori.server.messages.words import Language, field_meaning, method_meaning

_SHOWN_LINES: Final = 400
_SHOWN_LINE: Final = 4000

_STYLE: Final = (files("michinori.server.catch") / "hello.css").read_text(encoding="utf-8")
_ICON: Final = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Cpath d='M4 27C12 17 14 "
    "20 18 14S26 8 28 5' fill='none' stroke='%230b6b63' stroke-width='4' stroke-linecap='round'/%3E%3C/svg%3E"
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Hello:
    """Makes the answer. Without a language given, the browser's own preference decides."""

    def __init__(self, language: Language | None = None) -> None:
        self._language = language

    def __call__(self, caught: Caught) -> bytes:
        """The whole answer, head and body."""
        head = caught.head
        assert head is not None, "only whole requests are answered"
        language = self._language or accept.language(head.get("accept-language"))
        body = page(caught, head, language).encode("utf-8", "replace")
        fields = (
            ("Date", format_date(now_s())),
            ("Server", "Michinori"),
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Language", language),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", _POLICY),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-store"),
            ("Connection", "close"),
        )
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
        return f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode("ascii") + (b"" if head.method == "HEAD" else body)


def page(caught: Caught, head: Head, language: Language) -> str:
    """The page. Everything from the wire is escaped text."""
    words = WORDS[language]
    request = caught.request
    content = content_of(head, request.body, chunked=request.chunked)
    (peer, peer_port), (own, own_port) = caught.peer, caught.own
    way = words["way"].format(peer=_end(peer, peer_port), own=_end(own, own_port), octets=len(request.octets))
    size, raw = words["octets"].format(octets=content.octets), request.octets[request.head_start : request.head_end]
    sections = [
        f"<h1>{words['title']}</h1>",
        f'<p class="soft">{way}</p>',
        f"<h2>{words['line']}</h2>{_line(head, language)}",
        f"<h2>{words['fields']}<small>{len(head.fields)}</small></h2>{_fields(head, language)}",
        f"<h2>{words['body']}<small>{size}</small></h2>{_body(content, language)}",
        f"<h2>{words['raw']}<small>{words['raw-note']}</small></h2>{_raw(raw)}",
    ]
    hidden = words["mask"].format(mask=MASK) + "<br>" if any(MASK in section for section in sections) else ""
    sections.append(f"<footer>{hidden}{words['end']}</footer>")
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{words["title"]}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="{_ICON}">'
        f"<style>{_STYLE}</style></head><body><main>{''.join(sections)}</main></body></html>\n"
    )


def _line(head: Head, language: Language) -> str:
    words = WORDS[language]
    parts = (
        (head.method, method_meaning(head.method, language) or words["method"]),
        (head.target, words["target"]),
        (head.version, words["version"]),
    )
    return '<div class="line">' + "".join(f"<div><b>{_safe(b)}</b><span>{s}</span></div>" for b, s in parts) + "</div>"


def _fields(head: Head, language: Language) -> str:
    rows = []
    for field in head.fields:
        meaning = field_meaning(field.name, language)
        small = f"<small>{escape(meaning)}</small>" if meaning else ""
        rows.append(f"<div><dt>{_safe(field.name)}</dt><dd><code>{_safe(masked(field))}</code>{small}</dd></div>")
    return f"<dl>{''.join(rows)}</dl>" if rows else f'<p class="soft">{WORDS[language]["none"]}</p>'


def _body(content: Content, language: Language) -> str:
    words = WORDS[language]
    cut = f'<p class="soft">{words["cut"]}</p>' if content.cut else ""
    if content.pairs:
        rows = (
            f"<div><dt>{_safe(name)}</dt><dd><code>{_safe(value)}</code></dd></div>" for name, value in content.pairs
        )
        return f"<dl>{''.join(rows)}</dl>{cut}"
    if content.lines:
        shown = "\n".join(_safe(line) for line in content.lines[:_SHOWN_LINES])
        return f"<pre>{shown}</pre>{cut}"
    return f'<p class="soft">{words["no-body"]}</p>'


def _raw(octets: bytes | bytearray) -> str:
    lines = []
    for line in masked_lines(bytes(octets))[:_SHOWN_LINES]:
        bare = line.rstrip(b"\r\n")
        ending = line[len(bare) :].replace(b"\r", b"CR ").replace(b"\n", b"LF").decode().strip()
        lines.append(f"{_safe(text(bare))}<i>{ending}</i>")
    return "<pre>" + "\n".join(lines) + "</pre>"


def _safe(value: str) -> str:
    return escape(value if len(value) <= _SHOWN_LINE else value[:_SHOWN_LINE] + "…")


def _end(host: str, port: int) -> str:
    return f"<code>{escape(bracketed(host))}:{port}</code>"
