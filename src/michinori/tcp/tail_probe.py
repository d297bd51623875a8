"""TLP: when the end of what was sent may be lost, ask after two round trips instead of waiting for the RTO.

Nothing follows a lost tail, so nothing tells of its loss. The probe is new text if there is any, else the last segment
once more; its SACK lets RACK find what is missing before it. RFC 8985 section 7.
"""

from __future__ import annotations

from typing import Final

from michinori.sim import Nanos
from michinori.tcp.arrival import Arrival
from michinori.tcp.recovery import Phase
from michinori.tcp.segments import send_text
from michinori.tcp.sending import send_one
from michinori.tcp.tcb import Tcb
from michinori.tcp.timers import NEVER

#: TLP.max_ack_delay: how long a peer may wait with the ACK of a single segment.
_MAX_ACK_DELAY_NS: Final = 200_000_000
#: On the shortest of paths a peer needs that long to answer at all (as in Linux).
_LEAST_WAIT_NS: Final = 2_000_000


def on_probe_timeout(tcb: Tcb, now: Nanos) -> None:
    """The timer was armed when something was sent. If more was sent or acknowledged since, it is early: wait on."""
    snd, recovery, timers = tcb.snd, tcb.recovery, tcb.timers
    timers.probe_ns = NEVER
    if not recovery.probes_tail or not _is_quiet(tcb):
        return
    due_ns = _probe_due_ns(tcb)
    if due_ns > now:
        timers.at_probe(due_ns)
        return
    text_end, edge = snd.buffer.end, snd.una + snd.wnd
    new_to = min(text_end, snd.nxt + snd.mss, edge)
    is_new = new_to > snd.nxt or (snd.end > snd.nxt and edge > snd.nxt)
    if tcb.watch is not None:
        start = snd.nxt if is_new else max(snd.una, snd.nxt - snd.mss)
        tcb.watch.tell("probe-sent", rel_seq=start, new=is_new)
    if is_new:
        with_fin = snd.closing and new_to >= text_end and edge > text_end
        send_one(tcb, snd.nxt, max(new_to, snd.nxt) + with_fin, now)
    else:
        start = max(tcb.flight.last_start(snd.una), snd.nxt - snd.mss)
        recovery.sent_again(start, send_text(tcb, start, snd.nxt, now, "tlp"), snd.nxt, now)
        tcb.rtt.timed_to = 0
    recovery.probe_end = snd.nxt
    recovery.probe_is_again = not is_new
    recovery.probe_samples = tcb.rtt.samples
    tcb.totals.tail_probes += 1
    timers.at_retransmit(now + tcb.rtt.timeout_ns())


def _is_quiet(tcb: Tcb) -> bool:
    """Whether a probe is of use: something is under way, and neither a probe nor a recovery is (section 7.2); and a
    round trip was measured since the last, or probes alone would be sent over a path that has become longer (7.3).
    """
    snd, recovery = tcb.snd, tcb.recovery
    return (
        0 < snd.una < snd.nxt
        and recovery.phase is Phase.OPEN
        and not recovery.probe_end
        and tcb.rtt.samples > recovery.probe_samples
        and not recovery.scoreboard.octets
        and not recovery.resent_ever.octets
        and tcb.timers.retransmit_ns != NEVER
    )


def _probe_due_ns(tcb: Tcb) -> Nanos:
    """Two round trips after text was last sent or acknowledged (TLP_calc_PTO), but not later than the RTO."""
    snd, rtt = tcb.snd, tcb.rtt
    expires_ns = tcb.timers.retransmit_ns
    wait_ns = max(2 * rtt.srtt_ns, _LEAST_WAIT_NS)
    if snd.nxt - snd.una <= snd.mss:
        wait_ns += _MAX_ACK_DELAY_NS
    return min(max(snd.last_ns, expires_ns - rtt.timeout_ns()) + wait_ns, expires_ns)


def heed_probe(tcb: Tcb, seg: Arrival, now: Nanos) -> None:
    """An ACK for what was probed (TLP_process_ack): if the probe has repaired a loss, the window must be cut as for any
    other (section 7.4).
    """
    snd, recovery, congestion = tcb.snd, tcb.recovery, tcb.congestion
    if seg.ack < recovery.probe_end:
        return
    if recovery.probe_is_again and (seg.dsack is None or seg.dsack[1] != recovery.probe_end):
        if seg.ack > recovery.probe_end:
            congestion.lost(min(max(snd.nxt - snd.una, snd.mss), congestion.cwnd), now)
            tcb.window_was_cut()
            recovery.maybe_in_vain = None  # this cut was for something
            if tcb.watch is not None:
                tcb.watch.window("tlp")
        elif seg.advanced or seg.length or seg.options.sack:
            return  # either of the two has arrived: wait for what tells of the other
    recovery.probe_end = 0
