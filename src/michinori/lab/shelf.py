"""Past journeys: a folder each, with what ``michinori open`` leaves and what the page needs; the oldest go first.

Only folders that bear our mark are ever read or removed.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from michinori.lab.bounds import Bounds
from michinori.lab.errors import Refused
from michinori.lab.order import Order
from michinori.report.html import document

_MARK: Final = "lab-journey.json"
#: What the mark is called while its journey can still be had back.
_ASIDE: Final = "lab-journey-removed.json"
_FOLDER: Final = re.compile(r"journey-([0-9]{1,9})")
_BLOB: Final = re.compile(r"[a-z]{1,20}")


class Kept(msgspec.Struct, kw_only=True):
    """What the list of past journeys says about one."""

    id: int
    order: Order
    numbers: dict[str, Any]
    failure: dict[str, str] | None = None
    command: str
    blobs: list[str]
    """What the report's data consists of, in the order in which it was packed."""


class Shelf:
    """The past journeys in a folder, which is made if it is not there. Raises ``OSError``."""

    def __init__(self, folder: Path, bounds: Bounds) -> None:
        self.folder = folder
        self._bounds = bounds
        folder.mkdir(parents=True, exist_ok=True)
        self._kept = {kept.id: kept for kept in self._read()}
        self._next = max(self._numbers(), default=0) + 1
        self._aside: Kept | None = None
        self.sweep()

    def __iter__(self) -> Iterator[Kept]:
        """The journeys, the latest first."""
        return iter(sorted(self._kept.values(), key=lambda kept: -kept.id))

    def new(self) -> tuple[int, Path]:
        """A number and an empty folder for a journey that begins."""
        number, self._next = self._next, self._next + 1
        path = self._path(number)
        path.mkdir(mode=0o700)
        return number, path

    def keep(self, kept: Kept) -> None:
        """A journey has been walked: note it, and let old ones go."""
        (self._path(kept.id) / _MARK).write_bytes(msgspec.json.encode(kept))
        self._kept[kept.id] = kept
        self._make_room()

    def put_aside(self, number: int) -> None:
        """Remove a journey so that it can still be had back, until the next one is. Raises ``Refused``, ``OSError``."""
        self.get(number)
        self.sweep()
        path = self._path(number)
        (path / _MARK).rename(path / _ASIDE)
        self._aside = self._kept.pop(number)

    def restore(self, number: int) -> Kept:
        """Have back a journey that was put aside. Raises ``Refused`` when it is gone for good, ``OSError``."""
        kept = self._aside
        if kept is None or kept.id != number:
            raise _not_there(number)
        path = self._path(number)
        (path / _ASIDE).rename(path / _MARK)
        self._kept[number], self._aside = kept, None
        return kept

    def sweep(self) -> None:
        """Nobody wants back what was put aside: it goes."""
        for number in list(self._numbers()):
            if (self._path(number) / _ASIDE).is_file():
                shutil.rmtree(self._path(number), ignore_errors=True)
        self._aside = None

    def discard(self, number: int) -> None:
        """Remove the folder of a journey, walked or not. Raises ``Refused`` if there is none."""
        path = self._path(number)
        if number not in self._kept and not path.is_dir():
            raise _not_there(number)
        self._kept.pop(number, None)
        shutil.rmtree(path, ignore_errors=True)

    def get(self, number: int) -> Kept:
        """Raises ``Refused``."""
        kept = self._kept.get(number)
        if kept is None:
            raise _not_there(number)
        return kept

    def blob(self, number: int, name: str) -> bytes:
        """A blob of the report, compressed. Raises ``Refused``."""
        self.get(number)
        path = self._path(number) / "blobs" / name
        if not _BLOB.fullmatch(name) or not path.is_file():
            raise Refused(f"旅 {number} に {name} はありません", f"journey {number} has no {name}", 404)
        return path.read_bytes()

    def file(self, number: int, name: str) -> Path:
        """A file that the journey left, by its name in the report. Raises ``Refused``."""
        self.get(number)
        folder = self._path(number)
        names = {path.relative_to(folder).as_posix() for path in _files(folder)}
        if name not in names or name.startswith((_MARK, "blobs/")):
            raise Refused(f"旅 {number} に {name} はありません", f"journey {number} has no {name}", 404)
        return folder / name

    def report(self, number: int) -> str:
        """``journey.html``, the same that ``michinori open`` writes. Raises ``Refused``."""
        kept = self.get(number)
        folder = self._path(number)
        blobs = ((name, (folder / "blobs" / name).read_bytes()) for name in kept.blobs)
        picture = folder / "page.png"
        octets = picture.read_bytes() if picture.is_file() else b""
        return "".join(document(kept.numbers["url"], kept.order.language, blobs, octets))

    def is_drawn(self, number: int) -> bool:
        """Whether there is a picture of its page."""
        return (self._path(number) / "page.png").is_file()

    def trace(self, number: int) -> Path:
        """Its ``trace.jsonl``. Raises ``Refused``."""
        return self.file(number, "trace.jsonl")

    def _make_room(self) -> None:
        sizes = {number: sum(path.stat().st_size for path in _files(self._path(number))) for number in self._kept}
        for number in sorted(self._kept)[:-1]:  # the latest always stays
            if len(self._kept) <= self._bounds.kept and sum(sizes.values()) <= self._bounds.kept_octets:
                break
            self.discard(number)
            del sizes[number]

    def _path(self, number: int) -> Path:
        return self.folder / f"journey-{number}"

    def _numbers(self) -> Iterator[int]:
        for path in self.folder.iterdir():
            if found := _FOLDER.fullmatch(path.name):
                yield int(found[1])

    def _read(self) -> Iterator[Kept]:
        for number in self._numbers():
            try:
                kept = msgspec.json.decode((self._path(number) / _MARK).read_bytes(), type=Kept)
            except (OSError, msgspec.DecodeError, UnicodeDecodeError):
                continue  # not ours, or never finished: left alone
            if kept.id == number:
                yield kept


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _not_there(number: int) -> Refused:
    return Refused(
        f"旅 {number} はもうありません: もう一度旅をしてください", f"journey {number} is gone: walk it again", 404
    )
