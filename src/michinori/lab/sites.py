"""Sites that are tried in the lab: folders named when it began, and what is uploaded, as a zip or file by file.

What is uploaded is unpacked under bounds into a folder of ours, and only ever served inside a virtual internet.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import time
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Final

import msgspec

from michinori.lab.bounds import Bounds
from michinori.lab.errors import Refused, no_room

_NAME: Final = re.compile(r"(?=.{3,100}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")
_DEPTH: Final = 20
_PIECE: Final = 1 << 16
_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f\\]")
#: What comes of members that are broken, coded in ways that are not known, or not to be written here.
_BROKEN: Final = (OSError, EOFError, RuntimeError, ValueError, OverflowError, zipfile.BadZipFile, zlib.error)
#: A member whose type is written down and is neither this nor a folder is a link, a device or a pipe.
_PLAIN_TYPES: Final = (0, stat.S_IFREG)


class _Entry(msgspec.Struct):
    """A file of an uploaded folder."""

    path: str
    size: int
    modified_ms: int = 0


class Sites:
    """The sites by name. ``given``: those that were named when the lab began."""

    def __init__(self, folder: Path, given: Mapping[str, Path], bounds: Bounds) -> None:
        self._folder = folder
        self._bounds = bounds
        self._given = dict(given)
        self._uploaded: dict[str, Path] = {}
        self._count = 0
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def folders(self) -> dict[str, Path]:
        return self._given | self._uploaded

    def upload(self, name: str, octets: bytes, kind: str) -> int:
        """Unpack a site; an earlier one of that name is replaced. Gives the number of files. Raises ``Refused``."""
        if not _NAME.fullmatch(name) or name in self._given:
            raise Refused(
                f"サイトの名前 {name!r} は使えません: my.site.example のように、ドメインの付いた名前にしてください",
                f"{name!r} cannot be the name of a site: choose one with a domain, such as my.site.example",
            )
        if name not in self._uploaded and len(self._uploaded) >= self._bounds.sites:
            raise Refused(
                "サイトが多すぎます: 同じ名前で置き換えてください", "too many sites: replace one by its name", 429
            )
        self._count += 1
        folder = self._folder / f"site-{self._count}"
        folder.mkdir()
        try:
            files = self._from_zip(octets) if kind == "zip" else self._from_list(octets)
            count = self._write(folder, files)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        # A journey that is under way may still read the old one: it goes with the lab.
        self._uploaded[name] = folder
        return count

    def close(self) -> None:
        """Remove what was uploaded."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _from_zip(self, octets: bytes) -> Iterator[tuple[str, IO[bytes], float]]:
        try:
            archive = zipfile.ZipFile(BytesIO(octets))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise Refused(
                "これはzipとして読めません: zipファイルを選んでください", f"this cannot be read as a zip file ({error})"
            ) from None
        with archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            self._check_members(members)
            for member in members:
                try:
                    with archive.open(member) as opened:
                        yield member.filename, opened, time.mktime((*member.date_time, 0, 0, -1))
                except _BROKEN as error:
                    raise Refused(
                        f"zipの中の {member.filename!r} を取り出せません ({error})",
                        f"{member.filename!r} cannot be taken out of the zip file ({error})",
                    ) from None

    def _check_members(self, members: list[zipfile.ZipInfo]) -> None:
        if len(members) > self._bounds.site_files:
            raise _too_many(self._bounds)
        for member in members:
            if stat.S_IFMT(member.external_attr >> 16) not in _PLAIN_TYPES:
                raise Refused(
                    f"zipの中の {member.filename!r} はリンクなどで、ファイルではありません",
                    f"{member.filename!r} in the zip file is a link or a device, not a file",
                )
            if member.file_size > self._bounds.site_ratio * max(member.compress_size, 1024):
                raise _bomb(member.filename)
        if sum(member.file_size for member in members) > self._bounds.site_octets:
            raise _too_large(self._bounds)

    def _from_list(self, octets: bytes) -> Iterator[tuple[str, IO[bytes], float]]:
        """A line of JSON that lists the files, and their octets behind it, one file behind the other."""
        head, newline, _ = octets.partition(b"\n")
        try:
            entries = msgspec.json.decode(head, type=list[_Entry])
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError):
            entries = []
        if not newline or not entries:
            raise Refused("フォルダの一覧がありません", "the list of the folder's files is missing")
        at = len(head) + 1
        if min(entry.size for entry in entries) < 0 or sum(entry.size for entry in entries) != len(octets) - at:
            raise Refused("フォルダの一覧と中身の大きさが合いません", "the list of the folder and its octets disagree")
        for entry in entries:
            yield entry.path, BytesIO(octets[at : at + entry.size]), entry.modified_ms / 1000
            at += entry.size

    def _write(self, folder: Path, files: Iterable[tuple[str, IO[bytes], float]]) -> int:
        """Write the files, whatever was said of their sizes before. Raises ``Refused``."""
        left, count = self._bounds.site_octets, 0
        for name, opened, modified in files:
            count += 1
            if count > self._bounds.site_files:
                raise _too_many(self._bounds)
            target = folder.joinpath(*_parts(name))
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as file:
                    while piece := opened.read(_PIECE):
                        left -= len(piece)
                        if left < 0:
                            raise _too_large(self._bounds)
                        file.write(piece)
                os.utime(target, (modified, modified))
            except _BROKEN as error:
                raise no_room(error) or Refused(
                    f"{name!r} は取り出せません ({_reason(error)})", f"{name!r} cannot be unpacked ({_reason(error)})"
                ) from None
        if not count:
            raise Refused("空のサイトです: index.html を入れてください", "the site is empty: put an index.html into it")
        _lift(folder)
        return count


def _parts(name: str) -> tuple[str, ...]:
    """The parts of a relative path that stays inside. Raises ``Refused``."""
    parts = PurePosixPath(name).parts
    if (
        not parts
        or len(parts) > _DEPTH
        or name.startswith("/")
        or re.match(r"[A-Za-z]:", name)
        or _FORBIDDEN.search(name)
        or any(part == ".." or len(part.encode(errors="replace")) > 255 for part in parts)
    ):
        raise Refused(
            f"{name[:80]!r} はサイトの中の道ではありません: 相対的な、.. を含まない名前にしてください",
            f"{name[:80]!r} is no path inside a site: it must be relative and without ..",
        )
    return parts


def _lift(folder: Path) -> None:
    """If all lies in one folder, as archives often have it, that folder is the site."""
    entries = list(folder.iterdir())
    if len(entries) == 1 and entries[0].is_dir() and not (folder / "index.html").exists():
        inner = entries[0].rename(folder.with_name(folder.name + "-inner"))
        folder.rmdir()
        inner.rename(folder)


def _bomb(name: str) -> Refused:
    return Refused(
        f"zipの中の {name!r} は、ほどくと大きくなりすぎます", f"{name!r} in the zip file unpacks to far too much", 413
    )


def _too_large(bounds: Bounds) -> Refused:
    size = bounds.site_octets >> 20
    return Refused(
        f"サイトが大きすぎます: 合わせて {size} MiB までにしてください",
        f"the site is too large: {size} MiB at most",
        413,
    )


def _too_many(bounds: Bounds) -> Refused:
    return Refused(
        f"ファイルが多すぎます: {bounds.site_files} 個までにしてください",
        f"the site has too many files: {bounds.site_files} at most",
        413,
    )


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
