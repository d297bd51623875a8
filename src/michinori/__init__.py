"""Michinori: the whole way from a typed URL to the drawn page, in real bytes at every layer.

Names are loaded when they are first asked for (PEP 562), so that importing one floor does not load all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from michinori.world import Line, Machine, World

__version__ = "0.1.0"
__all__ = ["Line", "Machine", "World", "__version__"]


def __getattr__(name: str) -> Any:
    if name in ("Line", "Machine", "World"):
        from michinori import world

        return getattr(world, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
