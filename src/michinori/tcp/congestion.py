"""How much the path is thought to hold: what every congestion control has in common.

What to send again is decided elsewhere (``recovery.py``): here is only how large the window is, and what a loss, a
time-out and a silence do to it. The growth behind slow start and the size of a reduction are what algorithms differ in:
``reno.py``, ``cubic.py``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Final

from michinori.sim import Nanos
from michinori.tcp.hystart import LIMIT, HyStart

_UNLIMITED: Final = 1 << 40
#: RFC 3465 section 2.2.
USUAL_LIMIT: Final = 2


class CongestionControl(ABC):
    """The congestion window, ``cwnd``, and the slow start threshold, ``ssthresh``, in octets (RFC 5681)."""

    name: ClassVar[str]
    __slots__ = (
        "_before",
        "_initial",
        "_limit",
        "_mss",
        "_segments",
        "_usual",
        "cwnd",
        "first_to",
        "hystart",
        "ssthresh",
    )

    def __init__(self, mss: int, segments: int, *, hystart: bool, limit: int = 0) -> None:
        self._mss = mss
        self._segments = segments
        self._usual = limit or USUAL_LIMIT
        """L of RFC 3465: by how many segments an ACK opens the window at most in slow start."""
        self._limit = self._usual
        """L as it is now: 1 after a time-out, as a single ACK may tell then of much that had arrived long before
        (section 2.3).
        """
        self._initial = self.cwnd = initial_window(mss, segments)
        self.first_to = 1 + self._initial
        """The position behind the first flight, that of the initial window; later of the one after a silence."""
        self.ssthresh = _UNLIMITED
        self.hystart = HyStart(limit or LIMIT) if hystart else None
        """Watches over the first slow start; None afterwards, or when it is not wanted."""
        self._before: tuple[Any, ...] | None = None

    @property
    def mode(self) -> str:
        """How the window grows as things stand: ``slow-start``, ``css`` (the conservative one of RFC 9406) or
        ``avoidance``.
        """
        if self.cwnd >= self.ssthresh:
            return "avoidance"
        return "css" if self.hystart is not None and self.hystart.in_css else "slow-start"

    def acked(self, octets: int, flight: int, rtt_ns: Nanos, now: Nanos) -> None:
        """So much was newly acknowledged while the window was what held us back, and ``flight`` is still under way.

        ``rtt_ns``: the round trip that this ACK has ended, or the smoothed one where it tells of none.
        """
        cwnd = self.cwnd
        if cwnd >= self.ssthresh:
            self._limit = self._usual
            self._avoid(octets, rtt_ns, now)
        elif self.hystart is None:
            most = self._limit * self._mss
            self.cwnd = cwnd + (octets if octets < most else most)
        else:
            self.cwnd = cwnd + self.hystart.growth(octets, flight, rtt_ns, self._mss)
            if self.hystart.is_over:
                self.ssthresh = self.cwnd
                self.hystart = None

    def lost(self, flight: int, now: Nanos) -> None:
        """A loss was found without a time-out, with so much in flight: to be called once a recovery (RFC 5681 section
        3.2).
        """
        del now
        self._reduce(flight)
        self.cwnd = self.ssthresh

    def marked(self, flight: int) -> None:
        """A router has marked a packet, with so much in flight: to be called once a window (RFC 3168 section 6.1.2).

        The window may come down to one segment (RFC 9438 section 4.6); from there it is closed, until the
        retransmission timer has expired.
        """
        cwnd = self.cwnd
        cut = self._reduce(flight)
        self.cwnd = max(cut, self._mss) if cwnd > self._mss else 0

    def reopened(self) -> None:
        """The retransmission timer has expired after ``marked`` had closed the window."""
        self.cwnd = self._mss

    def timed_out(self, flight: int, now: Nanos, *, again: bool) -> None:
        """The retransmission timer expired; ``again``: for a segment that had been sent again already, so the threshold
        stays (RFC 5681 section 3.1).
        """
        del now
        if not again:
            self._reduce(flight)
        self._limit = 1
        self.cwnd = self._mss

    def _reduce(self, flight: int) -> int:
        """Lower the threshold, to two segments at least. Gives what is left of the window as it is."""
        self._before = (self.cwnd, self.ssthresh, self.hystart, self._segments, *self._memory())
        left = self._reduced(flight)
        self.ssthresh = max(left, 2 * self._mss)
        self.hystart = None  # RFC 9406 section 4.3: for the first slow start only
        return left

    def undo(self, flight: int, octets: int) -> bool:
        """The last reduction was for nothing: take it back, without a burst (RFC 4015 section 3.2, step RES).

        ``octets``: newly acknowledged by the ACK that has shown it. False when there is nothing to take back.
        """
        if self._before is None:
            return False
        cwnd, ssthresh, self.hystart, self._segments, *memory = self._before
        self._before = None
        self._initial = initial_window(self._mss, self._segments)
        self._remember(memory)
        self._limit = self._usual
        self.ssthresh = max(ssthresh, cwnd)
        self.cwnd = min(cwnd, flight + min(max(octets, self._mss), self._initial))
        return True

    def recovered(self, flight: int, now: Nanos) -> None:
        """The recovery that ``lost`` began is over, and there was no SACK to keep the flight within the window."""
        del now
        # RFC 6582 section 3.2, step 3: not a burst if little is in flight at the end.
        self.cwnd = min(self.ssthresh, max(flight, self._mss) + self._mss)

    def first_was_too_much(self) -> None:
        """Of a first flight something was lost: the next after a silence is that of the older rule (RFC 6928 section
        2). To be called after the reduction, which remembers what was before.
        """
        self._segments = 0
        self._initial = min(self._initial, initial_window(self._mss, 0))

    def idled(self, nxt: int) -> None:
        """Nothing was sent for an RTO, and ``nxt`` is what comes next: what was known about the path is old.

        Begin again with the initial window (RFC 5681 section 4.1); the threshold keeps most of what the window had
        come to (RFC 7661 section 4.4.3).
        """
        self.first_to = nxt + min(self.cwnd, self._initial)
        if self.cwnd > self._initial:
            if self.ssthresh < _UNLIMITED:
                self.ssthresh = max(self.ssthresh, 3 * self.cwnd // 4)
            self.cwnd = self._initial

    def begin(self, mss: int) -> None:
        """Both SYNs have told how large segments are: the window is the initial one."""
        self._mss = mss
        self._initial = self.cwnd = initial_window(mss, self._segments)
        self.first_to = 1 + self._initial

    def mss_changed(self, mss: int) -> None:
        """Segments have another size from now on: larger ones do not make the window larger in octets, nor smaller ones
        in segments (RFC 4821 section 4).
        """
        if mss < self._mss:
            self.cwnd = max(self.cwnd * mss // self._mss, mss)
        self._mss = mss
        self._initial = initial_window(mss, self._segments)
        if 0 < self.cwnd < mss:
            self.cwnd = mss

    @abstractmethod
    def _avoid(self, octets: int, rtt_ns: Nanos, now: Nanos) -> None:
        """Congestion avoidance: let ``cwnd`` grow."""

    @abstractmethod
    def _reduced(self, flight: int) -> int:
        """What is left of the window after a loss with so much in flight; a new epoch begins."""

    @abstractmethod
    def _memory(self) -> tuple[Any, ...]:
        """What a reduction changes beside window and threshold."""

    @abstractmethod
    def _remember(self, memory: list[Any]) -> None:
        """Take back what ``_memory`` has given."""


def initial_window(mss: int, segments: int) -> int:
    """IW in octets: RFC 6928 for ``segments`` of 10, RFC 5681 equation (1) for 0."""
    if segments:
        return min(segments * mss, max(2 * mss, segments * 1460))
    if mss > 2190:
        return 2 * mss
    return 3 * mss if mss > 1095 else 4 * mss
