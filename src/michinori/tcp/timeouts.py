"""A deadline has come: which timers are due, and what each of them does."""

from __future__ import annotations

from michinori.sim import Nanos
from michinori.tcp.errors import ConnectionTimedOut
from michinori.tcp.lifecycle import finish, give_up
from michinori.tcp.path_probing import look_for_black_hole
from michinori.tcp.retransmission import on_persist_timeout, on_reorder_timeout, on_retransmission_timeout
from michinori.tcp.segments import let_go, send_ack
from michinori.tcp.states import State
from michinori.tcp.tail_probe import on_probe_timeout
from michinori.tcp.tcb import Tcb
from michinori.tcp.timers import NEVER
from michinori.tcp.user_timeout import patience_ns
from michinori.wire.tcp import ACK, Segment

#: How much later than the user time-out keep-alive begins.
_LATER_NS = 1_000_000_000


def on_deadline(tcb: Tcb, now: Nanos) -> None:
    """Let every timer that is due do its work. There may be none: see ``timers.py``."""
    timers = tcb.timers
    if timers.delayed_ack_ns <= now:
        timers.delayed_ack_ns = NEVER
        if tcb.rcv.nxt > tcb.rcv.acked_to:
            send_ack(tcb, now)
    if timers.reorder_ns <= now:
        timers.reorder_ns = NEVER
        on_reorder_timeout(tcb, now)
    if timers.probe_ns <= now:
        on_probe_timeout(tcb, now)
    if timers.retransmit_ns <= now:
        look_for_black_hole(tcb)
        on_retransmission_timeout(tcb, now)
    if timers.persist_ns <= now:
        on_persist_timeout(tcb, now)
    if timers.keepalive_ns <= now:
        on_keepalive(tcb, now)
    if timers.linger_ns <= now:
        timers.linger_ns = NEVER
        finish(tcb, None)
    timers.settle()
    if tcb.watch is not None:
        tcb.watch.look(now)


def on_keepalive(tcb: Tcb, now: Nanos) -> None:
    """Ask a silent peer whether it is still there (RFC 9293 section 3.8.4)."""
    config, timers = tcb.config, tcb.timers
    timers.keepalive_ns = NEVER
    if tcb.state in (State.CLOSED, State.TIME_WAIT):
        return
    idle_ns = config.keepalive_idle_ns
    if config.user_timeout_option and (most_ns := patience_ns(tcb)) is not None:
        idle_ns = max(idle_ns, most_ns + _LATER_NS)  # RFC 5482 section 4.2
    quiet_until_ns = tcb.heard_at_ns + idle_ns
    if quiet_until_ns > now:
        tcb.keepalives = 0
        timers.at_keepalive(quiet_until_ns)
        return
    if tcb.snd.nxt > tcb.snd.una:
        # What is under way asks already, and gives up by itself.
        timers.at_keepalive(now + config.keepalive_interval_ns)
        return
    if tcb.keepalives >= config.keepalive_probes:
        give_up(tcb, ConnectionTimedOut("the peer is no longer there"), "keep-alive")
        return
    tcb.keepalives += 1
    timers.at_keepalive(now + config.keepalive_interval_ns)
    _send_probe(tcb, now)


def _send_probe(tcb: Tcb, now: Nanos) -> None:
    """<SEQ=SND.NXT-1>: outside the window, so it has to be answered; without text, as all systems take it."""
    snd, rcv = tcb.snd, tcb.rcv
    segment = Segment(
        tcb.local[1],
        tcb.remote[1],
        snd.wire(snd.nxt - 1),
        rcv.wire(rcv.nxt),
        ACK,
        rcv.window_field(),
        b"",
        tcb.plain_options(now),
    )
    if tcb.watch is not None:
        tcb.watch.tell("keepalive-probe", count=tcb.keepalives)
    let_go(tcb, segment, snd.nxt - 1)
