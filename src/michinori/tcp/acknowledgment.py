"""What an acknowledgment does: the fifth step of SEGMENT ARRIVES, RFC 9293 section 3.10.7.4."""

from __future__ import annotations

from michinori.sim import Nanos
from michinori.tcp.arrival import Arrival
from michinori.tcp.frto import heed_doubt
from michinori.tcp.lifecycle import become, enter_time_wait, establish, finish
from michinori.tcp.loss_detection import detect_losses, note_delivered
from michinori.tcp.recovery import FAST, NO_DOUBT, OPEN
from michinori.tcp.retransmission import enter_fast_recovery, send_again, tell_of_loss
from michinori.tcp.segments import send_challenge_ack, send_reset
from michinori.tcp.states import State
from michinori.tcp.tail_probe import heed_probe
from michinori.tcp.tcb import Tcb
from michinori.tcp.timers import NEVER
from michinori.tcp.totals import Held
from michinori.tcp.undo import heed_duplicate, heed_echo
from michinori.wire.sequence import MASK

_NS_PER_MS = 1_000_000
_NO_BLOCKS: list[tuple[int, int]] = []
#: SACK is advice (RFC 2018 section 8): what a peer names in more pieces than this, one octet here and there, to make
#: the scoreboard long and every look at it slow, is passed over until something is acknowledged.
_MOST_RANGES = 4096


def acknowledge_syn(tcb: Tcb, seg: Arrival, now: Nanos) -> bool:
    """SYN-RECEIVED: this ACK completes the handshake, or answers something else than our SYN."""
    snd = tcb.snd
    if not snd.una < seg.ack <= snd.max:
        send_reset(tcb, seg.ack, now, ack=False)
        return False
    listener = tcb.opening.listener
    if listener is not None and not tcb.opening.is_early and not listener.has_room():
        return False  # as if it had been lost: the peer, or our SYN,ACK, will ask again
    snd.wnd = seg.window << snd.shift
    snd.max_wnd = max(snd.max_wnd, snd.wnd)
    snd.wl1, snd.wl2 = seg.seq, seg.ack
    retries = snd.retries
    advance(tcb, 1, seg, now)
    establish(tcb, now, retries=retries)
    return True


def is_plausible(tcb: Tcb, seg: Arrival) -> bool:
    """RFC 5961 section 5.2: neither older than a window nor ahead of what was sent."""
    return tcb.snd.una - tcb.snd.max_wnd <= seg.ack <= tcb.snd.max


def acknowledge(tcb: Tcb, seg: Arrival, now: Nanos) -> bool:
    """The states from ESTABLISHED on: what is acknowledged, what window is offered, what our FIN has come to."""
    if not is_plausible(tcb, seg):
        send_challenge_ack(tcb, now, "ack")
        return False
    take_in(tcb, seg, now)
    return _check_our_fin(tcb, now)


def take_in(tcb: Tcb, seg: Arrival, now: Nanos) -> None:
    """All that a plausible ACK tells but what has come of our FIN."""
    snd, recovery = tcb.snd, tcb.recovery
    una_before, snd_wnd_before = snd.una, snd.wnd
    blocks = _read_sack(tcb, seg) if seg.options.sack and recovery.sack else _NO_BLOCKS
    if not blocks and recovery.calm:
        delivered = _NO_BLOCKS
    else:
        delivered = recovery.news(snd.una, seg.ack, blocks)
        note_delivered(tcb, seg, delivered, now)
        if recovery.doubt is not NO_DOUBT:
            heed_doubt(tcb, seg, delivered, now)
        for start, end in delivered:
            if end > seg.ack:
                recovery.sacked(start, end)
    if seg.ack > snd.una:
        advance(tcb, seg.ack, seg, now)
    update_window(tcb, seg)
    if seg.ack == snd.una and snd.nxt > snd.una:
        # RFC 5681 section 2, or with SACK: RFC 6675 section 2.
        if recovery.sack:
            is_duplicate = bool(delivered) and delivered[-1][1] > seg.ack
        else:
            is_duplicate = not seg.length and snd.wnd == snd_wnd_before and not seg.advanced
        if is_duplicate:
            _count_duplicate(tcb)
    if recovery.probe_end:
        heed_probe(tcb, seg, now)
    if recovery.phase is not OPEN or not recovery.calm:
        _look_for_losses(tcb, seg, delivered, now)
    if seg.advanced:
        heed_echo(tcb, seg, una_before)
    if seg.dsack is not None:
        heed_duplicate(tcb, seg.dsack)


def _look_for_losses(tcb: Tcb, seg: Arrival, delivered: list[tuple[int, int]], now: Nanos) -> None:
    """Whether this ACK shows that something is lost; in fast recovery, how much may be sent in answer to it."""
    snd, recovery, congestion = tcb.snd, tcb.recovery, tcb.congestion
    found = recovery.sack and detect_losses(tcb, now)
    sent = 0
    if recovery.finds_loss(snd.una, snd.mss):
        sent = enter_fast_recovery(tcb, now)
    elif found:
        tell_of_loss(tcb, "rack" if recovery.rack is not None else "sack")
    if recovery.prr is not None:
        octets = sum([end - start for start, end in delivered])
        pipe = recovery.pipe(snd.una, snd.nxt) - sent
        progress = seg.advanced and not found
        allowed = recovery.prr.allowed(octets, pipe, congestion.ssthresh, snd.mss, progress=progress)
        congestion.cwnd = pipe + max(allowed, sent)
        recovery.prr.sent(sent)


def advance(tcb: Tcb, ack: int, seg: Arrival, now: Nanos) -> None:
    """SND.UNA moves: something was newly acknowledged."""
    snd, rtt, timers, recovery = tcb.snd, tcb.rtt, tcb.timers, tcb.recovery
    octets = ack - snd.una
    seg.advanced = True
    _measure(tcb, ack, seg, now)
    sent_ns = tcb.flight.acked(ack)
    # Karn: what was sent again tells nothing, as nobody knows which of the two was answered.
    rtt_ns = now - sent_ns if sent_ns >= 0 and not recovery.resent_ever.octets and not snd.retries else rtt.srtt_ns
    snd.una = ack
    if snd.nxt < ack:
        snd.nxt = ack  # a probe of a closed window was taken after all
    snd.buffer.release(min(ack, snd.buffer.end))
    snd.retries = 0
    tcb.totals.answered(now)
    tcb.soft_error = None
    if snd.nxt > ack:
        timers.at_retransmit(now + rtt.timeout_ns())
    else:
        timers.retransmit_ns = timers.probe_ns = NEVER
        if snd.buffer.end <= ack:
            tcb.totals.hold(Held.NOTHING, now)
    if recovery.phase is not OPEN or not recovery.calm:
        recovery.acknowledged(ack)
    _grow_window(tcb, octets, rtt_ns, now)
    if tcb.watch is not None:
        tcb.watch.acked(ack, octets)


def _measure(tcb: Tcb, ack: int, seg: Arrival, now: Nanos) -> None:
    """Take the round trip that this ACK ends, if it ends one."""
    rtt, stamps = tcb.rtt, seg.options.timestamps
    if rtt.timed_to:
        if ack >= rtt.timed_to:
            rtt.ended(ack, now)
        return
    again = tcb.recovery.last_resent(ack)
    if tcb.stamped and stamps is not None and stamps[1]:
        is_older = again is not None and (stamps[1] - tcb.stamp_now(again.sent_ns)) & MASK >= 1 << 31
        # Karn: an echo that is older than the last retransmission need not mean that the first transmission is
        # answered. A receiver that drops what comes twice keeps no stamp of it (RFC 7323 section 5.3, R2), and counting
        # from the echo on would count our own time-out. Only what comes too soon for the second is for the first.
        if not is_older or again is None or now - again.sent_ns < rtt.least_ns:
            measure_by_echo(tcb, stamps[1], now)
            return
    told, least_ns = seg.dsack, rtt.least_ns
    if again is None or told is None or now - again.sent_ns < least_ns:
        return
    if again.start < told[1] and told[0] < again.end:
        # It is news and tells of a duplicate, so it answers what was sent again: the ACK of the first was lost.
        rtt.sample(now - again.sent_ns, now)


def measure_by_echo(tcb: Tcb, echo: int, now: Nanos) -> None:
    """What this echo names has been answered."""
    elapsed_ms = (tcb.stamp_now(now) - echo) & MASK
    if elapsed_ms < 1 << 31:
        tcb.rtt.sample(elapsed_ms * _NS_PER_MS, now)


def _grow_window(tcb: Tcb, octets: int, rtt_ns: Nanos, now: Nanos) -> None:
    """Let recovery and the congestion window take note of what was acknowledged."""
    snd, recovery, congestion = tcb.snd, tcb.recovery, tcb.congestion
    if recovery.phase is OPEN:
        recovery.duplicates = 0
        recovery.inflation = 0
        if snd.una - octets < tcb.full_to or congestion.cwnd < tcb.slow_to:
            congestion.acked(octets, snd.nxt - snd.una, rtt_ns, now)
            if tcb.watch is not None:
                tcb.watch.window_grew()
    elif recovery.phase is FAST:
        if snd.una >= recovery.recover:
            if recovery.prr is not None:
                congestion.cwnd = congestion.ssthresh
            recovery.end()
            if not recovery.sack:
                congestion.recovered(snd.nxt - snd.una, now)
            if tcb.watch is not None:
                tcb.watch.window("recovered")
        elif not recovery.sack:
            # A partial ACK: the next hole begins here (RFC 6582 section 3.2 step 3).
            recovery.inflation = max(recovery.inflation - octets, 0) + (snd.mss if octets >= snd.mss else 0)
            send_again(tcb, now, "fast")
    else:
        congestion.acked(octets, snd.nxt - snd.una, rtt_ns, now)
        if tcb.watch is not None:
            tcb.watch.window_grew()
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


def _read_sack(tcb: Tcb, seg: Arrival) -> list[tuple[int, int]]:
    """What the peer holds beyond the gap, and what it has got twice: a first block at or below the ACK, or within the
    second one (RFC 2883 section 4).
    """
    snd, recovery = tcb.snd, tcb.recovery
    named = snd.blocks(seg.options.sack)
    first = named[0]
    is_within_second = len(named) > 1 and named[1][0] <= first[0] and first[1] <= named[1][1]
    if first[0] < first[1] and (first[1] <= seg.ack or is_within_second):
        seg.dsack = first
        tcb.totals.dsacks += 1
        if recovery.rack is not None:
            recovery.rack.duplicated(snd.una, snd.nxt)
    if len(recovery.scoreboard) >= _MOST_RANGES:
        if tcb.watch is not None:
            tcb.watch.tell("dropped", why="scoreboard-full")
        return _NO_BLOCKS
    least, nxt = max(snd.una, seg.ack), snd.nxt
    for start, end in named:
        if not least < start < end <= nxt:
            return [block for block in named if least < block[0] < block[1] <= nxt]
    return named


def _count_duplicate(tcb: Tcb) -> None:
    """One more ACK for the same octet: one more segment has left the network."""
    recovery = tcb.recovery
    recovery.duplicates += 1
    tcb.totals.duplicates += 1
    if tcb.watch is not None:
        tcb.watch.tell("duplicate-ack", count=recovery.duplicates, rel_ack=tcb.snd.una)
    if recovery.sack:
        return
    if recovery.phase is FAST:
        recovery.inflation += tcb.snd.mss
    elif recovery.phase is OPEN and recovery.duplicates < 3:
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
