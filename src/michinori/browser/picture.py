"""What painting gives: the picture, and what stands where in it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Box:
    """The visible extent of an element in CSS pixels from the upper left corner of the page."""

    tag: str
    x: int
    y: int
    width: int
    height: int
    text: str = ""
    """The beginning of its text; of an image what stands for it."""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """The drawn page as a PNG. ``width`` and ``height`` in device pixels, boxes in CSS pixels."""

    png: bytes
    width: int
    height: int
    engine: str
    cut: bool = False
    """Whether the page is higher than the picture."""
    boxes: list[Box] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Shot:
    """The upper part of a page, small, as it stood at an event, as a JPEG."""

    event: int
    jpeg: bytes
