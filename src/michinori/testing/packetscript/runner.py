"""Runs a script against a host: what the application does, what the wire brings, what must be sent and when."""

from __future__ import annotations

import ast
import struct
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, Final

import msgspec

from michinori.host import Host, TcpSocket
from michinori.sim import EventQueue, Nanos
from michinori.tcp import Connection, TcpConfig
from michinori.tcp.info import TcpInfo
from michinori.testing.packetscript import assertions, linux_info, mismatch
from michinori.testing.packetscript.calls import Calls, Outcome
from michinori.testing.packetscript.hosts import made_host, way_out
from michinori.testing.packetscript.parser import parse
from michinori.testing.packetscript.remote import Remote, Sent
from michinori.testing.packetscript.script import (
    Assertions,
    Call,
    Command,
    IcmpPacket,
    Script,
    ScriptError,
    Step,
    TcpPacket,
    UdpPacket,
    When,
    Word,
)
from michinori.testing.packetscript.settings import FORGETTING, Settings, changes_of, settings_of
from michinori.testing.packetscript.values import NotThere, number
from michinori.wire.sequence import add
from michinori.wire.tcp import PSH, SYN

REMOTE: Final = IPv4Address("192.0.2.1").packed
#: Scripts write milliseconds; what happens between two of them is the same instant to them.
TOLERANCE_NS: Final = 1_000_000
_HEADERS: Final = 40
#: How long is waited for a packet that may come at any time.
_LONGEST_NS: Final = 3600 * 1_000_000_000

Packet = TcpPacket | UdpPacket | IcmpPacket


class Waiting(msgspec.Struct):
    """A call that has not returned yet, and when it must."""

    step: Step
    call: Call
    attempt: Callable[[], Outcome | None]
    end_ns: Nanos


def run(
    script: str | Path,
    *,
    tcp: TcpConfig | Mapping[str, Any] | None = None,
    host: Host | None = None,
    tolerance_ns: Nanos = TOLERANCE_NS,
    lenient: bool = False,
) -> Runner:
    """Run the script in that file, or of that text, on a host made for it, or on ``host``.

    ``host`` has an adapter with an IPv4 address and a way to the remote address (``--remote_ip``); the script's wire
    takes the place of its cable meanwhile, and its queue is run as the script says. ``tcp``: the settings of TCP, or
    some of them; the script's own go before. ``lenient``, for scripts written for Linux: settings that have no
    counterpart are passed over, PSH is not looked at, which Linux sets where one of its bursts ends, and, as with
    packetdrill, a line that wants a packet takes the next one of its connection: what is sent after the last such line,
    or by connections before, nobody looks at.

    Raises ``Mismatch`` when something else happens than the script says, ``ScriptError`` when it cannot be understood,
    ``ValueError`` when ``host`` has no such adapter.
    """
    parsed = parse(script)
    runner = Runner(
        settings_of(parsed, lenient=lenient), tcp=tcp, host=host, tolerance_ns=tolerance_ns, lenient=lenient
    )
    try:
        runner.play(parsed)
    finally:
        runner.close()
    return runner


class Runner:
    """A host, the wire in front of it, and an application that does what scripts say, one script after the other."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        tcp: TcpConfig | Mapping[str, Any] | None = None,
        host: Host | None = None,
        tolerance_ns: Nanos = TOLERANCE_NS,
        lenient: bool = False,
    ) -> None:
        settings = settings or Settings({})
        base = tcp if isinstance(tcp, TcpConfig) else None
        changes = dict(tcp) if isinstance(tcp, Mapping) else {}
        self.host = host or made_host(settings)
        self._config_before = self.host.tcp.config
        self.host.tcp.config = msgspec.structs.replace(base or self._config_before, **(changes | settings.tcp))
        self.queue: EventQueue = self.host.queue
        self.tolerance_ns = tolerance_ns if settings.tolerance_ns is None else settings.tolerance_ns
        adapter, local = way_out(self.host)
        self._mtu = adapter.mtu
        cookie = self.host.tcp.fast_open_cookies.cookie
        self.remote = Remote(self.queue, adapter, settings.local or local, settings.remote or REMOTE, cookie)
        self.calls = Calls(self.host, self.remote, self._retry)
        self._settings = settings
        self._lenient = lenient
        self._waiting: list[Waiting] = []
        self._seen: list[str] = []
        self._began_ns = self._base_ns = self.queue.now_ns
        self._script = Script("", (), (), (), ())
        self._step = Step(0, 0, "", When(), Command(""))
        self._place = 0

    def close(self) -> None:
        """Leave the host as it was: with its own settings, and its cable."""
        self.remote.unplug()
        self.host.tcp.config = self._config_before

    def play(self, script: str | Path | Script) -> Runner:
        """Run a script from where the last one ended; its head counts for nothing but ``run``. Raises as ``run``."""
        self._script = script if isinstance(script, Script) else parse(script)
        for place, step in enumerate(self._script.steps):
            self._place, self._step = place, step
            self._do(step)
        self._finish_calls()
        if self.remote.sent and not self._lenient:
            raise self._mismatch("more was sent than the script wants", [("(nothing more)", self._text(0), False)], 1)
        return self

    def connection(self) -> Connection:
        """The connection that lines are about: the last that began. Raises ``LookupError`` when there is none."""
        numbers = self.remote.current
        for socket in reversed(self.calls.sockets.values()):
            if isinstance(socket, TcpSocket) and socket.flow is not None:
                flow = socket.flow
                if numbers is None or (flow.local, flow.remote) == (numbers.local, numbers.remote):
                    return flow.connection
        flow_or_none = None if numbers is None else self.host.tcp.find(numbers.local, numbers.remote)
        if flow_or_none is None:
            raise LookupError("there is no connection")
        return flow_or_none.connection

    def info(self) -> TcpInfo:
        """How that connection stands."""
        return self.connection().info()

    # The steps

    def _do(self, step: Step) -> None:
        when, action = step.when, step.action
        origin_ns = self._base_ns if when.relative else self._began_ns
        start_ns = origin_ns + when.start_ns
        if isinstance(action, TcpPacket | UdpPacket | IcmpPacket) and not action.inbound:
            end_ns = None if when.end_ns is None else origin_ns + when.end_ns
            self._expect(action, start_ns, end_ns, when.any)
            return
        self._base_ns = start_ns
        self._advance(start_ns)
        self._refuse_the_unexpected(start_ns)
        try:
            self._act(action, origin_ns)
        except (NotThere, assertions.Unsupported, ValueError, LookupError) as error:
            raise self._script_error(str(error)) from None
        except (OverflowError, MemoryError, struct.error):
            raise self._script_error("a number is larger than what it is for") from None
        self._retry()

    def _act(self, action: Any, origin_ns: Nanos) -> None:
        match action:
            case TcpPacket() | UdpPacket() | IcmpPacket():
                self._note(f"< {mismatch.wanted_text(action)}")
                self.remote.inject(action)
            case Call():
                self._call(action, origin_ns)
            case Assertions():
                self._assert(action)
            case Command():
                changes = changes_of(self._step, self._script.name, lenient=self._lenient)
                if FORGETTING in action.text:
                    self.host.tcp.fast_open_cache.clear()
                self.host.tcp.config = msgspec.structs.replace(self.host.tcp.config, **changes)

    def _call(self, call: Call, origin_ns: Nanos) -> None:
        self._note(self._step.text)
        begun = self.calls.begin(call)
        outcome = self._attempt(begun)
        if outcome is None:
            outcome = self.calls.would_block(call)
        if outcome is not None:
            if call.end is not None:
                self._check_end(call, self._end_ns(call, origin_ns))
            self._check(call, outcome)
        elif call.end is None:
            raise self._mismatch("the call waits", [(_result(call), "(it has not returned)", False)])
        else:
            self._waiting.append(Waiting(self._step, call, begun, self._end_ns(call, origin_ns)))

    def _end_ns(self, call: Call, origin_ns: Nanos) -> Nanos:
        assert call.end is not None
        return origin_ns + call.end.start_ns

    def _attempt(self, attempt: Callable[[], Outcome | None]) -> Outcome | None:
        try:
            return attempt()
        except AssertionError as error:
            raise self._mismatch("the call gave something else", [(self._step.text, str(error), False)]) from None

    def _check(self, call: Call, outcome: Outcome) -> None:
        wanted = _result(call)
        got = str(outcome) if call.error else str(outcome.result)  # without a name any error will do
        if call.result is not ... and wanted != got:
            raise self._mismatch("the call gave something else", [(f"{call.name} = {wanted}", str(outcome), False)])

    def _check_end(self, call: Call, end_ns: Nanos) -> None:
        if abs(self.queue.now_ns - end_ns) > self.tolerance_ns:
            rows = [(f"{call.name} returns at {self._at(end_ns)}", f"at {self._at(self.queue.now_ns)}", False)]
            raise self._mismatch("the call returned at another time", rows)

    def _assert(self, action: Assertions) -> None:
        values = linux_info.CONSTANTS | linux_info.values_of(self.info(), self.queue.now_ns)
        for expression in assertions.expressions(action.text):
            if not assertions.holds(expression, values):
                wanted = ast.unparse(expression)
                raise self._mismatch("it is not so", [(wanted, assertions.shown(expression, values), False)])

    # Time

    def _advance(self, until_ns: Nanos) -> None:
        """Let everything happen up to that instant; waiting calls see all of it."""
        queue = self.queue
        while (next_ns := queue.next_ns()) is not None and next_ns <= until_ns:
            queue.step()
            self._retry()
        queue.run_until(until_ns)
        self._retry()
        for waiting in self._waiting:
            if waiting.end_ns + self.tolerance_ns < until_ns:
                self._step = waiting.step
                rows = [(f"= {_result(waiting.call)} at {self._at(waiting.end_ns)}", "(it has not returned)", False)]
                raise self._mismatch("the call waits still", rows)

    def _retry(self) -> None:
        for waiting in list(self._waiting):
            current, self._step = self._step, waiting.step
            outcome = self._attempt(waiting.attempt)
            if outcome is not None:
                self._waiting.remove(waiting)
                self._check_end(waiting.call, waiting.end_ns)
                self._check(waiting.call, outcome)
            self._step = current

    def _finish_calls(self) -> None:
        if self._waiting:
            self._advance(max(waiting.end_ns for waiting in self._waiting) + self.tolerance_ns + 1)

    # What is sent

    def _expect(self, wanted: Packet, start_ns: Nanos, end_ns: Nanos | None, any_time: bool) -> None:
        latest_ns = (end_ns if end_ns is not None else start_ns) + self.tolerance_ns
        if any_time:
            latest_ns = self.queue.now_ns + _LONGEST_NS
        got = self._next(latest_ns)
        if got is None:
            rows = [(f"> {mismatch.wanted_text(wanted)}", "(nothing was sent)", False)]
            raise self._mismatch(f"nothing was sent until {self._at(latest_ns)}", rows)
        if isinstance(wanted, TcpPacket) and got.kind == "tcp":
            got = self._named(wanted, self._stamped(wanted, self._joined(wanted, got, latest_ns)))
        rows = mismatch.differences(wanted, got, ignored_flags=PSH if self._lenient else 0)
        if not all(well for _, _, well in rows):
            raise self._mismatch("something else was sent", rows)
        self._check_text(got)
        early_ns = start_ns - self.tolerance_ns
        if not any_time and not early_ns <= got.time_ns <= latest_ns:
            span = self._at(start_ns) + ("" if end_ns is None else f" to {self._at(end_ns)}")
            rows = [*rows, (f"at {span}", f"at {self._at(got.time_ns)}", False)]
            raise self._mismatch("it was sent at another time", rows)
        self._base_ns = got.time_ns if any_time or end_ns is not None else start_ns
        self._note(f"> {mismatch.got_text(got)}", got.time_ns)

    def _next(self, latest_ns: Nanos) -> Sent | None:
        """What was sent next, if it is by then."""
        queue, sent = self.queue, self.remote.sent
        while True:
            while sent:
                got = sent.popleft()
                if not self._lenient or got.numbers is self.remote.current:
                    return got
            next_ns = queue.next_ns()
            if next_ns is None or next_ns > latest_ns:
                return None
            queue.step()
            self._retry()

    def _joined(self, wanted: TcpPacket, got: Sent, latest_ns: Nanos) -> Sent:
        """A packet of a script that no frame could carry stands for all the full segments that it takes, as they are
        seen where the adapter cuts them.
        """
        largest = min(self._mtu - _HEADERS, got.numbers.largest_segment if got.numbers is not None else self._mtu)
        if self._settings.strict_segments or wanted.length <= largest:
            return got
        while len(got.payload) < wanted.length:
            more = self._next(latest_ns)
            if more is None:
                break
            follows = more.seq == add(got.seq, len(got.payload)) and more.payload and more.ports == got.ports
            if not follows or more.ack != got.ack:
                self.remote.sent.appendleft(more)
                break
            flags, payload = got.flags | more.flags, got.payload + more.payload
            got = msgspec.structs.replace(got, flags=flags, payload=payload, window=more.window)
        return got

    def _named(self, wanted: TcpPacket, got: Sent) -> Sent:
        """The host's initial sequence number as the script calls it, which its SYN does."""
        if not wanted.flags & got.flags & SYN or got.numbers is None or got.seq:
            return got
        got.numbers.local_name = wanted.seq
        return msgspec.structs.replace(got, seq=wanted.seq)

    def _stamped(self, wanted: TcpPacket, got: Sent) -> Sent:
        """The host's time stamp in the script's count; unless the script says how long they last, any value is right,
        as long as what the remote echoes later is what was sent.
        """
        want = next((values for name, values in wanted.options or () if name == "TS"), None)
        have = next((values for name, values in got.options if name == "TS"), None)
        if want is None or have is None or got.numbers is None:
            return got
        in_script = got.numbers.stamp_to_script(have[0], want[0])
        got.numbers.learn_stamp(want[0], have[0])
        shown = in_script if self._settings.stamp_tick_ns else want[0]
        options = tuple(("TS", (shown, have[1])) if one[0] == "TS" else one for one in got.options)
        return msgspec.structs.replace(got, options=options)

    def _check_text(self, got: Sent) -> None:
        """What is sent is what was written at that place of the stream."""
        if got.numbers is None or not got.payload:
            return
        at = 0 if got.flags & SYN else got.seq - 1
        written = bytes(got.numbers.written[max(at, 0) : max(at, 0) + len(got.payload)])
        if at >= 0 and not got.payload.startswith(written):
            rows = [(f"{written[:24]!r}", f"{got.payload[:24]!r}", False)]
            raise self._mismatch("other text was sent than was written there", rows)

    def _refuse_the_unexpected(self, now_ns: Nanos) -> None:
        """What was sent before this line, and no line before wanted it; unless the next that wants something leaves
        the time open.
        """
        sent = self.remote.sent
        if self._lenient or not sent or sent[0].time_ns >= now_ns - self.tolerance_ns:
            return
        following = (step for step in self._script.steps[self._place :] if not getattr(step.action, "inbound", True))
        step = next(following, None)
        if step is None or not step.when.open:
            rows = [("(nothing)", f"> {self._text(0)}", False)]
            raise self._mismatch(f"something was sent at {self._at(sent[0].time_ns)} that no line wants", rows, 1)

    # Words

    def _text(self, place: int) -> str:
        return mismatch.got_text(self.remote.sent[place])

    def _at(self, time_ns: Nanos) -> str:
        return f"{mismatch.seconds(time_ns - self._began_ns)} s"

    def _note(self, text: str, time_ns: Nanos | None = None) -> None:
        self._seen.append(f"{self._at(self.queue.now_ns if time_ns is None else time_ns):>10} {text}")

    def _where(self) -> str:
        name = self._script.name or "script"
        return f"{name}, line {self._step.line}, at {self._at(self.queue.now_ns)}: {self._step.text}\n"

    def _mismatch(self, why: str, rows: list[mismatch.Row], skip: int = 0) -> mismatch.Mismatch:
        waiting = [f"{self._at(one.time_ns):>10} > {mismatch.got_text(one)}" for one in list(self.remote.sent)[skip:]]
        return mismatch.told(self._where() + f"  {why}", rows, self._seen, waiting)

    def _script_error(self, message: str) -> ScriptError:
        return ScriptError(message, self._step.line, self._step.column, self._script.name)


def _result(call: Call) -> str:
    result = call.result
    if isinstance(result, Word | tuple):
        result = number(result)
    return f"{result} {call.error}".strip()
