"""All luck of a world comes from one seed, through one named stream for each thing that needs luck.

A stream depends on the seed and on its own name alone, so adding a host or a link does not change the luck of the
others.
"""

from __future__ import annotations

import hashlib
import random


class Dice:
    """The seeded dice of one world."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._streams: dict[str, random.Random] = {}

    def stream(self, name: str) -> random.Random:
        """The stream of that name; asked again, the same object, further on."""
        stream = self._streams.get(name)
        if stream is None:
            digest = hashlib.sha256(f"{self.seed}/{name}".encode()).digest()
            stream = self._streams[name] = random.Random(int.from_bytes(digest, "big"))
        return stream
