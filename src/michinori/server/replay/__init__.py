"""A kept request sent again, byte for byte, and the answer kept as it came."""

from michinori.server.replay.compare import Row, compare
from michinori.server.replay.kept import NotARequest, read_requests, with_host
from michinori.server.replay.replayer import ReplayBounds, Replayed, ReplaySettings, replay

__all__ = [
    "NotARequest",
    "ReplayBounds",
    "ReplaySettings",
    "Replayed",
    "Row",
    "compare",
    "read_requests",
    "replay",
    "with_host",
]
