"""From the path of a target to a file below a folder, and never to one outside of it."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

from michinori.http.refusal import Refusal

_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})?")
_NOT_TO_BE_HIDDEN: Final = frozenset("/\\\0")
_WELL_KNOWN: Final = ".well-known"


class Place(NamedTuple):
    """What a path leads to: a regular file, or a folder."""

    path: Path
    status: os.stat_result
    segments: tuple[str, ...]

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.status.st_mode)


def decode(path: str) -> tuple[str, ...]:
    """The segments of a path, percent-decoded, empty ones left out.

    Raises ``Refusal``: 400 for what is malformed or climbs (``..``, NUL, ``%`` without two digits), 404 for what can
    be nobody's name here (a separator in disguise, a name with a leading dot).
    """
    segments = tuple(_decode_segment(segment) for segment in path.split("/") if segment)
    for segment in segments:
        if segment == "..":
            raise Refusal(400, "The path climbs.")
        if segment.startswith(".") and segment != _WELL_KNOWN:
            raise Refusal(404)
    return segments


def encode(segments: tuple[str, ...], *, folder: bool) -> str:
    """The path of a target from its segments."""
    path = "/" + "/".join(quote(os.fsencode(segment), safe="!$&'()*+,;=:@-._~") for segment in segments)
    return path + "/" if folder and segments else path


def find(root: Path, path: str) -> Place:
    """What that path leads to below ``root``, which must be resolved. Raises ``Refusal``."""
    segments = decode(path)
    try:
        found = root.joinpath(*segments).resolve(strict=True)
        status = found.stat()
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, on older Pythons
        raise _why_not(error) from None
    if not found.is_relative_to(root):
        raise Refusal(404)  # a link led out
    if stat.S_ISDIR(status.st_mode):
        return Place(found, status, segments)
    if not stat.S_ISREG(status.st_mode) or path.endswith("/"):
        raise Refusal(404)
    return Place(found, status, segments)


def _decode_segment(segment: str) -> str:
    octets = bytearray()
    at = 0
    for match in _ESCAPE.finditer(segment):
        if match[1] is None:
            raise Refusal(400, "The path has a % without two digits.")
        octets += segment[at : match.start()].encode("latin-1")
        octets.append(int(match[1], 16))
        at = match.end()
    octets += segment[at:].encode("latin-1")
    name = os.fsdecode(bytes(octets))
    if "\0" in name:
        raise Refusal(400, "The path holds a NUL.")
    if _NOT_TO_BE_HIDDEN.intersection(name) or (os.name == "nt" and ":" in name):
        raise Refusal(404)
    return name


def _why_not(error: Exception) -> Refusal:
    return Refusal(403) if isinstance(error, PermissionError) else Refusal(404)
