"""Where caught requests go: one file, numbered files with an index, or nowhere but the memory."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

from michinori.http.urls import bracketed
from michinori.server.catch.caught import Caught
from michinori.server.keeping import KeepError, KeptFiles, digest, file_digest, unwritable, write_whole

INDEX: Final = "requests.jsonl"
_NUMBERED: Final = re.compile(r"[0-9]{4,}-server_(?:recv|sent|after)\.txt")


class Keeper(Protocol):
    """Keeps what one arrival completed, and fills in ``Caught.files``. Raises ``KeepError``."""

    def check(self) -> None:
        """Refuse now what could not be kept later."""

    def keep(self, batch: Sequence[Caught]) -> None: ...

    def keep_after(self, caught: Caught) -> None:
        """Keep what came behind our answer to one that is kept already."""


class InMemory:
    """Keeps nothing on disk."""

    def __init__(self) -> None:
        self.caught: list[Caught] = []

    def check(self) -> None:
        """Nothing can be in the way."""

    def keep(self, batch: Sequence[Caught]) -> None:
        self.caught += batch

    def keep_after(self, caught: Caught) -> None:
        """It is there, with the request."""


class SingleFile:
    """All that came in one file; all that was answered, and what came behind an answer of ours, in others beside it."""

    def __init__(
        self, received: Path, sent: Path | None = None, after: Path | None = None, *, force: bool = False
    ) -> None:
        self._received, self._sent, self._after = received, sent, after
        self._files = KeptFiles(force=force)

    def check(self) -> None:
        for path in (self._received, self._sent, self._after):
            if path is not None:
                self._files.check(path)

    def keep(self, batch: Sequence[Caught]) -> None:
        self._files.write(self._received, b"".join(caught.octets for caught in batch))
        if self._after is not None:
            self._files.clear(self._after)  # of an earlier run: this one's may never come
        answers = [bytes(caught.answer.octets) for caught in batch if caught.answer is not None]
        if self._sent is not None and answers:
            self._files.write(self._sent, b"".join(answers))
        for caught in batch:
            caught.files["received"] = self._received
            if self._sent is not None and answers:
                caught.files["sent"] = self._sent

    def keep_after(self, caught: Caught) -> None:
        if self._after is not None and caught.after is not None:
            self._files.write(self._after, bytes(caught.after.octets))
            caught.files["after"] = self._after


class FolderKeeper:
    """Numbered files, and a line about each in ``requests.jsonl``. Its digests tell which files are ours.

    An earlier result is cleared away when the first new request has been written, not before.
    """

    def __init__(self, folder: Path, *, force: bool = False) -> None:
        self._folder = folder
        self._force = force
        self._earlier: dict[str, str] | None = None
        self._begun = False

    def check(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self._folder, error) from None
        if not os.access(self._folder, os.W_OK | os.X_OK):
            raise KeepError(self._folder, "unwritable", os.strerror(13))
        index = self._folder / INDEX
        listed = _listed(index)
        if listed is None and not self._force:
            raise KeepError(index, "taken")
        self._earlier = listed or {}
        if self._force:
            return
        for path in sorted(self._folder.iterdir()):
            known = self._earlier.get(path.name)
            if (known is not None or _NUMBERED.fullmatch(path.name)) and known != file_digest(path):
                raise KeepError(path, "taken")

    def keep(self, batch: Sequence[Caught]) -> None:
        for caught in batch:
            self._keep(caught)

    def keep_after(self, caught: Caught) -> None:
        if caught.after is not None:
            written = {"after": (f"{caught.number:04}-server_after.txt", bytes(caught.after.octets))}
            self._enter(caught, written, {"number": caught.number, "after_octets": len(caught.after.octets)})

    def _keep(self, caught: Caught) -> None:
        if self._earlier is None:
            self.check()
        written = {"received": (f"{caught.number:04}-server_recv.txt", caught.octets)}
        if caught.answer is not None and caught.answer.octets:
            written["sent"] = (f"{caught.number:04}-server_sent.txt", bytes(caught.answer.octets))
        self._enter(caught, written, describe(caught))

    def _enter(self, caught: Caught, written: dict[str, tuple[str, bytes]], about: dict[str, Any]) -> None:
        """Write the files, then the line about them. ``written``: names and octets by role."""
        for role, (name, octets) in written.items():
            self._write(name, octets)
            caught.files[role] = self._folder / name
        line = json.dumps(about | {role: name for role, (name, _) in written.items()}, ensure_ascii=False)
        digests = {name: digest(octets) for name, octets in written.values()}
        self._note(line[:-1] + f', "sha256": {json.dumps(digests)}}}\n', {name for name, _ in written.values()})

    def _write(self, name: str, octets: bytes) -> None:
        path = self._folder / name
        if not self._force and os.path.lexists(path) and not self._is_ours(name):
            raise KeepError(path, "taken")
        try:
            write_whole(path, octets)
        except OSError as error:
            raise unwritable(path, error) from None

    def _note(self, line: str, names: set[str]) -> None:
        """A line of the index: as a whole or not at all. The first one begins a new index."""
        index = self._folder / INDEX
        try:
            if self._earlier:
                self._clear(names)
            if self._begun:
                _append(index, line.encode())
            else:
                write_whole(index, line.encode())
        except OSError as error:
            raise unwritable(index, error) from None
        self._begun = True

    def _clear(self, names: set[str]) -> None:
        for name in (self._earlier or {}).keys() - names:
            with suppress(OSError):
                (self._folder / name).unlink()
        self._earlier = {}

    def _is_ours(self, name: str) -> bool:
        known = (self._earlier or {}).get(name)
        return known is not None and known == file_digest(self._folder / name)


def describe(caught: Caught) -> dict[str, Any]:
    """A caught request in numbers, as the index and ``--json`` have it."""
    request, head = caught.request, caught.head
    about: dict[str, Any] = {
        "number": caught.number,
        "when": _moment(caught.began_ns),
        "from": f"{bracketed(caught.peer[0])}:{caught.peer[1]}",
        "to": f"{bracketed(caught.own[0])}:{caught.own[1]}",
        "kind": str(request.kind),
        "method": head.method if head else "",
        "target": head.target if head else "",
        "version": head.version if head else "",
        "octets": len(request.octets),
        "head_octets": request.head_end if head else 0,
        "body_octets": len(request.body),
        "ms": round(caught.took_ns / 1e6, 3),
        "whole": caught.whole,
        "why": caught.why,
    }
    answer = caught.answer
    if answer is not None:
        about["answer"] = {
            "status": answer.head.status if answer.head else 0,
            "octets": len(answer.octets),
            "first_ms": round(caught.first_answer_ns / 1e6, 3),
            "whole": answer.done and not caught.answer_why and not answer.left_out,
            "why": caught.answer_why,
        }
    return about


def _append(path: Path, line: bytes) -> None:
    before = path.stat().st_size
    with path.open("ab", buffering=0) as file:
        try:
            if file.write(line) != len(line):
                raise OSError(28, os.strerror(28))
        except OSError:
            os.ftruncate(file.fileno(), before)
            raise


def _listed(index: Path) -> dict[str, str] | None:
    """The files of an index with their digests; None if it is not one of ours, empty if there is none."""
    if not os.path.lexists(index):
        return {}
    found: dict[str, str] = {}
    try:
        if index.is_symlink():
            return None
        for line in index.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            for name, known in entry["sha256"].items():
                if Path(name).name != name:
                    return None
                found[name] = str(known)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return found


def _moment(ns: int) -> str:
    seconds, rest = divmod(ns, 1_000_000_000)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest // 1_000_000:03}Z"
