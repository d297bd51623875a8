"""``journey.html``: one file that needs nothing else, opens from a disk or an attachment, and runs nothing foreign.

The modules of the report (``assets``) stand in it as an import map of ``data:`` URLs, and what happened as compressed
tables (``contents``). The policy in its head allows its own style and its own start by their digests, and what that
start imports; nothing is fetched, and nothing that came from the wire is ever markup.
"""

from __future__ import annotations

import base64
import hashlib
import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import cache
from html import escape
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import msgspec

from michinori.report.contents import Contents, pack
from michinori.report.text import visible

__all__ = ["Contents", "document", "write_report"]

#: The bare names by which modules import what is vendored.
VENDORED: Final = {
    "preact": "vendor/preact.js",
    "preact/hooks": "vendor/preact-hooks.js",
    "htm": "vendor/htm.js",
    "uplot": "vendor/uplot.js",
}
_MAIN: Final = 'import { start } from "report/main.js"; start(document.getElementById("app"));'
#: With 'strict-dynamic' a script may start others, though not import them: so the module is an element of its own.
_START: Final = (
    'const main = document.createElement("script"); main.type = "module"; '
    f"main.src = 'data:text/javascript,{_MAIN}'; document.head.append(main);"
)
#: Begins with the quotation mark, as what begins with a plain letter is found thirty times as fast as a choice of words.
_RELATIVE: Final = re.compile(r'"(?:(?<=from ")|(?<=import ")|(?<=import\("))(\.{1,2}/[^"]+)"')
_NO_SCRIPT: Final = (
    '<noscript><p lang="ja">この報告を見るにはJavaScriptが必要です。記録は横のファイルにもあります。</p>'
    '<p lang="en">This report needs JavaScript. What was recorded is in the files beside it too.</p></noscript>'
)


def write_report(contents: Contents, path: Path) -> None:
    """Write the report. Raises ``OSError`` when it cannot be written."""
    pieces = document(contents.url, contents.language, pack(contents), contents.picture)
    path.write_text("".join(pieces), encoding="utf-8", errors="backslashreplace")


def document(url: str, language: str, blobs: Iterable[tuple[str, bytes]], picture: bytes) -> Iterator[str]:
    """The text of a report in pieces. ``blobs`` as ``pack`` gives them; ``picture`` may be empty."""
    style, modules = _style(), _import_map()
    policy = (
        f"default-src 'none'; script-src 'strict-dynamic' '{_digest(modules)}' '{_digest(_START)}'; "
        f"style-src '{_digest(style)}'; img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    yield (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">'
        f"<title>{escape(visible(url, limit=300))} · Michinori</title><style>{style}</style>"
        f'<script type="importmap">{modules}</script></head><body><div id="app"></div>{_NO_SCRIPT}'
    )
    for name, octets in blobs:
        yield _blob(name, octets, "deflate")
    if picture:
        yield _blob("picture", picture, "png")
    yield f"<script>{_START}</script></body></html>\n"


def _blob(name: str, octets: bytes, form: str) -> str:
    text = base64.b64encode(octets).decode()
    return f'<script type="application/octet-stream" id="blob-{name}" data-form="{form}">{text}</script>\n'


@cache
def _style() -> str:
    sheets = [text for name, text in assets().items() if name.endswith(".css")]
    return "\n".join(sheets)


@cache
def _import_map() -> str:
    """All modules, by the names by which they are imported."""
    vendored = {path: name for name, path in VENDORED.items()}
    imports = {}
    for name, text in assets().items():
        if name.endswith(".js"):
            octets = _with_bare_names(name, text).encode()
            url = "data:text/javascript;charset=utf-8;base64," + base64.b64encode(octets).decode()
            imports[vendored.get(name, f"report/{name}")] = url
    return msgspec.json.encode({"imports": imports}).decode()


def _with_bare_names(name: str, text: str) -> str:
    """The module with its relative imports as bare names: a ``data:`` URL is no base for them."""
    folder = posixpath.dirname(name)

    def bare(found: re.Match[str]) -> str:
        return f'"report/{posixpath.normpath(posixpath.join(folder, found[1]))}"'

    return _RELATIVE.sub(bare, text) + f"\n//# sourceURL=report/{name}\n"


@cache
def assets() -> dict[str, str]:
    """The modules and style sheets of the report by their names, in the order of the names."""
    return dict(sorted(_walk(resources.files("michinori.report").joinpath("assets"), "")))


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith((".js", ".css")):
            yield prefix + entry.name, entry.read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
