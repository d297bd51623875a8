"""What an acknowledgment does: the fifth step of SEGMENT ARRIVES, RFC 9293 section 3.10.7.4."""

from __future__ import annotations

from michinori.sim import Nanos
from michinori.tcp.arrival import Arrival
from michinori.tcp.lifecycle import become, enter_time_wait, establish, finish
from michinori.tcp.recovery import Phase
from michinori.tcp.retransmission import enter_fast_recovery, send_again
from michinori.tcp.segments import send_challenge_ack, send_reset
from michinori.tcp.states import State
from michinori.tcp.tcb import Tcb
from michinori.tcp.timers import NEVER
from michinori.wire.sequence import MASK

_NS_PER_MS = 1_000_000


def acknowledge_syn(tcb: Tcb, seg: Arrival, now: Nanos) -> bool:
    """SYN-RECEIVED: this ACK completes the handshake, or answers something else than our SYN."""
    snd = tcb.snd
    if not snd.una < seg.ack <= snd.max:
        send_reset(tcb, seg.ack, now, ack=False)
        return False
    listener = tcb.listener
    if listener is not None and not tcb.early and not listener.has_room():
        return False  # as if it had been lost: the peer, or our SYN,ACK, will ask again
    snd.wnd = seg.window << snd.shift
    snd.max_wnd = max(snd.max_wnd, snd.wnd)
    snd.wl1, snd.wl2 = seg.seq, seg.ack
    was_lost = snd.retries > 0
    advance(tcb, 1, seg, now)
    establish(tcb, now, was_lost=was_lost)
    return True


def is_plausible(tcb: Tcb, seg: Arrival, now: Nanos) -> bool:
    """RFC 5961 section 5.2: neither older than a window nor ahead of what was sent."""
    snd = tcb.snd
    if snd.una - snd.max_wnd <= seg.ack <= snd.max:
        return True
    send_challenge_ack(tcb, now, "ack")
    return False


def acknowledge(tcb: Tcb, seg: Arrival, now: Nanos) -> bool:
    """The states from ESTABLISHED on: what is acknowledged, what window is offered, what our FIN has come to."""
    if not is_plausible(tcb, seg, now):
        return False
    snd, recovery = tcb.snd, tcb.recovery
    snd_wnd_before = snd.wnd
    news = _read_sack(tcb, seg) if seg.options.sack and recovery.sack else 0
    if seg.ack > snd.una:
        advance(tcb, seg.ack, seg, now)
    update_window(tcb, seg)
    if seg.ack == snd.una and snd.nxt > snd.una:
        # RFC 5681 section 2, or with SACK: RFC 6675 section 2.
        is_duplicate = news > 0 if recovery.sack else not seg.length and snd.wnd == snd_wnd_before
        if is_duplicate and (recovery.sack or not seg.advanced):
            _count_duplicate(tcb)
    if recovery.finds_loss(snd.una, snd.mss):
        enter_fast_recovery(tcb, now)
    return _check_our_fin(tcb, now)


def advance(tcb: Tcb, ack: int, seg: Arrival, now: Nanos) -> None:
    """SND.UNA moves: something was newly acknowledged."""
    snd, rtt, timers, recovery = tcb.snd, tcb.rtt, tcb.timers, tcb.recovery
    octets = ack - snd.una
    seg.advanced = True
    _measure(tcb, ack, seg, now)
    sent_ns = tcb.flight.acked(ack)
    # Karn: what was sent again tells nothing, as nobody knows which of the two was answered.
    rtt_ns = now - sent_ns if sent_ns >= 0 and recovery.phase is Phase.OPEN and not snd.retries else rtt.srtt_ns
    snd.una = ack
    if snd.nxt < ack:
        snd.nxt = ack  # a probe of a closed window was taken after all
    snd.buffer.release(min(ack, snd.buffer.end))
    snd.retries = 0
    tcb.soft_error = None
    timers.retransmit_ns = NEVER
    if snd.nxt > ack:
        timers.at_retransmit(now + rtt.timeout_ns())
    else:
        tcb.totals.rest(now)
    if recovery.scoreboard.octets:
        recovery.scoreboard.acknowledged(ack)
    _grow_window(tcb, octets, rtt_ns, now)
    if tcb.watch is not None:
        tcb.watch.acked(ack, octets)


def _measure(tcb: Tcb, ack: int, seg: Arrival, now: Nanos) -> None:
    """Take the round trip that this ACK ends, if it ends one."""
    rtt = tcb.rtt
    if rtt.timed_to:
        if ack >= rtt.timed_to:
            rtt.ended(ack, now)
    elif tcb.stamped and seg.options.timestamps is not None and seg.options.timestamps[1]:
        elapsed_ms = (tcb.stamp_now(now) - seg.options.timestamps[1]) & MASK
        if elapsed_ms < 1 << 31:
            rtt.sample(elapsed_ms * _NS_PER_MS)


def _grow_window(tcb: Tcb, octets: int, rtt_ns: Nanos, now: Nanos) -> None:
    """Let recovery and the congestion window take note of what was acknowledged."""
    snd, recovery, congestion = tcb.snd, tcb.recovery, tcb.congestion
    if recovery.phase is Phase.OPEN:
        recovery.duplicates = 0
        recovery.inflation = 0
        if tcb.cwnd_limited:
            congestion.acked(octets, snd.nxt - snd.una, rtt_ns, now)
    elif recovery.phase is Phase.FAST:
        if snd.una >= recovery.recover:
            recovery.end()
            if not recovery.sack:
                congestion.recovered(snd.nxt - snd.una, now)
        elif not recovery.sack:
            # A partial ACK: the next hole begins here (RFC 6582 section 3.2 step 3).
            recovery.inflation = max(recovery.inflation - octets, 0) + (snd.mss if octets >= snd.mss else 0)
            send_again(tcb, now, "fast")
    else:
        congestion.acked(octets, snd.nxt - snd.una, rtt_ns, now)
        if snd.una >= recovery.recover:
            recovery.end()


def update_window(tcb: Tcb, seg: Arrival) -> None:
    """SND.WND, unless the segment is older than the one that was taken last (RFC 9293 section 3.10.7.4)."""
    snd = tcb.snd
    if seg.ack < snd.una:
        return
    if snd.wl1 < seg.seq or (snd.wl1 == seg.seq and snd.wl2 <= seg.ack):
        before = snd.wnd
        snd.wnd = seg.window << snd.shift
        snd.wl1, snd.wl2 = seg.seq, seg.ack
        if snd.wnd > snd.max_wnd:
            snd.max_wnd = snd.wnd
        if snd.wnd > before:
            tcb.timers.persist_ns = NEVER
            snd.probes = 0
        if tcb.watch is not None and snd.wnd != before and 0 in (snd.wnd, before):
            tcb.watch.tell("zero-window" if not snd.wnd else "window-opened", window=snd.wnd)
    if snd.nxt == snd.una or not snd.wnd:
        snd.retries = 0  # it answers: a closed window is no reason to give up (MUST-37)


def _read_sack(tcb: Tcb, seg: Arrival) -> int:
    """Mark what the peer holds beyond the gap; a block at or below the ACK tells of a duplicate (RFC 2883)."""
    snd, board = tcb.snd, tcb.recovery.scoreboard
    news = 0
    for left, right in seg.options.sack:
        start, end = snd.position(left), snd.position(right)
        if max(snd.una, seg.ack) < start < end <= snd.nxt:
            news += board.add(start, end)
    return news


def _count_duplicate(tcb: Tcb) -> None:
    """One more ACK for the same octet: one more segment has left the network."""
    recovery = tcb.recovery
    recovery.duplicates += 1
    tcb.totals.duplicates += 1
    if tcb.watch is not None:
        tcb.watch.tell("duplicate-ack", count=recovery.duplicates, rel_ack=tcb.snd.una)
    if recovery.sack:
        return
    if recovery.phase is Phase.FAST:
        recovery.inflation += tcb.snd.mss
    elif recovery.phase is Phase.OPEN and recovery.duplicates < 3:
        recovery.inflation = recovery.duplicates * tcb.snd.mss  # limited transmit, RFC 3042


def _check_our_fin(tcb: Tcb, now: Nanos) -> bool:
    """The states that wait for the ACK of our FIN."""
    snd = tcb.snd
    if not snd.closing or snd.una <= snd.buffer.end:
        return True
    if tcb.state is State.FIN_WAIT_1:
        enter_fin_wait_2(tcb, now)
    elif tcb.state is State.CLOSING:
        enter_time_wait(tcb, now)
    elif tcb.state is State.LAST_ACK:
        finish(tcb, None)
        return False
    return True


def enter_fin_wait_2(tcb: Tcb, now: Nanos) -> None:
    """Our half is closed; if nobody will read the other, do not wait for its end for ever."""
    become(tcb, State.FIN_WAIT_2)
    if tcb.abandoned:
        tcb.timers.at_linger(now + tcb.config.fin_wait_2_ns)
