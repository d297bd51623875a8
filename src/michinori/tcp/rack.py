"""RACK: what was sent a while before something that has arrived, and has not arrived itself, is lost. RFC 8985.

Duplicate ACKs count segments and so take reordering for loss, and see neither a lost tail nor a lost retransmission.
Time tells all of them. How long "a while" is follows the reordering that was seen: nothing at first, a quarter of the
least round trip once a segment has arrived late, more for every round trip in which a retransmission turned out to be
for nothing (a DSACK, RFC 2883 and section 6.2 step 4).
"""

from __future__ import annotations

from typing import Final

from michinori.sim import Nanos

PERSIST: Final = 16
"""For so many recoveries the reordering window stays as wide as DSACKs have made it."""


class Rack:
    """The state of section 5.2, for one connection."""

    __slots__ = ("_multiplier", "_persist", "_round", "left", "reordering_seen", "rtt_ns")

    def __init__(self) -> None:
        self.left: tuple[Nanos, int, int] = (-1, 0, 0)
        """RACK.xmit_ts, when that segment was sent that was sent last of all that were delivered; and its place among
        what left at the same instant: behind what new octets, and behind which retransmission. The RFC breaks ties by
        RACK.end_seq, as clocks are fine; here a whole flight may leave at one instant, in more than one order.
        """
        self.rtt_ns: Nanos = 0
        """RACK.rtt: the round trip of what was delivered last."""
        self.reordering_seen = False
        self._multiplier = 1
        self._persist = 0
        self._round = 0  # SND.NXT when the window was last widened

    def delivered(self, left: tuple[Nanos, int, int], now: Nanos) -> None:
        """A segment was newly acknowledged or sacked (section 6.2 step 2): when it left, compare ``self.left``."""
        self.rtt_ns = now - left[0]
        if left > self.left:
            self.left = left

    def duplicated(self, una: int, nxt: int) -> None:
        """The peer tells of a duplicate: a retransmission was for nothing. Wait longer, once a round trip."""
        if una >= self._round:
            self._round = nxt
            self._multiplier += 1
            self._persist = PERSIST

    def recovered(self) -> None:
        """A recovery is over."""
        self._persist -= 1
        if self._persist <= 0:
            self._multiplier = 1

    def window_ns(self, least_rtt_ns: Nanos, srtt_ns: Nanos, *, recovering: bool, seems_lost: bool) -> Nanos:
        """RACK.reo_wnd: how much later than its followers a segment may come. ``seems_lost``: by counting."""
        if not self.reordering_seen and (recovering or seems_lost):
            return 0
        return min(self._multiplier * least_rtt_ns // 4, srtt_ns)
