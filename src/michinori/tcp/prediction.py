"""Header prediction (Van Jacobson; RFC 7323 section 5.6): the segments that a bulk transfer consists of.

What comes next on an undisturbed connection is either text in order that acknowledges nothing new, or an ACK of new
text that brings none. Both do here in a few lines what the steps of ``arrives.py`` would do, to the letter: a test runs
every kind of traffic over both and compares. So does text ahead of a gap, or at its beginning, of which there is much
where something was lost; and an ACK of text while our FIN waits behind it, as an application that writes much closes
long before it has left. An ACK with SACK blocks, of which every loss brings a windowful, spares the steps that look
at sequence numbers and text alone. Whatever is not plain is left to the steps, as is every segment of a connection that
is watched.
"""

from __future__ import annotations

from michinori.sim import Nanos
from michinori.tcp.acknowledgment import is_plausible, measure_by_echo, take_in
from michinori.tcp.arrival import Arrival
from michinori.tcp.lifecycle import notify
from michinori.tcp.receiving import keep_for_later, see_to_ack, take_text, widen
from michinori.tcp.sending import transmit
from michinori.tcp.states import CLOSED, ESTABLISHED, FIN_WAIT_1
from michinori.tcp.tcb import Tcb
from michinori.tcp.timers import NEVER
from michinori.tcp.totals import Held
from michinori.wire import Octets
from michinori.wire.checksum import partial
from michinori.wire.tcp import ACK, PSH, Options, Segment

# Sequence arithmetic stands here in the open, (a - b) & MASK, for the sake of speed.
_MASK = 0xFFFF_FFFF
_SIGN = 0x8000_0000


def as_predicted(tcb: Tcb, segment: Segment, now: Nanos) -> bool:
    """Deal with the segment if it is one of them. False: it was not touched."""
    options = segment.options
    if segment.flags | PSH != ACK | PSH or options.user_timeout_s is not None:
        return False
    stamp = echo = 0
    if tcb.stamped:
        if options.timestamps is None:
            return False
        stamp, echo = options.timestamps
    if options.sack:
        return not (segment.flags & PSH or segment.payload) and sack_arrives(
            tcb, segment.seq, segment.ack, segment.window, stamp, echo, options.sack, None, now
        )
    return plain_arrives(tcb, segment.seq, segment.ack, segment.window, stamp, echo, segment.payload, None, now)


def plain_arrives(
    tcb: Tcb, seq: int, ack: int, window: int, stamp: int, echo: int, text: Octets, words: int | None, now: Nanos
) -> bool:
    """The same for a segment of which no value was made: it has ACK, maybe PSH, and no option but TSval ``stamp`` and
    TSecr ``echo`` (0 where none were agreed upon). ``words``: the sum of all its words but the text, with the pseudo
    header; the checksum is verified then, once everything else is as predicted.
    """
    rcv, snd = tcb.rcv, tcb.snd
    nxt = rcv.nxt
    if (
        (stamp - rcv.stamp) & _SIGN
        or (stamp and not tcb.stamped)
        or tcb.watch is not None
        or not tcb.recovery.calm  # each segment may show that something of ours is lost by now
    ):
        return False
    acked = (ack - snd.iss - snd.una) & _MASK
    ahead = (seq - rcv.irs - nxt) & _MASK
    size = len(text)
    if size:
        if tcb.state is not ESTABLISHED or tcb.abandoned:
            return False
        if acked or window << snd.shift != snd.wnd or ahead + size > rcv.edge - nxt or rcv.fin_ahead is not None:
            return False
        if snd.wl1 > nxt and not ahead and not rcv.reassembly.islands:
            return False  # something from ahead of a gap has told of the window since
        if words is not None and (words + partial(text)) % 0xFFFF:
            return False
    else:
        if tcb.state is not ESTABLISHED and (tcb.state is not FIN_WAIT_1 or acked > snd.buffer.end - snd.una):
            return False
        if ahead or snd.wl1 > nxt or not 0 < acked <= snd.nxt - snd.una or not window:
            return False
        if words is not None and words % 0xFFFF:
            return False
    tcb.totals.segments_in += 1
    tcb.heard_at_ns = now
    if not ahead and rcv.acked_to == nxt and (stamp or tcb.stamped):
        rcv.stamp = stamp
        rcv.stamp_at_ns = now
    if not size:
        _new_ack(tcb, window << snd.shift, acked, echo, now)
    elif ahead or rcv.reassembly.islands:
        _text_beside_gap(tcb, nxt + ahead, text, size, now)
    else:
        _text_in_order(tcb, text, size, now)
    return True


def sack_arrives(
    tcb: Tcb,
    seq: int,
    ack: int,
    window: int,
    stamp: int,
    echo: int,
    blocks: tuple[tuple[int, int], ...],
    words: int | None,
    now: Nanos,
) -> bool:
    """The same for an ACK without text whose only options are time stamps and these SACK blocks."""
    rcv = tcb.rcv
    if (
        (tcb.state is not ESTABLISHED and tcb.state is not FIN_WAIT_1)
        or (seq - rcv.irs - rcv.nxt) & _MASK
        or (stamp - rcv.stamp) & _SIGN
        or not tcb.stamped
        or tcb.watch is not None
        or (words is not None and words % 0xFFFF)
    ):
        return False
    options = Options(None, None, False, blocks, (stamp, echo))
    seg = Arrival(ACK, seq, rcv.nxt, tcb.snd.position(ack), window, options)
    if not is_plausible(tcb, seg) or seg.ack > tcb.snd.buffer.end:  # our FIN, maybe
        return False
    tcb.totals.segments_in += 1
    tcb.heard_at_ns = now
    if rcv.acked_to == rcv.nxt:
        rcv.stamp = stamp
        rcv.stamp_at_ns = now
    take_in(tcb, seg, now)
    transmit(tcb, now)
    notify(tcb)
    if not tcb.gone:
        see_to_ack(tcb, now)
    return True


def _text_in_order(tcb: Tcb, text: Octets, size: int, now: Nanos) -> None:
    rcv, snd = tcb.rcv, tcb.snd
    tcb.totals.text_in += 1
    snd.wl1, snd.wl2 = rcv.nxt, snd.una
    if snd.retries and (snd.nxt == snd.una or not snd.wnd):
        snd.retries = 0  # it answers, see ``update_window``
    rcv.nxt += size
    if size > rcv.mss:
        rcv.mss = max(rcv.mss, min(size, tcb.config.mss))
    rcv.buffer.append(text)
    if rcv.nxt >= rcv.turn_to:
        widen(tcb, now)
    if snd.nxt > snd.una and tcb.timers.probe_ns == NEVER:
        transmit(tcb, now)  # nothing can have become possible by text, but this arms the probe of the tail
    tcb.effects.readable()
    if rcv.acked_to != rcv.nxt and tcb.state is not CLOSED:
        see_to_ack(tcb, now)


def _text_beside_gap(tcb: Tcb, seq: int, text: Octets, size: int, now: Nanos) -> None:
    rcv, snd = tcb.rcv, tcb.snd
    if snd.wl1 < seq or (snd.wl1 == seq and snd.wl2 <= snd.una):
        snd.wl1, snd.wl2 = seq, snd.una
    if snd.nxt == snd.una or not snd.wnd:
        snd.retries = 0
    is_ahead = seq > rcv.nxt
    if is_ahead:
        keep_for_later(tcb, seq, text, now)
    else:
        take_text(tcb, text, size, now)
    if snd.nxt > snd.una and tcb.timers.probe_ns == NEVER:
        transmit(tcb, now)
    if is_ahead:
        return
    notify(tcb)
    if tcb.state is not CLOSED:
        see_to_ack(tcb, now)


def _new_ack(tcb: Tcb, wnd: int, acked: int, echo: int, now: Nanos) -> None:
    snd, rtt, timers = tcb.snd, tcb.rtt, tcb.timers
    una = snd.una + acked
    if not rtt.timed_to:
        if echo and tcb.stamped:
            measure_by_echo(tcb, echo, now)
    elif rtt.timed_to <= una:
        rtt.ended(una, now)
    snd.una = una
    snd.buffer.release(una)
    snd.retries = 0
    tcb.soft_error = None
    if wnd > snd.wnd:
        timers.persist_ns = NEVER
        if wnd > snd.max_wnd:
            snd.max_wnd = wnd
    snd.wnd = wnd
    snd.wl1, snd.wl2 = tcb.rcv.nxt, una
    if snd.nxt > una:
        timers.at_retransmit(now + rtt.timeout_ns())
    else:
        timers.retransmit_ns = timers.probe_ns = NEVER
        if snd.buffer.end <= una:
            tcb.totals.hold(Held.NOTHING, now)
    sent_ns = tcb.flight.acked(una)
    if una - acked < tcb.full_to or tcb.congestion.cwnd < tcb.slow_to:
        tcb.congestion.acked(acked, snd.nxt - una, now - sent_ns if sent_ns >= 0 else rtt.srtt_ns, now)
    transmit(tcb, now)
    if snd.wants_room:
        notify(tcb)
