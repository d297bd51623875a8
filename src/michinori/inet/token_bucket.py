"""How often something may be done, without a timer: tokens are counted when one is asked for."""

from __future__ import annotations

from michinori.sim import Nanos


class TokenBucket:
    """``burst`` tokens at the start and at most; one more every ``interval_ns``."""

    __slots__ = ("_burst", "_interval_ns", "_since_ns", "_tokens")

    def __init__(self, interval_ns: Nanos, burst: int) -> None:
        self._interval_ns = interval_ns
        self._burst = burst
        self._tokens = burst
        self._since_ns: Nanos = 0

    def take(self, now_ns: Nanos) -> bool:
        """Take a token, if there is one."""
        grown = (now_ns - self._since_ns) // self._interval_ns
        if grown > 0:
            self._tokens = min(self._burst, self._tokens + grown)
            self._since_ns += grown * self._interval_ns
        if not self._tokens:
            return False
        self._tokens -= 1
        return True
