"""How a connection stands at an instant, as ``tcp_info`` of Linux and ``ss`` show it."""

from __future__ import annotations

import msgspec

from michinori.sim import Nanos
from michinori.tcp.config import IPV4_AND_TCP_HEADERS, IPV6_AND_TCP_HEADERS
from michinori.tcp.lifecycle import send_capacity
from michinori.tcp.recovery import Phase
from michinori.tcp.scoreboard import DUP_THRESH
from michinori.tcp.states import State
from michinori.tcp.tcb import Tcb
from michinori.tcp.totals import Held


class TcpInfo(msgspec.Struct, frozen=True, gc=False):
    """Sizes in octets, times in nanoseconds, rates in bits per second. Instants are on the clock of the connection."""

    state: State
    recovery: str
    """``open``, ``fast`` or ``loss``."""
    ca_state: str
    """The same as Linux tells it: ``open``, ``disorder`` (something is missing, but not yet thought lost), ``cwr`` (the
    window was cut because of a mark), ``recovery`` or ``loss``."""
    congestion: str
    mss: int
    """Text in a full segment that we send."""
    rcv_mss: int
    advmss: int
    """What we announced."""
    pmtu: int
    """The largest packet that the path takes, as far as is known."""
    snd_una: int
    """SND.UNA and the next three, counted from the initial sequence numbers."""
    snd_nxt: int
    rcv_nxt: int
    snd_max: int
    snd_wnd: int
    rcv_wnd: int
    snd_scale: int
    rcv_scale: int
    cwnd: int
    ssthresh: int
    in_flight: int
    """Sent and not acknowledged: SND.NXT - SND.UNA."""
    pipe: int
    """What of it is thought to be in the network still (RFC 6675)."""
    sacked: int
    lost: int
    """Thought lost, sent again or not."""
    resent: int
    """Sent again and not acknowledged."""
    reordering: int
    """By how many segments one was overtaken at most, 3 at least: so many later ones make a gap a loss, where they are
    counted."""
    reordering_seen: bool
    """Segments have overtaken each other, so that RACK waits for those that are late (RFC 8985)."""
    reorderings: int
    """How often they have."""
    in_css: bool
    """In conservative slow start: round trips have begun to grow (RFC 9406)."""
    tail_probes: int
    """How often a lost tail was asked for (RFC 8985 section 7)."""
    spurious_timeouts: int
    """Time-outs that turned out to be for nothing (RFC 5682)."""
    dsacks: int
    """How often the peer has told of a duplicate (RFC 2883)."""
    unacked: int
    """Text in the send buffer, sent or not."""
    unsent: int
    unread: int
    """Text in the receive buffer."""
    out_of_order: int
    send_buffer: int
    receive_buffer: int
    rcv_rtt_ns: Nanos
    """The round trip as a receiver sees it: the least time in which a window's worth has come."""
    srtt_ns: Nanos
    rttvar_ns: Nanos
    least_rtt_ns: Nanos
    rto_ns: Nanos
    ato_ns: Nanos
    """How long an ACK may be delayed."""
    backoff: int
    retransmitted: int
    """Segments sent again, in all."""
    retransmitted_octets: int
    retries: int
    """Of the one that is being tried now."""
    probes: int
    """Of a closed window, or of a peer that is silent."""
    segments_in: int
    segments_out: int
    text_in: int
    """Segments with text that came, but for those that came twice."""
    text_out: int
    out_of_order_in: int
    octets_acked: int
    octets_received: int
    octets_sent: int
    """Text, what was sent again included."""
    delivered: int
    """Text that the peer holds: acknowledged or sacked."""
    syn_text: int
    """How much of it with our SYN."""
    delivered_ce: int
    """Text that was acknowledged together with an echo of a mark."""
    marks: int
    """Segments that came marked."""
    delivery_rate: int
    """What the last measured round trip delivered."""
    held_by: str
    """What keeps text from having been delivered: ``nothing``, ``path`` (it is under way, or the congestion window is
    used up), ``peer`` (whose window is) or ``buffer`` (all of it is under way, and the application waits for room)."""
    held_since_ns: Nanos
    path_held_ns: Nanos
    """How long each has, in all, but for what does so since ``held_since_ns``."""
    peer_held_ns: Nanos
    buffer_held_ns: Nanos
    timeouts: int
    """How often the retransmission timer has expired."""
    timeout_recoveries: int
    """How often it has for something new."""
    timeouts_ns: Nanos
    """How long that took until something was acknowledged, in all, but for what goes on since ``timeouts_since_ns``."""
    timeouts_since_ns: Nanos | None
    last_sent_ns: Nanos
    """When text was last sent."""
    last_heard_ns: Nanos
    sack: bool
    timestamps: bool
    scaled: bool
    ecn: bool
    syn_data: bool
    """The text of a SYN, ours or the peer's, was taken (RFC 7413)."""


def info_of(tcb: Tcb) -> TcpInfo:
    """The state of things now: one line a field, so that the types of all are checked."""
    snd, rcv, rtt, recovery, totals, ecn = tcb.snd, tcb.rcv, tcb.rtt, tcb.recovery, tcb.totals, tcb.ecn
    buffer, board = snd.buffer, tcb.recovery.scoreboard
    unsent = max(buffer.end - max(snd.nxt, 1), 0) if buffer.start < buffer.end else 0
    octets_acked = max(min(snd.una, buffer.end) - 1, 0)
    hystart, opening = tcb.congestion.hystart, tcb.opening.fast
    return TcpInfo(
        state=tcb.state,
        recovery=recovery.phase.value,
        ca_state=_ca_state(tcb),
        congestion=tcb.congestion.name,
        mss=snd.mss,
        rcv_mss=rcv.mss,
        advmss=tcb.config.mss,
        pmtu=tcb.path_mss + (IPV4_AND_TCP_HEADERS if len(tcb.local[0]) == 4 else IPV6_AND_TCP_HEADERS),
        snd_una=snd.una,
        snd_nxt=snd.nxt,
        rcv_nxt=rcv.nxt,
        snd_max=snd.max,
        snd_wnd=snd.wnd,
        rcv_wnd=max(rcv.edge - rcv.nxt, 0),
        snd_scale=snd.shift,
        rcv_scale=rcv.shift,
        cwnd=tcb.congestion.cwnd,
        ssthresh=tcb.congestion.ssthresh,
        in_flight=snd.nxt - snd.una,
        pipe=max(recovery.pipe(snd.una, snd.nxt), 0),
        sacked=board.octets,
        lost=_lost(tcb),
        resent=_resent(tcb),
        reordering=max(totals.overtaken, DUP_THRESH),
        reordering_seen=recovery.rack is not None and recovery.rack.reordering_seen,
        reorderings=totals.reorderings,
        in_css=hystart is not None and hystart.in_css,
        tail_probes=totals.tail_probes,
        spurious_timeouts=totals.spurious_timeouts,
        dsacks=totals.dsacks,
        unacked=buffer.end - buffer.start,
        unsent=unsent,
        unread=rcv.buffer.octets,
        out_of_order=rcv.reassembly.octets,
        send_buffer=send_capacity(tcb),
        receive_buffer=rcv.limit,
        rcv_rtt_ns=rcv.rtt_ns,
        srtt_ns=rtt.srtt_ns,
        rttvar_ns=rtt.var_ns,
        least_rtt_ns=rtt.least_ns,
        rto_ns=rtt.timeout_ns(),
        ato_ns=tcb.config.delayed_ack_ns,
        backoff=rtt.backoff,
        retransmitted=totals.retransmitted,
        retransmitted_octets=totals.retransmitted_octets,
        retries=snd.retries,
        probes=snd.probes or tcb.keepalives,
        segments_in=totals.segments_in,
        segments_out=totals.segments_out,
        text_in=totals.text_in,
        text_out=totals.text_out,
        out_of_order_in=totals.out_of_order,
        octets_acked=octets_acked,
        octets_received=max(rcv.nxt - 1 - (rcv.fin is not None), 0),
        octets_sent=max(min(snd.max, buffer.end) - 1, 0) + totals.retransmitted_octets,
        delivered=octets_acked + board.octets,
        syn_text=0 if opening is None else opening.taken,
        delivered_ce=0 if ecn is None else ecn.echoes_acked,
        marks=0 if ecn is None else ecn.marks,
        delivery_rate=rtt.delivery_rate,
        held_by=totals.held_by.value,
        held_since_ns=totals.held_since_ns,
        path_held_ns=totals.held_ns[Held.PATH],
        peer_held_ns=totals.held_ns[Held.PEER],
        buffer_held_ns=totals.held_ns[Held.BUFFER],
        timeouts=totals.timeouts,
        timeout_recoveries=totals.timeout_recoveries,
        timeouts_ns=totals.timeouts_ns,
        timeouts_since_ns=totals.timeouts_since_ns,
        last_sent_ns=snd.last_ns,
        last_heard_ns=tcb.heard_at_ns,
        sack=recovery.sack,
        timestamps=tcb.stamped,
        scaled=tcb.scaled,
        ecn=ecn is not None,
        syn_data=totals.text_of_syn or (opening is not None and opening.outcome == "taken"),
    )


def _ca_state(tcb: Tcb) -> str:
    recovery, ecn = tcb.recovery, tcb.ecn
    if recovery.phase is not Phase.OPEN:
        return "recovery" if recovery.phase is Phase.FAST else "loss"
    if ecn is not None and tcb.snd.una < ecn.reacted_to:
        return "cwr"
    return "open" if recovery.calm else "disorder"


def _lost(tcb: Tcb) -> int:
    """Octets that are thought lost: in flight, neither sacked nor in the network in their first copy."""
    snd, recovery = tcb.snd, tcb.recovery
    board = recovery.scoreboard
    bound = max(recovery.lost_to, snd.una)
    if recovery.phase is Phase.FAST and not recovery.sack:
        bound = min(snd.una + snd.mss, snd.nxt)
    return max(bound - snd.una - board.below(bound), 0)


def _resent(tcb: Tcb) -> int:
    """Octets that were sent again and are neither acknowledged nor sacked."""
    una, recovery = tcb.snd.una, tcb.recovery
    ranges = [recovery.scoreboard.gaps(max(again.start, una), again.end) for again in recovery.resent]
    return sum([end - start for gaps in ranges for start, end in gaps])
