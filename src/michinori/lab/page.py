"""The page of the lab: the report's own modules and style sheets as files, the lab's beside them, a strict policy."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib import resources
from typing import Final

from michinori.report import html

_OWN: Final = "lab/assets/"
_REPORT: Final = "report/assets/"
_TYPES: Final = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


def page(token: str, language: str) -> tuple[str, str]:
    """The page and its policy. Nothing inline runs but the import map, and nothing from elsewhere is loaded."""
    modules = json.dumps(
        {"imports": {name: f"/{_REPORT}{path}" for name, path in html.VENDORED.items()}}, separators=(",", ":")
    )
    digest = base64.b64encode(hashlib.sha256(modules.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'self' 'sha256-{digest}'; style-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    sheets = "".join(f'<link rel="stylesheet" href="/{name}">' for name in assets() if name.endswith(".css"))
    text = (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="michinori-token" content="{escape(token)}"><title>Michinori Lab</title>'
        f'<link rel="icon" href="data:,">{sheets}<script type="importmap">{modules}</script>'
        f'<script type="module" src="/{_OWN}main.js"></script></head><body><div id="app"></div>'
        "<noscript><p>このページにはJavaScriptが要ります。 This page needs JavaScript.</p></noscript></body></html>\n"
    )
    return text, policy


@cache
def assets() -> Mapping[str, str]:
    """What the page is made of, by path: the report's, then the lab's."""
    own = resources.files("michinori.lab").joinpath("assets")
    report = {_REPORT + name: text for name, text in html.assets().items()}
    return report | {
        _OWN + entry.name: entry.read_text(encoding="utf-8")
        for entry in sorted(own.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith((".js", ".css"))
    }


def content_type(path: str) -> str:
    return _TYPES[path[path.rindex(".") :]]
