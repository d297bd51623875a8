"""Was a fast recovery for nothing? If the peer tells of everything that was sent again that it came twice: yes.

Reordering that is worse than any before looks like loss. What is sent again then comes twice, and D-SACK blocks tell of
it (RFC 2883). When none of it is left without one, window and threshold are as before: RFC 3708 section 2 for the
finding, RFC 4015 section 3.2 for the answer, as Linux does it. A time-out is looked at by F-RTO (``frto.py``).
"""

from __future__ import annotations

from michinori.tcp.recovery import Phase
from michinori.tcp.tcb import Tcb


def heed_duplicate(tcb: Tcb, told: tuple[int, int]) -> None:
    """The peer has got these octets twice. After the ACK was taken in."""
    snd, recovery, congestion = tcb.snd, tcb.recovery, tcb.congestion
    in_vain = recovery.maybe_in_vain
    if not in_vain:
        return
    in_vain.remove(*told)
    if in_vain:
        return
    recovery.maybe_in_vain = None
    if recovery.lost or recovery.phase is Phase.LOSS:
        return  # something seems to be missing all the same
    if recovery.phase is Phase.FAST:
        recovery.end()
    cut = congestion.cwnd
    if not congestion.undo(snd.nxt - snd.una, 0):
        return
    congestion.cwnd = max(congestion.cwnd, cut)
    if tcb.watch is not None:
        tcb.watch.tell("spurious-recovery", cwnd=congestion.cwnd, ssthresh=congestion.ssthresh)
        tcb.watch.window("undo")
