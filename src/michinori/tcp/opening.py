"""How a connection comes about: of use until both SYNs are acknowledged."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from michinori.tcp.fast_open import FastOpen
    from michinori.tcp.listener import Listener


class Opening:
    """An active OPEN, or the copy of a listener's socket."""

    __slots__ = ("cookie", "fast", "is_active", "is_early", "listener")

    def __init__(self) -> None:
        self.is_active = False
        """By us, not by a listener."""
        self.listener: Listener | None = None
        """Who made it, until it is established."""
        self.fast: FastOpen | None = None
        """How our SYN opens fast, if it does (RFC 7413)."""
        self.cookie: bytes | None = None
        """What our SYN,ACK grants."""
        self.is_early = False
        """The peer's SYN was trusted: text goes both ways before the handshake is complete."""
