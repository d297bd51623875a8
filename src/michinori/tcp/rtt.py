"""The retransmission time-out from measured round trips: RFC 6298.

A round trip is measured with the clock itself on one octet at a time. When that octet had to be sent again, its ACK
says nothing (Karn's algorithm); then, if the connection has time stamps, the echo of one takes its place, as it tells
which of the two was answered (RFC 7323 section 4).

Round trips that hardly vary would bring the RTO down to one of them, and then every ACK that is delayed is too late. So
what is added to the round trip is never less than such a delay, as in Linux.
"""

from __future__ import annotations

from typing import Final

from michinori.sim import Nanos
from michinori.tcp.config import TcpConfig
from michinori.tcp.timers import NEVER

#: The granularity of the clock as RFC 6298 has it in the formula for the RTO.
_GRANULARITY_NS: Final = 1_000_000
_AFTER_LOST_SYN_NS: Final = 3_000_000_000
#: How long a peer may keep an ACK back, as far as it concerns the RTO.
_ACK_DELAY_NS: Final = 200_000_000
#: The least round trip is that of so long, or up to twice as long: a path can become longer (RFC 8985 section 6.2).
_LATELY_NS: Final = 150_000_000_000


class RoundTrips:
    """Smoothed round-trip time, its variation, and the RTO with its back-off."""

    __slots__ = (
        "_least_before_ns",
        "_least_since_ns",
        "_margin_ns",
        "_max_ns",
        "_min_ns",
        "_since_ns",
        "backoff",
        "delivery_rate",
        "least_ns",
        "rto_ns",
        "samples",
        "srtt_ns",
        "timed_at_ns",
        "timed_from",
        "timed_to",
        "var_ns",
    )

    def __init__(self, config: TcpConfig) -> None:
        self.srtt_ns: Nanos = 0
        self.var_ns: Nanos = 0
        self.least_ns: Nanos = 0
        """The least round trip of lately."""
        self.samples = 0
        self.backoff = 0
        """How many times the timer has expired in a row: each doubles the time-out."""
        self.rto_ns: Nanos = config.rto_initial_ns
        self.timed_to = 0
        """The position whose acknowledgment ends the measurement that is going on; 0 when none is."""
        self.timed_at_ns: Nanos = 0
        self.timed_from = 0
        """SND.UNA when it began."""
        self.delivery_rate = 0
        """What the last measured round trip delivered, in bits per second; 0 before the first."""
        self._since_ns: Nanos = 0
        self._least_since_ns = self._least_before_ns = NEVER
        self._margin_ns = max(min(config.rto_min_ns, _ACK_DELAY_NS), _GRANULARITY_NS)
        self._min_ns = config.rto_min_ns
        self._max_ns = config.rto_max_ns

    def ended(self, ack: int, now: Nanos) -> None:
        """That acknowledgment ends the measurement that is going on."""
        took_ns = now - self.timed_at_ns
        if took_ns > 0 and ack > 1:
            self.delivery_rate = (ack - self.timed_from) * 8_000_000_000 // took_ns
        self.timed_to = 0
        self.sample(took_ns, now)

    def sample(self, rtt_ns: Nanos, now: Nanos) -> None:
        """One more measured round trip (section 2): it also ends the back-off."""
        if self.samples:
            self.var_ns += (abs(self.srtt_ns - rtt_ns) - self.var_ns) // 4
            self.srtt_ns += (rtt_ns - self.srtt_ns) // 8
        else:
            self.srtt_ns = rtt_ns
            self.var_ns = rtt_ns // 2
        if now - self._since_ns >= _LATELY_NS:
            self._since_ns = now
            self._least_before_ns, self._least_since_ns = self._least_since_ns, rtt_ns
        elif rtt_ns < self._least_since_ns:
            self._least_since_ns = rtt_ns
        before_ns, since_ns = self._least_before_ns, self._least_since_ns
        self.least_ns = before_ns if before_ns < since_ns else since_ns
        self.samples += 1
        self.backoff = 0
        # Without min() and max(): on a busy connection this happens some thousand times a second.
        margin_ns, rto_ns = self._margin_ns, 4 * self.var_ns
        rto_ns = self.srtt_ns + (rto_ns if rto_ns > margin_ns else margin_ns)
        if rto_ns < self._min_ns:
            rto_ns = self._min_ns
        self.rto_ns = rto_ns if rto_ns < self._max_ns else self._max_ns

    def timeout_ns(self) -> Nanos:
        """How long to wait now, the back-off included."""
        return min(self.rto_ns << self.backoff, self._max_ns) if self.backoff else self.rto_ns

    def expired(self) -> None:
        """The timer went off: wait twice as long next time (5.5), and measure nothing that was sent twice."""
        if self.rto_ns << self.backoff < self._max_ns:
            self.backoff += 1
        self.timed_to = 0

    def syn_was_lost(self) -> None:
        """The handshake took a retransmission: begin with 3 seconds (5.7), unless time stamps have measured it."""
        self.backoff = 0
        if not self.samples and self.rto_ns < _AFTER_LOST_SYN_NS:
            self.rto_ns = _AFTER_LOST_SYN_NS
