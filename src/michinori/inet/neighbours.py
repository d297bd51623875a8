"""Who is next to us: the cache from next hops to Ethernet addresses, and packets that wait for an answer.

The states are those of neighbour unreachability detection (RFC 4861 section 7.3.2), which Linux uses for ARP too and
which do what RFC 1122 section 2.3.2 asks for: entries are found out of date, by asking the neighbour itself, not
everybody; questions go out at most once a second; and packets wait meanwhile, in a queue that cannot grow.

    INCOMPLETE ─ answer ─▶ REACHABLE ─ 30 s ─▶ STALE ─ a packet ─▶ DELAY ─ 5 s ─▶ PROBE ─ answer ─▶ REACHABLE
        └─ 3 questions in vain ─▶ FAILED ◀─ 3 questions in vain ────────────────────┘

Nothing here knows how to ask: that is ARP's matter for IPv4 (and will be Neighbor Discovery's for IPv6).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Final, Protocol

import msgspec

from michinori.inet import addresses
from michinori.inet.node import Node
from michinori.sim import Nanos, Timer
from michinori.trace import NS_PER_S
from michinori.wire import ethernet

REACHABLE_NS: Final = 30 * NS_PER_S
DELAY_NS: Final = 5 * NS_PER_S
RETRANSMIT_NS: Final = 1 * NS_PER_S
MOST_QUESTIONS: Final = 3
#: RFC 1122 section 2.3.2.2 asks for at least one.
MOST_WAITING: Final = 64
MOST_NEIGHBOURS: Final = 1024

NEVER: Final[Nanos] = -1
FOREVER: Final[Nanos] = 1 << 62


class State(Enum):
    INCOMPLETE = "incomplete"
    REACHABLE = "reachable"
    STALE = "stale"
    DELAY = "delay"
    PROBE = "probe"
    FAILED = "failed"
    PERMANENT = "permanent"


class Waiting(msgspec.Struct, frozen=True, gc=False):
    """A packet that waits for an address, and the number of what caused it."""

    octets: bytes
    cause: int


class Neighbour:
    """An entry. While ``usable_until_ns`` lies ahead, frames may be sent with its ``header`` without asking the table;
    an entry whose address changes is replaced, never changed.
    """

    __slots__ = ("address", "cause", "header", "mac", "questions", "state", "timer", "usable_until_ns", "waiting")

    def __init__(self, address: bytes) -> None:
        self.address = address
        self.mac = b""
        self.header = b""
        self.state = State.INCOMPLETE
        self.usable_until_ns: Nanos = NEVER
        self.questions = 0
        self.timer: Timer | None = None
        self.waiting: deque[Waiting] = deque()
        self.cause = 0


class NeighbourRow(msgspec.Struct, frozen=True):
    """A line of the table as it is listed."""

    address: str
    mac: str
    state: str
    waiting: int


class Link(Protocol):
    """What the table needs of the interface that it belongs to."""

    name: str

    def ask_for(self, address: bytes, mac: bytes | None) -> None:
        """Ask everybody who has the address, or the one who had it whether he still does."""

    def header_to(self, address: bytes, mac: bytes) -> bytes:
        """The Ethernet header of packets to that neighbour."""

    def put(self, frame: bytes) -> None:
        """Send a frame."""


class Neighbours:
    """The table of one interface. ``on_life`` is told who does not answer, and who does again; then ``other_way`` may
    take what waited in vain, and ``on_failure`` gets the rest.
    """

    def __init__(self, node: Node, link: Link) -> None:
        self.on_failure: Callable[[list[Waiting]], None] = lambda _: None
        self.on_life: Callable[[bytes, bool], None] = lambda *_: None
        self.other_way: Callable[[bytes, Waiting], bool] = lambda *_: False
        self._node = node
        self._link = link
        self._table: dict[bytes, Neighbour] = {}
        # Spread over half to one and a half times the base, so that hosts do not ask in step (RFC 4861 section 6.3.2).
        self._spread = node.dice.uniform(0.5, 1.5)
        self.reachable_ns = REACHABLE_NS

    @property
    def reachable_ns(self) -> Nanos:
        """How long an entry is believed that was found to be right, by chance half or one and a half times as long;
        entries that are there keep their time (RFC 1122 section 2.3.2.1).
        """
        return self._base_ns

    @reachable_ns.setter
    def reachable_ns(self, base_ns: Nanos) -> None:
        self._base_ns = base_ns
        self._lasts_ns = int(base_ns * self._spread)

    def lookup(self, address: bytes) -> Neighbour | None:
        """The entry, if frames can be sent to it now; using one that is out of date sets off its verification."""
        entry = self._table.get(address)
        if entry is None or entry.state in (State.INCOMPLETE, State.FAILED):
            return None
        if entry.usable_until_ns <= self._node.queue.now_ns:  # REACHABLE for too long, or STALE
            entry.state = State.DELAY
            entry.usable_until_ns = FOREVER
            entry.cause = self._node.cause
            entry.timer = self._node.queue.call_in(DELAY_NS, self._ask_again, entry)
            self._note("state-changed", entry)
        return entry

    def send(self, address: bytes, octets: bytes) -> None:
        """Send a packet to that neighbour, now or when its address is known."""
        entry = self.lookup(address)
        if entry is None:
            self._wait(address, octets)
            return
        if self._node.watched:
            self._note("cache-hit", entry)
        self._link.put(_frame(entry.header, octets))

    def heard(self, address: bytes, mac: bytes, *, answer: bool, create: bool) -> None:
        """Somebody said that the address is his. ``answer``: to our question, so he also hears us; ``create``: also
        worth knowing if he was not in the table.
        """
        entry = self._table.get(address)
        if entry is None and not create:
            return
        if entry is not None and entry.state is State.PERMANENT:
            return
        was_dead = entry is not None and entry.state is State.FAILED
        is_news = entry is None or entry.mac != mac
        if is_news:
            entry = self._replace(entry, address, mac)
        assert entry is not None
        if is_news or answer or entry.state is State.FAILED:
            self._settle(entry, State.REACHABLE if answer else State.STALE)
            self._note("learned" if is_news else "state-changed", entry)
        if was_dead:
            self.on_life(address, True)
        while entry.waiting:
            waiting = entry.waiting.popleft()
            with self._node.acting(waiting.cause):
                if (usable := self.lookup(address)) is not None:
                    self._link.put(_frame(usable.header, waiting.octets))

    def confirm(self, address: bytes) -> None:
        """A higher layer knows that what we send to this neighbour arrives (RFC 1122 section 2.3.2.1)."""
        entry = self._table.get(address)
        if entry is not None and entry.state in (State.REACHABLE, State.STALE, State.DELAY, State.PROBE):
            self._settle(entry, State.REACHABLE)
            self._note("state-changed", entry)

    def doubt(self, address: bytes) -> None:
        """A higher layer fears that what we send to this neighbour is lost: the next use of the entry verifies it."""
        entry = self._table.get(address)
        if entry is not None and entry.state is State.REACHABLE:
            self._settle(entry, State.STALE)
            self._note("state-changed", entry)

    def set_permanent(self, address: bytes, mac: bytes) -> Neighbour:
        """An entry that never ages, such as that of a group."""
        entry = self._replace(self._table.get(address), address, mac)
        self._settle(entry, State.PERMANENT)
        self._note("state-changed", entry)
        return entry

    def __contains__(self, address: bytes) -> bool:
        return address in self._table

    def forget(self, address: bytes) -> None:
        """Take an entry out; what waits for it is lost."""
        entry = self._table.pop(address, None)
        if entry is not None:
            self._retire(entry)
            self._note("forgotten", entry)
            for _ in entry.waiting:
                self._node.drop("arp-failed", frame=False)

    def rows(self) -> list[NeighbourRow]:
        """The table as it stands, as ``ip neigh`` shows it."""
        now_ns = self._node.queue.now_ns
        return [
            NeighbourRow(
                addresses.text(entry.address),
                ethernet.text(entry.mac),
                "stale" if entry.state is State.REACHABLE and entry.usable_until_ns <= now_ns else entry.state.value,
                len(entry.waiting),
            )
            for _, entry in sorted(self._table.items())
        ]

    def _wait(self, address: bytes, octets: bytes) -> None:
        entry = self._table.get(address)
        if entry is None:
            self._make_room()
            entry = self._table[address] = Neighbour(address)
        if len(entry.waiting) >= MOST_WAITING:
            entry.waiting.popleft()
            self._node.drop("arp-queue-full", self._describe(entry), frame=False)
        entry.waiting.append(Waiting(octets, self._node.cause))
        if entry.timer is None:
            entry.state = State.INCOMPLETE
            entry.questions = 0
            entry.cause = self._node.cause
            self._note("state-changed", entry)
            self._ask_again(entry)

    def _ask_again(self, entry: Neighbour) -> None:
        """The first question, or the next when the last was not answered in time, or the end of it."""
        with self._node.acting(entry.cause):
            if entry.questions >= MOST_QUESTIONS:
                self._fail(entry)
                return
            if entry.state is State.DELAY:
                entry.state = State.PROBE
                self._note("state-changed", entry)
            entry.questions += 1
            entry.timer = self._node.queue.call_in(RETRANSMIT_NS, self._ask_again, entry)
            self._link.ask_for(entry.address, entry.mac if entry.state is State.PROBE else None)

    def _fail(self, entry: Neighbour) -> None:
        self._retire(entry)
        entry.state = State.FAILED
        entry.questions = 0
        self._note("failed", entry)
        self.on_life(entry.address, False)
        waited = [waiting for waiting in entry.waiting if not self.other_way(entry.address, waiting)]
        entry.waiting.clear()
        for waiting in waited:
            with self._node.acting(waiting.cause):
                self._node.drop("arp-failed", self._describe(entry), frame=False)
        if waited:
            self.on_failure(waited)

    def _replace(self, old: Neighbour | None, address: bytes, mac: bytes) -> Neighbour:
        """A new entry in the place of the old, which whoever still holds it finds unusable."""
        entry = Neighbour(address)
        entry.mac = mac
        entry.header = self._link.header_to(address, mac)
        if old is None:
            self._make_room()
        else:
            self._retire(old)
            entry.waiting = old.waiting
        self._table[address] = entry
        return entry

    def _settle(self, entry: Neighbour, state: State) -> None:
        if entry.timer is not None:
            entry.timer.cancel()
            entry.timer = None
        entry.state = state
        entry.questions = 0
        if state is State.REACHABLE:
            entry.usable_until_ns = self._node.queue.now_ns + self._lasts_ns
        else:
            entry.usable_until_ns = FOREVER if state is State.PERMANENT else NEVER

    def _retire(self, entry: Neighbour) -> None:
        entry.usable_until_ns = NEVER
        if entry.timer is not None:
            entry.timer.cancel()
            entry.timer = None

    def _make_room(self) -> None:
        """Forget the oldest entry that nothing waits for and that is not being verified: one that is not known to hear
        us, if there is any, so that a flood of claims does not push out those whom we talk to.
        """
        if len(self._table) >= MOST_NEIGHBOURS:
            idle = [entry for entry in self._table.values() if entry.timer is None]
            victims = [entry for entry in idle if entry.state in (State.STALE, State.FAILED)]
            victims = victims or [entry for entry in idle if entry.state is not State.PERMANENT]
            self.forget(victims[0].address if victims else next(iter(self._table)))

    def _note(self, what: str, entry: Neighbour) -> None:
        if self._node.watched:
            self._node.note("arp", what, self._describe(entry))

    def _describe(self, entry: Neighbour) -> dict[str, str | int]:
        mac = {"mac": ethernet.text(entry.mac)} if entry.mac else {}
        until = {"until_ns": entry.usable_until_ns} if entry.state is State.REACHABLE else {}
        state = {"state": entry.state.value, **until}
        return {"address": addresses.text(entry.address), **mac, **state, "interface": self._link.name}


def _frame(header: bytes, octets: bytes) -> bytes:
    frame = header + octets
    return frame if len(frame) >= ethernet.LEAST_OCTETS else frame.ljust(ethernet.LEAST_OCTETS, b"\0")
