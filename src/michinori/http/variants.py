"""Smaller forms of a file that lie beside it: ``page.html.br``, ``page.html.gz``."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final, NamedTuple

from michinori.http import accept
from michinori.http.headers import Headers

ENDINGS: Final = {"br": ".br", "gzip": ".gz"}


class Variant(NamedTuple):
    """A coded form of a file."""

    coding: str
    path: Path


def beside(path: Path, status: os.stat_result, root: Path) -> list[Variant]:
    """The coded forms that lie beside a file, the smaller first. Those that are older than the file are stale."""
    found: list[tuple[int, Variant]] = []
    for coding, ending in ENDINGS.items():
        candidate = path.with_name(path.name + ending)
        try:
            seen = candidate.stat()
            if stat.S_ISREG(seen.st_mode) and seen.st_mtime_ns >= status.st_mtime_ns:
                real = candidate.resolve(strict=True)
                if real.is_relative_to(root):
                    found.append((seen.st_size, Variant(coding, real)))
        except (OSError, RuntimeError):
            continue
    return [variant for _, variant in sorted(found)]


def choose(variants: list[Variant], headers: Headers) -> Variant | None:
    """The one that the client likes best; of equals the smaller."""
    weights = accept.weights(headers, "Accept-Encoding")
    best = None
    weight = 0.0
    for variant in variants:
        offered = weights.get(variant.coding, weights.get("*", 0.0))
        if offered > weight:
            best, weight = variant, offered
    return best if weight >= weights.get("identity", 0.0) else None
