"""The ground on which an experiment stands: two hosts and a line in a world, or the sockets of this machine.

A program of an experiment is a coroutine that uses nothing but ``ground.calls`` and ``ground.pause``, so the same one
runs on both grounds, and what it met there can be laid side by side.
"""

from __future__ import annotations

import asyncio
import contextvars
import itertools
import os
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Final, Literal

from michinori.aio.pinging import ping
from michinori.experiment.calls import Calls, Made, RealCalls, WorldCalls, calls_made
from michinori.experiment.loopback import Listener
from michinori.experiment.packets import Packet, read_packets
from michinori.experiment.sockets import Row, rows_of, rows_of_this_machine
from michinori.host.addresses import pack
from michinori.sim import Dice
from michinori.trace import SCOPE, Event, Recorder, Scope
from michinori.trace.scope import RealClock
from michinori.world import World

Host = Literal["client", "server"]
Program = Callable[[], Coroutine[Any, Any, Any]]

#: The port of the tutorial's server.
PORT: Final = 8080
#: Those of further servers; between here and 8080 lie some in which Wireshark sees other protocols.
_FURTHER_PORTS: Final = 18_080


#: A program that connects, sends and waits to be killed. It must be a process of its own to end without any ``close``.
_CLIENT: Final = """
import socket, sys, time
sock = socket.create_connection((sys.argv[1], int(sys.argv[2])))
sock.sendall(sys.argv[3].encode())
print("sent", flush=True)
time.sleep(3600)
"""
_THREADS: Final = 32
_LOWEST_PORT: Final = 20_000
_HIGHEST_PORT: Final = 32_000


class Ground(ABC):
    """Where an experiment takes place. ``captures`` are the hosts whose packets are recorded."""

    via: ClassVar[str]
    calls: Calls
    recorder: Recorder
    address: str
    """The server's."""
    step_s: ClassVar[float] = 0.1
    """How long programs pause to let the other one wait."""

    def __init__(self) -> None:
        self.ports: list[int] = []

    @abstractmethod
    def new_port(self) -> int:
        """A port for a server that nobody uses."""

    @abstractmethod
    def play(self, **programs: Program) -> dict[str, Any]:
        """Run a program on each of the hosts named, side by side, to their ends; what they return."""

    @abstractmethod
    def rest(self, seconds: float) -> None:
        """Let time pass."""

    @property
    @abstractmethod
    def now_ns(self) -> int:
        """Nanoseconds since the experiment began."""

    def rows(self, host: Host, port: int) -> list[Row]:
        """The sockets of a host that have to do with that port of the server's."""
        return [row for row in self._rows(host) if port in (row.local_port, row.remote_port)]

    @abstractmethod
    def _rows(self, host: Host) -> list[Row]:
        """The sockets of a host that have to do with the experiment's ports, or more."""

    @property
    def shows_sockets(self) -> bool:
        """Whether ``rows`` can be known here."""
        return True

    @abstractmethod
    async def client_that_ends(self, port: int, data: bytes, lives_s: float) -> None:
        """A client that connects, sends, and whose program is ended without having closed its socket."""

    @property
    @abstractmethod
    def captures(self) -> list[str]:
        """The names under which packets are recorded."""

    @staticmethod
    async def pause(seconds: float) -> None:
        """Let time pass within a program."""
        await asyncio.sleep(seconds)

    def mark(self) -> int:
        """A place in the trace: what comes behind it can be asked for."""
        return self.recorder.last_number

    def events(self, since: int = 0) -> list[Event]:
        """What happened behind a mark."""
        return [event for event in self.recorder.read() if event.n > since]

    def made(self, since: int = 0) -> list[Made]:
        """The calls behind a mark."""
        return calls_made(self.events(since))

    def packets(self, host: Host = "client", since_ns: int = 0, *, port: int | None = None) -> list[Packet]:
        """The packets of one port of the server's, or of all, from an instant on, as that host saw them."""
        name = self.capture_of(host)
        if name not in self.captures:
            return []
        with TemporaryDirectory() as folder:
            path = Path(folder) / "capture"
            self.recorder.save_capture(path, name)
            octets = path.read_bytes()
        packets = read_packets(octets, self.recorder.epoch_ns, self.ports if port is None else (port,))
        return [packet for packet in packets if packet.t >= since_ns]

    def capture_of(self, host: Host) -> str:
        """The name under which that host's packets are recorded."""
        return host

    def close(self) -> None:
        """Let go of everything; what was saved stays."""
        self.recorder.close()


class WorldGround(Ground):
    """A client and a server at the two ends of one line."""

    via = "virtual"

    def __init__(self, seed: int, *, delay: str = "1ms", rate: str = "100Mbit", **server: Any) -> None:
        super().__init__()
        self.calls = WorldCalls()
        self.world = World(seed, record=True)
        assert self.world.recorder is not None
        self.recorder = self.world.recorder
        # What is shown is what ACKs tell. RACK (RFC 8985) would repair by the clock before three of them are there.
        self.client = self.world.host("client", interfaces={"eth0": "192.0.2.10/24"}, tcp={"rack": False})
        self.server = self.world.host("server", interfaces={"eth0": "192.0.2.80/24"}, **server)
        self.line = self.world.link(self.client, self.server, rate=rate, delay=delay, name="line")
        self.address = "192.0.2.80"
        # Both learn each other's MAC address first, lest the first call of all wait for that too.
        self.world.run(ping(self.client, pack(self.address), count=1), on=self.client)

    def new_port(self) -> int:
        self.ports.append(_FURTHER_PORTS + len(self.ports) if self.ports else PORT)
        return self.ports[-1]

    def play(self, **programs: Program) -> dict[str, Any]:
        async def all_of_them() -> dict[str, Any]:
            machines = {name: self.world.machine(name.partition("_")[0]) for name in programs}
            tasks = [machines[name].spawn(program(), name) for name, program in programs.items()]
            return dict(zip(programs, await asyncio.gather(*tasks), strict=True))

        return self.world.run(all_of_them(), on=self.client)

    def rest(self, seconds: float) -> None:
        self.world.run(asyncio.sleep(seconds), on=self.client)

    @property
    def now_ns(self) -> int:
        return self.world.now_ns

    def _rows(self, host: Host) -> list[Row]:
        return rows_of(self.world.machine(host).sockets())

    async def client_that_ends(self, port: int, data: bytes, lives_s: float) -> None:
        sock = self.calls.open_socket()
        await self.calls.connect(sock, (self.address, port))
        await self.calls.sendall(sock, data)
        await self.pause(lives_s)
        # The program is no more and calls nothing; its host lets go of the descriptors that it held.
        descriptors = self.client.descriptors
        for number, held in descriptors.items():
            descriptors.free(number)
            held.close()

    @property
    def captures(self) -> list[str]:
        return self.recorder.hosts()

    def close(self) -> None:
        self.world.close()
        super().close()


class RealGround(Ground):
    """Client and server on this machine's loopback."""

    via = "os"

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.calls: RealCalls = RealCalls()
        self.address = "127.0.0.1"
        # Below the ports that the system gives to clients, lest a stranger's connection be taken for one of ours.
        first = _LOWEST_PORT + os.getpid() % (_HIGHEST_PORT - _LOWEST_PORT)
        self._candidates = itertools.chain(range(first, _HIGHEST_PORT), range(_LOWEST_PORT, first))
        self._clock = RealClock()
        self.recorder = Recorder(epoch_ns=time.time_ns() - self._clock.now_ns())
        self._dice = Dice(seed)
        self._listener = Listener.try_to_begin(self._clock)
        self._tap = None if self._listener is None else self.recorder.tap("loopback", "lo", bytes(6))

    def new_port(self) -> int:
        port = next(port for port in self._candidates if self._is_unused(port))
        self.ports.append(port)
        if self._listener is not None:
            self._listener.listen_to(self.ports)
        return port

    def _is_unused(self, port: int) -> bool:
        with socket.socket() as probe:
            try:
                probe.bind((self.address, port))
            except OSError:
                return False
        return not rows_of_this_machine({port})

    def play(self, **programs: Program) -> dict[str, Any]:
        async def all_of_them() -> dict[str, Any]:
            loop = asyncio.get_running_loop()
            loop.set_default_executor(ThreadPoolExecutor(_THREADS))  # each call that waits holds one
            tasks = [loop.create_task(program(), context=self._scope(name)) for name, program in programs.items()]
            try:
                return dict(zip(programs, await asyncio.gather(*tasks), strict=True))
            except BaseException:
                self.calls.release()  # the threads of the others would wait for ever
                raise

        done = asyncio.run(all_of_them())
        self._take_in()
        return done

    def _scope(self, name: str) -> contextvars.Context:
        host = name.partition("_")[0]
        context = contextvars.copy_context()
        dice = self._dice.stream(f"host/{host}/applications")
        context.run(SCOPE.set, Scope(recorder=self.recorder, host=host, clock=self._clock, dice=dice))
        return context

    def _take_in(self) -> None:
        """Take in the packets that have passed so far."""
        if self._listener is not None and self._tap is not None:
            for at_ns, frame in self._listener.heard():
                self._tap.sent(at_ns, frame)

    def rest(self, seconds: float) -> None:
        time.sleep(seconds)
        self._take_in()

    @property
    def now_ns(self) -> int:
        return self._clock.now_ns()

    def _rows(self, host: Host) -> list[Row]:
        rows = rows_of_this_machine(set(self.ports)) or []
        return [row for row in rows if (row.local_port in self.ports) == (host == "server")]

    @property
    def shows_sockets(self) -> bool:
        return rows_of_this_machine(set()) is not None

    async def client_that_ends(self, port: int, data: bytes, lives_s: float) -> None:
        # Isolated, lest a ``socket.py`` in the folder where somebody tries things out be taken for Python's.
        arguments = ("-I", "-c", _CLIENT, self.address, str(port), data)
        program = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=subprocess.PIPE)
        assert program.stdout is not None
        try:
            await program.stdout.readline()
            await self.pause(lives_s)
        finally:
            program.kill()
            await program.wait()

    @property
    def captures(self) -> list[str]:
        return [] if self._listener is None else ["loopback"]

    def capture_of(self, host: Host) -> str:  # noqa: ARG002
        return "loopback"

    def close(self) -> None:
        self.calls.release()
        if self._listener is not None:
            with suppress(OSError):
                self._listener.end()
        super().close()
