"""Michinori: the whole way from a typed URL to the drawn page, in real bytes at every layer.

Names are loaded when they are first asked for (PEP 562), so that importing one floor does not load all.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from michinori.version import __version__

if TYPE_CHECKING:
    from michinori.aio import Stuck, TimedOut
    from michinori.world import Line, Machine, TapWorld, World

__all__ = ["Line", "Machine", "Stuck", "TapWorld", "TimedOut", "World", "__version__"]

_HOME: Final = {
    "Line": "michinori.world",
    "Machine": "michinori.world",
    "Stuck": "michinori.aio",
    "TapWorld": "michinori.world",
    "TimedOut": "michinori.aio",
    "World": "michinori.world",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
