"""Files of octets that came over the wire: whole or not at all, for their owner alone, and no other's replaced.

A file is written aside and renamed into its place. What we wrote is kept in a list with digests beside it; a file that
stands in the list and is still as it was written is ours and may be replaced, any other only when that is forced.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

CLAIMS: Final = ".michinori-kept.json"


class KeepError(Exception):
    """Octets cannot be kept; the message is one sentence with the way out."""

    def __init__(self, path: Path, why: str, reason: str = "") -> None:
        """``why``: ``taken`` or ``unwritable``, the latter with the system's ``reason``."""
        self.path, self.why, self.reason = path, why, reason
        if why == "taken":
            sentence = (
                f"{path} is there already and is no earlier result as Michinori wrote it: "
                "choose another file, or replace it with --force"
            )
        else:
            sentence = f"{path} cannot be written: {reason}; make room, or choose another place"
        super().__init__(sentence)


class KeptFiles:
    """Single files in any folders."""

    def __init__(self, *, force: bool = False) -> None:
        self._force = force

    def check(self, path: Path) -> None:
        """Refuse now what could not be written later. Raises ``KeepError``."""
        if path.is_dir():
            raise KeepError(path, "unwritable", os.strerror(21))
        if not self._force and os.path.lexists(path) and not _is_ours(path):
            raise KeepError(path, "taken")
        folder = path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(path, error) from None
        if not os.access(folder, os.W_OK):
            raise KeepError(path, "unwritable", os.strerror(13))

    def write(self, path: Path, octets: bytes) -> None:
        """Write the whole file. Raises ``KeepError``; then the earlier file is as it was."""
        if not self._force and os.path.lexists(path) and not _is_ours(path):
            raise KeepError(path, "taken")  # somebody put it there meanwhile
        try:
            write_whole(path, octets)
        except OSError as error:
            raise unwritable(path, error) from None
        claims = _claims(path.parent) | {path.name: digest(octets)}
        listed = json.dumps({"written by": "michinori", "files": claims}, indent=1, sort_keys=True) + "\n"
        with suppress(OSError):  # without it the file is taken for somebody else's next time, which is safe
            write_whole(path.parent / CLAIMS, listed.encode())

    def clear(self, path: Path) -> None:
        """Remove an earlier result of ours; any other file stays. Raises ``KeepError``."""
        if _is_ours(path):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise unwritable(path, error) from None


def write_whole(path: Path, octets: bytes) -> None:
    """Write aside, then rename; readable by its owner alone. Raises ``OSError``, and leaves no half file."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with open(descriptor, "wb", buffering=0) as file:
            rest = memoryview(octets)
            while rest:
                rest = rest[file.write(rest) :]
            os.fsync(descriptor)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def digest(octets: bytes) -> str:
    """What tells a file that is still as it was written."""
    return hashlib.sha256(octets).hexdigest()


def file_digest(path: Path) -> str:
    """The same of a file; empty if it cannot be read, or is a link."""
    try:
        if path.is_symlink() or not path.is_file():
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def unwritable(path: Path, error: OSError) -> KeepError:
    """The error of a file that could not be written."""
    return KeepError(path, "unwritable", error.strerror or str(error))


def _is_ours(path: Path) -> bool:
    known = _claims(path.parent).get(path.name)
    return known is not None and known == file_digest(path)


def _claims(folder: Path) -> dict[str, str]:
    try:
        found = json.loads((folder / CLAIMS).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {str(name): str(known) for name, known in found.items()} if isinstance(found, dict) else {}
