"""Making segments and letting them go. Every segment with an ACK acknowledges all that was received in order."""

from __future__ import annotations

import msgspec

from michinori.sim import Nanos
from michinori.tcp.fast_open import room_in_syn
from michinori.tcp.tcb import Tcb
from michinori.tcp.timers import NEVER
from michinori.tcp.user_timeout import told_s
from michinori.wire import Octets
from michinori.wire.sequence import MASK
from michinori.wire.tcp import ACK, CWR, ECE, FIN, NO_OPTIONS, PSH, RST, SYN, URG, Options, Segment

_LARGEST_FIELD = 65535
#: SACK blocks that find room beside time stamps, and without them.
_BLOCKS_BESIDE_TIMESTAMPS = 3
_BLOCKS_ALONE = 4


def options_now(tcb: Tcb, now: Nanos) -> Options:
    """The options of a segment that goes out now: time stamps, and SACK blocks if there is anything to tell; once, how
    long we wait (RFC 5482).
    """
    rcv = tcb.rcv
    plain = tcb.plain_options(now)
    if tcb.user_timeout is not None and tcb.user_timeout.is_due:
        tcb.user_timeout.is_due = False
        return msgspec.structs.replace(plain, user_timeout_s=told_s(tcb.config))
    if not tcb.recovery.sack or (rcv.duplicate is None and not rcv.reassembly.islands):
        return plain
    most = _BLOCKS_BESIDE_TIMESTAMPS if tcb.stamped else _BLOCKS_ALONE
    blocks = rcv.reassembly.recent(most)
    if rcv.duplicate is not None:
        # RFC 2883 section 4: what came twice is told first, and once.
        blocks = [rcv.duplicate, *blocks][:most]
        rcv.duplicate = None
    irs = rcv.irs
    sack = tuple([((irs + start) & MASK, (irs + end) & MASK) for start, end in blocks])  # as ``rcv.wire`` has it
    return Options(sack=sack, timestamps=plain.timestamps)


def added_octets(options: Options) -> int:
    """What the options that not every segment has take from the text of a full one."""
    if options.sack:
        return 4 + 8 * len(options.sack)
    return 4 if options.user_timeout_s else 0


def acknowledged(tcb: Tcb) -> None:
    """A segment with everything that we have to acknowledge has gone out."""
    rcv = tcb.rcv
    rcv.acked_to = rcv.nxt
    rcv.ack_due = False
    tcb.timers.delayed_ack_ns = NEVER


def let_go(tcb: Tcb, segment: Segment, position: int, why: str = "", ect: int = 0) -> None:
    """Count the segment, tell of it and send it, with that ECN field."""
    tcb.totals.segments_out += 1
    if tcb.watch is not None:
        tcb.watch.sent(segment, position, why, ect)
    tcb.effects.send(segment, ect)


def send_ack(tcb: Tcb, now: Nanos) -> None:
    """<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>"""
    snd, rcv = tcb.snd, tcb.rcv
    options = options_now(tcb, now)
    seq, ack, window = (snd.iss + snd.nxt) & MASK, (rcv.irs + rcv.nxt) & MASK, rcv.window_field()
    acknowledged(tcb)
    if tcb.plain_sender is not None and tcb.stamped and options.user_timeout_s is None and tcb.watch is None:
        tcb.totals.segments_out += 1
        tcb.plain_sender(seq, ack, tcb.ack_flags, window, options, b"", 0)
        return
    segment = Segment(tcb.local[1], tcb.remote[1], seq, ack, tcb.ack_flags, window, b"", options)
    let_go(tcb, segment, snd.nxt)


def send_challenge_ack(tcb: Tcb, now: Nanos, why: str) -> None:
    """An ACK that makes an honest peer show itself, never more than so many in a while (RFC 5961 section 7)."""
    if tcb.watch is not None:
        tcb.watch.tell("challenged", why=why)
    if tcb.challenges.allow(now):
        tcb.totals.challenges += 1
        send_ack(tcb, now)


def send_reset(tcb: Tcb, position: int, now: Nanos, *, ack: bool) -> None:
    """<SEQ=position><CTL=RST>, with <ACK=RCV.NXT> where the connection is synchronized."""
    snd, rcv = tcb.snd, tcb.rcv
    flags = RST | ACK if ack else RST
    # RFC 7323 section 3.2: time stamps are to go on a RST too once they were agreed upon.
    segment = Segment(
        tcb.local[1],
        tcb.remote[1],
        snd.wire(position),
        rcv.wire(rcv.nxt) if ack else 0,
        flags,
        0,
        b"",
        tcb.plain_options(now) if ack else NO_OPTIONS,
    )
    let_go(tcb, segment, position)


def send_syn(tcb: Tcb, now: Nanos, why: str = "") -> None:
    """Our SYN, or SYN,ACK when the peer's has come: offering what is set, answering what was offered."""
    config, snd, rcv = tcb.config, tcb.snd, tcb.rcv
    answering = rcv.nxt > 0
    stamps = tcb.stamped if answering else config.timestamps
    scaling = tcb.scaled if answering else config.window_scale
    options = Options(
        mss=config.mss,
        window_scale=rcv.shift if scaling else None,
        sack_permitted=tcb.recovery.sack if answering else config.sack,
        timestamps=(tcb.stamp_now(now), rcv.stamp) if stamps else None,
        fast_open=_fast_open(tcb, why, answering=answering),
        user_timeout_s=told_s(config),
    )
    size = 0 if answering or why else min(snd.buffer.end - 1, room_in_syn(tcb))
    if answering:
        flags = SYN | ACK | ECE if tcb.ect else SYN | ACK
    else:
        # Once without an answer: the path may swallow SYNs that ask for ECN (RFC 3168 section 6.1.1.1).
        flags = SYN | ECE | CWR if config.ecn is True and not why else SYN
    segment = Segment(
        tcb.local[1],
        tcb.remote[1],
        snd.iss,
        rcv.wire(rcv.nxt) if answering else 0,
        flags,
        min(rcv.limit, _LARGEST_FIELD),  # the window of a SYN is never scaled
        snd.buffer.slice(1, size) if size else b"",
        options,
    )
    if snd.nxt == 0:
        snd.nxt = snd.max = 1 + size
        tcb.rtt.timed_to = 1
        tcb.rtt.timed_at_ns = now
    if answering:
        acknowledged(tcb)
    let_go(tcb, segment, 0, why)


def _fast_open(tcb: Tcb, why: str, *, answering: bool) -> bytes | None:
    """The option of RFC 7413 for our SYN or SYN,ACK."""
    if answering:
        return None if why else tcb.opening.cookie  # once without an answer: without the option (section 4.2.2)
    opening = tcb.opening.fast
    if opening is None:
        return None
    if why:
        opening.outcome = "lost"  # the path or the server may not like it: try without (section 4.1.3)
        return None
    return opening.asked


def send_text(tcb: Tcb, start: int, end: int, now: Nanos, why: str = "") -> int:
    """The positions from ``start`` to ``end`` in one segment; the FIN if ``end`` lies behind it.

    Gives the position up to which it went: earlier than ``end`` if that is too much for one segment.
    """
    snd, rcv = tcb.snd, tcb.rcv
    if start == 0:
        send_syn(tcb, now, why)
        return 1
    options = options_now(tcb, now)
    text_end = snd.buffer.end
    most = start + max(snd.mss - added_octets(options), 1)
    if min(end, text_end) > most:
        end = most
    payload: Octets = snd.buffer.slice(start, min(end, text_end) - start) if start < text_end else b""
    flags, ect = tcb.ack_flags, 0
    if payload and not why and tcb.ecn is not None:
        ect = tcb.ect
        if tcb.ecn.cwr_due:
            tcb.ecn.cwr_due = False
            flags |= CWR
    if end >= text_end and payload:
        flags |= PSH  # the last that is there to send (RFC 9293 section 3.9.1.2)
    if end > text_end:
        flags |= FIN
    urgent = min(snd.up - start, _LARGEST_FIELD) if snd.up > start else 0
    if urgent:
        flags |= URG
    window = rcv.window_field()
    acknowledged(tcb)
    totals = tcb.totals
    if payload:
        totals.text_out += 1
    if why:
        totals.retransmitted += 1
        totals.retransmitted_octets += len(payload)
    snd.last_ns = now
    seq, ack = snd.wire(start), rcv.wire(rcv.nxt)
    is_usual = not urgent and options.user_timeout_s is None
    if tcb.plain_sender is not None and tcb.stamped and is_usual and tcb.watch is None:
        totals.segments_out += 1
        tcb.plain_sender(seq, ack, flags, window, options, payload, ect)
    else:
        segment = Segment(tcb.local[1], tcb.remote[1], seq, ack, flags, window, payload, options, urgent)
        let_go(tcb, segment, start, why, ect)
    return end


def reset_for(segment: Segment) -> Segment | None:
    """The RST that answers a segment which belongs to no connection (RFC 9293 section 3.10.7.1); None for a RST. It
    returns a time stamp and has none of its own (RFC 7323 section 5.2).
    """
    if segment.flags & RST:
        return None
    stamps = segment.options.timestamps
    options = NO_OPTIONS if stamps is None else Options(timestamps=(0, stamps[0]))
    if segment.flags & ACK:
        return Segment(segment.dst_port, segment.src_port, segment.ack, 0, RST, 0, options=options)
    ack = (segment.seq + segment.length) & 0xFFFF_FFFF
    return Segment(segment.dst_port, segment.src_port, 0, ack, RST | ACK, 0, options=options)
