"""The one event queue, virtual time and the seeded dice: no asyncio, no I/O."""

from michinori.sim.dice import Dice, Stream
from michinori.sim.queue import EventQueue, Nanos, Timer

__all__ = ["Dice", "EventQueue", "Nanos", "Stream", "Timer"]
