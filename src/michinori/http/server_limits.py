"""How long and how much: the bounds of the server."""

from __future__ import annotations

from dataclasses import dataclass, field

from michinori.http.strict import HeadLimits


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Times in seconds on the loop's clock."""

    head: HeadLimits = field(default_factory=HeadLimits)
    body_octets: int = 1 << 30
    head_s: float = 30.0
    """From the first octet of a request head to its last."""
    idle_s: float = 75.0
    """Without any octet between requests."""
    body_s: float = 30.0
    """Between two arrivals of a request body."""
    body_octets_per_s: float = 500.0
    """The least rate of a request body over all; ``body_s`` is granted on top."""
    send_s: float = 30.0
    """While an answer waits and nothing of it gets away."""
    linger_s: float = 2.0
    """How long it is read on after the last answer, so that the peer gets it (RFC 9112 section 9.6)."""
    discard_octets: int = 256 * 1024
    """How much of a body that nobody wanted is read to keep the connection, or to end it gently."""
    connections: int = 4096
    """At one time; who comes then is answered 503."""
    connections_per_address: int = 2048
    """Of one address at one time."""
    pipelined: int = 32
    """How many requests of one connection are answered before others have their turn."""
