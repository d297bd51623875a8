"""A full-duplex cable: octets go in at one end and come out at the other, later, or not at all.

Each end sends at the cable's rate and lets frames wait in a finite queue. When the line is free again is arithmetic, so
a frame costs one event: its arrival. What the line does to a frame is decided when it is given to the cable, by the
rules in ``faults``; a cable without rules rolls no dice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from heapq import heappush
from typing import Final, Literal, TypeAlias

from michinori.link.counters import Counters
from michinori.link.faults import ArmedRule, Rule, parse_fault
from michinori.link.plug import Plug, Sender, Tell
from michinori.link.verdicts import Corrupt, Delay, Drop, Duplicate, Judge, Mark, Verdict, damage
from michinori.sim import EventQueue, Nanos, Stream
from michinori.trace import NS_PER_S
from michinori.wire import ethernet, ipv4

#: Octets on the line beside the frame itself (IEEE 802.3 clause 4.4.2): preamble and start delimiter before it, the
#: check sequence behind it, and the gap before the next may begin.
PREAMBLE: Final = 8
FCS: Final = 4
GAP: Final = 12
_HEADER: Final = 14
_IPV4: Final = ethernet.ETHERTYPE_IPV4.to_bytes(2, "big")

Direction: TypeAlias = Literal["a->b", "b->a"]


class Cable:
    """Two ends, ``a`` and ``b``, and what lies between.

    ``rate`` in bit/s (None: no time passes in sending), ``delay_ns`` one way, ``queue_packets`` how many frames may
    wait at each end while one is being sent, ``mark_packets`` from how many on those that come are marked instead of
    being dropped later (RFC 3168; None: never), ``mtu`` in octets of payload. Each end keeps its own copy of these and
    can be changed, for lines that are not the same both ways.
    """

    def __init__(
        self,
        queue: EventQueue,
        dice: Stream,
        *,
        rate: int | None = None,
        delay_ns: Nanos = 0,
        queue_packets: int = 1000,
        mark_packets: int | None = None,
        mtu: int = 1500,
        faults: Iterable[Rule | Judge | str] = (),
        name: str = "",
    ) -> None:
        self.name = name
        self.is_cut = False
        self.a = CableEnd(self, queue, dice, rate, delay_ns, queue_packets, mtu)
        self.b = CableEnd(self, queue, dice, rate, delay_ns, queue_packets, mtu)
        self.a.other, self.b.other = self.b, self.a
        self.a.mark_packets = self.b.mark_packets = mark_packets
        for rule in faults:
            self.fault(rule)

    @property
    def mtu(self) -> int:
        """The largest payload that passes in both directions."""
        return min(self.a.mtu, self.b.mtu)

    def connect(self, a: Plug, b: Plug) -> None:
        """Stick the ends into two adapters or switch ports."""
        self.a.plug_into(a)
        self.b.plug_into(b)

    def fault(self, rule: Rule | Judge | str, direction: Direction | None = None) -> None:
        """Add a rule for what befalls frames, as a value, as text (see ``parse_fault``) or as a function of the frame,
        the instant at which it leaves and the dice; for both directions unless one is named. Rules are asked in the
        order in which they were added.
        """
        if isinstance(rule, str):
            rule = parse_fault(rule)
        if direction != "b->a":
            self.a.add_fault(rule)
        if direction != "a->b":
            self.b.add_fault(rule)

    def clear_faults(self) -> None:
        """Take all rules away."""
        self.a.clear_faults()
        self.b.clear_faults()

    def cut(self) -> None:
        """Cut it: what is on the way or waiting is lost, and so is what is sent from now on (``cut``)."""
        if not self.is_cut:
            self.is_cut = True
            for end in (self.a, self.b):
                end.look_at_cable()
                end.lose_flight()

    def mend(self) -> None:
        """Make it whole again."""
        self.is_cut = False
        for end in (self.a, self.b):
            end.look_at_cable()


class CableEnd:
    """One end of a cable: what is sent here comes out at the ``other``."""

    other: CableEnd
    _sender: Sender
    _counters: Counters

    def __init__(
        self,
        cable: Cable,
        queue: EventQueue,
        dice: Stream,
        rate: int | None,
        delay_ns: Nanos,
        queue_packets: int,
        mtu: int,
    ) -> None:
        self.cable = cable
        self.plug: Plug | None = None
        self.delay_ns = delay_ns
        self._starts: deque[Nanos] = deque()
        self.queue_packets = queue_packets
        self.mark_packets: int | None = None
        self.mtu = mtu
        self.rate = rate
        self.faults: list[Judge] = []
        self._queue = queue
        self._dice = dice
        self._free_ns: Nanos = 0
        # Where frames come out, and how those do that somebody tells of. Bound once, not for each frame: what is on the
        # way can be redirected.
        self._arrive: Callable[[bytes], None] = self._lose
        self._arrive_told = self._come_out

    @property
    def mtu(self) -> int:
        """Octets of payload that pass in one frame."""
        return self._mtu

    @mtu.setter
    def mtu(self, mtu: int) -> None:
        self._mtu = mtu
        self.look_at_cable()

    @property
    def rate(self) -> int | None:
        """Bits per second; None lets frames pass in no time."""
        return self._rate

    @rate.setter
    def rate(self, rate: int | None) -> None:
        if rate is not None and rate <= 0:
            raise ValueError(f"a cable's rate is a positive number of bit/s, not {rate}")
        self._rate = rate
        self._durations = _Durations(rate)
        self._gap_ns = _time_of(GAP, rate)

    @property
    def queue_packets(self) -> int:
        """How many frames may wait here."""
        return self._queue_packets

    @queue_packets.setter
    def queue_packets(self, most: int) -> None:
        self._queue_packets = most
        # When those left, or will leave, that had to wait, the last so many: while the first of them lies ahead, the
        # queue is full.
        self._starts = deque(self._starts, most)

    @property
    def waiting(self) -> int:
        """How many frames wait here for the line to become free."""
        now_ns = self._queue.now_ns
        return sum(start_ns > now_ns for start_ns in self._starts)

    @property
    def has_carrier(self) -> bool:
        """Whether the cable is whole and something is plugged in at its other end."""
        return self.other.plug is not None and not self.cable.is_cut

    def plug_into(self, plug: Plug) -> None:
        """Stick this end into an adapter or a port. Raises ``ValueError`` if either is taken."""
        if self.plug is not None or plug.cable_end is not None:
            raise ValueError("this cable end or the socket it should go into is taken")
        self.plug = plug
        self.other.lead_to(plug.receive)
        plug.cable_end = self

    def lead_to(self, arrive: Callable[[bytes], None]) -> None:
        """Whole frames come out there from now on, also those that are on the way."""
        self._queue.redirect(self._arrive, arrive)
        self._arrive = arrive

    def add_fault(self, rule: Rule | Judge) -> None:
        """Add a rule for frames sent from this end."""
        self.faults.append(ArmedRule(rule) if isinstance(rule, Rule) else rule)

    def clear_faults(self) -> None:
        """Take the rules for frames sent from this end away."""
        self.faults.clear()

    def look_at_cable(self) -> None:
        """The cable was cut or mended: nothing fits into one that is cut."""
        self._largest = -1 if self.cable.is_cut else self._mtu + _HEADER

    def lose_flight(self) -> None:
        """Lose what is waiting and on the way from here."""
        self._queue.redirect(self._arrive, self._lose)
        self._queue.redirect(self._arrive_told, self._lose_told)
        self._starts.clear()
        self._free_ns = 0

    def send(self, frame: bytes, tell: Tell | None = None) -> str:
        """Send a frame (addresses, type and payload, without its check sequence). Gives why it was dropped: ""
        (it was not), ``queue-full``, ``too-long``, ``cut`` or ``fault:...``.
        """
        size = len(frame)
        if size > self._largest:
            return self._refuse(frame, "cut" if self.cable.is_cut else "too-long", tell)
        start_ns = now_ns = self._queue.now_ns
        if self._free_ns > now_ns:
            starts = self._starts
            if len(starts) == self._queue_packets and (not starts or starts[0] > now_ns):
                return self._refuse(frame, "queue-full", tell)
            most = self.mark_packets
            if most is not None and (not most or (len(starts) >= most and starts[-most] > now_ns)):
                frame = self._mark(frame)
            start_ns = self._free_ns
            starts.append(start_ns)
        end_ns = start_ns + self._durations[size]
        self._free_ns = end_ns + self._gap_ns
        arrives_ns = end_ns + self.delay_ns
        if self.faults:
            return self._carry_through_faults(frame, start_ns, arrives_ns, tell)
        if tell is None:
            self._queue.post(arrives_ns, self._arrive, frame)
        else:
            self._queue.post(arrives_ns, self._arrive_told, (frame, None, tell(frame, "")))
        return ""

    def short_way(self, sender: Sender) -> Callable[[bytes], bool]:
        """The short way to ``send`` for an adapter of which no events are recorded: frames are counted there too. What
        the frame, the cable or its queue asks a closer look for is given back to it, and False says so.
        """
        self._sender = sender
        self._counters = sender.counters
        return self._carry

    def _carry(self, frame: bytes) -> bool:
        size = len(frame)
        if size > self._largest or self.faults:
            self._sender.send(frame)
            return False
        queue = self._queue
        now_ns = queue.now_ns
        start_ns = self._free_ns
        if start_ns > now_ns:
            starts = self._starts
            is_full = len(starts) == self._queue_packets and (not starts or starts[0] > now_ns)
            if is_full or self.mark_packets is not None:
                self._sender.send(frame)
                return False
            starts.append(start_ns)
        else:
            start_ns = now_ns
        end_ns = start_ns + self._durations[size]
        self._free_ns = end_ns + self._gap_ns
        heappush(queue.heap, (end_ns + self.delay_ns, next(queue.counter), self._arrive, frame))
        counters = self._counters
        counters.tx_frames += 1
        counters.tx_octets += size
        return True

    def _carry_through_faults(self, frame: bytes, start_ns: Nanos, arrives_ns: Nanos, tell: Tell | None) -> str:
        verdict = self._verdict(frame, start_ns)
        if isinstance(verdict, Drop):
            return self._refuse(frame, verdict.why, tell)
        if isinstance(verdict, Mark):
            frame = self._mark(frame)
        cause = 0 if tell is None else tell(frame, "")
        post, arrive = self._queue.post, self._arrive_told
        arrival: tuple[bytes, bytes | None, int] = (frame, None, cause)
        if isinstance(verdict, Delay):
            arrives_ns += verdict.by_ns
        elif isinstance(verdict, Corrupt):
            damaged, fcs = damage(frame, verdict.bits)
            arrival = (damaged, fcs if verdict.noticed else None, cause)
        post(arrives_ns, arrive, arrival)
        if isinstance(verdict, Duplicate):
            post(arrives_ns + verdict.after_ns, arrive, arrival)
        return ""

    def _mark(self, frame: bytes) -> bytes:
        """The frame with "congestion experienced" in its packet, if that can be."""
        is_ipv4 = frame[12:14] == _IPV4 and len(frame) >= _HEADER + ipv4.HEADER_OCTETS
        marked = ipv4.mark_congestion(frame, at=_HEADER) if is_ipv4 else None
        if marked is None:
            return frame
        if self.plug is not None:
            self.plug.marked(marked)
        return marked

    def _verdict(self, frame: bytes, start_ns: Nanos) -> Verdict:
        for judge in self.faults:
            verdict = judge(frame, start_ns, self._dice)
            if verdict is not None:
                return verdict
        return None

    def _come_out(self, arrival: tuple[bytes, bytes | None, int]) -> None:
        plug = self.other.plug
        if plug is None:
            self._lose_told(arrival)
        else:
            plug.receive(*arrival)

    def _lose(self, frame: bytes) -> None:
        self._lose_told((frame, None, 0))

    def _lose_told(self, arrival: tuple[bytes, bytes | None, int]) -> None:
        if self.plug is not None:
            self.plug.lost(arrival[0], "cut", arrival[2])

    def _refuse(self, frame: bytes, why: str, tell: Tell | None) -> str:
        if tell is not None:
            tell(frame, why)
        return why


class _Durations(dict[int, Nanos]):
    """How long the line is taken by a frame of so many octets, worked out once for each size."""

    def __init__(self, rate: int | None) -> None:
        self._rate = rate

    def __missing__(self, octets: int) -> Nanos:
        duration_ns = self[octets] = _time_of(PREAMBLE + octets + FCS, self._rate)
        return duration_ns


def _time_of(octets: int, rate: int | None) -> Nanos:
    return 0 if rate is None else -(octets * 8 * NS_PER_S // -rate)
