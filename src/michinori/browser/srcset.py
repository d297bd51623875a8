"""Which of several images to fetch: ``srcset``, ``sizes`` and ``<picture>`` (HTML sections 4.8.4.3.5 to 4.8.4.3.8)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from michinori.browser import media
from michinori.browser.media import Viewport

_SPACES: Final = " \t\n\f\r"
_DESCRIPTOR: Final = re.compile(r"(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)([wxh])\Z")
_MAX_CANDIDATES: Final = 200


@dataclass(frozen=True, slots=True)
class Candidate:
    """One image of a set; ``width`` in image pixels if it says ``w``, else ``density``."""

    reference: str
    density: float = 1.0
    width: float | None = None

    def density_at(self, shown: float) -> float:
        """Image pixels for each CSS pixel where it is shown so many CSS pixels wide."""
        if self.width is None:
            return self.density
        return self.width / shown if shown else float("inf")


def parse(text: str) -> list[Candidate]:
    """The candidates of a ``srcset``; those that make no sense are left out."""
    candidates: list[Candidate] = []
    rest = text
    while len(candidates) < _MAX_CANDIDATES:
        rest = rest.lstrip(_SPACES + ",")
        if not rest:
            break
        reference = re.match(rf"[^{_SPACES}]+", rest)[0]  # type: ignore[index]  # it begins with no space
        rest = rest[len(reference) :]
        descriptors = ""
        if reference.endswith(","):
            reference = reference.rstrip(",")
        else:
            descriptors = re.match(r"(?:[^,(]|\([^)]*\)?)*", rest)[0]  # type: ignore[index]  # it matches nothing at least
            rest = rest[len(descriptors) + 1 :]
        candidate = _candidate(reference, descriptors.split())
        if candidate is not None:
            candidates.append(candidate)
    return candidates


def choose(candidates: list[Candidate], sizes: str, viewport: Viewport) -> Candidate | None:
    """The one with the lowest density that is enough for the screen, else the densest."""
    if not candidates:
        return None
    shown = source_size(sizes, viewport)

    def density(candidate: Candidate) -> float:
        return candidate.density_at(shown)

    enough = [candidate for candidate in candidates if density(candidate) >= viewport.scale]
    return min(enough, key=density) if enough else max(candidates, key=density)


def source_size(sizes: str, viewport: Viewport) -> float:
    """The width in CSS pixels at which ``sizes`` says that the image will be shown, or the viewport's."""
    for part in _split(sizes):
        words = part.strip()
        match = re.search(r"(?:calc|min|max|clamp)\([^()]*(?:\([^()]*\)[^()]*)*\)\Z|[^\s)]+\Z", words)
        if not match:
            continue
        condition = words[: match.start()].strip()
        value = media.length(match[0], viewport)
        if value is None or value < 0:
            value = float(viewport.width) if "(" in match[0] else None
        if value is not None and (not condition or media.matches(condition, viewport)):
            return value
    return float(viewport.width)


def _candidate(reference: str, descriptors: list[str]) -> Candidate | None:
    width: float | None = None
    density: float | None = None
    for descriptor in descriptors:
        match = _DESCRIPTOR.match(descriptor)
        if not match or (match[2] != "h" and (width is not None or density is not None)):
            return None
        if match[2] == "w":
            width = float(match[1])
        elif match[2] == "x":
            density = float(match[1])
    if not reference or width == 0:
        return None
    return Candidate(reference, 1.0 if density is None else density, width)


def _split(sizes: str) -> list[str]:
    parts, depth, begin = [], 0, 0
    for at, character in enumerate(sizes):
        depth += (character == "(") - (character == ")")
        if character == "," and depth <= 0:
            parts.append(sizes[begin:at])
            begin = at + 1
    parts.append(sizes[begin:])
    return parts
