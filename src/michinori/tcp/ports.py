"""Ephemeral ports that cannot be guessed: RFC 6056 section 3.3.4, algorithm 4, double-hash port selection.

To one and the same peer the ports come one after the other, so that none is used again soon; where they begin, and when
they move on, is a secret.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable
from random import Random  # noqa: TID251 - the type of a stream of dice; no luck is drawn from the module
from typing import Final

from michinori.tcp.effects import Endpoint

_TABLE_SIZE: Final = 256
_SECRET_BITS: Final = 256


class EphemeralPorts:
    """The ports of one host, from the range that IANA keeps for them unless told otherwise."""

    __slots__ = ("_high", "_low", "_secrets", "_table")

    def __init__(self, dice: Random, low: int = 49152, high: int = 65535) -> None:
        self._low = low
        self._high = high
        self._secrets = [dice.getrandbits(_SECRET_BITS).to_bytes(_SECRET_BITS // 8, "big") for _ in range(2)]
        self._table = [dice.randrange(65536) for _ in range(_TABLE_SIZE)]

    def choose(self, remote: Endpoint, taken: Callable[[int], bool]) -> int:
        """A port for a new connection to that peer. Raises ``OSError`` (EADDRNOTAVAIL) when all are taken."""
        count = self._high - self._low + 1
        name = remote[0] + remote[1].to_bytes(2, "big")
        offset = self._hash(0, name)
        index = self._hash(1, name) % _TABLE_SIZE
        for _ in range(count):
            port = self._low + (offset + self._table[index]) % count
            self._table[index] += 1
            if not taken(port):
                return port
        raise OSError(errno.EADDRNOTAVAIL, "all ephemeral ports are taken")

    def _hash(self, which: int, name: bytes) -> int:
        return int.from_bytes(hashlib.blake2s(name, key=self._secrets[which], digest_size=4).digest(), "big")
