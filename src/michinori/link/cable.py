"""A full-duplex cable: octets go in at one end and come out at the other, later, or not at all.

Each end sends at the cable's rate and lets frames wait in a finite queue. When the line is free again is arithmetic
(``_free_ns`` and the starts of those that wait), so a frame costs one event: its arrival. What the line does to a frame
is decided when it is given to the cable, by the rules in ``faults``; a cable without rules rolls no dice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

from michinori.link.faults import (
    ArmedRule,
    Corrupt,
    Delay,
    Drop,
    Duplicate,
    Judge,
    Mark,
    Rule,
    Verdict,
    damage,
    parse_fault,
)
from michinori.link.plug import Plug, Tell
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


class _Flight:
    """The frames that are on the way in one direction. When the cable is cut it is replaced, and what still arrives
    from the old one is lost.
    """

    __slots__ = ("end", "into")

    def __init__(self, end: CableEnd, into: Plug | None) -> None:
        self.end = end
        self.into = into
        """Where the frames come out; None where they are lost."""

    def arrive(self, frame: bytes) -> None:
        into = self.into
        if into is None:
            self._lose(frame, 0)
        else:
            into.receive(frame)

    def arrive_told(self, arrival: tuple[bytes, bytes | None, int]) -> None:
        into = self.into
        if into is None:
            self._lose(arrival[0], arrival[2])
        else:
            into.receive(*arrival)

    def _lose(self, frame: bytes, cause: int) -> None:
        sender = self.end.plug
        if sender is not None:
            sender.lost(frame, "cut", cause)


class CableEnd:
    """One end of a cable: what is sent here comes out at the ``other``."""

    other: CableEnd

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
        self.queue_packets = queue_packets
        self.mark_packets: int | None = None
        self.mtu = mtu
        self.rate = rate
        self.faults: list[Judge] = []
        self._queue = queue
        self._dice = dice
        self._free_ns: Nanos = 0
        self._starts: deque[Nanos] = deque()
        self._flight = _Flight(self, None)
        self._arrive = self._flight.arrive  # bound once, not for each frame

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
        self._durations: dict[int, Nanos] = {}
        self._gap_ns = self._time_of(GAP)

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
        plug.cable_end = self
        self.other._flight.into = plug

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
        self._flight.into = None
        self._flight = _Flight(self, self.other.plug)
        self._arrive = self._flight.arrive
        self._starts.clear()
        self._free_ns = 0

    def send(self, frame: bytes, tell: Tell | None = None) -> str:
        """Send a frame (addresses, type and payload, without its check sequence). Gives why it was dropped: ""
        (it was not), ``queue-full``, ``too-long``, ``cut`` or ``fault:...``.
        """
        size = len(frame)
        if size > self._largest:
            return self._refuse(frame, "cut" if self.cable.is_cut else "too-long", tell)
        queue = self._queue
        start_ns = now_ns = queue.now_ns
        if self._free_ns > now_ns:
            starts = self._starts
            while starts and starts[0] <= now_ns:
                starts.popleft()
            if len(starts) >= self.queue_packets:
                return self._refuse(frame, "queue-full", tell)
            if self.mark_packets is not None and len(starts) >= self.mark_packets:
                frame = self._mark(frame)
            start_ns = self._free_ns
            starts.append(start_ns)
        duration_ns = self._durations.get(size)
        if duration_ns is None:
            duration_ns = self._durations[size] = self._time_of(PREAMBLE + size + FCS)
        end_ns = start_ns + duration_ns
        self._free_ns = end_ns + self._gap_ns
        arrives_ns = end_ns + self.delay_ns
        if self.faults:
            return self._carry_through_faults(frame, start_ns, arrives_ns, tell)
        if tell is None:
            queue.post(arrives_ns, self._arrive, frame)
        else:
            queue.post(arrives_ns, self._flight.arrive_told, (frame, None, tell(frame, "")))
        return ""

    def _carry_through_faults(self, frame: bytes, start_ns: Nanos, arrives_ns: Nanos, tell: Tell | None) -> str:
        verdict = self._verdict(frame, start_ns)
        if isinstance(verdict, Drop):
            return self._refuse(frame, verdict.why, tell)
        if isinstance(verdict, Mark):
            frame = self._mark(frame)
        cause = 0 if tell is None else tell(frame, "")
        post, arrive = self._queue.post, self._flight.arrive_told
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

    def _refuse(self, frame: bytes, why: str, tell: Tell | None) -> str:
        if tell is not None:
            tell(frame, why)
        return why

    def _time_of(self, octets: int) -> Nanos:
        return 0 if self._rate is None else -(octets * 8 * NS_PER_S // -self._rate)
