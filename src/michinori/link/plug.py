"""What a cable's end is stuck into, and what it says to the cable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from michinori.link.counters import Counters

#: How the sender writes down what became of a frame: given the frame and why it was dropped ("" if it was not), gives
#: the number that its arrival names as its cause. Only passed when somebody watches.
Tell: TypeAlias = Callable[[bytes, str], int]


class Lead(Protocol):
    """What takes the frames of a plug: the end of a cable, or a device of the machine that we really run on."""

    @property
    def has_carrier(self) -> bool:
        """Whether there is something at its other end."""

    def send(self, frame: bytes, tell: Tell | None = None) -> str:
        """Take a frame (addresses, type and payload, without its check sequence). Gives why it was dropped, or ""."""


class Sender(Protocol):
    """Who takes the short way into a lead: an adapter."""

    counters: Counters

    def send(self, frame: bytes) -> None:
        """Send the frame by the careful way."""


class Plug(Protocol):
    """An adapter, the port of a switch, or a TAP device."""

    cable_end: Lead | None

    def receive(self, frame: bytes, fcs: bytes | None = None, cause: int = 0) -> None:
        """Take a frame whose last bit has arrived. ``fcs`` is None for a frame that came intact, else the check
        sequence as it arrived, to be held against the octets. ``cause``: the number of its sending, 0 if unrecorded.
        """

    def marked(self, frame: bytes) -> None:
        """A frame that this plug sent was marked in its queue: "congestion experienced" (RFC 3168)."""

    def lost(self, frame: bytes, why: str, cause: int) -> None:
        """A frame that this plug sent was on its way when the cable was cut. ``cause``: as for ``receive``."""
