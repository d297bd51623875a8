"""CUBIC: the window as a cubic function of the time since the last loss. RFC 9438.

Right after a loss the window grows quickly towards where the loss was (``w_max``), stays long near it, then probes
beyond, faster and faster. The growth is by time and not by round trips, so that flows over long paths keep up. Where
Reno would be faster, on short paths, it grows as Reno would.

Windows are floating-point octets within an epoch: additions and multiplications alone, which are alike everywhere.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from michinori.sim import Nanos
from michinori.tcp.congestion import CongestionControl

BETA: Final = 0.7
"""What a reduction leaves (section 4.6)."""
C: Final = 0.4
"""Segments per cubic second (section 5.1)."""
ALPHA: Final = 3 * (1 - BETA) / (1 + BETA)
"""Segments a round trip that make an AIMD with BETA as fast as Reno (section 4.3)."""
_S: Final = 1_000_000_000
_NO_EPOCH: Final = -1


class Cubic(CongestionControl):
    """The default congestion control."""

    name: ClassVar[str] = "cubic"
    __slots__ = ("_acked_ns", "_epoch_ns", "_exact", "_k_ns", "_prior", "_w_est", "_w_max")

    def __init__(self, mss: int, segments: int, *, hystart: bool, limit: int = 0) -> None:
        super().__init__(mss, segments, hystart=hystart, limit=limit)
        self._w_max = 0.0
        """Where the last loss was; 0: none that says anything about congestion avoidance (section 4.10)."""
        self._prior = 0
        """cwnd_prior: the window before the last reduction."""
        self._w_est = 0.0
        """Where Reno would be."""
        self._k_ns: Nanos = 0
        """From the beginning of the epoch until the window is at ``w_max`` again."""
        self._epoch_ns: Nanos = _NO_EPOCH
        self._exact = 0.0
        """The window with its fraction of an octet."""
        self._acked_ns: Nanos = 0

    def _avoid(self, octets: int, rtt_ns: Nanos, now: Nanos) -> None:
        if self._epoch_ns == _NO_EPOCH or int(self._exact) != self.cwnd:
            self._begin_epoch(now)
        elif now - self._acked_ns > rtt_ns:
            # Nothing to send, or other limits than this window: such time does not count (section 4.2 and 5.8).
            self._epoch_ns += now - self._acked_ns - rtt_ns
        self._acked_ns = now
        mss, cwnd = self._mss, self._exact
        per_window = octets / cwnd
        elapsed_ns = now - self._epoch_ns - self._k_ns
        t = elapsed_ns / _S
        w_cubic = C * mss * t * t * t + self._w_max
        self._w_est += (ALPHA if self._w_est < self._prior else 1.0) * mss * per_window
        if w_cubic < self._w_est:
            if cwnd < self._w_est:
                cwnd = self._w_est  # the Reno-friendly region (section 4.3)
        else:
            t = (elapsed_ns + rtt_ns) / _S
            target = C * mss * t * t * t + self._w_max
            if target > cwnd:
                cwnd += (min(target, 1.5 * cwnd) - cwnd) * per_window
        self._exact = cwnd
        self.cwnd = int(cwnd)

    def _begin_epoch(self, now: Nanos) -> None:
        """Congestion avoidance begins (section 4.2): now is t = 0."""
        cwnd = self.cwnd
        self._epoch_ns = self._acked_ns = now
        self._exact = self._w_est = float(cwnd)
        if self._w_max <= cwnd:
            # Slow start has come this far without a loss, or after a time-out (sections 4.8 and 4.10).
            self._w_max, self._k_ns = float(cwnd), 0
        else:
            self._k_ns = _cube_root(int((self._w_max - cwnd) / (C * self._mss) * _S) * _S * _S)

    def _reduced(self, flight: int) -> int:
        cwnd = self.cwnd
        # Fast convergence (section 4.7): the window did not come back to where it was, so there are more flows now.
        self._w_max = cwnd * (1 + BETA) / 2 if cwnd < self._w_max else float(cwnd)
        self._prior = cwnd
        self._epoch_ns = _NO_EPOCH
        return flight * 7 // 10

    def timed_out(self, flight: int, now: Nanos, *, again: bool) -> None:
        super().timed_out(flight, now, again=again)
        self._w_max = 0.0  # section 4.8: afterwards it begins where congestion avoidance begins
        self._epoch_ns = _NO_EPOCH

    def idled(self, nxt: int) -> None:
        super().idled(nxt)
        self._epoch_ns = _NO_EPOCH

    def _memory(self) -> tuple[Any, ...]:
        return (self._w_max, self._prior, self._w_est, self._k_ns, self._epoch_ns)

    def _remember(self, memory: list[Any]) -> None:
        self._w_max, self._prior, self._w_est, self._k_ns, self._epoch_ns = memory


def _cube_root(n: int) -> int:
    """The integer cube root by Newton's method: from above, so that it falls until it is there."""
    root = 1 << -(-n.bit_length() // 3)
    while True:
        following = (2 * root + n // (root * root)) // 3
        if following >= root:
            return root
        root = following
