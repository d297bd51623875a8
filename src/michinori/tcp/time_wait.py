"""SEGMENT ARRIVES in TIME-WAIT: hardly more than the peer's FIN once more, or a new SYN, can come.

RFC 9293 section 3.10.7.4, RFC 1337 (a RST does not end it), RFC 6191 and RFC 1122 section 4.2.2.13 (a new SYN may).
"""

from __future__ import annotations

from michinori.sim import Nanos
from michinori.tcp.arrival import Arrival
from michinori.tcp.lifecycle import enter_time_wait, finish
from michinori.tcp.segments import may_challenge, send_ack
from michinori.tcp.tcb import Tcb
from michinori.wire.sequence import MASK
from michinori.wire.tcp import ACK, FIN, RST, SYN

#: How far ahead of the old numbers the new ones begin at least: a whole window without scaling, and a bit.
_AHEAD = 65535 + 2


def arrives_in_time_wait(tcb: Tcb, seg: Arrival, now: Nanos) -> None:
    """Repeat the last ACK, or make room for a new connection."""
    if seg.flags & RST:
        return
    if seg.flags & SYN and not seg.flags & ACK and may_reopen(tcb, seg) and tcb.on_reopen is not None:
        reopen = tcb.on_reopen
        least_isn = tcb.snd.wire(tcb.snd.nxt + _AHEAD)
        finish(tcb, None)
        reopen(seg.segment, least_isn & MASK, now)
        return
    if seg.flags & FIN and seg.end == tcb.rcv.nxt:
        enter_time_wait(tcb, now)  # the peer has not got our last ACK: begin to wait anew
        send_ack(tcb, now)
    elif (seg.length or seg.seq != tcb.rcv.nxt) and may_challenge(tcb, now):
        send_ack(tcb, now)


def may_reopen(tcb: Tcb, seg: Arrival) -> bool:
    """Whether a SYN is newer than everything of this connection: by its time stamp, or by its sequence number."""
    stamps = seg.options.timestamps
    if tcb.stamped and stamps is not None:
        ahead = (stamps[0] - tcb.rcv.stamp) & MASK
        if 0 < ahead < 1 << 31:
            return True
        if ahead:
            return False
    return seg.seq > tcb.rcv.nxt
