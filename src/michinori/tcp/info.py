"""How a connection stands at an instant, as ``tcp_info`` of Linux and ``ss`` show it."""

from __future__ import annotations

import msgspec

from michinori.sim import Nanos
from michinori.tcp.lifecycle import send_capacity
from michinori.tcp.states import State
from michinori.tcp.tcb import Tcb


class TcpInfo(msgspec.Struct, frozen=True, gc=False):
    """Sizes in octets, times in nanoseconds."""

    state: State
    recovery: str
    """``open``, ``fast`` or ``loss``."""
    congestion: str
    mss: int
    """Text in a full segment that we send."""
    rcv_mss: int
    snd_wnd: int
    rcv_wnd: int
    snd_scale: int
    rcv_scale: int
    cwnd: int
    ssthresh: int
    in_flight: int
    unacked: int
    """Text in the send buffer, sent or not."""
    unsent: int
    unread: int
    """Text in the receive buffer."""
    out_of_order: int
    send_buffer: int
    receive_buffer: int
    srtt_ns: Nanos
    rttvar_ns: Nanos
    least_rtt_ns: Nanos
    rto_ns: Nanos
    backoff: int
    retransmitted: int
    """Segments sent again, in all."""
    retries: int
    """Of the one that is being tried now."""
    segments_in: int
    segments_out: int
    octets_acked: int
    octets_received: int
    sack: bool
    timestamps: bool


def info_of(tcb: Tcb) -> TcpInfo:
    """The state of things now."""
    snd, rcv, rtt = tcb.snd, tcb.rcv, tcb.rtt
    buffer = snd.buffer
    unsent = max(buffer.end - max(snd.nxt, 1), 0) if buffer.start < buffer.end else 0
    return TcpInfo(
        state=tcb.state,
        recovery=tcb.recovery.phase.value,
        congestion=tcb.congestion.name,
        mss=snd.mss,
        rcv_mss=rcv.mss,
        snd_wnd=snd.wnd,
        rcv_wnd=max(rcv.edge - rcv.nxt, 0),
        snd_scale=snd.shift,
        rcv_scale=rcv.shift,
        cwnd=tcb.congestion.cwnd,
        ssthresh=tcb.congestion.ssthresh,
        in_flight=snd.nxt - snd.una,
        unacked=buffer.end - buffer.start,
        unsent=unsent,
        unread=rcv.buffer.octets,
        out_of_order=rcv.reassembly.octets,
        send_buffer=send_capacity(tcb),
        receive_buffer=rcv.limit,
        srtt_ns=rtt.srtt_ns,
        rttvar_ns=rtt.var_ns,
        least_rtt_ns=rtt.least_ns,
        rto_ns=rtt.timeout_ns(),
        backoff=rtt.backoff,
        retransmitted=tcb.totals.retransmitted,
        retries=snd.retries,
        segments_in=tcb.totals.segments_in,
        segments_out=tcb.totals.segments_out,
        octets_acked=max(min(snd.una, buffer.end) - 1, 0),
        octets_received=max(rcv.nxt - 1 - (rcv.fin is not None), 0),
        sack=tcb.recovery.sack,
        timestamps=tcb.stamped,
    )
