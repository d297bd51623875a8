"""What an ACK says of the segments in flight: which have arrived, and which are lost therefore.

RFC 8985 section 6.2 with time (RACK), RFC 6675 section 4 without.
"""

from __future__ import annotations

from michinori.sim import Nanos
from michinori.tcp.arrival import Arrival
from michinori.tcp.rack import Rack
from michinori.tcp.recovery import OPEN, Phase, Resent
from michinori.tcp.tcb import Tcb
from michinori.tcp.timers import NEVER
from michinori.wire.sequence import MASK


def note_delivered(tcb: Tcb, seg: Arrival, delivered: list[tuple[int, int]], now: Nanos) -> None:
    """These octets have arrived: learn from when they were sent (steps 1 to 3). To be called before the ACK is taken
    in, as it asks what is in flight.
    """
    recovery, flight = tcb.recovery, tcb.flight
    rack = recovery.rack
    if rack is None:
        return
    overtaken_by = lowest = recovery.scoreboard.highest
    for start, end in delivered:
        firsts = recovery.resent_ever.gaps(start, end) if recovery.resent_ever.octets else [(start, end)]
        for low, high in firsts:
            sent_ns = flight.sent_at(high - 1)
            if sent_ns >= 0:
                rack.delivered((sent_ns, high, 0), now)
            if low < lowest:
                lowest = low
        if firsts == [(start, end)]:
            continue
        for again in recovery.resent:
            if again.start < end and again.end > start and not _answers_the_first(tcb, seg, again, now):
                rack.delivered(again.left, now)
            if again.start <= start and again.end >= end:
                break
    if lowest < overtaken_by:
        rack.reordering_seen = True
        tcb.totals.reorderings += 1
        tcb.totals.overtaken = max(tcb.totals.overtaken, -(-(overtaken_by - lowest) // tcb.snd.mss))


def _answers_the_first(tcb: Tcb, seg: Arrival, again: Resent, now: Nanos) -> bool:
    """Whether this ACK must be for the first transmission: the echo is older than the second, or it came too soon."""
    stamps = seg.options.timestamps
    if tcb.stamped and stamps is not None and stamps[1]:
        sent_stamp = tcb.stamp_now(again.sent_ns)
        if (stamps[1] - sent_stamp) & MASK >= 1 << 31:
            return True
    return now - again.sent_ns < tcb.rtt.least_ns


def detect_losses(tcb: Tcb, now: Nanos) -> bool:
    """Mark what is lost by now (steps 4 and 5). Gives whether anything was found."""
    snd, recovery = tcb.snd, tcb.recovery
    rack = recovery.rack
    if rack is None:
        before = recovery.lost_to
        if recovery.phase is Phase.FAST or recovery.seems_lost(snd.una, snd.mss):
            recovery.lose_below(recovery.scoreboard.lost_below(snd.mss), snd.una)
        return recovery.lost_to > before
    tcb.timers.reorder_ns = NEVER
    if not recovery.scoreboard.octets and not recovery.resent:
        return False
    recovering = recovery.phase is not OPEN
    seems_lost = recovering or recovery.seems_lost(snd.una, snd.mss)
    window_ns = rack.window_ns(tcb.rtt.least_ns, tcb.rtt.srtt_ns, recovering=recovering, seems_lost=seems_lost)
    patience_ns = rack.rtt_ns + window_ns
    found, latest_ns = _detect_in_flight(tcb, rack, now - patience_ns)
    found_again, latest_again_ns = _detect_among_resent(tcb, rack, now - patience_ns, now)
    latest_ns = max(latest_ns, latest_again_ns)
    if latest_ns >= 0:
        tcb.timers.at_reorder(latest_ns + patience_ns)
    return found or found_again


def _detect_in_flight(tcb: Tcb, rack: Rack, too_old_ns: Nanos) -> tuple[bool, Nanos]:
    """First transmissions lie in the order in which they were sent, so that what is lost ends at one position.

    Gives whether any was found, and when the last of those was sent that have been overtaken and may yet come; -1 when
    none has.
    """
    snd, recovery, flight = tcb.snd, tcb.recovery, tcb.flight
    sent_ns, nxt, _ = rack.left
    overtaken = flight.left_before(sent_ns, nxt, snd.una)
    if overtaken <= max(recovery.lost_to, snd.una):
        return False, -1
    bound = min(overtaken, flight.sent_before(too_old_ns + 1, snd.una))
    before = recovery.lost.octets
    recovery.lose_below(bound, snd.una)
    found = recovery.lost.octets > before
    if bound == overtaken:
        return found, -1
    waiting = recovery.scoreboard.gaps(max(recovery.lost_to, snd.una), overtaken)
    return found, flight.sent_at(waiting[-1][1] - 1) if waiting else -1


def _detect_among_resent(tcb: Tcb, rack: Rack, too_old_ns: Nanos, now: Nanos) -> tuple[bool, Nanos]:
    """The same for what was sent again."""
    recovery = tcb.recovery
    resent, board, una = recovery.resent, recovery.scoreboard, tcb.snd.una
    last_lost, latest_ns, looked_at, kept = 0, -1, 0, []
    left_ns = rack.left[0]
    for again in resent:
        if again.sent_ns > left_ns or again.left >= rack.left:
            break  # from here on, none was overtaken
        looked_at += 1
        if again.end <= una or board.has_all(max(again.start, una), again.end):
            continue
        if again.sent_ns <= too_old_ns:
            recovery.lose_again(max(again.start, una), again.end)
            last_lost = max(last_lost, again.turn)
        else:
            latest_ns = again.sent_ns
            kept.append(again)
    if len(kept) < looked_at:
        resent[:looked_at] = kept
    if last_lost > recovery.cut_turn and recovery.phase is Phase.FAST and recovery.prr is None:
        _cut_again(tcb, now)
    return last_lost > 0, latest_ns


def _cut_again(tcb: Tcb, now: Nanos) -> None:
    """What was sent again since the window was cut is lost too: a second sign of congestion (RFC 5681 section 4.3). PRR
    alone answers it by itself, as it sends less then (RFC 8985 section 9.3).
    """
    snd, recovery, congestion = tcb.snd, tcb.recovery, tcb.congestion
    recovery.cut_turn = recovery.turn
    recovery.maybe_in_vain = None  # that cut was for something
    congestion.lost(min(snd.nxt - snd.una, congestion.cwnd), now)
    tcb.window_was_cut()
    if tcb.watch is not None:
        tcb.watch.window("loss")


def lose_on_timeout(tcb: Tcb, now: Nanos) -> None:
    """The retransmission timer has expired: what was in flight and is not sacked is lost.

    With RACK only what was sent long enough ago, and the first segment in any case (RFC 8985 section 6.3).
    """
    snd, recovery, rtt = tcb.snd, tcb.recovery, tcb.rtt
    rack = recovery.rack
    bound = snd.nxt
    if rack is not None:
        patience_ns = max(rack.rtt_ns, rtt.srtt_ns) + rack.window_ns(
            rtt.least_ns, rtt.srtt_ns, recovering=True, seems_lost=True
        )
        first_ends = min(recovery.scoreboard.gap(snd.una, snd.mss)[1], snd.nxt)
        bound = max(tcb.flight.sent_before(now - patience_ns + 1, snd.una), first_ends)
    before, recovery.resent = recovery.resent, []
    for again in before:
        recovery.lose_again(max(again.start, snd.una), again.end)
    recovery.lose_below(bound, snd.una)
