"""How long and how much: the bounds of the client, with defaults that suit a browser."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Bounds in seconds on the loop's clock; ``None`` waits for ever."""

    resolve_s: float | None = 60.0
    """Until the name has an address."""
    connect_s: float | None = 60.0
    """Until a connection to one of the addresses stands, all attempts together; then again for the TLS handshake."""
    head_s: float | None = 120.0
    """From the end of the request until the head of the answer is whole."""
    idle_s: float | None = 60.0
    """Between two arrivals of octets of a body; also while a body is sent and nothing of it gets away."""
    continue_s: float = 1.0
    """How long a request with ``Expect: 100-continue`` waits for the word before it sends its body all the same."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much an answer may hold."""

    head_octets: int = 256 * 1024
    header_count: int = 1000
    interim_responses: int = 100
    """1xx responses before the final one."""
    body_octets: int = 1 << 30
    """Of a body that is kept whole (``fetch``), decoded."""
    coded_ratio: int = 1100
    """How many octets may come out of one coded octet; deflate itself cannot exceed 1,032."""
    coded_free_octets: int = 16 << 20
    """The ratio counts only beyond so many decoded octets: small pages may be as regular as they like."""
    redirects: int = 20
