"""SEGMENT ARRIVES in SYN-SENT, RFC 9293 section 3.10.7.3, and what the options of a SYN settle."""

from __future__ import annotations

from michinori.sim import Nanos
from michinori.tcp.acknowledgment import advance
from michinori.tcp.arrival import Arrival
from michinori.tcp.config import DEFAULT_SEND_MSS_V4, DEFAULT_SEND_MSS_V6
from michinori.tcp.ecn import negotiate_ecn
from michinori.tcp.errors import ConnectionRefused
from michinori.tcp.fast_open import syn_was_answered
from michinori.tcp.lifecycle import become, establish, finish
from michinori.tcp.segments import send_reset, send_syn
from michinori.tcp.states import State
from michinori.tcp.tcb import Tcb
from michinori.wire.tcp import ACK, RST, SYN, Options

_LARGEST_FIELD = 65535
_LARGEST_SHIFT = 14
#: Smaller ones are the work of somebody who wants us to send as many headers as we can.
_SMALLEST_MSS = 64


def arrives_in_syn_sent(tcb: Tcb, seg: Arrival, now: Nanos) -> bool:
    """The first four steps. Goes on with the sixth when the connection is established by this segment."""
    snd = tcb.snd
    if seg.flags & ACK and not 0 < seg.ack <= snd.max:
        if not seg.flags & RST:
            send_reset(tcb, seg.ack, now, ack=False)
        return False
    if seg.flags & RST:
        if seg.flags & ACK:
            if tcb.watch is not None:
                tcb.watch.tell("reset", by="peer")
            finish(tcb, ConnectionRefused("the peer refused the connection"))
        return False
    if not seg.flags & SYN:
        return False
    take_syn(tcb, seg, now)
    if seg.flags & ACK:
        retries = snd.retries
        advance(tcb, seg.ack, seg, now)
        syn_was_answered(tcb, seg.options)
        establish(tcb, now, retries=retries)
        tcb.rcv.ack_due = True
        # The SYN is dealt with: what is left are text and FIN.
        seg.flags &= ~SYN
        seg.seq = 1
        return True
    become(tcb, State.SYN_RECEIVED)
    send_syn(tcb, now)
    return False


def take_syn(tcb: Tcb, seg: Arrival, now: Nanos) -> None:
    """Learn from the peer's SYN where its numbers begin and what it can do."""
    snd, rcv = tcb.snd, tcb.rcv
    rcv.irs = seg.number
    rcv.nxt = rcv.acked_to = 1
    negotiate(tcb, seg.options, now)
    negotiate_ecn(tcb, seg)
    rcv.edge = 1 + min(rcv.limit, _LARGEST_FIELD)
    snd.wnd = snd.max_wnd = seg.window
    snd.wl1, snd.wl2 = 0, seg.ack


def negotiate(tcb: Tcb, theirs: Options, now: Nanos) -> None:
    """What both ends offer holds: MSS (RFC 9293 section 3.7.1), window scale, time stamps, SACK."""
    snd, rcv, config = tcb.snd, tcb.rcv, tcb.config
    default = DEFAULT_SEND_MSS_V4 if len(tcb.local[0]) == 4 else DEFAULT_SEND_MSS_V6
    snd.peer_mss = max(theirs.mss, _SMALLEST_MSS) if theirs.mss is not None else default
    tcb.scaled = config.window_scale and theirs.window_scale is not None
    if tcb.scaled and theirs.window_scale is not None:
        snd.shift = min(theirs.window_scale, _LARGEST_SHIFT)
        if theirs.window_scale > _LARGEST_SHIFT and tcb.watch is not None:
            tcb.watch.tell("shift-too-large", shift=theirs.window_scale, used=_LARGEST_SHIFT)
    else:
        rcv.shift = 0
        rcv.limit = min(rcv.limit, _LARGEST_FIELD)
        rcv.step = min(rcv.limit // 2, config.mss)
    tcb.recovery.agree(config, sack=config.sack and theirs.sack_permitted)
    if tcb.user_timeout is not None:
        tcb.user_timeout.heed(theirs, tcb.effects)
    if config.timestamps and theirs.timestamps is not None:
        tcb.stamped = True
        rcv.stamp = theirs.timestamps[0]
        rcv.stamp_at_ns = now
