"""Text that comes in: the sixth, seventh and eighth step of SEGMENT ARRIVES, and when to acknowledge.

RFC 9293 sections 3.10.7.4, 3.8.5 (urgent), 3.8.6.2.2 (silly window) and 3.8.6.3 (delayed ACK).
"""

from __future__ import annotations

from michinori.sim import Nanos
from michinori.tcp.arrival import Arrival
from michinori.tcp.lifecycle import become, enter_time_wait
from michinori.tcp.segments import send_ack
from michinori.tcp.states import RECEIVES_TEXT, State
from michinori.tcp.tcb import Tcb
from michinori.tcp.timers import NEVER
from michinori.wire import Octets
from michinori.wire.tcp import FIN, URG


def sixth_check_urg(tcb: Tcb, seg: Arrival, now: Nanos) -> bool:  # noqa: ARG001 - a step like the others
    """The urgent pointer only ever moves ahead; urgent text is delivered in line (RFC 6093)."""
    if seg.flags & URG and tcb.state in RECEIVES_TEXT and tcb.rcv.fin is None:
        up = seg.seq + seg.urgent
        if up > tcb.rcv.up:
            tcb.rcv.up = up
            tcb.rcv.news = True  # the application may want to hurry (section 3.8.5)
            if tcb.watch is not None:
                tcb.watch.tell("urgent", rel_seq=up)
    return True


def seventh_process_text(tcb: Tcb, seg: Arrival, now: Nanos) -> bool:
    """Deliver what is in order, keep what is ahead of it, and see to the acknowledgment."""
    rcv = tcb.rcv
    size = len(seg.payload)
    if not size or rcv.fin is not None or tcb.state not in RECEIVES_TEXT:
        return True
    if seg.seq > rcv.nxt:
        keep_for_later(tcb, seg.seq, seg.payload, now)
    else:
        take_text(tcb, seg.payload, size, now)
    return True


def take_text(tcb: Tcb, text: Octets, size: int, now: Nanos) -> None:
    """It is what comes next."""
    rcv = tcb.rcv
    tcb.totals.text_in += 1
    # What is larger than we announced came together out of several: 2 RMSS are acknowledged at once (section 3.8.6.3).
    rcv.mss = max(rcv.mss, min(size, tcb.config.mss))
    rcv.nxt += size
    rcv.buffer.append(text)
    rcv.news = True
    if rcv.reassembly.islands:
        pieces, rcv.nxt = rcv.reassembly.take(rcv.nxt)
        rcv.buffer.extend(pieces)
        rcv.ack_due = True  # a gap was filled: tell at once (RFC 5681 section 4.2)
    if rcv.nxt >= rcv.turn_to:
        widen(tcb, now)


def take_early_text(tcb: Tcb, seg: Arrival) -> None:
    """The text of a SYN (RFC 7413 section 4.2.2), as far as the window goes."""
    rcv = tcb.rcv
    text = seg.payload[: rcv.edge - rcv.nxt]
    if text:
        tcb.totals.text_in += 1
        tcb.totals.text_of_syn = True
        rcv.nxt += len(text)
        rcv.buffer.append(text)
        rcv.news = True


def keep_for_later(tcb: Tcb, seq: int, text: Octets, now: Nanos) -> None:
    """There is a gap before it: acknowledge at once, so that the peer learns of it."""
    rcv = tcb.rcv
    rcv.quick = tcb.config.quick_acks
    tcb.totals.text_in += 1
    tcb.totals.out_of_order += 1
    refused = rcv.reassembly.refused
    known = rcv.reassembly.add(seq, text)
    if known is not None:
        note_duplicate(tcb, *known)
    if tcb.watch is not None:
        if rcv.reassembly.refused > refused:
            tcb.watch.tell("dropped", why="reassembly-full")
        elif known != (seq, seq + len(text)):
            tcb.watch.tell("out-of-order", rel_seq=seq, len=len(text), expected=rcv.nxt)
    send_ack(tcb, now)


def note_duplicate(tcb: Tcb, start: int, end: int) -> None:
    """That text had come before: the next ACK says so, where SACK lets it (RFC 2883)."""
    tcb.rcv.quick = tcb.config.quick_acks
    if tcb.recovery.sack:
        tcb.rcv.duplicate = (start, end)
    if tcb.watch is not None:
        tcb.watch.tell("duplicate-received", rel_seq=start, len=end - start)


def eighth_check_fin(tcb: Tcb, seg: Arrival, now: Nanos) -> bool:
    """The peer will send no more: once all that precedes its FIN is here."""
    rcv = tcb.rcv
    if seg.flags & FIN and rcv.fin is None and tcb.state in RECEIVES_TEXT:
        rcv.fin_ahead = seg.seq + len(seg.payload)
        # Ahead of what is missing, its text was acknowledged by the seventh step.
        rcv.ack_due = rcv.ack_due or not seg.payload
    if rcv.fin is not None or rcv.fin_ahead != rcv.nxt:
        return True
    rcv.fin = rcv.nxt
    rcv.nxt += 1
    rcv.edge = max(rcv.edge, rcv.nxt)  # a FIN right behind a full window is taken, so it was inside
    rcv.news = True
    rcv.ack_due = True
    rcv.reassembly.clear()
    match tcb.state:
        case State.ESTABLISHED:
            become(tcb, State.CLOSE_WAIT)
        case State.FIN_WAIT_1:
            # Had our FIN been acknowledged, the fifth step would have left this state.
            become(tcb, State.CLOSING)
        case State.FIN_WAIT_2:
            enter_time_wait(tcb, now)
    return True


def see_to_ack(tcb: Tcb, now: Nanos) -> None:
    """Acknowledge now or soon: every second full segment at once; one alone when its company is overdue, or at once
    too where the peer is likely to be held up by that (``quick_acks``).
    """
    rcv = tcb.rcv
    if rcv.ack_due or rcv.nxt - rcv.acked_to > rcv.mss or (rcv.nxt > rcv.acked_to and not tcb.config.delayed_ack_ns):
        send_ack(tcb, now)
    elif rcv.nxt > rcv.acked_to and tcb.timers.delayed_ack_ns == NEVER:
        if rcv.quick:
            rcv.quick -= 1
            send_ack(tcb, now)
        else:
            tcb.timers.at_delayed_ack(now + tcb.config.delayed_ack_ns)


def widen(tcb: Tcb, now: Nanos) -> None:
    """A window's worth has come since ``turn_at_ns``: if that took hardly more than a round trip, the window is what
    holds the peer back, so offer twice as much.
    """
    rcv, most = tcb.rcv, tcb.config.receive_buffer_max
    took_ns = now - rcv.turn_at_ns
    rcv.rtt_ns = min(took_ns, rcv.rtt_ns or took_ns)
    is_brisk = took_ns <= 2 * tcb.rtt.least_ns or not tcb.rtt.samples
    if rcv.limit < most and is_brisk and 4 * rcv.buffer.octets <= rcv.limit:
        rcv.limit = min(2 * rcv.limit, most, 65535 << rcv.shift)
        rcv.step = min(rcv.limit // 2, tcb.config.mss)
        if tcb.watch is not None:
            tcb.watch.tell("receive-buffer-grew", octets=rcv.limit)
    rcv.turn_to = rcv.widened_edge()
    rcv.turn_at_ns = now


def read(tcb: Tcb, limit: int, now: Nanos) -> bytes:
    """Hand text to the application, and tell the peer when that made room worth telling of."""
    rcv = tcb.rcv
    taken = rcv.buffer.take(limit)
    if not taken:
        return taken
    if tcb.watch is not None:
        tcb.watch.tell("delivered", octets=len(taken), left=rcv.buffer.octets)
    if tcb.state in RECEIVES_TEXT:
        offered = rcv.edge - rcv.nxt
        room = rcv.limit - rcv.buffer.octets
        # Only when it at least doubles: otherwise the next ACK tells it early enough.
        if room - offered >= rcv.step and room >= 2 * offered:
            send_ack(tcb, now)
    return taken
