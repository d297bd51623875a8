"""The fonts that pages are drawn with: always the same ones, whatever the machine has, so that pictures are too."""

from __future__ import annotations

import hashlib
import os
import tempfile
from functools import cache
from html import escape
from pathlib import Path
from typing import Final

from michinori.browser.errors import needed_for

SANS: Final = "Noto Sans"
SANS_JAPANESE: Final = "Noto Sans CJK JP"
MONO: Final = "Michinori Mono"

#: Names by which pages call a family of that kind, the generic ones first.
_ALIASES: Final = {
    SANS: (
        *("sans-serif", "system-ui", "ui-sans-serif", "-apple-system", "Arial", "Helvetica", "Helvetica Neue"),
        *("Verdana", "Tahoma", "Segoe UI", "Roboto", "Open Sans", "Lucida Grande", "DejaVu Sans", "Liberation Sans"),
        *("serif", "Times", "Times New Roman", "Georgia", "cursive", "fantasy"),
    ),
    SANS_JAPANESE: (
        *("Hiragino Sans", "Hiragino Kaku Gothic ProN", "Hiragino Kaku Gothic Pro", "Yu Gothic", "YuGothic", "Meiryo"),
        *("MS PGothic", "MS Gothic", "IPAGothic", "IPAPGothic", "Noto Sans JP", "Osaka", "メイリオ", "游ゴシック"),
        *("ヒラギノ角ゴ Pro W3", "ヒラギノ角ゴ ProN W3", "ＭＳ Ｐゴシック"),
    ),
    MONO: (
        *("monospace", "ui-monospace", "Courier", "Courier New", "Consolas", "Menlo", "Monaco", "SFMono-Regular"),
        *("DejaVu Sans Mono", "Liberation Mono", "Lucida Console", "Noto Sans Mono", "Source Code Pro"),
    ),
}
#: Letters keep their true shapes, which are quicker to draw. Where a family has no bold, they are made bold; where it
#: has no italic, they lean.
_DRAWING: Final = """
  <match target="font">
    <edit name="antialias" mode="assign"><bool>true</bool></edit>
    <edit name="hinting" mode="assign"><bool>false</bool></edit>
    <edit name="hintstyle" mode="assign"><const>hintnone</const></edit>
    <edit name="rgba" mode="assign"><const>none</const></edit>
  </match>
  <match target="font">
    <test name="weight" compare="less_eq"><const>medium</const></test>
    <test target="pattern" name="weight" compare="more_eq"><const>demibold</const></test>
    <edit name="embolden" mode="assign"><bool>true</bool></edit>
    <edit name="weight" mode="assign"><const>bold</const></edit>
  </match>
  <match target="font">
    <test name="slant"><const>roman</const></test>
    <test target="pattern" name="slant" compare="not_eq"><const>roman</const></test>
    <edit name="matrix" mode="assign">
      <times><name>matrix</name><matrix><double>1</double><double>0.2</double><double>0</double><double>1</double></matrix></times>
    </edit>
    <edit name="slant" mode="assign"><const>oblique</const></edit>
  </match>
"""


@cache
def files() -> tuple[Path, ...]:
    """The font files, in a fixed order. Raises ``MissingExtra``."""
    with needed_for("drawing text"):
        import fontpkg_noto_sans  # type: ignore[import-untyped]
        import noto_cjk_sans_jp_regular  # type: ignore[import-untyped]

    latin = sorted((Path(str(fontpkg_noto_sans.__file__)).parent / "files").glob("*.ttf"))
    japanese = Path(str(noto_cjk_sans_jp_regular.FONT_PATH))
    mono = sorted((Path(__file__).parent / "fonts").glob("*.ttf"))
    return (*latin, japanese, *mono)


@cache
def blank() -> bytes:
    """A font without a single letter: text in it falls back to the next family, as it does where a font is missing."""
    return (Path(__file__).parent / "blank" / "MichinoriBlank.ttf").read_bytes()


@cache
def configuration() -> Path:
    """A folder with a ``fonts.conf`` that knows these fonts and no others, and with fontconfig's cache of them.

    It is kept between runs, because reading the Japanese font takes fontconfig half a second. Raises ``MissingExtra``.
    """
    text = _configuration_text()
    name = "fonts-" + hashlib.sha256(text.encode()).hexdigest()[:16]
    try:
        return _prepared(_user_cache() / "michinori" / name, text)
    except (OSError, RuntimeError):  # RuntimeError: there is no home folder
        return _prepared(Path(tempfile.mkdtemp(prefix="michinori-fonts-")), text)


def _prepared(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "fonts.conf", text.replace("@CACHE@", escape(str(folder / "cache"))))
    return folder


def _configuration_text() -> str:
    folders = dict.fromkeys(path.parent for path in files())
    lines = ['<?xml version="1.0"?>', '<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">', "<fontconfig>"]
    lines.append("  <reset-dirs/>")
    lines += [f"  <dir>{escape(str(folder))}</dir>" for folder in folders]
    lines.append("  <cachedir>@CACHE@</cachedir>")
    for family, aliases in _ALIASES.items():
        for alias in aliases:
            lines.append(
                f'  <alias binding="same"><family>{escape(alias)}</family>'
                f"<prefer><family>{family}</family></prefer></alias>"
            )
    lines.append(_DRAWING.strip("\n"))
    lines.append("</fontconfig>")
    return "\n".join(lines) + "\n"


def _write(path: Path, text: str) -> None:
    """Write it unless it stands there already; never a half of it, as another process may be reading."""
    if path.is_file() and path.read_text("utf-8") == text:
        return
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, path)


def _user_cache() -> Path:
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
