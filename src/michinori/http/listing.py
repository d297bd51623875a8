"""What lies in a folder, as a small page."""

from __future__ import annotations

import html
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from michinori.http import accept, paths
from michinori.http.headers import Headers
from michinori.http.refusal import Refusal

_STYLE: Final = (
    "body{font:16px/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "body{color:#222;background:#fff}"
    "h1{font-size:1.3rem;overflow-wrap:anywhere}table{width:100%;border-collapse:collapse}"
    "th{text-align:left;font-weight:600;border-bottom:1px solid #ccc}td,th{padding:.2rem .8rem .2rem 0}"
    ".n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}a{text-decoration:none;color:#0b5bd3}"
    "a:hover{text-decoration:underline}@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}"
    "a{color:#7ab4ff}th{border-color:#555}}"
)
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_MOST: Final = 10_000
_WORDS: Final = {
    "en": ("Contents of {}", "Name", "Size (octets)", "Changed (UTC)", "Parent folder", "The folder is empty."),
    "ja": ("{} の内容", "名前", "大きさ(オクテット)", "更新日時(UTC)", "一つ上のフォルダ", "フォルダは空です。"),
}


class _Entry(NamedTuple):
    is_file: bool
    name: str
    size: int
    modified_s: int


def page(folder: Path, root: Path, segments: tuple[str, ...], shown: str, headers: Headers) -> bytes:
    """The page for a folder; ``shown`` is its path in the URL, percent-decoded. Raises ``Refusal``."""
    language = accept.language(headers.get("Accept-Language"))
    title, name, size, changed, parent, empty = _WORDS[language]
    entries = sorted(_entries(folder, root))
    rows = [f'<tr><td><a href="../">{parent}</a></td><td></td><td></td></tr>'] if segments or shown != "/" else []
    rows += [_row(entry) for entry in entries] or [f'<tr><td colspan="3">{empty}</td></tr>']
    heading = html.escape(title.format(_visible(shown)))
    return (
        f'<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{heading}</title>\n<style>{_STYLE}</style>\n'
        f'<h1>{heading}</h1>\n<table>\n<tr><th>{name}</th><th class="n">{size}</th><th class="n">{changed}</th></tr>\n'
        + "\n".join(rows)
        + "\n</table>\n</html>\n"
    ).encode()


def _entries(folder: Path, root: Path) -> Iterator[_Entry]:
    """Those that a request would find: no hidden ones, none that lead out of the root."""
    try:
        with os.scandir(folder) as found:
            for count, entry in enumerate(found):
                if count == _MOST:
                    return
                try:
                    (segment,) = paths.decode(paths.encode((entry.name,), folder=False))
                    status = entry.stat()
                    inside = not entry.is_symlink() or Path(entry.path).resolve(strict=True).is_relative_to(root)
                except (OSError, RuntimeError, Refusal, ValueError):
                    continue
                is_file = stat.S_ISREG(status.st_mode)
                if inside and segment == entry.name and (is_file or stat.S_ISDIR(status.st_mode)):
                    yield _Entry(is_file, entry.name, status.st_size, int(status.st_mtime))
    except PermissionError:
        raise Refusal(403) from None
    except OSError:
        raise Refusal(404) from None


def _row(entry: _Entry) -> str:
    address = paths.encode((entry.name,), folder=not entry.is_file).removeprefix("/")
    name = html.escape(_visible(entry.name)) + ("" if entry.is_file else "/")
    size = f"{entry.size:,}" if entry.is_file else ""
    when = datetime.fromtimestamp(entry.modified_s, UTC).strftime("%Y-%m-%d %H:%M")
    link = f'<a href="./{html.escape(address)}">{name}</a>'
    return f'<tr><td>{link}</td><td class="n">{size}</td><td class="n">{when}</td></tr>'


def _visible(name: str) -> str:
    """Without octets that are no text, and without what would change the order of what stands beside it."""
    text = os.fsencode(name).decode("utf-8", "replace")
    return "".join(char if char.isprintable() else "\ufffd" for char in text)
