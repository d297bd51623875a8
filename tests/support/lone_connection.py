"""A connection alone, without a host, driven by packet scripts: what no host could show or do, such as a path that
becomes narrower, a word of the peer's that no socket hands on, and header prediction on and off.

    +0.00 < . 1:11(10) ack 1          the peer sends ten octets
    +0.00 = read b'xxxxxxxxxx'        our application reads them
    +0.04 > . 1:1(0) ack 11           40 ms later our side must acknowledge

A line begins with the time since the line before. ``<`` is sent to our side, ``>`` must come from it, both in the
notation of ``michinori.testing.packetscript``; ``=`` is what the application does or must see. What a ``>`` line does
not mention is not looked at. Tests that need no more than sockets are scripts in tests/packetscripts.
"""

from __future__ import annotations

import ast
import errno
import re
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from michinori.sim import EventQueue
from michinori.tcp import Connection, Listener, State, TcpConfig, TcpError
from michinori.tcp.states import TRANSITIONS, TRANSITIONS_BESIDE_THE_FIGURE
from michinori.testing.packetscript import Mismatch, option_octets
from michinori.testing.packetscript.mismatch import Row, differences, got_text, seconds, told
from michinori.testing.packetscript.numbers import REMOTE_ISN, Numbers
from michinori.testing.packetscript.packet_notation import parse_packet
from michinori.testing.packetscript.remote import Sent
from michinori.testing.packetscript.scanner import Scanner
from michinori.testing.packetscript.script import ECN, TcpPacket
from michinori.wire import checksum
from michinori.wire.tcp import ACK, Options, Segment

OUR_ISN = 0xFFFF_FFF0
PEER_ISN = REMOTE_ISN
US = (bytes((192, 0, 2, 1)), 40000)
PEER = (bytes((198, 51, 100, 2)), 80)
NS_PER_S = 1_000_000_000
TOLERANCE_NS = 1_000_000
PSEUDO = checksum.pseudo(US[0], PEER[0], 6)

_LINE = re.compile(r"\+(?P<dt>[\d.]+) (?P<kind>[<>=]) (?P<rest>.*)$")
_KNOWN = {(way.source.value, way.target.value) for way in (*TRANSITIONS, *TRANSITIONS_BESIDE_THE_FIGURE)}


class Surroundings:
    """The effects of a connection, recorded; also the callbacks of a listener."""

    def __init__(self, test: PacketTest) -> None:
        self._test = test
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.told: list[str] = []
        self.reports: list[str] = []
        self.error: TcpError | None = None
        self.on_readable: Callable[[], None] | None = None

    def send(self, segment: Segment, ecn: int = 0) -> None:
        # Through octets and back, so that nothing is tested that cannot be on the wire.
        self._test.ects.append(ecn)
        self._test.sent.append((self._test.queue.now_ns, Segment.parse(segment.emit(PSEUDO), PSEUDO)))

    def readable(self) -> None:
        self.told.append("readable")
        if self.on_readable is not None:
            self.on_readable()

    def writable(self) -> None:
        self.told.append("writable")

    def established(self) -> None:
        self.told.append("established")

    def time_wait(self) -> None:
        """The state says so."""

    def report(self, what: str) -> None:
        self.reports.append(what)

    def closed(self, error: TcpError | None) -> None:
        assert "closed" not in self.told, "told twice that it is closed"
        self.told.append("closed")
        self.error = error

    def event(self, what: str, data: dict[str, Any]) -> None:
        self.events.append((what, dict(data)))
        if what == "state-changed":
            assert (data["from"], data["to"]) in _KNOWN, f"{data['from']} -> {data['to']} is not in figure 5"

    def copy(self, local: Any, remote: Any, now: int, isn: int | None) -> Connection:
        test = self._test
        test.copies += 1
        connection = Connection(
            local, remote, test.config, test.effects, isn=OUR_ISN if isn is None else isn, watched=test.watched
        )
        test.connection = connection
        return connection

    def settings(self, remote: Any) -> TcpConfig:
        return self._test.config

    def reply(self, segment: Segment, local: Any, remote: Any) -> None:
        self.send(segment)

    def acceptable(self) -> None:
        self.told.append("acceptable")


class Silent:
    """The effects of a connection that nobody looks at, but for what it sends."""

    def __init__(self, sent: list[Segment]) -> None:
        self._sent = sent

    def send(self, segment: Segment, ecn: int = 0) -> None:
        self._sent.append(segment)

    def readable(self) -> None: ...
    def writable(self) -> None: ...
    def established(self) -> None: ...
    def time_wait(self) -> None: ...
    def report(self, what: str) -> None: ...
    def closed(self, error: TcpError | None) -> None: ...
    def event(self, what: str, data: dict[str, Any]) -> None: ...


class PacketTest:
    """Our side, alone with a script."""

    def __init__(self, *, watched: bool = True, passive: bool = False, backlog: int = 5, **settings: Any) -> None:
        self.queue = EventQueue()
        self.sent: deque[tuple[int, Segment]] = deque()
        self.ects: list[int] = []
        """The ECN field of everything that was sent."""
        # Plain segments unless the subject is an option.
        plain = {"timestamps": False, "sack": False, "window_scale": False, "receive_buffer": 65535, "mss": 1000}
        self.config = TcpConfig(**(plain | {"receive_buffer_max": 65535} | settings))
        self.watched = watched
        self.effects = Surroundings(self)
        self.copies = 0
        self.connection: Connection
        self.listener: Listener | None = None
        if passive:
            self.listener = Listener(US, self.config, backlog, self.effects, watched=watched)
        else:
            self.connection = Connection(US, PEER, self.config, self.effects, isn=OUR_ISN, watched=watched)
        self._armed_ns: int | None = None
        self._line = ""

    @property
    def now(self) -> int:
        return self.queue.now_ns

    def run(self, script: str) -> PacketTest:
        """Run these lines."""
        for line in script.splitlines():
            if text := line.split("#")[0].strip():
                self.run_line(text)
        self._line = "(the end of the script)"
        self._expect_silence()
        return self

    def run_line(self, text: str) -> None:
        """Run one line."""
        self._line = text = text.strip()
        match = _LINE.match(text)
        assert match is not None, f"not a line of a script: {text}"
        self.queue.run_until(self.now + round(float(match["dt"]) * NS_PER_S))
        match match["kind"]:
            case "<":
                marks = self._packet(match["rest"]).marks.ecn or ()
                self.arrive(self.segment(match["rest"]), is_marked=ECN["ce"] in marks)
            case ">":
                self._expect(match["rest"])
            case _:
                self._call(match["rest"])
        self.arm()

    def events(self, what: str) -> list[dict[str, Any]]:
        """The data of all events of that name."""
        return [data for name, data in self.effects.events if name == what]

    def wait(self, seconds: float) -> None:
        """Let time go by; what is sent stays to be looked at."""
        self.queue.run_until(self.now + round(seconds * NS_PER_S))

    def arrive(self, segment: Segment, *, is_marked: bool = False) -> None:
        """A segment for our side."""
        segment = Segment.parse(memoryview(segment.emit(PSEUDO)), PSEUDO)
        if self.listener is not None and (not self.copies or self.connection.state is State.CLOSED):
            self.listener.receive(segment, PEER, US, self.now)
        else:
            self.connection.receive(segment, self.now, is_marked=is_marked)
        self.arm()

    # Segments and their text

    def _packet(self, text: str, *, inbound: bool = True) -> TcpPacket:
        packet = parse_packet(Scanner(f"{text}\n", ""), inbound)
        assert isinstance(packet, TcpPacket), text
        return packet

    def _numbers(self) -> Numbers:
        numbers = Numbers(US, PEER)
        numbers.local_isn = self.isn
        return numbers

    def segment(self, text: str) -> Segment:
        """The segment of the peer's that is written so."""
        packet, numbers = self._packet(text), self._numbers()
        # The options stand there octet by octet, as the script has them.
        options = Options(malformed=option_octets.emit(packet.options or (), numbers))
        segment = Segment(
            PEER[1],
            US[1],
            numbers.seq_to_host(packet.seq),
            0 if packet.ack is None else numbers.ack_to_host(packet.ack),
            packet.flags,
            65535 if packet.window is None else packet.window,
            bytes((ord("a") + position % 26) for position in range(packet.seq, packet.seq + packet.length)),
            options,
            packet.urgent,
        )
        return Segment.parse(segment.emit(PSEUDO), PSEUDO)

    @property
    def isn(self) -> int:
        return self.connection._tcb.snd.iss if hasattr(self, "connection") else OUR_ISN

    def _seen(self, when_ns: int, segment: Segment) -> Sent:
        numbers, octets = self._numbers(), segment.emit(PSEUDO)
        return Sent(
            when_ns,
            "tcp",
            0,
            64,
            (US[1], PEER[1]),
            segment.flags,
            numbers.local_to_script(segment.seq),
            numbers.remote_to_script(segment.ack) if segment.flags & ACK else 0,
            segment.window,
            segment.urgent,
            bytes(segment.payload),
            option_octets.read(octets[20 : octets[12] >> 2], numbers),
        )

    def described(self, segment: Segment) -> str:
        """A segment of ours in words."""
        return got_text(self._seen(0, segment))

    def _expect(self, text: str) -> None:
        wanted = self._packet(text, inbound=False)
        if not self.sent:
            raise self._mismatch("nothing was sent", [(text, "(nothing was sent)", False)])
        when_ns, segment = self.sent.popleft()
        got = self._seen(when_ns, segment)
        if wanted.ack is None and got.flags & ACK:
            wanted = msgspec.structs.replace(wanted, ack=got.ack)
        if "<" not in text:
            wanted = msgspec.structs.replace(wanted, options=None)
        if "urg" not in text:
            wanted = msgspec.structs.replace(wanted, urgent=got.urgent)
        rows = differences(wanted, got)
        if abs(self.now - when_ns) > TOLERANCE_NS:
            rows.append((f"at {seconds(self.now)} s", f"at {seconds(when_ns)} s", False))
        if not all(well for _, _, well in rows):
            raise self._mismatch("something else was sent", rows)

    def _expect_silence(self) -> None:
        if self.sent:
            text = self.described(self.sent[0][1])
            raise self._mismatch("more was sent than the script wants", [("(nothing more)", text, False)])

    def _mismatch(self, why: str, rows: list[Row]) -> Mismatch:
        more = [f"{seconds(when_ns)} s > {self.described(segment)}" for when_ns, segment in self.sent]
        return told(f"at {seconds(self.now)} s: {self._line}\n  {why}", rows, [], more)

    # What the application does

    def _call(self, text: str) -> None:
        verb, _, rest = text.partition(" ")
        connection = self.connection
        match verb:
            case "connect":
                connection.connect(self.now)
            case "write":
                size, _, taken = rest.partition(" = ")
                done = connection.write(bytes(int(size)), self.now)
                assert done == int(taken or size), f"write took {done}"
            case "read":
                limit, _, wanted = rest.rpartition(" = ")
                got = connection.read(int(limit or 1 << 20), self.now)
                meant = ast.literal_eval(wanted) if wanted.startswith("b") else int(wanted)
                assert (len(got) if isinstance(meant, int) else got) == meant, f"read gave {got!r}"
            case "close":
                connection.close(self.now)
            case "abandon":
                connection.abandon(self.now)
            case "abort":
                connection.abort(self.now)
            case "mtu":
                connection.on_path_mtu(int(rest), self.now)
            case "state":
                assert connection.state.value == rest, f"the state is {connection.state.value}, not {rest}"
            case "eof":
                assert connection.at_eof
            case "silence":
                self._expect_silence()
            case "closed":
                error = self.effects.error
                name = "-" if error is None else errno.errorcode[error.errno or 0]
                assert "closed" in self.effects.told, "it is not closed"
                assert name == (rest or "-"), f"closed with {name}, not {rest or '-'}"
            case "info":
                name, value = rest.split()
                got = getattr(connection.info(), name)
                assert str(got) == value, f"{name} is {got}, not {value}"
            case _:
                raise AssertionError(f"no such thing to do: {text}")

    def arm(self) -> None:
        """One timer, moved only to an earlier instant, as a host does it."""
        deadline_ns = self.connection.deadline_ns if hasattr(self, "connection") else None
        if deadline_ns is not None and (self._armed_ns is None or deadline_ns < self._armed_ns):
            self._armed_ns = deadline_ns
            self.queue.call_at(deadline_ns, self._fire, deadline_ns)

    def _fire(self, armed_ns: int) -> None:
        if armed_ns == self._armed_ns:
            self._armed_ns = None
            self.connection.on_deadline(self.now)
            self.arm()
