"""What a catcher is told: where to listen, how much, for how long, and what to answer."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from michinori.http.urls import Url

if TYPE_CHECKING:
    from michinori.server.catch.caught import Caught


class Tell(Protocol):
    """Takes notice of a stage: ``starting``, ``waiting``, ``connected``, ``kept``, ``stopping`` ..."""

    def __call__(self, what: str, /, **data: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class CatchBounds:
    """Bounds on one request (with ``forward``: on each direction of one exchange)."""

    octets: int = 64 << 20
    silence_s: float = 10.0
    """The longest pause inside a request."""
    whole_s: float = 300.0
    """From its first octet to its last."""
    settle_s: float = 0.5
    """Where no rule tells the end: so much silence is one."""
    linger_s: float = 2.0
    """How long the peer may take to close its side."""
    again_s: float = 0.4
    """A browser that got no answer asks once more: for so long it is still heard, and not told that nobody is there."""
    connections: int = 100
    """At once, silent ones included; beyond it the oldest silent one is closed."""


@dataclass(frozen=True, slots=True)
class Forward:
    """The real server to stand in front of."""

    url: Url
    tls: ssl.SSLContext | None = None
    connect_s: float = 30.0


@dataclass(frozen=True, slots=True)
class CatchSettings:
    """How to catch."""

    host: str | None = "localhost"
    """``None``: on all addresses."""
    port: int = 8080
    count: int = 1
    """0: until stopped."""
    bounds: CatchBounds = field(default_factory=CatchBounds)
    reply: Callable[[Caught], bytes] | None = None
    """What is answered to a whole request; ``None`` answers nothing and closes."""
    forward: Forward | None = None
