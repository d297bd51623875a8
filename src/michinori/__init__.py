"""Michinori: the whole way from a typed URL to the drawn page, in real bytes at every layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from michinori.lazily import loaded_from
from michinori.version import __version__

if TYPE_CHECKING:
    from michinori.aio import Stuck, TimedOut
    from michinori.world import Line, Machine, TapWorld, World

__all__ = ["Line", "Machine", "Stuck", "TapWorld", "TimedOut", "World", "__version__"]

__getattr__ = loaded_from(
    __name__,
    {
        "Line": "michinori.world",
        "Machine": "michinori.world",
        "Stuck": "michinori.aio",
        "TapWorld": "michinori.world",
        "TimedOut": "michinori.aio",
        "World": "michinori.world",
    },
)


def __dir__() -> list[str]:
    return __all__
