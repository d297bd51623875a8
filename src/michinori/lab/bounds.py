"""How much of anything the lab takes: of a journey, of what is kept, and of what is uploaded."""

from __future__ import annotations

import msgspec

MB = 1 << 20


class Bounds(msgspec.Struct, kw_only=True, frozen=True):
    """Sizes in octets, times in seconds of the wall's clock. Virtual time is bounded by the journey itself."""

    wall_s: float = 120.0
    """A journey that walks longer is ended, and told as far as it came."""
    telling_s: float = 120.0
    """How long it may take to write down what happened."""
    frames: int = 400_000
    spool: int = 512 * MB
    memory: int = 4096 * MB
    """Of the address space of a journey's process."""
    waiting: int = 8
    """Journeys that wait for their turn."""
    kept: int = 40
    """Past journeys; beyond it the oldest go."""
    kept_octets: int = 2048 * MB
    body: int = 64 * 1024
    """Of a request that is no upload."""
    upload: int = 64 * MB
    site_files: int = 2000
    site_octets: int = 128 * MB
    """Of an uploaded site when it is unpacked."""
    site_ratio: int = 200
    """How many times as large as in the archive a file may become."""
    sites: int = 20
