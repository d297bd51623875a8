"""Worlds: machines and lines in Python or from scenario files, and the little internet that comes with Michinori."""

from michinori.world.line import Line
from michinori.world.machine import Machine
from michinori.world.tap_world import TapWorld
from michinori.world.units import UnitError
from michinori.world.world import NotRecordedError, UnknownNameError, World

__all__ = ["Line", "Machine", "NotRecordedError", "TapWorld", "UnitError", "UnknownNameError", "World"]
