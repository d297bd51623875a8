"""A server that is started again at once, with and without ``SO_REUSEADDR``, while TIME-WAIT lasts."""

from __future__ import annotations

from typing import Final

from michinori.experiment.close import HOSTS, named
from michinori.experiment.ground import Ground, Host
from michinori.experiment.sentences.reuseaddr import SENTENCES
from michinori.experiment.sockets import Row
from michinori.experiment.telling import Told
from michinori.world.units import show_duration

#: With or without the option: the server that is stopped, the one that is started in its place.
PAIRS: Final = ((False, False), (True, True), (False, True), (True, False))


class Server:
    """The tutorial's server, started and stopped; each time a client talks to it once."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.port = ground.new_port()

    def serve_once(self, *, reuse: bool, client_first: bool = False) -> None:
        """Start, take one connection, and stop. ``client_first``: the client closes first."""
        ground, calls = self.ground, self.ground.calls

        async def server() -> None:
            listener = calls.open_socket(reuse_address=int(reuse))
            calls.bind_and_listen(listener, (ground.address, self.port), 10)
            sock = await calls.accept(listener)
            await calls.recv(sock, 4096)
            if client_first:
                await calls.recv(sock, 4096)
            calls.close(sock)
            calls.close(listener)

        async def client() -> None:
            await ground.pause(ground.step_s)
            sock = calls.open_socket()
            await calls.connect(sock, (ground.address, self.port))
            await calls.sendall(sock, b"GET / HTTP/1.1\r\n\r\n")
            if not client_first:
                await calls.recv(sock, 4096)
            calls.close(sock)

        ground.play(server=server, client=client)
        ground.rest(ground.step_s)

    def start_again(self, *, reuse: bool) -> str:
        """Only try to start: the exception, or nothing if it can."""
        ground, calls = self.ground, self.ground.calls

        async def server() -> str:
            listener = calls.open_socket(reuse_address=int(reuse))
            try:
                calls.bind_and_listen(listener, (ground.address, self.port), 10)
            except OSError as error:
                return named(error)
            finally:
                calls.close(listener)
            return ""

        return str(ground.play(server=server)["server"])

    def rows(self, host: Host = "server") -> list[Row]:
        """Its sockets at that host."""
        return self.ground.rows(host, self.port)

    def time_wait(self, host: Host = "server") -> Row | None:
        """Its socket that is in TIME-WAIT there."""
        return next((row for row in self.rows(host) if row.state == "TIME-WAIT"), None)


def perform(ground: Ground, told: Told) -> None:
    """Stop, start again at once, with every pair of options; then wait; then let the client close first."""
    server = _time_wait(ground, told)
    _at_once(ground, told, server)
    _pairs(ground, told)
    _later(ground, told)
    _client_first(ground, told)


def _time_wait(ground: Ground, told: Told) -> Server:
    server, mark, began_ns = Server(ground), ground.mark(), ground.now_ns
    server.serve_once(reuse=False)
    told.step("stopped")
    told.say("stopped-what", port=server.port)
    told.calls([made for made in ground.made(mark) if made.host == "server"])
    told.packets(ground.capture_of("client"), ground.packets("client", began_ns))
    if ground.shows_sockets:
        told.listing("server", ground.now_ns, server.rows())
    row = server.time_wait()
    if row is not None and row.time_wait_ns is not None:
        told.result("stopped-result", left=show_duration(row.time_wait_ns))
        if ground.via == "virtual":
            told.findings["time_wait_left_ns"] = row.time_wait_ns
    told.findings["time_wait_at"] = "server" if row is not None else ""
    return server


def _at_once(ground: Ground, told: Told, server: Server) -> None:
    mark = ground.mark()
    error = server.start_again(reuse=False)
    told.step("at-once")
    told.say("at-once-what")
    told.calls([made for made in ground.made(mark) if made.call in ("bind", "listen")])
    told.findings["at_once_without"] = error
    told.result("at-once-result", holds=bool(error), error=error)


def _pairs(ground: Ground, told: Told) -> None:
    told.step("pairs")
    told.say("pairs-what")
    outcomes: dict[str, str] = {}
    for first, second in PAIRS:
        server = Server(ground)
        server.serve_once(reuse=first)
        error = server.start_again(reuse=second)
        outcomes[f"{_word(first)}, {_word(second)}"] = error
        told.say(
            "pair",
            first=SENTENCES[_word(first)],
            second=SENTENCES[_word(second)],
            outcome=error or SENTENCES["starts"],
        )
    told.findings["pairs"] = outcomes
    told.result("pairs-result", holds=[pair for pair, error in outcomes.items() if not error] == ["with, with"])


def _word(reuse: bool) -> str:
    return "with" if reuse else "without"


def _later(ground: Ground, told: Told) -> None:
    server = Server(ground)
    server.serve_once(reuse=False)
    told.step("later")
    row = server.time_wait()
    left_ns = None if row is None else row.time_wait_ns
    if ground.via == "os" or left_ns is None:
        told.say("later-os", left="—" if left_ns is None else show_duration(left_ns))
        return
    tries: dict[str, str] = {}
    for wait_ns, name in ((left_ns - 1_000_000_000, "before"), (1_000_000_000, "after")):
        ground.rest(wait_ns / 1e9)
        tries[name] = server.start_again(reuse=False)
        key = "later-refused" if tries[name] else "later-starts"
        told.say(key, when=show_duration(ground.now_ns), error=tries[name])
        told.listing("server", ground.now_ns, server.rows())
    told.findings["later"] = tries
    told.result("later-result", holds=bool(tries["before"]) and not tries["after"])


def _client_first(ground: Ground, told: Told) -> None:
    server, began_ns = Server(ground), ground.now_ns
    server.serve_once(reuse=False, client_first=True)
    where = next((host for host in HOSTS if server.time_wait(host) is not None), None)
    error = server.start_again(reuse=False)
    told.step("client-first")
    told.packets(ground.capture_of("client"), ground.packets("client", began_ns, port=server.port))
    if ground.shows_sockets:
        told.listing("client", ground.now_ns, server.rows("client"))
    told.findings["client_first"] = {"time_wait_at": where or "", "without": error}
    place = SENTENCES["nowhere"] if where is None else HOSTS[where]
    told.result("client-first-result", where=place, outcome=error or SENTENCES["starts"])
