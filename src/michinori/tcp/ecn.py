"""Explicit congestion notification, RFC 3168, as RFC 8311 has left it: no nonce, and ECT(1) is never sent.

A router that is about to run full marks a packet (CE) instead of dropping it. The receiver echoes that in every ACK
(ECE) until the sender says that its window is smaller (CWR). Only new text travels as ECT(0): what is sent again, pure
ACKs, probes and SYNs are not to be marked (sections 6.1.1, 6.1.4, 6.1.5, 6.1.6).
"""

from __future__ import annotations

from typing import Final

from michinori.sim import Nanos
from michinori.tcp.acknowledgment import acknowledge
from michinori.tcp.arrival import Arrival
from michinori.tcp.recovery import Phase
from michinori.tcp.tcb import Tcb
from michinori.wire.tcp import ACK, CWR, ECE

_SETUP: Final = ECE | CWR
#: The code point of IP for "capable of ECN" (RFC 3168 section 5).
_ECT_0: Final = 2


class Ecn:
    """What a connection remembers of it, once it was agreed upon."""

    __slots__ = ("cwr_due", "echoes_acked", "marks", "reacted_to")

    def __init__(self) -> None:
        self.cwr_due = False
        """The window was cut: the next new text says so."""
        self.reacted_to = 0
        """Everything sent when an echo last cut the window: until it is acknowledged, no other echo does."""
        self.marks = 0
        """Segments that came marked."""
        self.echoes_acked = 0
        """Octets that were acknowledged together with an echo."""


def negotiate_ecn(tcb: Tcb, seg: Arrival) -> None:
    """The peer's SYN asks with ECE and CWR, its SYN,ACK agrees with ECE alone (section 6.1.1).

    Who has sent a SYN that did not ask, after one that did, echoes marks but sends nothing that could be marked.
    """
    said, ours = seg.flags & _SETUP, tcb.config.ecn
    agreed = ours is True and said == ECE if seg.flags & ACK else ours is not False and said == _SETUP
    if agreed:
        tcb.ecn = Ecn()
        tcb.ect = 0 if tcb.snd.retries else _ECT_0


def syn_came_again(tcb: Tcb, seg: Arrival) -> None:
    """Who asks for ECN first and then does not has doubts about the path: mark nothing as capable (section 6.1.1)."""
    if seg.flags & _SETUP != _SETUP:
        tcb.ect = 0


def acknowledge_echo(tcb: Tcb, seg: Arrival, now: Nanos) -> bool:
    """An ACK with ECE: as any other, but the window does not grow by it, and once a window it is cut as for a loss
    (section 6.1.2).
    """
    snd, recovery, congestion, ecn = tcb.snd, tcb.recovery, tcb.congestion, tcb.ecn
    flight = min(snd.nxt - snd.una, congestion.cwnd)
    before = snd.una
    tcb.full_to = tcb.slow_to = 0
    goes_on = acknowledge(tcb, seg, now)
    if tcb.gone or ecn is None:
        return goes_on
    ecn.echoes_acked += snd.una - before
    if recovery.phase is Phase.OPEN and snd.una > max(ecn.reacted_to, recovery.recover) and flight:
        congestion.marked(flight)
        recovery.maybe_in_vain = None  # this cut was for something
        ecn.reacted_to = snd.nxt
        tcb.window_was_cut()
        if tcb.watch is not None:
            tcb.watch.window("ecn")
    return goes_on


def heed_marks(tcb: Tcb, seg: Arrival, now: Nanos) -> bool:  # noqa: ARG001 - a step like the others
    """CWR ends the echo, CE begins it, in this order; only on text within the window (section 6.1.5)."""
    ecn = tcb.ecn
    if ecn is None or not seg.payload:
        return True
    if seg.flags & CWR:
        tcb.ack_flags = ACK
    if seg.is_marked:
        ecn.marks += 1
        if tcb.ack_flags == ACK:
            tcb.ack_flags = ACK | ECE
            tcb.rcv.ack_due = True
    return True
