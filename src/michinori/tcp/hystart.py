"""HyStart++: leave the first slow start when the round trips grow, before a queue runs over. RFC 9406.

When a round's least round trip lies clearly above that of the round before, a queue may have begun to fill. From then
on the window grows a quarter as fast (conservative slow start). If the round trips fall again it was jitter, and slow
start goes on; after five such rounds congestion avoidance begins.
"""

from __future__ import annotations

from typing import Final

from michinori.sim import Nanos

_MS: Final = 1_000_000
_NEVER: Final = 1 << 62

# RFC 9406 section 4.3, without pacing.
MIN_RTT_THRESH_NS: Final = 4 * _MS
MAX_RTT_THRESH_NS: Final = 16 * _MS
MIN_RTT_DIVISOR: Final = 8
N_RTT_SAMPLE: Final = 8
CSS_GROWTH_DIVISOR: Final = 4
CSS_ROUNDS: Final = 5
LIMIT: Final = 8
"""L: one ACK opens the window by so many segments at most."""


class HyStart:
    """The rounds of one slow start. A round ends when all that was in flight at its beginning is acknowledged."""

    __slots__ = ("_baseline_ns", "_last_ns", "_least_ns", "_left", "_limit", "_rounds", "_samples", "in_css", "is_over")

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._left = 0  # octets until the round ends
        self._last_ns: Nanos = _NEVER  # lastRoundMinRTT
        self._least_ns: Nanos = _NEVER  # currentRoundMinRTT
        self._samples = 0
        self._baseline_ns: Nanos = _NEVER  # cssBaselineMinRtt
        self._rounds = 0
        self.in_css = False
        """In conservative slow start."""
        self.is_over = False
        """Congestion avoidance is to begin."""

    def growth(self, octets: int, flight: int, rtt_ns: Nanos, mss: int) -> int:
        """By how much the window grows for so many octets acknowledged, with ``flight`` still under way."""
        self._left -= octets
        if rtt_ns < self._least_ns:
            self._least_ns = rtt_ns
        self._samples += 1
        if self._samples >= N_RTT_SAMPLE:
            self._judge()
        growth = min(octets, self._limit * mss)
        if self.in_css:
            growth //= CSS_GROWTH_DIVISOR
        if self._left <= 0:
            self._end_round(flight)
        return growth

    def _judge(self) -> None:
        """Has the path begun to queue, or was it jitter? (section 4.2)"""
        if self.in_css:
            if self._least_ns < self._baseline_ns:
                self.in_css = False
                self._baseline_ns = _NEVER
        elif self._last_ns != _NEVER:
            threshold_ns = max(MIN_RTT_THRESH_NS, min(self._last_ns // MIN_RTT_DIVISOR, MAX_RTT_THRESH_NS))
            if self._least_ns >= self._last_ns + threshold_ns:
                self._baseline_ns = self._least_ns
                self.in_css = True
                self._rounds = 0

    def _end_round(self, flight: int) -> None:
        if self.in_css:
            self._rounds += 1
            self.is_over = self._rounds >= CSS_ROUNDS
        self._left = flight
        self._last_ns, self._least_ns = self._least_ns, _NEVER
        self._samples = 0
