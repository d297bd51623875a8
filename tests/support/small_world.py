"""Two hosts with two routers between them, for tests of the floors below ``world``."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest

from michinori.aio import DEFAULT_LIMIT_NS, VirtualLoop
from michinori.host import Host, TcpSocket
from michinori.host.addresses import pack
from michinori.link import Cable
from michinori.sim import Dice, EventQueue
from michinori.trace import Event, Recorder

T = TypeVar("T")

CLIENT = "10.0.1.1"
SERVER = "10.0.3.2"


class SmallWorld:
    """``client`` - r1 - r2 - ``server``; names of all in everybody's hosts table."""

    def __init__(
        self,
        *,
        seed: int = 0,
        record: bool | Recorder = False,
        rate: int | None = 10**9,
        delays_ns: tuple[int, int, int] = (1_000_000, 10_000_000, 1_000_000),
        mtu: int = 1500,
    ) -> None:
        self.queue = EventQueue()
        self.dice = Dice(seed)
        self.recorder = record if isinstance(record, Recorder) else Recorder() if record else None
        self.loop = VirtualLoop(self.queue, recorder=self.recorder)
        self.hosts = {
            name: Host(name, self.queue, self.dice, recorder=self.recorder, forwarding=name in ("r1", "r2"))
            for name in ("client", "r1", "r2", "server")
        }
        self.client, self.r1, self.r2, self.server = self.hosts.values()
        self.access = self._link(self.client, CLIENT, self.r1, "10.0.1.2", rate, delays_ns[0], 1500)
        self.line = self._link(self.r1, "10.0.2.1", self.r2, "10.0.2.2", rate, delays_ns[1], mtu)
        self._link(self.r2, "10.0.3.1", self.server, SERVER, rate, delays_ns[2], 1500)
        for host, gateway in (
            (self.client, "10.0.1.2"),
            (self.r1, "10.0.2.2"),
            (self.r2, "10.0.2.1"),
            (self.server, "10.0.3.1"),
        ):
            interface = next(
                one for one in host.internet.interfaces if any(own.covers(pack(gateway)) for own in one.addresses)
            )
            host.internet.routes.add(bytes(4), 0, pack(gateway), interface)
            host.hosts_table |= {"client": [CLIENT], "server": [SERVER]}

    def _link(self, a: Host, at_a: str, b: Host, at_b: str, rate: int | None, delay_ns: int, mtu: int) -> Cable:
        stream = self.dice.stream(f"link/{a.name}-{b.name}")
        cable = Cable(self.queue, stream, rate=rate, delay_ns=delay_ns, mtu=mtu)
        adapters = []
        for host, other, address in ((a, b, at_a), (b, a, at_b)):
            adapter = host.add_adapter(f"to-{other.name}", mtu=mtu)
            host.add_interface(adapter, pack(address), 24)
            adapters.append(adapter)
        cable.connect(*adapters)
        return cable

    def run(self, coro: Coroutine[Any, Any, T], on: Host | None = None, *, limit_ns: int = DEFAULT_LIMIT_NS) -> T:
        return self.loop.run(coro, on or self.client, limit_ns=limit_ns)

    def spawn(self, coro: Coroutine[Any, Any, Any], on: Host | None = None, name: str | None = None) -> Any:
        return self.loop.spawn(on or self.server, coro, name)

    def pass_time(self, seconds: float) -> None:
        """Let the world run without any application."""
        self.queue.run_until(self.queue.now_ns + round(seconds * 1e9))

    def connected(self, port: int = 80) -> tuple[TcpSocket, TcpSocket]:
        """A connection without asyncio: the client's socket and the server's."""
        unbound = self.server.tcp.socket()
        unbound.bind(bytes(4), port)
        listener = self.server.tcp.listen(unbound, 10)
        socket = self.client.tcp.socket()
        socket.connect(pack(SERVER), port)
        self.pass_time(1)
        accepted = listener.accept()
        assert accepted is not None
        return socket, accepted

    def events(self, layer: str = "", what: str = "", host: str = "") -> list[Event]:
        assert self.recorder is not None
        return [
            event
            for event in self.recorder.read()
            if layer in ("", event.layer) and what in ("", event.what) and host in ("", event.host)
        ]

    def close(self) -> None:
        self.loop.close()
        if self.recorder is not None:
            self.recorder.close()


@pytest.fixture
def make_world() -> Iterator[Callable[..., SmallWorld]]:
    """Makes worlds and closes them at the end."""
    worlds: list[SmallWorld] = []

    def make(**settings: Any) -> SmallWorld:
        worlds.append(SmallWorld(**settings))
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()


@pytest.fixture
def world(make_world: Callable[..., SmallWorld]) -> SmallWorld:
    return make_world()


@pytest.fixture
def recorded(make_world: Callable[..., SmallWorld]) -> SmallWorld:
    return make_world(record=True)
