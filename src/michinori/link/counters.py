"""What has gone through an adapter or a port, and what has not, by reason."""

from __future__ import annotations


class Counters:
    """Frames and octets (without the check sequence) in both directions, and drops by their reason."""

    __slots__ = ("dropped", "rx_frames", "rx_octets", "tx_frames", "tx_octets")

    def __init__(self) -> None:
        self.rx_frames = 0
        self.rx_octets = 0
        self.tx_frames = 0
        self.tx_octets = 0
        self.dropped: dict[str, int] = {}

    def drop(self, why: str) -> None:
        """Count one more that was dropped for this reason."""
        self.dropped[why] = self.dropped.get(why, 0) + 1
