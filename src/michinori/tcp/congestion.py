"""How much the path is thought to hold: congestion control as an object that can be exchanged.

What to send again is decided elsewhere (``recovery.py``): here is only how large the window is, and what a loss, a
time-out and a silence do to it.
"""

from __future__ import annotations

from typing import Final, Protocol

from michinori.sim import Nanos

_UNLIMITED: Final = 1 << 40


class CongestionControl(Protocol):
    """What the rest of TCP asks of a congestion control. All sizes in octets."""

    name: str
    cwnd: int
    ssthresh: int

    def acked(self, octets: int, now: Nanos) -> None:
        """So much was newly acknowledged while the window was what held us back."""

    def lost(self, flight: int, now: Nanos) -> None:
        """A loss was found by duplicate ACKs or SACK with so much in flight: once a recovery."""

    def timed_out(self, flight: int, now: Nanos, *, again: bool) -> None:
        """The retransmission timer expired; ``again``: for a segment that had been sent again already."""

    def recovered(self, flight: int, now: Nanos) -> None:
        """The recovery that ``lost`` began is over, and there was no SACK to keep the flight within the window."""

    def idled(self) -> None:
        """Nothing was sent for an RTO: what was known about the path is old."""

    def mss_changed(self, mss: int) -> None:
        """Segments have another size from now on."""


def initial_window(mss: int, segments: int) -> int:
    """IW in octets: RFC 6928 for ``segments`` of 10, RFC 5681 equation (1) for 0."""
    if segments:
        return min(segments * mss, max(2 * mss, segments * 1460))
    if mss > 2190:
        return 2 * mss
    return 3 * mss if mss > 1095 else 4 * mss


class Reno:
    """Slow start and congestion avoidance, RFC 5681, counting octets as RFC 3465 does (L = 2)."""

    name = "reno"
    __slots__ = ("_credit", "_initial", "_mss", "_segments", "cwnd", "ssthresh")

    def __init__(self, mss: int, segments: int) -> None:
        self._mss = mss
        self._segments = segments
        self._initial = self.cwnd = initial_window(mss, segments)
        self.ssthresh = _UNLIMITED
        self._credit = 0

    def acked(self, octets: int, now: Nanos) -> None:  # noqa: ARG002 - others need the time
        cwnd, mss = self.cwnd, self._mss
        if cwnd < self.ssthresh:
            self.cwnd = cwnd + (octets if octets < 2 * mss else 2 * mss)
            return
        self._credit += octets
        if self._credit >= cwnd:
            self._credit -= cwnd
            self.cwnd = cwnd + mss

    def lost(self, flight: int, now: Nanos) -> None:  # noqa: ARG002
        self.cwnd = self.ssthresh = max(flight // 2, 2 * self._mss)
        self._credit = 0

    def timed_out(self, flight: int, now: Nanos, *, again: bool) -> None:  # noqa: ARG002
        if not again:
            self.ssthresh = max(flight // 2, 2 * self._mss)
        self.cwnd = self._mss
        self._credit = 0

    def recovered(self, flight: int, now: Nanos) -> None:  # noqa: ARG002
        # RFC 6582 section 3.2, step 3: not a burst if little is in flight at the end.
        self.cwnd = min(self.ssthresh, max(flight, self._mss) + self._mss)

    def idled(self) -> None:
        self.cwnd = min(self.cwnd, self._initial)

    def mss_changed(self, mss: int) -> None:
        if self.cwnd == self._initial:
            self.cwnd = initial_window(mss, self._segments)
        self._mss = mss
        self._initial = initial_window(mss, self._segments)
        self.cwnd = max(self.cwnd, mss)


CONTROLS: Final[dict[str, type[Reno]]] = {"reno": Reno}
