"""Results in a folder: an earlier result of our own is replaced once there is another, anything else is left alone.

What was written is kept in a list with digests, ``.michinori.json``. A file that stands in it and is still as it was
written is ours; everything else belongs to somebody and is touched only when ``--force`` was given.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

LIST: Final = ".michinori.json"


class FolderError(Exception):
    """The folder cannot take the results; the message is one sentence with the way out."""


class ResultFolder:
    """A folder that results are written into, one whole file at a time."""

    def __init__(self, path: Path, *, force: bool = False, option: str = "-O", secret: bool = False) -> None:
        """``option``: the one that names the folder, for who has to choose another. ``secret``: what is written is
        readable by its owner alone.
        """
        self.path = path
        self._secret = secret
        self._option = option
        self._force = force
        self._earlier = self._read_list()
        self._written: dict[str, str] = {}
        self._cleared = False

    def prepare(self, names: Iterable[str]) -> None:
        """Make the folder; refuse now what could not be written later, or if a file in the way is not ours.

        ``names`` are the files that may come, relative to the folder. An earlier result stays until the first of them
        does. Raises ``FolderError``.
        """
        if not self._force:
            for name in [*self._earlier, *names]:
                file = self.path / name
                if (file.exists() or file.is_symlink()) and not self._is_ours(name):
                    raise FolderError(
                        f"{file} is there already and is no earlier result as Michinori wrote it: "
                        f"choose another folder with {self._option}, or replace it with --force"
                    )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._keep_list(self._earlier)
        except OSError as error:
            raise FolderError(
                f"The folder {self.path} cannot be written: {_reason(error)}; choose another with {self._option}"
            ) from error

    def write(self, name: str, make: Callable[[Path], object]) -> Path:
        """Let ``make`` write a file under another name, then put it in its place."""
        target = self.path / name
        unfinished = target.with_name(f".{target.name}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if self._secret:
                unfinished.unlink(missing_ok=True)
                unfinished.touch(mode=0o600, exist_ok=False)
            make(unfinished)
            self._clear_earlier()
            os.replace(unfinished, target)
        except OSError as error:
            raise FolderError(
                f"{target} cannot be written: {_reason(error)}; choose another folder with {self._option}"
            ) from error
        finally:
            unfinished.unlink(missing_ok=True)
        self._written[name] = _digest(target)
        return target

    def close(self) -> None:
        """Write down what is ours."""
        try:
            self._keep_list(self._written)
        except OSError as error:
            raise FolderError(
                f"The folder {self.path} cannot be written: {_reason(error)}; choose another with {self._option}"
            ) from error

    def _clear_earlier(self) -> None:
        """There is something new: the earlier result goes, but for what somebody has changed meanwhile."""
        if self._cleared:
            return
        for name in self._earlier:
            if self._is_ours(name) or (self._force and (self.path / name).is_file()):
                (self.path / name).unlink()
        self._keep_list({})
        self._cleared = True

    def _keep_list(self, files: dict[str, str]) -> None:
        text = json.dumps({"written by": "michinori", "files": files}, indent=1, sort_keys=True)
        unfinished = self.path / f"{LIST}.part"
        try:
            unfinished.write_text(text + "\n", encoding="utf-8")
            os.replace(unfinished, self.path / LIST)
        finally:
            unfinished.unlink(missing_ok=True)

    def _read_list(self) -> dict[str, str]:
        try:
            found = json.loads((self.path / LIST).read_text(encoding="utf-8"))["files"]
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {name: str(digest) for name, digest in found.items() if _stays_inside(name)}

    def _is_ours(self, name: str) -> bool:
        file = self.path / name
        return not file.is_symlink() and file.is_file() and self._earlier.get(name) == _digest(file)


def _stays_inside(name: str) -> bool:
    path = Path(name)
    return not path.is_absolute() and ".." not in path.parts


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
