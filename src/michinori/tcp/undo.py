"""Was a fast recovery for nothing? Then window and threshold are as before: RFC 4015 section 3.2, as Linux does it.

Reordering that is worse than any before looks like loss. Two things tell it from one. The gaps are closed by what had
left before anything was sent again, as the echo of its time stamp shows (Eifel, RFC 3522); and what was sent again
comes twice, of which D-SACK blocks tell (RFC 2883, RFC 3708 section 2). Either must hold for all that was sent again.
A time-out is looked at by F-RTO (``frto.py``).
"""

from __future__ import annotations

from michinori.tcp.arrival import Arrival
from michinori.tcp.recovery import Phase
from michinori.tcp.tcb import Tcb
from michinori.wire.sequence import MASK, SIGN


def heed_echo(tcb: Tcb, seg: Arrival, una_before: int) -> None:
    """This ACK is for new text, from ``una_before`` on: for which of two transmissions? After it was taken in. Only
    the first that is for all that was sent again can tell.
    """
    recovery, stamps = tcb.recovery, seg.options.timestamps
    in_vain = recovery.maybe_in_vain
    if not in_vain or not una_before < in_vain.highest <= tcb.snd.una or recovery.lost.octets:
        return
    if not tcb.stamped or stamps is None or not stamps[1]:
        return
    if (stamps[1] - tcb.stamp_now(recovery.cut_ns)) & MASK >= SIGN:
        _take_back(tcb, tcb.snd.una - una_before)


def heed_duplicate(tcb: Tcb, told: tuple[int, int]) -> None:
    """The peer has got these octets twice. After the ACK was taken in."""
    in_vain = tcb.recovery.maybe_in_vain
    if in_vain:
        in_vain.remove(*told)
        if not in_vain:
            _take_back(tcb, 0)


def _take_back(tcb: Tcb, octets: int) -> None:
    """``octets``: newly acknowledged by the ACK that has shown it."""
    snd, recovery, congestion = tcb.snd, tcb.recovery, tcb.congestion
    recovery.maybe_in_vain = None
    if recovery.lost or recovery.phase is Phase.LOSS:
        return  # something seems to be missing all the same
    if recovery.phase is Phase.FAST:
        recovery.end()
    cut = congestion.cwnd
    if not congestion.undo(snd.nxt - snd.una, octets):
        return
    congestion.cwnd = max(congestion.cwnd, cut)
    if tcb.watch is not None:
        tcb.watch.tell("spurious-recovery", cwnd=congestion.cwnd, ssthresh=congestion.ssthresh)
        tcb.watch.window("undo")
