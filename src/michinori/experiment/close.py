"""Closing properly against dropping the line: FIN beside RST, and what the peer sees of either."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any, Final

import msgspec

from michinori.experiment.calls import exception_name
from michinori.experiment.ground import Ground, Host
from michinori.experiment.packets import Packet
from michinori.experiment.sentences.close import SENTENCES
from michinori.experiment.telling import Told
from michinori.experiment.texts import LANGUAGES, Texts
from michinori.trace import Event

#: What the tutorial's server reads in one call.
LIMIT: Final = 4096
HELLO: Final = b"hello"
BYE: Final = b"bye"
END: Final = "recv() b''"


class Saw(msgspec.Struct):
    """What an end met, call by call: the octets, ``b''`` for the end of the stream, or an exception."""

    of: list[str] = []

    async def recv(self, ground: Ground, sock: Any) -> bytes | None:
        """Read once; None when it raised."""
        try:
            data = await ground.calls.recv(sock, LIMIT)
        except OSError as error:
            self.of.append(f"recv() {named(error)}")
            return None
        shown = repr(data) if len(data) < 20 else f"{data[:8]!r}… ({len(data):,})"
        self.of.append(f"recv() {shown}")
        return data

    async def send(self, ground: Ground, sock: Any, data: bytes) -> None:
        """Send."""
        try:
            await ground.calls.sendall(sock, data)
        except OSError as error:
            self.of.append(f"send() {named(error)}")
        else:
            self.of.append(f"send() {len(data)}")


def named(error: OSError) -> str:
    """The exception with the name of its number."""
    return exception_name(errno.errorcode.get(error.errno or 0, type(error).__name__))


class Case:
    """One way to end a connection, on a port of its own: who saw what, and what passed."""

    def __init__(self, ground: Ground, name: str) -> None:
        self.ground = ground
        self.name = name
        self.port = ground.new_port()
        self.client, self.server = Saw(), Saw()
        self._mark, self._began_ns = ground.mark(), ground.now_ns

    def play(self, serve: Callable[[Any], Any], ask: Callable[[Any], Any] | None) -> None:
        """Let ``serve(connection)`` run on the server and ``ask(connection)`` on the client; without ``ask`` the
        client's program ends by force.
        """
        ground, calls = self.ground, self.ground.calls

        async def server() -> None:
            listener = calls.open_socket(reuse_address=1)
            calls.bind_and_listen(listener, (ground.address, self.port), 10)
            await serve(await calls.accept(listener))
            calls.close(listener)

        async def client() -> None:
            await ground.pause(ground.step_s)
            if ask is None:
                await ground.client_that_ends(self.port, HELLO, ground.step_s)
                return
            sock = calls.open_socket()
            await calls.connect(sock, (ground.address, self.port))
            await ask(sock)

        ground.play(server=server, client=client)
        ground.rest(ground.step_s)

    @property
    def packets(self) -> list[Packet]:
        """What passed between the two."""
        return self.ground.packets("client", self._began_ns, port=self.port)

    def states(self, host: Host) -> list[str]:
        """The states that the connection passed through at that host; none where the kernel keeps them to itself."""
        passed = [
            event
            for event in self.ground.events(self._mark)
            if event.host == host and (event.layer, event.what) == ("tcp", "state-changed") and self._is_of(event)
        ]
        if not passed:
            return []
        states = [passed[0].data["from"], *(event.data["to"] for event in passed)]
        return [state.replace("_", "-") for state in states]

    def _is_of(self, event: Event) -> bool:
        return f":{self.port}" in event.connection

    @property
    def time_wait(self) -> Host | None:
        """At which host TIME-WAIT stands in the table, if at any."""
        for host in HOSTS:
            if any(row.state == "TIME-WAIT" for row in self.ground.rows(host, self.port)):
                return host
        return None

    def ended_at(self, host: Host) -> bool:
        """Whether TIME-WAIT is there, as far as can be known."""
        return self.time_wait == host or not self.ground.shows_sockets

    def was_reset(self) -> bool:
        """Whether the client met a reset, and nothing of the connection is left."""
        return "ConnectionResetError" in self.client.of[-1] and not self.time_wait

    def findings(self) -> dict[str, Any]:
        """All of it as plain values."""
        packets = self.packets
        return {
            "fins": [_from(packet) for packet in packets if packet.has("FIN")],
            "resets": [_from(packet) for packet in packets if packet.has("RST")],
            "client_saw": self.client.of,
            "server_saw": self.server.of,
            "client_states": self.states("client"),
            "server_states": self.states("server"),
            "time_wait": self.time_wait or "",
        }

    def tell(self, told: Told) -> dict[str, Any]:
        """Tell what came of it."""
        found = told.findings[self.name] = self.findings()
        told.packets(self.ground.capture_of("client"), self.packets)
        told.say("saw", host=HOSTS["client"], what=", ".join(self.client.of) or "—")
        told.say("saw", host=HOSTS["server"], what=", ".join(self.server.of) or "—")
        for host in HOSTS:
            states = found[f"{host}_states"]
            if states:
                told.say("states", host=HOSTS[host], states=" → ".join(states))
        if not self.ground.shows_sockets:
            told.say("no-table")
        elif found["time_wait"]:
            told.say("time-wait", host=HOSTS[found["time_wait"]])
        else:
            told.say("no-time-wait")
        return found


HOSTS: Final[dict[Host, Texts]] = {
    "client": {"ja": "クライアント", "en": "client"},
    "server": {"ja": "サーバ", "en": "server"},
}


def _from(packet: Packet) -> str:
    return "client" if packet.to_server else "server"


def perform(ground: Ground, told: Told) -> None:
    """Every way of closing, one after the other."""
    for play in (_orderly, _half_close, _program_ends, _unread, _linger, _late):
        play(ground, told)
    told.step("side-by-side")
    for name in ("orderly", "half-close", "program-ends", "unread", "linger", "late"):
        found = told.findings[name]
        flag = "RST" if found["resets"] else "FIN"
        told.say("row", case=SENTENCES[f"{name}-short"], flag=flag, time_wait=_where(found["time_wait"]))
    told.result("in-short")


def _where(host: Host | None) -> Texts:
    if not host:
        return SENTENCES["none"]
    return {language: SENTENCES["at"][language].format(host=HOSTS[host][language]) for language in LANGUAGES}


def _orderly(ground: Ground, told: Told) -> None:
    """The server closes first, having read everything."""
    calls, case = ground.calls, Case(ground, "orderly")

    async def serve(sock: Any) -> None:
        await case.server.recv(ground, sock)
        await calls.sendall(sock, BYE)
        calls.close(sock)

    async def ask(sock: Any) -> None:
        await calls.sendall(sock, HELLO)
        await case.client.recv(ground, sock)
        await case.client.recv(ground, sock)
        calls.close(sock)

    case.play(serve, ask)
    told.step("orderly")
    told.say("orderly-what")
    found = case.tell(told)
    told.result("orderly-result", holds=case.client.of[-1] == END and case.ended_at("server") and not found["resets"])


def _half_close(ground: Ground, told: Told) -> None:
    """The client ends its own direction and goes on reading."""
    calls, case = ground.calls, Case(ground, "half-close")

    async def serve(sock: Any) -> None:
        while await case.server.recv(ground, sock):
            pass
        await ground.pause(ground.step_s)
        await calls.sendall(sock, BYE)
        calls.close(sock)

    async def ask(sock: Any) -> None:
        await calls.sendall(sock, HELLO)
        calls.end_stream(sock)
        while await case.client.recv(ground, sock):
            pass
        calls.close(sock)

    case.play(serve, ask)
    told.step("half-close")
    told.say("half-close-what")
    case.tell(told)
    told.result("half-close-result", holds=case.client.of == [f"recv() {BYE!r}", END])


def _program_ends(ground: Ground, told: Told) -> None:
    """The client's program is no more and has never called ``close``."""
    calls, case = ground.calls, Case(ground, "program-ends")

    async def serve(sock: Any) -> None:
        while await case.server.recv(ground, sock):
            pass
        calls.close(sock)

    case.play(serve, None)
    told.step("program-ends")
    told.say(f"program-ends-{ground.via}")
    found = case.tell(told)
    told.slip("program-ends-slip", holds=case.server.of[-1] == END and not found["resets"])


def _unread(ground: Ground, told: Told) -> None:
    """The tutorial's server and a request that is longer than what it reads."""
    calls, case = ground.calls, Case(ground, "unread")
    request = b"x" * 5000

    async def serve(sock: Any) -> None:
        await ground.pause(ground.step_s)  # all of it has come by now
        await case.server.recv(ground, sock)
        calls.close(sock)

    async def ask(sock: Any) -> None:
        await calls.sendall(sock, request)
        await case.client.recv(ground, sock)
        calls.close(sock)

    case.play(serve, ask)
    told.step("unread")
    told.say("unread-what", octets=f"{len(request):,}", limit=f"{LIMIT:,}", left=f"{len(request) - LIMIT:,}")
    case.tell(told)
    told.slip("unread-slip", holds=case.was_reset())


def _linger(ground: Ground, told: Told) -> None:
    """The server asks for it."""
    calls, case = ground.calls, Case(ground, "linger")

    async def serve(sock: Any) -> None:
        await case.server.recv(ground, sock)
        calls.linger_none(sock)
        calls.close(sock)

    async def ask(sock: Any) -> None:
        await calls.sendall(sock, HELLO)
        await case.client.recv(ground, sock)
        calls.close(sock)

    case.play(serve, ask)
    told.step("linger")
    told.say("linger-what")
    case.tell(told)
    told.result("linger-result", holds=case.was_reset())


def _late(ground: Ground, told: Told) -> None:
    """The client has not noticed that the server has closed, and goes on sending."""
    calls, case = ground.calls, Case(ground, "late")

    async def serve(sock: Any) -> None:
        await case.server.recv(ground, sock)
        calls.close(sock)

    async def ask(sock: Any) -> None:
        await calls.sendall(sock, HELLO)
        for _ in range(3):
            await ground.pause(ground.step_s)
            await case.client.send(ground, sock, BYE)
        calls.close(sock)

    case.play(serve, ask)
    told.step("late")
    told.say("late-what")
    case.tell(told)
    told.result("late-result", holds=case.client.of[0] == f"send() {len(BYE)}" and "Error" in case.client.of[-1])
