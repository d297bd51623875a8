"""The blocking form of the calls beside the non-blocking one: what each of them waits for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from michinori.experiment.calls import Made
from michinori.experiment.close import named
from michinori.experiment.ground import Ground
from michinori.experiment.packets import Packet
from michinori.experiment.sentences.blocking import SENTENCES
from michinori.experiment.telling import Told
from michinori.world.units import show_duration

#: What is asked of ``send``, and the buffers that cannot take it.
MANY_OCTETS: Final = 64 << 10
BUFFER: Final = 8 << 10
TIMEOUT_S: Final = 0.05


class Meeting:
    """One connection, in one of the two forms. The other end always takes its time, so that there is something to
    wait for.
    """

    def __init__(self, ground: Ground, *, blocking: bool) -> None:
        self.ground = ground
        self.blocking = blocking
        self.port = ground.new_port()
        self.made: list[Made] = []
        self.refused: dict[str, str] = {}
        """What the calls raised that could do nothing, by call."""

    def play(self) -> None:
        """Let them meet."""
        mark = self.ground.mark()
        self.ground.play(server=self._server, client=self._client)
        self.ground.rest(self.ground.step_s)
        self.made = self.ground.made(mark)

    async def _server(self) -> None:
        ground, calls = self.ground, self.ground.calls
        listener = calls.open_socket(reuse_address=1, receive_buffer=BUFFER)
        calls.bind_and_listen(listener, (ground.address, self.port), 10)
        if not self.blocking:
            self._try("accept", lambda: calls.try_accept(listener))
            await calls.until_readable(listener)
            sock = calls.try_accept(listener)
            self._try("recv", lambda: calls.try_recv(sock, 4096))
            await calls.until_readable(sock)
            calls.try_recv(sock, 4096)
        else:
            sock = await calls.accept(listener)
            await calls.recv(sock, 4096)
            with suppress(TimeoutError):
                await calls.recv(sock, 4096, TIMEOUT_S)
        await ground.pause(2 * ground.step_s)  # meanwhile the client's send buffer runs full
        while await calls.recv(sock, MANY_OCTETS):
            pass
        calls.close(sock)
        calls.close(listener)

    async def _client(self) -> None:
        ground, calls = self.ground, self.ground.calls
        await ground.pause(ground.step_s)
        sock = calls.open_socket(send_buffer=BUFFER)
        if self.blocking:
            await calls.connect(sock, (ground.address, self.port))
        else:
            self._try("connect", lambda: calls.try_connect(sock, (ground.address, self.port)))
            await calls.until_writable(sock)
        await ground.pause(ground.step_s)
        await calls.sendall(sock, b"hello")
        await ground.pause(ground.step_s)
        if self.blocking:
            await calls.sendall(sock, bytes(MANY_OCTETS))
        else:
            self._fill(sock)
            await calls.until_writable(sock)
            calls.try_send(sock, bytes(MANY_OCTETS))
        calls.close(sock)

    def _fill(self, sock: Any) -> None:
        while "send" not in self.refused:
            self._try("send", lambda: self.ground.calls.try_send(sock, bytes(MANY_OCTETS)))

    def _try(self, call: str, make: Callable[[], object]) -> None:
        try:
            make()
        except OSError as error:
            self.refused[call] = named(error)

    @property
    def packets(self) -> list[Packet]:
        """What passed."""
        return self.ground.packets("client", port=self.port)


def perform(ground: Ground, told: Told) -> None:
    """Both forms, and then call by call beside each other."""
    waiting = Meeting(ground, blocking=True)
    waiting.play()
    asking = Meeting(ground, blocking=False)
    asking.play()
    forms = _Forms(ground, told, waiting, asking)
    forms.accept()
    forms.recv()
    forms.connect()
    forms.send()
    forms.timeout()


class _Forms:
    """The two meetings beside each other."""

    def __init__(self, ground: Ground, told: Told, waiting: Meeting, asking: Meeting) -> None:
        self.ground, self.told = ground, told
        self.waiting, self.asking = waiting, asking
        self._waited, self._asked = waiting.made, asking.made

    def accept(self) -> None:
        self._step("accept", "server", self._proof(lambda packet: packet.flags in ("SYN", "SYN,ACK") or _third(packet)))
        self.told.slip("accept-slip", error=self.asking.refused["accept"])

    def recv(self) -> None:
        self._step("recv", "server", self._proof(lambda packet: packet.length == len(b"hello") and packet.to_server))
        self.told.say("recv-limit")

    def connect(self) -> None:
        self._step("connect", "client", self._proof(lambda packet: packet.has("SYN")))

    def send(self) -> None:
        waited = _last(self._waited, "send", "client")
        asked = [made for made in self._asked if made.call == "send" and made.host == "client"][1:]
        self.told.step("send")
        self.told.say("send-what", octets=f"{MANY_OCTETS:,}")
        self.told.say("waits-send", waited=show_duration(waited.waited_ns))
        first, refused = asked[0], next(made for made in asked if made.error)
        self.told.say("took", octets=f"{first.octets or 0:,}", asked=f"{MANY_OCTETS:,}")
        ready = self._ready_after(refused)
        self.told.say("raises", call="send()", error=refused.error, waited=show_duration(refused.waited_ns))
        self.told.say("ready", what=SENTENCES["writable"], waited=show_duration(ready.waited_ns))
        self.told.calls([waited, *asked[:2], ready])
        self.told.result("send-result")
        self._find("send", waited, refused, ready)
        if self.ground.via == "virtual":
            self.told.findings["send"]["taken"] = first.octets

    def timeout(self) -> None:
        made = next(one for one in self._waited if one.call == "recv" and "timeout_s" in one.arguments)
        self.told.step("timeout")
        self.told.say("timeout-what", timeout=show_duration(round(TIMEOUT_S * 1e9)))
        self.told.calls([made])
        self.told.findings["timeout"] = {"error": made.error, "waited_ns": made.waited_ns}
        self.told.slip("timeout-slip", error=made.error, waited=show_duration(made.waited_ns))

    def _step(self, call: str, host: str, proof: list[Packet]) -> None:
        waited = next(made for made in self._waited if made.call == call and made.host == host)
        tries = [made for made in self._asked if made.call == call and made.host == host]
        refused = next(made for made in tries if made.error)
        ready = self._ready_after(refused)
        self.told.step(call)
        self.told.say(f"waits-{call}", waited=show_duration(waited.waited_ns))
        self.told.say("raises", call=f"{call}()", error=refused.error, waited=show_duration(refused.waited_ns))
        direction = "writable" if call == "connect" else "readable"
        key = "complete" if call == "connect" else "ready"
        self.told.say(key, what=SENTENCES[direction], waited=show_duration(ready.waited_ns))
        again = [made for made in tries if made.n > ready.n][:1]
        self.told.calls([waited, refused, ready, *again])
        self.told.packets(self.ground.capture_of("client"), proof)
        self._find(call, waited, refused, ready)

    def _proof(self, shows: Callable[[Packet], bool]) -> list[Packet]:
        return [packet for meeting in (self.waiting, self.asking) for packet in meeting.packets if shows(packet)]

    def _ready_after(self, refused: Made) -> Made:
        return next(
            made for made in self._asked if made.call == "select" and made.host == refused.host and made.n > refused.n
        )

    def _find(self, call: str, waited: Made, refused: Made, ready: Made) -> None:
        self.told.findings[call] = {
            "waited_ns": waited.waited_ns,
            "non_blocking": refused.error,
            "non_blocking_waited_ns": refused.waited_ns,
            "ready_after_ns": ready.waited_ns,
        }


def _third(packet: Packet) -> bool:
    return packet.flags == "ACK" and packet.seq == 1 and packet.ack == 1 and not packet.length and packet.to_server


def _last(made: list[Made], call: str, host: str) -> Made:
    return [one for one in made if one.call == call and one.host == host][-1]
