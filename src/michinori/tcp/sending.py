"""What may be sent now, and how much of it: RFC 9293 section 3.8.6, RFC 5681, RFC 6675."""

from __future__ import annotations

from typing import Final

from michinori.sim import Nanos
from michinori.tcp.path_probing import probe_path
from michinori.tcp.recovery import FAST, LOSS, NO_DOUBT, OPEN, Doubt
from michinori.tcp.segments import acknowledged, added_octets, options_now, send_text
from michinori.tcp.states import SENDS_TEXT, State
from michinori.tcp.tcb import Tcb
from michinori.tcp.timers import NEVER
from michinori.tcp.totals import Held
from michinori.wire.sequence import MASK
from michinori.wire.tcp import PSH, Segment

# Members are looked up once: before CPython 3.12 an enumeration is slow at that.
_PATH: Final = Held.PATH
_PEER: Final = Held.PEER
_BUFFER: Final = Held.BUFFER
_LONGEST_OVERRIDE_NS = 1_000_000_000


def transmit(tcb: Tcb, now: Nanos) -> None:
    """Send all that the windows let go: what was lost first, then what is new."""
    if tcb.state not in SENDS_TEXT and not (tcb.opening.is_early and tcb.state is State.SYN_RECEIVED):
        return
    snd, recovery = tcb.snd, tcb.recovery
    if recovery.phase is OPEN and (recovery.calm or not tcb.config.limited_transmit):
        if snd.nxt < snd.buffer.end + snd.closing or tcb.path_search is not None:
            send_new(tcb, now, snd.nxt - snd.una)
    else:
        _transmit_in_recovery(tcb, now)
    if snd.nxt > snd.una:
        timers = tcb.timers
        if timers.retransmit_ns == NEVER:
            timers.at_retransmit(now + tcb.rtt.timeout_ns())
        if timers.probe_ns == NEVER and recovery.probes_tail and recovery.phase is OPEN:
            timers.at_probe(min(now + 2 * tcb.rtt.srtt_ns, timers.retransmit_ns))
    elif snd.end > snd.nxt and not tcb.congestion.cwnd:
        if tcb.timers.retransmit_ns == NEVER:
            tcb.timers.at_retransmit(now + tcb.rtt.timeout_ns())  # it opens the window (RFC 3168 section 6.1.2)
    elif snd.end > snd.nxt and tcb.timers.persist_ns == NEVER:
        # Nothing is under way that would bring an ACK, and the window is too small to send.
        tcb.timers.at_persist(now + min(tcb.rtt.timeout_ns(), _LONGEST_OVERRIDE_NS))


def _transmit_in_recovery(tcb: Tcb, now: Nanos) -> None:
    """Something is missing, or may be."""
    snd, recovery = tcb.snd, tcb.recovery
    if recovery.doubt is not NO_DOUBT and _transmit_in_doubt(tcb, now):
        return
    before = pipe = recovery.pipe(snd.una, snd.nxt)
    with_sack = recovery.phase is FAST and recovery.sack
    if recovery.phase is LOSS or with_sack:
        pipe = _send_lost(tcb, now, pipe)
    nxt = snd.nxt
    send_new(tcb, now, pipe)
    pipe += snd.nxt - nxt
    if with_sack:
        pipe = _send_doubtful(tcb, now, pipe)
    if recovery.prr is not None:
        recovery.prr.sent(pipe - before)


def _transmit_in_doubt(tcb: Tcb, now: Nanos) -> bool:
    """F-RTO, step 2b: up to two new segments; if there are none, the time-out has to be believed (RFC 5682)."""
    snd, recovery = tcb.snd, tcb.recovery
    if recovery.doubt is Doubt.SENDING:
        before = snd.nxt
        send_new(tcb, now, tcb.congestion.cwnd - 2 * snd.mss)
        recovery.doubt = Doubt.WATCHING if snd.nxt > before else Doubt.NONE
    return recovery.doubt is not NO_DOUBT


def send_new(tcb: Tcb, now: Nanos, pipe: int) -> None:
    """Send what was never sent before, as far as both windows reach."""
    snd = tcb.snd
    if tcb.path_search is not None:
        before = snd.nxt
        if probe_path(tcb, tcb.path_search, now):
            return
        pipe += snd.nxt - before
    nxt, end = snd.nxt, snd.buffer.end
    cwnd = tcb.congestion.cwnd
    if nxt >= end + snd.closing or not cwnd:
        return
    first, room = nxt, cwnd - pipe
    edge = snd.una + snd.wnd
    is_held_back = nxt + room < edge and nxt + room < end
    if nxt + room < edge:
        edge = nxt + room
    # The last segment, if it carries the FIN, urgent text and CWR need a closer look than the loop gives.
    reach = min(end - 1 if snd.closing else end, edge)
    if reach - nxt >= snd.mss and snd.up <= nxt and (tcb.ecn is None or not tcb.ecn.cwr_due):
        nxt = _send_full(tcb, nxt, reach, now)
    size = max(min(end, edge, nxt + snd.mss) - nxt, 0)  # the window may be overfull, having been cut
    while _is_worth_sending(tcb, size, nxt, is_held_back=is_held_back):
        with_fin = snd.closing and nxt + size == end and snd.una + snd.wnd > end
        send_one(tcb, nxt, nxt + size + with_fin, now)
        nxt = snd.nxt
        size = max(min(end, edge, nxt + snd.mss) - nxt, 0)
    if is_held_back or room - (nxt - first) < snd.mss:
        tcb.full_to = nxt
        if tcb.totals.held_by is not _PATH:
            tcb.totals.hold(_PATH, now)
    else:
        _note_what_is_used(tcb, now)


def _note_what_is_used(tcb: Tcb, now: Nanos) -> None:
    """Not all of the congestion window: what holds text back instead, and how much was used all the same."""
    snd, what = tcb.snd, _PATH
    tcb.slow_to = min(2 * (snd.nxt - snd.una), tcb.congestion.ssthresh)
    left = snd.buffer.end - snd.nxt
    if left > 0 and snd.una + snd.wnd - snd.nxt < min(left, snd.mss):
        what = _PEER
    elif left <= 0 and snd.wants_room:
        what = _BUFFER
    if what is not tcb.totals.held_by:
        tcb.totals.hold(what, now)


def _send_full(tcb: Tcb, nxt: int, reach: int, now: Nanos) -> int:
    """Full segments as far as they fit: the loop that moves the bulk. Gives the position behind the last."""
    snd, rcv, watch, send = tcb.snd, tcb.rcv, tcb.watch, tcb.effects.send
    timeout = tcb.user_timeout
    while (rcv.duplicate is not None or (timeout is not None and timeout.is_due)) and reach - nxt >= snd.mss:
        send_one(tcb, nxt, nxt + snd.mss, now)  # it alone tells what is to be told once
        nxt = snd.nxt
    send_plain = tcb.plain_sender if tcb.stamped and watch is None else None
    options = options_now(tcb, now)
    mss = max(snd.mss - added_octets(options), 1)
    if reach - nxt < mss:
        return nxt
    src_port, dst_port, iss = tcb.local[1], tcb.remote[1], snd.iss
    ack, window = rcv.wire(rcv.nxt), rcv.window_field()
    view, end, first = snd.buffer.slice, snd.buffer.end, nxt
    plain, ect = tcb.ack_flags, tcb.ect
    _measure_from(tcb, nxt + mss, now)
    acknowledged(tcb)
    snd.last_ns = now
    step, most = mss, tcb.most_at_once // mss * mss
    while nxt + mss <= reach:
        if most > mss:
            step = min(most, (reach - nxt) // mss * mss)
        following = nxt + step
        flags = plain | PSH if following == end else plain
        # (iss + nxt) & MASK is snd.wire(nxt).
        if step > mss:
            segment = Segment(src_port, dst_port, (iss + nxt) & MASK, ack, flags, window, view(nxt, step), options)
            snd.nxt = following
            tcb.effects.send_large(segment, mss, ect)
        elif send_plain is not None:
            snd.nxt = following
            send_plain((iss + nxt) & MASK, ack, flags, window, options, view(nxt, mss), ect)
        else:
            segment = Segment(src_port, dst_port, (iss + nxt) & MASK, ack, flags, window, view(nxt, mss), options)
            snd.nxt = following
            if watch is not None:
                watch.sent(segment, nxt, ect=ect)
            send(segment, ect)
        nxt = following
    count = (nxt - first) // mss
    tcb.totals.segments_out += count
    tcb.totals.text_out += count
    tcb.flight.sent(nxt, now)
    if nxt > snd.max:
        snd.max = nxt
    return nxt


def _is_worth_sending(tcb: Tcb, size: int, nxt: int, *, is_held_back: bool) -> bool:
    """Whether a segment of less than full size goes out: the sender's side of the silly window (3.8.6.2.1) and Nagle's
    algorithm (3.7.4). ``is_held_back``: it is less because the congestion window is used up.
    """
    snd = tcb.snd
    left = snd.buffer.end - nxt
    if left == 0:
        return snd.closing and nxt == snd.buffer.end and snd.una + snd.wnd > nxt  # the FIN alone
    if size <= 0:
        return False
    if size >= snd.mss:
        return True
    # Behind a SYN that was not acknowledged (RFC 7413) no text is under way either.
    quiet = nxt == snd.una or nxt == 1 or not tcb.config.nagle
    quiet = quiet or (tcb.config.nagle == "minshall" and snd.small_to <= snd.una)
    if size == left:
        return quiet or snd.closing or snd.up > nxt
    if is_held_back:
        return False
    return quiet and 2 * size >= snd.max_wnd


def send_one(tcb: Tcb, start: int, end: int, now: Nanos) -> None:
    """One new segment of any size."""
    snd = tcb.snd
    snd.nxt = send_text(tcb, start, end, now)
    if snd.nxt - start < snd.mss and snd.nxt > snd.max:
        snd.small_to = snd.nxt
    tcb.flight.sent(snd.nxt, now)
    _measure_from(tcb, snd.nxt, now)
    snd.max = max(snd.max, snd.nxt)


def _measure_from(tcb: Tcb, end: int, now: Nanos) -> None:
    """Measure the round trip until ``end`` is acknowledged, if none is being measured. Behind a gap the ACK would come
    when the gap is filled, which says nothing.
    """
    rtt = tcb.rtt
    if not rtt.timed_to and tcb.recovery.calm:
        rtt.timed_to = end
        rtt.timed_at_ns = now
        rtt.timed_from = tcb.snd.una


def _send_lost(tcb: Tcb, now: Nanos, pipe: int) -> int:
    """Send again what is lost, as far as the congestion window allows. Gives the pipe as it is then."""
    snd, recovery = tcb.snd, tcb.recovery
    cwnd, mss = tcb.congestion.cwnd, snd.mss
    lost, why = recovery.lost, recovery.why
    while cwnd - pipe >= mss and lost.octets:
        gap = lost.first(mss)
        assert gap is not None
        end = send_text(tcb, *gap, now, why)
        recovery.sent_again(gap[0], end, snd.nxt, now)
        pipe += end - gap[0]
    return pipe


def _send_doubtful(tcb: Tcb, now: Nanos, pipe: int) -> int:
    """With room left and nothing new to send: what may be lost, and once the very end (rules 3 and 4 of NextSeg). With
    RACK, time tells soon enough whether the former is lost. Gives the pipe as it is then.
    """
    snd, recovery = tcb.snd, tcb.recovery
    cwnd, mss = tcb.congestion.cwnd, snd.mss
    if cwnd - pipe < mss or (snd.end > snd.nxt and snd.una + snd.wnd > snd.nxt):
        return pipe
    while cwnd - pipe >= mss:
        gap = recovery.doubtful_gap(mss) if recovery.rack is None else None
        if gap is not None:
            end = recovery.doubtful_to = send_text(tcb, *gap, now, "sack")
        else:
            gap = recovery.rescue_gap(snd.una, snd.nxt, mss)
            if gap is None:
                break
            recovery.rescue_rxt = recovery.recover
            end = send_text(tcb, *gap, now, "sack")
        recovery.sent_again(gap[0], end, snd.nxt, now)
        pipe += end - gap[0]
    return pipe
