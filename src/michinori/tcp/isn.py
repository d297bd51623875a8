"""Initial sequence numbers that cannot be guessed: RFC 6528; and time stamps that begin anywhere: RFC 7323 section 5.4.

ISN = M + F(local, remote, secret): M is a clock that ticks every 4 microseconds, so that numbers of one pair of ends do
not overlap; F is a keyed hash, so that the numbers of other pairs tell nothing about this one.
"""

from __future__ import annotations

import hashlib
from random import Random  # noqa: TID251 - the type of a stream of dice; no luck is drawn from the module
from typing import Final

from michinori.sim import Nanos
from michinori.tcp.effects import Endpoint
from michinori.wire.sequence import MASK

_TICK_NS: Final = 4_000
_SECRET_BITS: Final = 256


class IsnClock:
    """The generator of one host. Its secret comes from the host's dice, so a world's numbers come again."""

    __slots__ = ("_secret",)

    def __init__(self, dice: Random) -> None:
        self._secret = dice.getrandbits(_SECRET_BITS).to_bytes(_SECRET_BITS // 8, "big")

    def isn(self, local: Endpoint, remote: Endpoint, now: Nanos) -> int:
        """The initial sequence number of a connection that is opened now."""
        return (now // _TICK_NS + self.hash(b"isn", local, remote)) & MASK

    def timestamp_offset(self, local: Endpoint, remote: Endpoint) -> int:
        """What the time stamps of a connection between these ends begin at. Ports do not count, so that the stamps of
        a later connection are later (RFC 6191).
        """
        return self.hash(b"timestamp", (local[0], 0), (remote[0], 0))

    def hash(self, purpose: bytes, local: Endpoint, remote: Endpoint) -> int:
        """32 bits about two ends that nobody can foretell who does not know the secret."""
        message = b"".join((purpose, local[0], local[1].to_bytes(2, "big"), remote[0], remote[1].to_bytes(2, "big")))
        return int.from_bytes(hashlib.blake2s(message, key=self._secret, digest_size=4).digest(), "big")
