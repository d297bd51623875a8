"""Proportional rate reduction: in recovery, send in proportion to what arrives. RFC 6937.

Cutting the window at once would silence the sender for half a round trip and then let it send in bursts. Instead, for
each octet delivered a fraction of one is sent, so that the flight reaches ``ssthresh`` when the recovery ends. If
losses have brought it below already, as much is sent as was delivered (conservative reduction bound), and a segment
more an ACK as long as the ACKs show progress and no further loss (slow start reduction bound). Which of the two bounds
holds is chosen ACK by ACK, and each lets at least as much go as the ACK itself tells of, as RFC 9937 has it.
"""

from __future__ import annotations


class Prr:
    """prr_delivered, prr_out and RecoverFS of section 3. All sizes in octets."""

    __slots__ = ("_delivered", "_flight", "_out")

    def __init__(self, flight: int) -> None:
        self._flight = max(flight, 1)
        self._delivered = 0
        self._out = 0

    def allowed(self, delivered: int, pipe: int, ssthresh: int, mss: int, *, progress: bool) -> int:
        """sndcnt: how much may be sent in answer to an ACK that has delivered so much."""
        self._delivered += delivered
        if pipe > ssthresh:
            return max(-(-self._delivered * ssthresh // self._flight) - self._out, 0)
        limit = max(self._delivered - self._out, delivered)
        if progress:
            limit += mss
        return max(min(ssthresh - pipe, limit), 0)

    def sent(self, octets: int) -> None:
        """So much has left."""
        self._out += octets
