"""Two ends of TCP and a wire between them that can be as bad as a test likes.

What crosses the wire are octets: a damaged segment vanishes by its checksum, as it does in the real thing.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import msgspec

from michinori.sim import EventQueue
from michinori.tcp import Connection, FastOpen, FastOpenCookies, IsnClock, Listener, State, TcpConfig, TcpError
from michinori.tcp.states import TRANSITIONS, TRANSITIONS_BESIDE_THE_FIGURE
from michinori.wire import Malformed, checksum
from michinori.wire.tcp import Segment

CLIENT = (bytes((192, 0, 2, 1)), 49152)
SERVER = (bytes((192, 0, 2, 2)), 80)
PSEUDO = checksum.pseudo(CLIENT[0], SERVER[0], 6)
_KNOWN = {(way.source.value, way.target.value) for way in (*TRANSITIONS, *TRANSITIONS_BESIDE_THE_FIGURE)}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """How the wire behaves; the chances are of each segment."""

    delay_ns: int = 10_000_000
    loss: float = 0
    damage: float = 0
    duplicate: float = 0
    reorder: float = 0
    mark: float = 0
    """Of those that take part in ECN."""
    dead_after: int | None = None
    """The number of segments after which nothing arrives any more."""


class End:
    """One end: its application writes ``todo`` piece by piece, closes, and reads as much as it likes at a time."""

    def __init__(self, ends: Ends, name: str) -> None:
        self._ends = ends
        self.name = name
        self.peer: End
        self.connection: Connection | None = None
        self.todo: list[bytes] = []
        self.read_size = 1 << 20
        self.reads_at_once = True
        self.closes_when_done = True
        self.waits_for_eof = False
        """Close only after the other end has closed."""
        self.got = bytearray()
        self.told: list[str] = []
        self.reports: list[str] = []
        self.error: TcpError | None = None
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.sent: list[tuple[int, bytes]] = []
        self._armed_ns: int | None = None

    # The effects

    def send(self, segment: Segment, ecn: int = 0) -> None:
        octets = segment.emit(PSEUDO)
        self.sent.append((self._ends.now, octets))
        self._ends.carry(self.peer, octets, ecn)

    def readable(self) -> None:
        if self.reads_at_once:
            self.drain()
            if self.waits_for_eof:
                self.pump()

    def writable(self) -> None:
        self.pump()

    def established(self) -> None:
        self.told.append("established")
        self.pump()

    def time_wait(self) -> None:
        """The state says so."""

    def report(self, what: str) -> None:
        self.reports.append(what)

    def closed(self, error: TcpError | None) -> None:
        assert "closed" not in self.told
        self.told.append("closed")
        self.error = error

    def event(self, what: str, data: dict[str, Any]) -> None:
        self.events.append((what, dict(data)))
        if what == "state-changed":
            assert (data["from"], data["to"]) in _KNOWN, data

    # The application

    def pump(self) -> None:
        connection = self.connection
        assert connection is not None
        if connection.state not in (State.ESTABLISHED, State.CLOSE_WAIT, State.SYN_RECEIVED):
            return
        while self.todo:
            taken = connection.write(self.todo[0], self._ends.now)
            if taken < len(self.todo[0]):
                self.todo[0] = self.todo[0][taken:]
                return
            self.todo.pop(0)
        if self.closes_when_done and (connection.at_eof or not self.waits_for_eof):
            connection.close(self._ends.now)

    def drain(self) -> None:
        connection = self.connection
        assert connection is not None
        while octets := connection.read(self.read_size, self._ends.now):
            self.got += octets

    def read_some(self) -> None:
        assert self.connection is not None
        self.got += self.connection.read(self.read_size, self._ends.now)
        self.arm()

    # The host

    def arrive(self, packet: tuple[bytes, bool]) -> None:
        octets, is_marked = packet
        try:
            segment = Segment.parse(memoryview(octets), PSEUDO)
        except Malformed:
            return
        if self.connection is None:
            self._ends.listener.receive(segment, CLIENT, SERVER, self._ends.now)
        else:
            self.connection.receive(segment, self._ends.now, is_marked=is_marked)
            self.check()
        self.arm()

    def check(self) -> None:
        """What must hold of the sender's view of its flight, whatever has happened."""
        assert self.connection is not None
        snd, recovery = self.connection._tcb.snd, self.connection._tcb.recovery
        if self.connection.state is State.CLOSED or not recovery.sack:
            return
        assert recovery.pipe(snd.una, snd.nxt) >= 0
        places = [("sacked", *held) for held in recovery.scoreboard.ranges()]
        places += [("lost", *held) for held in recovery.lost.ranges()]
        places.sort(key=lambda place: place[1])
        edge = snd.una
        for name, start, end in places:
            assert edge <= start < end <= snd.nxt, f"{name} {start}:{end} of {places} in {snd.una}:{snd.nxt}"
            edge = end

    def arm(self) -> None:
        deadline_ns = self.connection.deadline_ns if self.connection is not None else None
        if deadline_ns is not None and (self._armed_ns is None or deadline_ns < self._armed_ns):
            self._armed_ns = deadline_ns
            self._ends.queue.call_at(deadline_ns, self._fire, deadline_ns)

    def _fire(self, armed_ns: int) -> None:
        if armed_ns == self._armed_ns and self.connection is not None:
            self._armed_ns = None
            self.connection.on_deadline(self._ends.now)
            self.check()
            self.arm()


class Ends:
    """A client and a server; sequence numbers wrap early on."""

    def __init__(
        self,
        *,
        line: Line | None = None,
        seed: int = 0,
        watched: bool = False,
        client: dict[str, Any] | None = None,
        server: dict[str, Any] | None = None,
        isns: tuple[int, int] = (0xFFFF_F000, 0xFFFF_FFF0),
    ) -> None:
        self.queue = EventQueue()
        self.line = line or Line()
        self.watched = watched
        self.fate: Callable[[End, int, bytes], bool] | None = None
        """Asked for each segment, with whom it goes to and its number there: False loses it."""
        self._dice = Random(seed)
        self._carried = 0
        self._counts: dict[str, int] = {}
        self.client, self.server = End(self, "client"), End(self, "server")
        self.client.peer, self.server.peer = self.server, self.client
        self._isns = isns
        self._server_config = TcpConfig(**(server or {}))
        self.cookies = FastOpenCookies(IsnClock(Random(seed)))
        self.listener = Listener(SERVER, self._server_config, 5, self, fast_open=self.cookies)
        self.client.connection = Connection(
            CLIENT, SERVER, TcpConfig(**(client or {})), self.client, isn=isns[0], watched=watched
        )

    @property
    def now(self) -> int:
        return self.queue.now_ns

    def open(self, fast_open: FastOpen | None = None, data: bytes = b"") -> Ends:
        assert self.client.connection is not None
        taken = self.client.connection.connect(self.now, fast_open=fast_open, data=data)
        if taken < len(data):
            self.client.todo.insert(0, data[taken:])
        self.client.arm()
        return self

    def run(self, seconds: float | None = None) -> Ends:
        """Let everything happen for so long, or until nothing is left."""
        if seconds is None:
            self.queue.run()
        else:
            self.queue.run_until(self.now + round(seconds * 1e9))
        return self

    def carry(self, to: End, octets: bytes, ecn: int = 0) -> None:
        line, dice = self.line, self._dice
        self._carried += 1
        number = self._counts[to.name] = self._counts.get(to.name, 0) + 1
        if self.fate is not None and not self.fate(to, number, octets):
            return
        if line.dead_after is not None and self._carried > line.dead_after:
            return
        for _ in range(2 if line.duplicate and dice.random() < line.duplicate else 1):
            if line.loss and dice.random() < line.loss:
                continue
            delay_ns = line.delay_ns
            if line.reorder and dice.random() < line.reorder:
                delay_ns += dice.randrange(1, 4 * line.delay_ns)
            arriving = octets
            if line.damage and dice.random() < line.damage:
                # One bit: two could undo each other in the checksum.
                bit = dice.randrange(len(octets) * 8)
                arriving = octets[: bit // 8] + bytes((octets[bit // 8] ^ 1 << bit % 8,)) + octets[bit // 8 + 1 :]
            is_marked = bool(ecn and line.mark and dice.random() < line.mark)
            self.queue.post(self.now + delay_ns, to.arrive, (arriving, is_marked))

    # The callbacks of the listener

    def copy(self, local: Any, remote: Any, now: int, isn: int | None) -> Connection:
        self.server.connection = Connection(
            local, remote, self._server_config, self.server, isn=self._isns[1], watched=self.watched
        )
        return self.server.connection

    def settings(self, remote: Any) -> TcpConfig:
        return self._server_config

    def reply(self, segment: Segment, local: Any, remote: Any) -> None:
        self.carry(self.client, segment.emit(PSEUDO))

    def acceptable(self) -> None: ...

    def event(self, what: str, data: dict[str, Any]) -> None: ...
