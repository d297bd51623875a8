"""From state to state: what belongs to being born, to waiting at the end and to being gone."""

from __future__ import annotations

from michinori.sim import Nanos
from michinori.tcp.effects import NOBODY
from michinori.tcp.errors import TcpError
from michinori.tcp.segments import send_reset
from michinori.tcp.states import CLOSED, SYNCHRONIZED, State
from michinori.tcp.tcb import Tcb
from michinori.tcp.timers import NEVER
from michinori.tcp.user_timeout import told_s

_TIMESTAMPS_OCTETS = 12


def become(tcb: Tcb, state: State) -> None:
    """Change the state."""
    before, tcb.state = tcb.state, state
    if tcb.watch is not None:
        tcb.watch.state_changed(before, state)


def establish(tcb: Tcb, now: Nanos, *, retries: int) -> None:
    """Both SYNs are acknowledged, ours after having been sent again so often: settle what was negotiated. The
    application is told by ``notify``.
    """
    rtt, rcv, config = tcb.rtt, tcb.rcv, tcb.config
    fit_mss(tcb)
    if retries:
        rtt.syn_was_lost()
    if retries > 1:
        # RFC 5681 section 3.1; but one SYN may be lost for other reasons than congestion (RFC 6928 section 2).
        tcb.congestion.cwnd = tcb.snd.mss
    rcv.turn_to = rcv.widened_edge()
    rcv.turn_at_ns = now
    if tcb.user_timeout is not None:
        tcb.user_timeout.is_due = told_s(config) is not None
    if config.keepalive:
        tcb.timers.at_keepalive(now + config.keepalive_idle_ns)
    become(tcb, State.ESTABLISHED)
    if tcb.snd.closing:
        become(tcb, State.FIN_WAIT_1)
    tcb.born = True


def fit_mss(tcb: Tcb) -> None:
    """Eff.snd.MSS from what the peer takes, what the path takes and what the options take (RFC 6691)."""
    options = _TIMESTAMPS_OCTETS if tcb.stamped else 0
    mss = max(min(tcb.snd.peer_mss, tcb.path_mss) - options, 1)
    if mss != tcb.snd.mss:
        tcb.snd.mss = mss
        if tcb.state in SYNCHRONIZED:
            tcb.congestion.mss_changed(mss)
        else:
            tcb.congestion.begin(mss)


def notify(tcb: Tcb) -> None:
    """Tell the application what has happened. It may call back and do anything to the connection."""
    if tcb.born:
        tcb.born = False
        opening = tcb.opening
        listener, opening.listener = opening.listener, None
        if not opening.is_early:
            tcb.effects.established()
        is_dialogue = opening.is_active and not tcb.rcv.ack_due  # our text has taken the ACK of the SYN along
        if not is_dialogue or (opening.fast is not None and opening.fast.outcome != "taken"):
            tcb.rcv.quick = tcb.config.quick_acks_at_start
        if listener is not None:
            listener.completed(tcb)
    if tcb.rcv.news:
        tcb.rcv.news = False
        tcb.effects.readable()
    snd = tcb.snd
    if snd.wants_room and tcb.state is not CLOSED:
        buffer = snd.buffer
        if (buffer.end - buffer.start) * 3 <= send_capacity(tcb) * 2:
            snd.wants_room = False
            tcb.effects.writable()


def send_capacity(tcb: Tcb) -> int:
    """The size of the send buffer now: twice what the path takes, within what is set."""
    config = tcb.config
    return max(config.send_buffer, min(2 * tcb.congestion.cwnd, config.send_buffer_max))


def send_space(tcb: Tcb) -> int:
    """Octets that ``write`` would take now."""
    buffer = tcb.snd.buffer
    return max(send_capacity(tcb) - (buffer.end - buffer.start), 0)


def enter_time_wait(tcb: Tcb, now: Nanos) -> None:
    """Both FINs are acknowledged and ours was the first: stay for two maximum segment lifetimes, in little room."""
    if tcb.state is not State.TIME_WAIT:
        become(tcb, State.TIME_WAIT)
        tcb.snd.buffer.clear()
        tcb.flight.clear()
        tcb.recovery.forget()
        tcb.rcv.reassembly.clear()
        tcb.effects.time_wait()
    timers = tcb.timers
    timers.retransmit_ns = timers.persist_ns = timers.keepalive_ns = NEVER
    timers.probe_ns = timers.reorder_ns = NEVER
    until_ns = now + 2 * tcb.config.msl_ns
    timers.at_linger(until_ns)
    if tcb.watch is not None:
        tcb.watch.tell("time-wait", until_ns=until_ns)


def finish(tcb: Tcb, error: TcpError | None) -> None:
    """The connection is gone. What was received stays readable."""
    if tcb.state is State.CLOSED:
        return
    tcb.error = error
    become(tcb, State.CLOSED)
    tcb.timers.stop()
    tcb.snd.buffer.clear()
    tcb.flight.clear()
    tcb.recovery.forget()
    tcb.rcv.reassembly.clear()
    tcb.born = False
    listener, tcb.opening.listener = tcb.opening.listener, None
    if listener is not None:
        listener.forget(tcb)
    effects = tcb.effects
    if tcb.watch is None:
        tcb.effects, tcb.on_reopen, tcb.plain_sender = NOBODY, None, None
    effects.closed(error)


def abort(tcb: Tcb, error: TcpError | None, now: Nanos, why: str, heard: int | None = None) -> None:
    """Send a RST where the peer knows of the connection, and be gone (RFC 9293 section 3.10.5). ``heard``: it answers a
    segment with this acknowledgment, as one would to a connection that is not there (section 3.10.7.1).
    """
    if tcb.state is State.SYN_RECEIVED or (tcb.state in SYNCHRONIZED and tcb.state is not State.TIME_WAIT):
        send_reset(tcb, tcb.snd.nxt if heard is None else heard, now, ack=heard is None)
    if tcb.watch is not None:
        tcb.watch.tell("reset", by="us", why=why)
    finish(tcb, error)


def give_up(tcb: Tcb, error: TcpError, why: str) -> None:
    """R2 was reached, or keep-alive found nobody."""
    if tcb.watch is not None:
        tcb.watch.tell("gave-up", why=why, retries=tcb.snd.retries)
    finish(tcb, tcb.soft_error or error)
