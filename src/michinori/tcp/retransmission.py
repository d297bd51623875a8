"""When nothing comes back: the retransmission timer, the persist timer, and the way into fast recovery.

RFC 6298 section 5, RFC 9293 sections 3.8.1, 3.8.3 and 3.8.6.1, RFC 5681 section 3.2, RFC 6675 section 5.
"""

from __future__ import annotations

from michinori.sim import Nanos
from michinori.tcp.errors import ConnectionTimedOut
from michinori.tcp.frto import doubt_timeout
from michinori.tcp.lifecycle import abort, fit_mss, give_up
from michinori.tcp.loss_detection import detect_losses, lose_on_timeout
from michinori.tcp.prr import Prr
from michinori.tcp.ranges import Ranges
from michinori.tcp.recovery import Doubt, Phase
from michinori.tcp.segments import send_syn, send_text
from michinori.tcp.sending import send_one, transmit
from michinori.tcp.states import State
from michinori.tcp.tcb import Tcb
from michinori.tcp.timers import NEVER
from michinori.tcp.user_timeout import patience_ns

_DUPLICATES_TO_INFLATE = 3


def enter_fast_recovery(tcb: Tcb, now: Nanos) -> int:
    """The octet at ``snd.una`` is lost: send it again without waiting for the timer, and halve the window. Gives how
    much was sent.
    """
    snd, recovery, congestion = tcb.snd, tcb.recovery, tcb.congestion
    # What limited transmit sent beyond the window does not count (RFC 5681 section 3.2 step 2).
    flight = min(snd.nxt - snd.una, congestion.cwnd)
    why = "rack" if recovery.rack is not None else "sack" if recovery.sack else "fast"
    recovery.begin(Phase.FAST, snd.una, snd.nxt, why)
    if recovery.sack and tcb.config.prr:
        recovery.prr = Prr(snd.nxt - snd.una)
    if not _was_cut_for(tcb):
        congestion.lost(flight, now)
        recovery.maybe_in_vain = Ranges()
        recovery.cut_ns = now
        tcb.window_was_cut()
        _tell_of_window(tcb, "loss")
    if snd.una < congestion.first_to:
        congestion.first_was_too_much()
    _karn(tcb)
    if recovery.sack and not recovery.lost.octets:
        # Three duplicate ACKs, though IsLost is not yet true of it (RFC 6675 section 5, step 4).
        recovery.lose_below(min(recovery.scoreboard.gap(snd.una, snd.mss)[1], snd.nxt), snd.una)
    tell_of_loss(tcb, why)
    tcb.timers.at_retransmit(now + tcb.rtt.timeout_ns())
    if not recovery.sack:
        recovery.inflation = _DUPLICATES_TO_INFLATE * snd.mss
        return send_again(tcb, now, why) - snd.una
    first = recovery.lost.first(snd.mss)
    if first is None:
        return 0
    end = recovery.rescue_rxt = send_text(tcb, *first, now, why)
    recovery.sent_again(first[0], end, snd.nxt, now)
    return end - first[0]


def _was_cut_for(tcb: Tcb) -> bool:
    """Whether a mark has already cut the window for the text of which some is lost now: once a window is enough (RFC
    3168 section 6.1.2).
    """
    lost = tcb.recovery.lost.first(1)
    first = lost[0] if lost is not None else tcb.snd.una
    return tcb.ecn is not None and first < tcb.ecn.reacted_to


def on_reorder_timeout(tcb: Tcb, now: Nanos) -> None:
    """What was overtaken has not come within the reordering window (RFC 8985 section 6.3)."""
    if not detect_losses(tcb, now):
        return
    if tcb.recovery.finds_loss(tcb.snd.una, tcb.snd.mss):
        sent = enter_fast_recovery(tcb, now)
        if tcb.recovery.prr is not None:
            tcb.recovery.prr.sent(sent)
            tcb.congestion.cwnd = tcb.recovery.pipe(tcb.snd.una, tcb.snd.nxt)
    else:
        tell_of_loss(tcb, "rack")
    transmit(tcb, now)


def tell_of_loss(tcb: Tcb, why: str) -> None:
    """Tell what counts as lost now."""
    if tcb.watch is not None:
        lost = tcb.recovery.lost
        tcb.watch.tell("loss-detected", octets=lost.octets, ranges=[list(held) for held in lost.ranges()], why=why)


def send_again(tcb: Tcb, now: Nanos, why: str) -> int:
    """The first segment that was not acknowledged, once more. Gives the position behind it."""
    snd, recovery = tcb.snd, tcb.recovery
    _, end = recovery.scoreboard.gap(snd.una, snd.mss)
    end = send_text(tcb, snd.una, min(end, snd.nxt), now, why)
    recovery.sent_again(snd.una, end, snd.nxt, now)
    return end


def on_retransmission_timeout(tcb: Tcb, now: Nanos) -> None:
    """Nothing was acknowledged for an RTO (RFC 6298 section 5.4 to 5.7)."""
    snd = tcb.snd
    tcb.timers.retransmit_ns = NEVER
    if snd.una >= snd.nxt:
        if not tcb.congestion.cwnd:
            tcb.congestion.reopened()
            _tell_of_window(tcb, "reopened")
            transmit(tcb, now)
        return
    if _is_beyond_r2(tcb, now):
        return
    tcb.rtt.expired()
    tcb.totals.time_out(now)
    if snd.una == 0:
        send_syn(tcb, now, "rto")
        tcb.totals.retransmitted += 1
    else:
        _lose_everything(tcb, now)
    tcb.timers.at_retransmit(_within_patience(tcb, now + tcb.rtt.timeout_ns(), now))


def _is_beyond_r2(tcb: Tcb, now: Nanos) -> bool:
    """Count one more retransmission; give up when they were enough (RFC 9293 section 3.8.3)."""
    snd, config = tcb.snd, tcb.config
    if snd.retries == 0:
        sent_ns = tcb.flight.sent_at(snd.una) if 0 < snd.una < snd.nxt else -1
        snd.unanswered_since_ns = sent_ns if sent_ns >= 0 else now
    most = config.data_retries
    if tcb.state is State.SYN_SENT:
        most = config.syn_retries
    elif tcb.state is State.SYN_RECEIVED:
        most = config.syn_ack_retries
    elif tcb.abandoned:
        most = min(most, config.orphan_retries)
    most_ns = patience_ns(tcb) if snd.una else None
    if most_ns is None:
        is_over = snd.retries >= most
    else:
        is_over = snd.retries > 0 and now - snd.unanswered_since_ns >= most_ns
    if is_over:
        give_up(tcb, ConnectionTimedOut("the peer does not answer"), "R2")
        return True
    snd.retries += 1
    if snd.retries == config.retries_before_doubt:
        if tcb.watch is not None:
            tcb.watch.tell("doubted", why="R1", retries=snd.retries)
        tcb.effects.report("in-doubt")
    return False


def _within_patience(tcb: Tcb, due_ns: Nanos, now: Nanos) -> Nanos:
    """When to look again at what is not answered: earlier than the timer would, if the user time-out ends before."""
    most_ns = patience_ns(tcb) if tcb.snd.una else None
    if most_ns is None:
        return due_ns
    over_ns = tcb.snd.unanswered_since_ns + most_ns
    return min(due_ns, over_ns) if over_ns > now else due_ns


def _lose_everything(tcb: Tcb, now: Nanos) -> None:
    """What was in flight and is not sacked counts as lost: begin again with one segment."""
    snd, recovery, congestion = tcb.snd, tcb.recovery, tcb.congestion
    congestion.timed_out(min(snd.nxt - snd.una, congestion.cwnd), now, again=snd.retries > 1)
    if snd.una < congestion.first_to:
        congestion.first_was_too_much()
    tcb.window_was_cut()
    _tell_of_window(tcb, "rto")
    board = recovery.scoreboard
    if board and board.gap(snd.una, 1)[0] != snd.una:
        # The peer has sacked what it does not acknowledge: it has thrown it away (RFC 2018 section 8).
        board.clear()
        recovery.lost_to = snd.una
    was_open = recovery.phase is Phase.OPEN
    recovery.begin(Phase.LOSS, snd.una, snd.nxt, "rto")
    recovery.duplicates = 0
    lose_on_timeout(tcb, now)
    doubt_timeout(tcb, was_open=was_open)
    tell_of_loss(tcb, "rto")
    send_again(tcb, now, "rto")
    tcb.timers.reorder_ns = NEVER


def on_persist_timeout(tcb: Tcb, now: Nanos) -> None:
    """The window stays too small, or the ACK that opened it was lost: probe it (RFC 9293 section 3.8.6.1)."""
    snd = tcb.snd
    tcb.timers.persist_ns = NEVER
    if snd.nxt > snd.una or snd.end <= snd.nxt:
        return
    room = snd.una + snd.wnd - snd.nxt
    if room > 0:
        # Not empty, only silly: the override time-out of section 3.8.6.2.1 has passed. That is no probe to be counted.
        send_one(tcb, snd.nxt, min(snd.nxt + room, snd.end), now)
        transmit(tcb, now)  # no more fits: the timers, and how much of the windows is used
        return
    if _is_beyond_r2(tcb, now):
        return
    if tcb.abandoned and snd.probes >= tcb.config.orphan_retries:
        # It answers, but nobody is left who would wait for it to open the window (RFC 6429 section 3).
        abort(tcb, ConnectionTimedOut("the peer keeps its window closed"), now, "orphan")
        return
    # One octet that the window does not allow. It is taken as never sent unless the peer takes it.
    end = send_text(tcb, snd.nxt, snd.nxt + 1, now, "probe")
    snd.max = max(snd.max, end)
    snd.probes += 1
    interval_ns = min(tcb.rtt.rto_ns << min(snd.probes, 30), tcb.config.rto_max_ns)
    tcb.timers.at_persist(_within_patience(tcb, now + interval_ns, now))


def on_path_mtu(tcb: Tcb, mtu: int, now: Nanos) -> None:
    """The path takes less than was thought: cut anew what is under way and send it again (RFC 1191 section 6.4)."""
    before = tcb.snd.mss
    fit_mss(tcb)
    snd, recovery = tcb.snd, tcb.recovery
    if tcb.watch is not None:
        tcb.watch.tell("path-mtu", mtu=mtu, mss=snd.mss)
    opening = tcb.opening.fast
    if tcb.state is State.SYN_SENT and snd.max > 1 and opening is not None and not opening.outcome:
        # It was the text in the SYN (RFC 7413): the next goes without, and need not wait for the time-out.
        _karn(tcb)
        send_syn(tcb, now, "path-mtu")
    if snd.mss >= before or snd.una == 0 or snd.nxt == snd.una:
        return
    # Dropped for its size, not for want of room: the congestion window stays as it is.
    _karn(tcb)
    recovery.begin(Phase.LOSS, snd.una, snd.nxt, "path-mtu")
    recovery.doubt = Doubt.NONE
    recovery.resent.clear()
    for low, high in recovery.scoreboard.gaps(snd.una, snd.nxt):
        recovery.lost.add(low, high)
    recovery.lost_to = snd.nxt
    transmit(tcb, now)
    tcb.timers.at_retransmit(now + tcb.rtt.timeout_ns())


def _karn(tcb: Tcb) -> None:
    """What is sent again cannot be measured."""
    tcb.rtt.timed_to = 0


def _tell_of_window(tcb: Tcb, why: str) -> None:
    if tcb.watch is not None:
        tcb.watch.window(why)
