"""SEGMENT ARRIVES in a state other than CLOSED, LISTEN and SYN-SENT: RFC 9293 section 3.10.7.4, step by step.

Each step takes the connection, what has arrived and the time, and says whether to go on. The third step, security and
compartment, is not there: nobody has used it since RFC 1122.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from michinori.sim import Nanos
from michinori.tcp.acknowledgment import acknowledge, acknowledge_syn, is_plausible
from michinori.tcp.arrival import Arrival
from michinori.tcp.ecn import acknowledge_echo, heed_marks, syn_came_again
from michinori.tcp.errors import ConnectionRefused, ConnectionReset
from michinori.tcp.lifecycle import abort, finish, notify
from michinori.tcp.prediction import as_predicted
from michinori.tcp.receiving import (
    eighth_check_fin,
    note_duplicate,
    see_to_ack,
    seventh_process_text,
    sixth_check_urg,
)
from michinori.tcp.segments import send_ack, send_challenge_ack, send_syn
from michinori.tcp.sending import transmit
from michinori.tcp.states import CLOSED, ESTABLISHED, SYN_RECEIVED, SYN_SENT, TIME_WAIT, State
from michinori.tcp.syn_sent import arrives_in_syn_sent
from michinori.tcp.tcb import Tcb
from michinori.tcp.time_wait import arrives_in_time_wait
from michinori.wire.sequence import MASK
from michinori.wire.tcp import ACK, ECE, PSH, RST, SYN, Segment

Step: TypeAlias = Callable[[Tcb, Arrival, Nanos], bool]
_STAMP_IS_OLD_AFTER_NS: Final = 24 * 86_400 * 1_000_000_000


def segment_arrives(tcb: Tcb, segment: Segment, now: Nanos, *, is_marked: bool = False) -> None:
    """Everything that a segment does. ``is_marked``: a router has set CE in its packet."""
    if is_marked or not as_predicted(tcb, segment, now):
        go_through_steps(tcb, segment, now, is_marked=is_marked)


def go_through_steps(tcb: Tcb, segment: Segment, now: Nanos, *, is_marked: bool = False) -> None:
    """The same for a segment that is none of those that are predicted."""
    tcb.totals.segments_in += 1
    tcb.heard_at_ns = now
    if tcb.state is CLOSED:
        return
    seg = Arrival.of(tcb, segment, is_marked=is_marked)
    if tcb.watch is not None:
        tcb.watch.received(segment, seg.seq, seg.ack, is_marked=is_marked)
    if tcb.state is TIME_WAIT:
        arrives_in_time_wait(tcb, segment, now)
        return
    for step in _steps_for(tcb, segment.flags):
        if not step(tcb, seg, now):
            break
    settle(tcb, now)
    if tcb.watch is not None:
        tcb.watch.look(now)


def _steps_for(tcb: Tcb, flags: int) -> tuple[Step, ...]:
    if tcb.state is SYN_SENT:
        return _STEPS_IN_SYN_SENT
    if (
        flags | PSH == ACK | PSH
        and tcb.state is ESTABLISHED
        and tcb.ecn is None
        and tcb.rcv.fin_ahead is None
        and not tcb.abandoned
    ):
        return _STEPS_OF_ORDINARY
    return _STEPS


def settle(tcb: Tcb, now: Nanos) -> None:
    """After the steps: send what has become possible, tell the application, acknowledge."""
    if tcb.state is CLOSED:
        return
    transmit(tcb, now)
    notify(tcb)
    if not tcb.gone:
        see_to_ack(tcb, now)


def first_check_sequence(tcb: Tcb, seg: Arrival, now: Nanos) -> bool:
    """Is it old (PAWS, RFC 7323 section 5.3), does it lie in the window? Then cut it to the window."""
    rcv = tcb.rcv
    if tcb.stamped and not seg.flags & RST:
        stamps = seg.options.timestamps
        if stamps is None and not seg.flags & SYN:
            return _drop(tcb, "no-timestamps")  # RFC 7323 section 3.2; a SYN is to be challenged (RFC 5961 section 4.2)
        is_older = stamps is not None and (stamps[0] - rcv.stamp) & 0x8000_0000 != 0
        if is_older and now - rcv.stamp_at_ns < _STAMP_IS_OLD_AFTER_NS:
            _note_if_old(tcb, seg)  # the first transmission, when the second has overtaken it
            if (seg.length and not seg.flags & SYN) or tcb.challenges.allow(now):
                send_ack(tcb, now)
            return _drop(tcb, "paws")
    if tcb.state is SYN_RECEIVED and seg.flags & SYN and seg.seq == 0 and not seg.flags & (ACK | RST):
        syn_came_again(tcb, seg)
        send_syn(tcb, now, "asked")  # the peer's SYN once more: our answer was lost
        return False
    edge = rcv.edge
    length = seg.length
    is_inside = seg.seq < edge and seg.seq + length > rcv.nxt if length else rcv.nxt <= seg.seq < edge
    # With the window closed, ACK, RST and URG of what comes next are to be looked at nevertheless. So is an ACK from
    # the very edge, though the RFC's table leaves it out: from there a peer acknowledges that has filled our window.
    # Two such peers, each with a gap to be repaired, would never hear each other.
    is_let_in = seg.seq == edge and (edge == rcv.nxt or not (length or seg.flags & RST))
    # The SYN,ACK that answers a SYN,ACK: both ends opened at once.
    if tcb.state is SYN_RECEIVED and seg.flags & SYN and seg.seq == 0:
        is_let_in = True
    if not is_inside and not is_let_in:
        _answer_unacceptable(tcb, seg, now)
        return False
    had_text = len(seg.payload) > 0
    if had_text and seg.seq < rcv.nxt:
        note_duplicate(tcb, seg.seq, min(seg.end, rcv.nxt))
    if not seg.flags & ACK or is_plausible(tcb, seg):
        _keep_stamp(tcb, seg, now)  # who makes up an ACK could shut out all that comes after, by PAWS
    if tcb.user_timeout is not None:
        tcb.user_timeout.heed(seg.options, tcb.effects)
    seg.trim(rcv.nxt, edge)
    if had_text and not seg.payload:
        rcv.ack_due = True  # all of it was outside: a probe of the closed window
    return True


def _keep_stamp(tcb: Tcb, seg: Arrival, now: Nanos) -> None:
    """What to echo from now on (RFC 7323 section 4.3): not the stamp of what came ahead of its turn."""
    rcv, stamps = tcb.rcv, seg.options.timestamps
    if not tcb.stamped or stamps is None or seg.seq > rcv.acked_to or seg.flags & RST:
        return
    is_older = (stamps[0] - rcv.stamp) & 0x8000_0000 != 0
    # One that is too old to be compared with is replaced by whatever comes (section 5.5).
    if not is_older or now - rcv.stamp_at_ns >= _STAMP_IS_OLD_AFTER_NS:
        rcv.stamp = stamps[0] & MASK
        rcv.stamp_at_ns = now


def _answer_unacceptable(tcb: Tcb, seg: Arrival, now: Nanos) -> None:
    """ "An acknowledgment should be sent in reply", and the segment is dropped."""
    if seg.flags & RST:
        _drop(tcb, "outside-window")
        return
    if _note_if_old(tcb, seg):
        if seg.end == tcb.rcv.acked_to:
            # Our ACK was lost. With the stamp of before, the peer would measure its own time-out as a round trip; so
            # this one touches the window enough for R3 of RFC 7323 section 5.3, as it does in Linux.
            _keep_stamp(tcb, seg, now)
    else:
        _drop(tcb, "outside-window")
    # An answer to every segment without text could go back and forth for ever; one to every SYN would let strangers
    # make us send as much as they do.
    if (seg.length and not seg.flags & SYN) or tcb.challenges.allow(now):
        send_ack(tcb, now)


def _note_if_old(tcb: Tcb, seg: Arrival) -> bool:
    """Whether all its text has come before. Text begins behind the SYN; what keep-alives carry in front of it is no
    text.
    """
    text_from = seg.seq + (seg.flags >> 1 & 1)
    text_to = text_from + len(seg.payload)
    if not max(text_from, 1) < text_to <= tcb.rcv.nxt:
        return False
    note_duplicate(tcb, max(text_from, 1), text_to)
    return True


def _drop(tcb: Tcb, why: str) -> bool:
    if tcb.watch is not None:
        tcb.watch.tell("dropped", why=why)
    return False


def second_check_reset(tcb: Tcb, seg: Arrival, now: Nanos) -> bool:
    """A RST counts only with the very number that comes next (RFC 5961 section 3.2)."""
    if not seg.flags & RST:
        return True
    if seg.seq != tcb.rcv.nxt:
        send_challenge_ack(tcb, now, "rst")
        return False
    if tcb.watch is not None:
        tcb.watch.tell("reset", by="peer")
    match tcb.state:
        case State.SYN_RECEIVED if tcb.opening.is_active:
            finish(tcb, ConnectionRefused("the peer refused the connection"))
        case State.CLOSING | State.LAST_ACK if tcb.snd.una >= tcb.snd.buffer.end:
            finish(tcb, None)  # all text had arrived
        case _:
            finish(tcb, ConnectionReset("the peer reset the connection"))
    return False


def fourth_check_syn(tcb: Tcb, seg: Arrival, now: Nanos) -> bool:
    """A SYN within a connection: a peer that has forgotten it shows itself when challenged (RFC 5961 section 4.2)."""
    if not seg.flags & SYN:
        return True
    if tcb.state is SYN_RECEIVED and not tcb.opening.is_active:
        finish(tcb, ConnectionReset("the peer began anew"))  # back to LISTEN
        return False
    send_challenge_ack(tcb, now, "syn")
    return False


def fifth_check_ack(tcb: Tcb, seg: Arrival, now: Nanos) -> bool:
    """From the first ACK on, every segment carries one."""
    if not seg.flags & ACK:
        return False
    if tcb.state is SYN_RECEIVED:
        was_acknowledged = acknowledge_syn(tcb, seg, now)
        if not was_acknowledged:
            return False
    if tcb.ecn is not None and seg.flags & ECE:
        return acknowledge_echo(tcb, seg, now)
    return acknowledge(tcb, seg, now)


def text_for_nobody(tcb: Tcb, seg: Arrival, now: Nanos) -> bool:
    """Text after the application has let go: it must learn that nobody reads it (RFC 9293 section 3.6.1)."""
    if tcb.abandoned and seg.payload and tcb.rcv.fin is None and seg.end > tcb.rcv.nxt:
        # From the number that the peer says it waits for: any other it would challenge (RFC 5961 section 3.2).
        abort(tcb, None, now, "text for nobody", heard=seg.ack)
        return False
    return True


_STEPS: Final[tuple[Step, ...]] = (
    first_check_sequence,
    second_check_reset,
    fourth_check_syn,
    fifth_check_ack,
    heed_marks,
    text_for_nobody,
    sixth_check_urg,
    seventh_process_text,
    eighth_check_fin,
)
#: Those that do anything about text and ACKs alone, on a connection to which nothing special has happened.
_STEPS_OF_ORDINARY: Final[tuple[Step, ...]] = (first_check_sequence, acknowledge, seventh_process_text)
_STEPS_IN_SYN_SENT: Final[tuple[Step, ...]] = (
    arrives_in_syn_sent,
    sixth_check_urg,
    seventh_process_text,
    eighth_check_fin,
)
