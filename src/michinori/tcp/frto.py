"""F-RTO: was the time-out for nothing? RFC 5682, the SACK-enhanced algorithm of section 3 and, without SACK, section 2.

A delay that grows suddenly lets the retransmission timer expire although nothing is lost. Sending everything again
would be a waste, and would be answered by duplicate ACKs. So after the first segment new text is sent: if the ACKs that
follow are for segments that were never sent again, those had been under way all the time, and the window is as before.
"""

from __future__ import annotations

from michinori.sim import Nanos
from michinori.tcp.arrival import Arrival
from michinori.tcp.recovery import Doubt, Phase
from michinori.tcp.tcb import Tcb


def doubt_timeout(tcb: Tcb, *, was_open: bool) -> None:
    """Step 1: for the first time-out of a segment, but not within another recovery; and anew for one that comes while
    the last is still in doubt.
    """
    recovery = tcb.recovery
    is_first = was_open and tcb.snd.retries <= 1
    is_open = is_first or recovery.doubt is not Doubt.NONE
    recovery.doubt = Doubt.ASKED if tcb.config.frto and is_open else Doubt.NONE


def heed_doubt(tcb: Tcb, seg: Arrival, delivered: list[tuple[int, int]], now: Nanos) -> None:
    """Steps 2 and 3, before the ACK is taken in."""
    snd, recovery = tcb.snd, tcb.recovery
    if recovery.phase is not Phase.LOSS or (recovery.doubt is Doubt.ASKED and seg.ack >= recovery.recover):
        recovery.doubt = Doubt.NONE
    elif recovery.doubt is Doubt.ASKED:
        if seg.ack > snd.una:
            recovery.doubt = Doubt.SENDING
        elif delivered or not seg.length:
            recovery.doubt = Doubt.NONE  # 2a: a duplicate ACK tells that something is missing
    elif recovery.doubt is Doubt.WATCHING:
        firsts = _first_transmissions(tcb, delivered)
        if firsts:
            _take_back(tcb, seg, firsts[-1], now)
        elif delivered or not seg.length:
            recovery.doubt = Doubt.NONE


def _first_transmissions(tcb: Tcb, delivered: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of what was delivered, what had been sent before the time-out and never again."""
    recovery = tcb.recovery
    found = []
    for start, end in delivered:
        found += recovery.resent_ever.gaps(start, min(end, recovery.recover))
    return found


def _take_back(tcb: Tcb, seg: Arrival, first: tuple[int, int], now: Nanos) -> None:
    """The time-out was spurious: nothing is lost, and the window is as before (RFC 4015 section 3.2)."""
    snd, recovery, congestion = tcb.snd, tcb.recovery, tcb.congestion
    recovery.doubt = Doubt.NONE
    recovery.lost.clear()
    recovery.lost_to = snd.una
    recovery.end()
    congestion.undo(snd.nxt - max(seg.ack, snd.una), max(seg.ack - snd.una, 0))
    # The delay is a measured one, as that segment was sent once only: the RTO learns from it.
    sent_ns = tcb.flight.sent_at(first[1] - 1)
    if sent_ns >= 0:
        tcb.rtt.sample(now - sent_ns, now)
    tcb.totals.spurious_timeouts += 1
    if tcb.watch is not None:
        tcb.watch.tell("spurious-timeout", cwnd=congestion.cwnd, ssthresh=congestion.ssthresh)
        tcb.watch.window("undo")
