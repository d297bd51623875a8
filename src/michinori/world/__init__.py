"""Worlds: machines and lines in Python or from scenario files, and the little internet that comes with Michinori."""

from __future__ import annotations

from typing import TYPE_CHECKING

from michinori.lazily import loaded_from

if TYPE_CHECKING:
    from michinori.world.line import Line
    from michinori.world.machine import Machine
    from michinori.world.tap_world import TapWorld
    from michinori.world.units import UnitError
    from michinori.world.world import NotRecordedError, UnknownNameError, World

__all__ = ["Line", "Machine", "NotRecordedError", "TapWorld", "UnitError", "UnknownNameError", "World"]

# Who wants to know what "64KiB" is needs no world.
__getattr__ = loaded_from(
    __name__,
    {
        "Line": "michinori.world.line",
        "Machine": "michinori.world.machine",
        "NotRecordedError": "michinori.world.world",
        "TapWorld": "michinori.world.tap_world",
        "UnitError": "michinori.world.units",
        "UnknownNameError": "michinori.world.world",
        "World": "michinori.world.world",
    },
)


def __dir__() -> list[str]:
    return __all__
