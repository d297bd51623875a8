"""All luck of a world comes from one seed, through one named stream for each thing that needs luck.

A stream depends on the seed and on its own name alone, so adding a host or a link does not change the luck of the
others.
"""

from __future__ import annotations

import hashlib
import random
from typing import TypeAlias

#: What whoever needs luck is given. The floors above take their dice as an argument of this type.
Stream: TypeAlias = random.Random


class Dice:
    """The seeded dice of one world."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._streams: dict[str, Stream] = {}

    def stream(self, name: str) -> Stream:
        """The stream of that name; asked again, the same object, further on."""
        stream = self._streams.get(name)
        if stream is None:
            digest = hashlib.sha256(f"{self.seed}/{name}".encode()).digest()
            stream = self._streams[name] = random.Random(int.from_bytes(digest, "big"))
        return stream
