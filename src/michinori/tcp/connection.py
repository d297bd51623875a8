"""The face of a connection: the calls of RFC 9293 section 3.10. The time goes in, a deadline comes out."""

from __future__ import annotations

from types import MethodType
from typing import TYPE_CHECKING

from michinori.sim import Nanos
from michinori.tcp.arrival import Arrival
from michinori.tcp.arrives import go_through_steps, segment_arrives
from michinori.tcp.config import IPV4_AND_TCP_HEADERS, IPV6_AND_TCP_HEADERS, TcpConfig
from michinori.tcp.congestion import initial_window
from michinori.tcp.effects import NOBODY, Effects, Endpoint, PlainReceiver, PlainSender, SackReceiver
from michinori.tcp.errors import ConnectionAborted, ConnectionClosing, TcpError
from michinori.tcp.fast_open import room_in_syn
from michinori.tcp.lifecycle import abort, become, finish, fit_mss, notify, send_space
from michinori.tcp.prediction import plain_arrives, sack_arrives
from michinori.tcp.receiving import read, take_early_text
from michinori.tcp.retransmission import on_path_mtu
from michinori.tcp.segments import send_syn
from michinori.tcp.sending import transmit
from michinori.tcp.standing import Standing
from michinori.tcp.states import SYNCHRONIZED, TAKES_TEXT, State
from michinori.tcp.syn_sent import take_syn
from michinori.tcp.tcb import Tcb
from michinori.tcp.time_wait import TimeWait, time_wait_of
from michinori.tcp.timeouts import on_deadline
from michinori.tcp.timers import NEVER
from michinori.tcp.user_timeout import UserTimeout
from michinori.tcp.watch import Watch
from michinori.wire import Octets
from michinori.wire.tcp import Segment

if TYPE_CHECKING:
    from collections.abc import Callable

    from michinori.tcp.fast_open import FastOpen
    from michinori.tcp.listener import Listener

_SMALLEST_PATH_MTU = 68


class Connection(Standing):
    """One connection, in any state but LISTEN.

    Nothing here asks what time it is: every call that may send takes ``now``. After each, ``deadline_ns`` says when
    ``on_deadline`` wants to be called next. The instant may move later without notice, so it is enough to look at it
    after each call and to arm a timer earlier where it has become earlier.
    """

    __slots__ = ("timers",)

    def __init__(
        self,
        local: Endpoint,
        remote: Endpoint,
        config: TcpConfig,
        effects: Effects,
        *,
        isn: int,
        watched: bool = False,
        timestamp_offset: int = 0,
    ) -> None:
        self._tcb = Tcb(local, remote, config, effects, isn, timestamp_offset)
        self.timers = self._tcb.timers  # ``next_ns`` is ``deadline_ns``, without a call
        if watched:
            self._tcb.watch = Watch(self._tcb)

    # Opening

    def connect(self, now: Nanos, *, fast_open: FastOpen | None = None, data: Octets = b"") -> int:
        """Active OPEN (section 3.10.1): send a SYN. ``fast_open``: with that cookie, or asking for one (RFC 7413);
        ``data``: text to begin with. Gives how much of it was taken: with a cookie, what goes into the SYN.
        """
        tcb = self._tcb
        assert not tcb.snd.nxt, "a connection is opened once"
        tcb.opening.is_active = True
        tcb.opening.fast = fast_open
        taken = min(len(data), room_in_syn(tcb) or send_space(tcb))
        if taken:
            tcb.snd.buffer.append(memoryview(data)[:taken])
            if tcb.watch is not None:
                tcb.watch.written(1, 1 + taken)
        tcb.snd.wants_room = taken < len(data)
        self._tell_of_isn()
        become(tcb, State.SYN_SENT)
        send_syn(tcb, now)
        tcb.timers.at_retransmit(now + tcb.rtt.timeout_ns())
        self._look(now)
        return taken

    def answer(self, listener: Listener, syn: Segment, now: Nanos, *, grant: bytes | None, early: bool) -> None:
        """The SYN that came to a listener, whose copy this is (section 3.10.7.2, third step): send a SYN,ACK.

        ``grant``: the cookie of RFC 7413 for who asked. ``early``: who sent the SYN has shown a good one, so its text
        is taken and may be answered; otherwise it is left to be sent again.
        """
        tcb = self._tcb
        assert not tcb.snd.nxt, "a connection is opened once"
        tcb.opening.listener = listener
        self._tell_of_isn()
        seg = Arrival.of(tcb, syn)
        tcb.totals.segments_in += 1
        if tcb.watch is not None:
            tcb.watch.received(syn, 0, 0)
        tcb.state = State.LISTEN
        take_syn(tcb, seg, now)
        tcb.opening.cookie, tcb.opening.is_early = grant, early
        if early:
            take_early_text(tcb, seg)
        become(tcb, State.SYN_RECEIVED)
        send_syn(tcb, now)
        tcb.timers.at_retransmit(now + tcb.rtt.timeout_ns())
        if early:
            fit_mss(tcb)
            # Nobody has shown yet that he is where he says and wants all that (RFC 7413 section 4.2.2).
            tcb.congestion.cwnd = min(tcb.congestion.cwnd, initial_window(tcb.snd.mss, 0))
            tcb.effects.established()
            listener.opened_early(tcb)
            notify(tcb)
        self._look(now)

    @property
    def fast_open(self) -> FastOpen | None:
        """How it was opened fast, and what has become of that."""
        return self._tcb.opening.fast

    def resume(self, listener: Listener, syn: Segment, ack: Segment, now: Nanos) -> None:
        """The ACK that ends a handshake of which nothing was kept: go on as if the SYN, as far as it is known again,
        had been answered by this connection (RFC 4987 section 3.6).
        """
        tcb = self._tcb
        assert not tcb.snd.nxt, "a connection is opened once"
        tcb.opening.listener = listener
        tcb.state = State.LISTEN
        take_syn(tcb, Arrival.of(tcb, syn), now)
        tcb.snd.nxt = tcb.snd.max = 1
        become(tcb, State.SYN_RECEIVED)
        segment_arrives(tcb, ack, now)

    def _look(self, now: Nanos) -> None:
        if self._tcb.watch is not None:
            self._tcb.watch.look(now)

    def _tell_of_isn(self) -> None:
        if self._tcb.watch is not None:
            self._tcb.watch.tell("isn-chosen", isn=self._tcb.snd.iss)

    # What comes in

    def receive(self, segment: Segment, now: Nanos, *, is_marked: bool = False) -> None:
        """A segment for this connection has arrived; ``is_marked``: a router has set CE in its packet (RFC 3168)."""
        segment_arrives(self._tcb, segment, now, is_marked=is_marked)

    def shorten(self, sender: PlainSender) -> tuple[PlainReceiver, SackReceiver]:
        """Let segments with time stamps and SACK blocks alone go by ``sender``, and give who takes such segments
        (``plain_arrives``, ``sack_arrives``).
        """
        tcb = self._tcb
        tcb.plain_sender = sender
        return MethodType(plain_arrives, tcb), MethodType(sack_arrives, tcb)  # quicker to call than a ``partial``

    def receive_unpredicted(self, segment: Segment, now: Nanos, *, is_marked: bool = False) -> None:
        """``receive`` for a segment that was refused there, or is of another kind."""
        go_through_steps(self._tcb, segment, now, is_marked=is_marked)

    @property
    def deadline_ns(self) -> Nanos | None:
        """When ``on_deadline`` wants to be called next; None for never."""
        next_ns = self._tcb.timers.next_ns
        return next_ns if next_ns != NEVER else None

    @property
    def timer_ns(self) -> Nanos | None:
        """When the timer that runs out next does, which ``deadline_ns`` may be earlier than; None when none runs."""
        earliest_ns = self._tcb.timers.earliest_ns()
        return earliest_ns if earliest_ns != NEVER else None

    def on_deadline(self, now: Nanos) -> None:
        """The deadline has come, or nearly: being early does no harm."""
        on_deadline(self._tcb, now)

    def on_path_mtu(self, mtu: int, now: Nanos) -> None:
        """Packets to the peer may have so many octets and no more."""
        tcb = self._tcb
        headers = IPV4_AND_TCP_HEADERS if len(tcb.local[0]) == 4 else IPV6_AND_TCP_HEADERS
        mss = max(mtu, _SMALLEST_PATH_MTU) - headers
        if mss < tcb.path_mss:
            tcb.path_mss = mss
            tcb.path_search = None  # somebody tells: nothing needs to be looked for
            if tcb.state is not State.CLOSED or not tcb.snd.nxt:
                on_path_mtu(tcb, mtu, now)

    def on_soft_error(self, error: TcpError) -> None:
        """ICMP tells of trouble that may pass: kept, to be given as the reason if the connection is given up."""
        self._tcb.soft_error = error
        self._tcb.effects.report("soft-error")

    def on_hard_error(self, error: TcpError, now: Nanos) -> None:
        """ICMP says that it is hopeless: believed only while the handshake goes on (RFC 5927 section 5.2)."""
        del now
        if self._tcb.state in (State.SYN_SENT, State.SYN_RECEIVED):
            if self._tcb.opening.fast is not None:
                self._tcb.opening.fast.outcome = "lost"
            finish(self._tcb, error)
        else:
            self.on_soft_error(error)

    def quotes(self, seq: int) -> bool:
        """Whether that sequence number is one of ours that is under way: an ICMP error that quotes another is old or
        forged (RFC 5927 section 4.1).
        """
        snd = self._tcb.snd
        return snd.una <= snd.position(seq) < max(snd.max, snd.una + 1)

    # What the application asks

    def write(self, data: Octets, now: Nanos, *, urgent: bool = False, is_more_to_come: bool = False) -> int:
        """SEND: take as much as there is room for, and say how much that was. ``urgent``: up to its end, it is.
        ``is_more_to_come``: what does not fill a segment may wait for ``push``, or for ``close`` and its FIN.

        Raises ``ConnectionClosing`` after ``close`` or when the connection is gone.
        """
        tcb = self._tcb
        snd = tcb.snd
        if snd.closing or tcb.state not in TAKES_TEXT:
            raise tcb.error or ConnectionClosing("the connection is closing")
        room = send_space(tcb)
        size = len(data)
        if size > room:
            snd.wants_room = True
            if not room:
                return 0
            data, size = memoryview(data)[:room], room
        if not size:
            return 0
        if snd.nxt == snd.una and snd.last_ns and tcb.config.restart_after_idle:
            self._restart_after_idle(now)
        start = snd.buffer.end
        snd.buffer.append(data)
        if urgent:
            snd.up = snd.buffer.end
        if tcb.watch is not None:
            tcb.watch.written(start, snd.buffer.end)
        if not is_more_to_come or snd.buffer.end - snd.nxt >= snd.mss:
            transmit(tcb, now)
        self._look(now)
        return size

    def push(self, now: Nanos) -> None:
        """Nothing more is to come for now: send what waits (the PUSH of SEND)."""
        transmit(self._tcb, now)
        self._look(now)

    def _restart_after_idle(self, now: Nanos) -> None:
        tcb = self._tcb
        if now - tcb.snd.last_ns > tcb.rtt.rto_ns:
            before = tcb.congestion.cwnd
            tcb.congestion.idled(tcb.snd.nxt)
            if tcb.watch is not None and tcb.congestion.cwnd != before:
                tcb.watch.window("idle")

    def read(self, limit: int, now: Nanos) -> bytes:
        """RECEIVE: up to so many octets; none when none are there (or none will come: ``at_eof``)."""
        return read(self._tcb, limit, now)

    def close(self, now: Nanos) -> None:
        """CLOSE (section 3.10.4): a FIN follows what was written. What the peer sends can still be read."""
        tcb = self._tcb
        match tcb.state:
            case State.SYN_SENT:
                finish(tcb, None)
            case State.SYN_RECEIVED | State.ESTABLISHED:
                self._begin_to_close(State.FIN_WAIT_1, now)
            case State.CLOSE_WAIT:
                self._begin_to_close(State.LAST_ACK, now)

    def _begin_to_close(self, state: State, now: Nanos) -> None:
        tcb = self._tcb
        tcb.snd.closing = True
        if tcb.state is State.SYN_RECEIVED and (tcb.opening.is_early or tcb.snd.buffer.end > 1):
            return  # there is text to send before, or the handshake to end: goes on when established
        become(tcb, state)
        transmit(tcb, now)

    def abandon(self, now: Nanos) -> None:
        """The application lets go altogether. Unread text, or text that still comes, resets the connection: the peer
        must not believe that it was read (RFC 9293 section 3.6.1, RFC 2525 section 2.17).
        """
        tcb = self._tcb
        if tcb.rcv.buffer.octets and tcb.state not in (State.CLOSED, State.TIME_WAIT):
            tcb.rcv.buffer.clear()
            abort(tcb, None, now, "text for nobody")
            return
        tcb.rcv.buffer.clear()
        tcb.abandoned = True
        if tcb.state is State.TIME_WAIT:
            tcb.effects.time_wait()
        self.close(now)
        if tcb.state is State.FIN_WAIT_2:
            tcb.timers.at_linger(now + tcb.config.fin_wait_2_ns)

    def abort(self, now: Nanos) -> None:
        """ABORT (section 3.10.5): a RST, and what was not sent is thrown away."""
        if self._tcb.state is not State.CLOSED:
            abort(self._tcb, ConnectionAborted("the connection was aborted"), now, "abort")

    def configure(self, config: TcpConfig, now: Nanos) -> None:
        """Go on by other settings. What was settled by the handshake stays as it is."""
        tcb = self._tcb
        before, tcb.config = tcb.config, config
        if config.user_timeout_option:
            tcb.user_timeout = tcb.user_timeout or UserTimeout()
            if config.user_timeout_ns not in (before.user_timeout_ns, None):
                tcb.user_timeout.is_due = tcb.state in SYNCHRONIZED
        if not config.keepalive:
            tcb.timers.keepalive_ns = NEVER
        elif tcb.state in SYNCHRONIZED and tcb.state is not State.TIME_WAIT:
            if not before.keepalive:
                tcb.timers.at_keepalive(now + config.keepalive_idle_ns)
            elif before.keepalive_idle_ns != config.keepalive_idle_ns:
                tcb.timers.at_keepalive(max(tcb.heard_at_ns + config.keepalive_idle_ns, now))
        if before.nagle and not config.nagle:
            transmit(tcb, now)
        notify(tcb)  # the send buffer may be larger now

    def may_send_large(self, octets: int) -> None:
        """Text of several segments, so many octets at most, may be given to ``Effects.send_large`` from now on. While
        somebody watches, each goes out by itself.
        """
        if self._tcb.watch is None:
            self._tcb.most_at_once = octets

    def note_call(self, n: int) -> None:
        """The trace's number of the call that writes from now on: segments with its text name it."""
        if self._tcb.watch is not None:
            self._tcb.watch.call = n

    # The end

    def retire(self) -> TimeWait | None:
        """If it is in TIME-WAIT: all that has to be kept of it. From then on it does nothing any more."""
        tcb = self._tcb
        if tcb.state is not State.TIME_WAIT:
            return None
        record = time_wait_of(tcb)
        tcb.timers.stop()
        tcb.effects, tcb.on_reopen, tcb.plain_sender = NOBODY, None, None
        return record

    @property
    def on_reopen(self) -> Callable[[Segment, int, Nanos], None] | None:
        """Where a SYN goes that ends TIME-WAIT, with the least initial sequence number for its answer; None: such a SYN
        is answered by an ACK like any other stray segment.
        """
        return self._tcb.on_reopen

    @on_reopen.setter
    def on_reopen(self, reopen: Callable[[Segment, int, Nanos], None] | None) -> None:
        self._tcb.on_reopen = reopen
