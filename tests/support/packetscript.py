"""Packet scripts: what the peer sends, what our side must send, in the notation of packetdrill and in virtual time.

    +0.00 < . 1:11(10) ack 1          the peer sends ten octets
    +0.00 = read b'xxxxxxxxxx'        our application reads them
    +0.04 > . 1:1(0) ack 11           40 ms later our side must acknowledge

A line begins with the time since the line before. ``<`` is sent to our side, ``>`` must come from it, ``=`` is what the
application does or must see. Numbers count from the initial sequence numbers, which lie just before the wrap. Flags:
``S F R P U``, ``E`` and ``W`` for ECE and CWR, ``.`` for ACK; ``ce`` before them: a router has marked the packet.
``win`` is the field of the header; options stand in ``<...>``; what a ``>`` line does not mention is not looked at. A
mismatch is shown in two columns, wanted and got.
"""

from __future__ import annotations

import ast
import errno
import re
from collections import deque
from collections.abc import Callable
from typing import Any

from michinori.sim import EventQueue
from michinori.tcp import Connection, Listener, State, TcpConfig, TcpError
from michinori.tcp.states import TRANSITIONS, TRANSITIONS_BESIDE_THE_FIGURE
from michinori.wire import checksum
from michinori.wire.sequence import MASK, add, diff
from michinori.wire.tcp import ACK, CWR, ECE, FIN, PSH, RST, SYN, URG, Options, Segment

OUR_ISN = 0xFFFF_FFF0
PEER_ISN = 0xFFFF_FFFA
US = (bytes((192, 0, 2, 1)), 40000)
PEER = (bytes((198, 51, 100, 2)), 80)
NS_PER_S = 1_000_000_000
TOLERANCE_NS = 1_000_000
PSEUDO = checksum.pseudo(US[0], PEER[0], 6)

_LETTERS = {"S": SYN, "F": FIN, "R": RST, "P": PSH, "U": URG, "E": ECE, "W": CWR, ".": ACK}
_SEGMENT = re.compile(
    r"(?P<flags>[SFRPUEW.]+) (?P<seq>-?\d+):(?P<end>-?\d+)\((?P<size>\d+)\)(?: ack (?P<ack>-?\d+))?"
    r"(?: win (?P<win>\d+))?(?: urg (?P<urg>\d+))?(?: <(?P<options>.*)>)?$"
)
_LINE = re.compile(r"\+(?P<dt>[\d.]+) (?P<kind>[<>=]) (?P<rest>.*)$")
_KNOWN = {(way.source.value, way.target.value) for way in (*TRANSITIONS, *TRANSITIONS_BESIDE_THE_FIGURE)}


class Mismatch(AssertionError):
    """What came is not what the script wants."""


class Surroundings:
    """The effects of a connection, recorded; also the callbacks of a listener."""

    def __init__(self, test: PacketTest) -> None:
        self._test = test
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.told: list[str] = []
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
                text = match["rest"].removeprefix("ce ")
                self.arrive(self.segment(text), is_marked=text != match["rest"])
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

    def segment(self, text: str) -> Segment:
        match = _SEGMENT.match(text)
        assert match is not None, f"not a segment: {text}"
        flags = sum(_LETTERS[letter] for letter in match["flags"])
        size = int(match["size"])
        seq = int(match["seq"])
        payload = bytes((ord("a") + position % 26) for position in range(seq, seq + size))
        return Segment(
            PEER[1],
            US[1],
            add(PEER_ISN, seq),
            add(self.isn, int(match["ack"])) if match["ack"] else 0,
            flags,
            int(match["win"] or 65535),
            payload,
            _options(match["options"] or "", self.isn),
            int(match["urg"] or 0),
        )

    @property
    def isn(self) -> int:
        return self.connection._tcb.snd.iss if hasattr(self, "connection") else OUR_ISN

    def described(self, segment: Segment) -> str:
        flags = "".join(letter for letter, bit in _LETTERS.items() if segment.flags & bit)
        # A RST for a stray segment repeats its numbers, whatever our own are.
        seq, size = diff(segment.seq, self.isn), len(segment.payload)
        parts = [f"{flags} {seq}:{seq + size}({size})"]
        if segment.flags & ACK:
            parts.append(f"ack {diff(segment.ack, PEER_ISN)}")
        parts.append(f"win {segment.window}")
        if segment.urgent:
            parts.append(f"urg {segment.urgent}")
        told = _options_text(segment.options, PEER_ISN)
        if told:
            parts.append(f"<{told}>")
        return " ".join(parts)

    def _expect(self, wanted: str) -> None:
        if not self.sent:
            raise Mismatch(self._columns(wanted, "(nothing was sent)"))
        when_ns, segment = self.sent.popleft()
        got = self.described(segment)
        late_ns = self.now - when_ns
        if not -TOLERANCE_NS <= late_ns <= TOLERANCE_NS:
            raise Mismatch(self._columns(wanted, f"{got}   {late_ns / NS_PER_S:.3f} s before"))
        if not _fits(wanted, got):
            raise Mismatch(self._columns(wanted, got))

    def _expect_silence(self) -> None:
        if self.sent:
            raise Mismatch(self._columns("(nothing more)", self.described(self.sent[0][1])))

    def _columns(self, wanted: str, got: str) -> str:
        width = max(len(wanted), 40)
        more = "".join(f"\n  {'':{width}} | {self.described(segment)}" for _, segment in self.sent)
        head = f"at {self.now / NS_PER_S:.3f} s, {self._line}\n  {'wanted':{width}} | got"
        return f"{head}\n  {wanted:{width}} | {got}{more}"

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


def _fits(wanted: str, got: str) -> bool:
    """Whether everything that the wanted line mentions is so."""
    want, have = _SEGMENT.match(wanted), _SEGMENT.match(got)
    assert want is not None, f"not a segment: {wanted}"
    assert have is not None, got
    for name, value in want.groupdict().items():
        other = have[name]
        if name == "flags":
            if set(value) != set(other):
                return False
        elif name == "options" and value is not None:
            if _without_padding(value) != _without_padding(other or ""):
                return False
        elif value is not None and value != other:
            return False
    return True


def _without_padding(options: str) -> list[str]:
    return [part.strip() for part in options.split(",") if part.strip() not in ("nop", "eol", "")]


def _options(text: str, isn: int) -> Options:
    found: dict[str, Any] = {}
    for part in _without_padding(text):
        words = part.split()
        match words[0]:
            case "mss":
                found["mss"] = int(words[1])
            case "wscale":
                found["window_scale"] = int(words[1])
            case "sackOK":
                found["sack_permitted"] = True
            case "TS":
                found["timestamps"] = (int(words[2]) & MASK, int(words[4]) & MASK)
            case "sack":
                edges = [word.split(":") for word in words[1:]]
                found["sack"] = tuple((add(isn, int(left)), add(isn, int(right))) for left, right in edges)
            case _:
                raise AssertionError(f"no such option: {part}")
    return Options(**found)


def _options_text(options: Options, isn: int) -> str:
    parts = []
    if options.mss is not None:
        parts.append(f"mss {options.mss}")
    if options.sack_permitted:
        parts.append("sackOK")
    if options.timestamps is not None:
        parts.append(f"TS val {options.timestamps[0]} ecr {options.timestamps[1]}")
    if options.window_scale is not None:
        parts.append(f"wscale {options.window_scale}")
    if options.sack:
        blocks = " ".join(f"{diff(left, isn)}:{diff(right, isn)}" for left, right in options.sack)
        parts.append(f"sack {blocks}")
    return ",".join(parts)
