"""A victim, a friend and a bad neighbour on one switch, for tests of what an attack does to a healthy connection.

    friend 10.9.0.2 ──┐
                    switch ── victim 10.9.0.1
    attacker 10.9.0.3 ┘  (and, as far as the victim can tell, the router to everybody else)

The victim's line takes 10 Mbit/s and an attack a small part of that, so that what is lost is lost to the stack, not to
the line. The friend's connection is there before the attack begins; what it carries is compared with what the same
connection carries in a world without the attack.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from functools import cached_property
from typing import Any

from fuzzing import crafting
from fuzzing.limits import bounds

from michinori import World
from michinori.host.flow import Flow

VICTIM, FRIEND, ATTACKER = (bytes((10, 9, 0, number)) for number in (1, 2, 3))
NOWHERE = bytes((203, 0, 113, 9))
SINK_PORT = 81
#: How long the healthy connection is watched, and how long it has run before.
SECONDS, WARM_S = 1.0, 0.3

_baselines: dict[str, int] = {}


class Scene:
    """One world with the three of them. ``tcp``: the victim's settings."""

    def __init__(self, *, tcp: dict[str, Any] | None = None, record: bool = True) -> None:
        self.tcp = tcp or {}
        world = self.world = World(3, record=record)
        self.victim = world.host("victim", interfaces={"eth0": "10.9.0.1/24"}, gateway="10.9.0.3", tcp=self.tcp)
        self.friend = world.host("friend", interfaces={"eth0": "10.9.0.2/24"})
        self.attacker = world.host("attacker", interfaces={"eth0": "10.9.0.3/24"})
        lan = world.switch("lan")
        for machine in (self.victim, self.friend, self.attacker):
            world.link(machine, lan, rate="10Mbit", delay="200us", queue=30)
        world.settle()
        self.victim_mac = self.victim.adapters["eth0"].mac
        self.attacker_mac = self.attacker.adapters["eth0"].mac
        self.carried = 0
        self.answers: list[bytes] = []
        """What came back to the attacker, and to the strangers in whose names he speaks."""
        self._look_at_answers()
        self.victim.spawn(self._sink())

    def _look_at_answers(self) -> None:
        adapter = self.attacker.adapters["eth0"]
        take = adapter.on_frame
        assert take is not None

        def look(frame: bytes) -> None:
            self.answers.append(frame)
            if frame[12:14] == crafting.ARP or frame[30:34] == ATTACKER:
                take(frame)

        adapter.on_frame = look

    async def _sink(self) -> None:
        async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while piece := await reader.read(65_536):
                self.carried += len(piece)
            writer.close()

        async with await asyncio.start_server(count, port=SINK_PORT) as server:
            await server.serve_forever()

    # -- what an attack does -------------------------------------------------------------------------------------------

    def inject(self, packet: bytes, *, ethertype: bytes = crafting.IPV4, to: bytes | None = None) -> None:
        """Send a packet to the victim's adapter, whatever its source address says."""
        frame = crafting.frame(to or self.victim_mac, self.attacker_mac, packet, ethertype)
        self.attacker.adapters["eth0"].send(frame)

    def hand(self, packet: bytes) -> None:
        """Put a packet straight into the victim's adapter: faster than any line, and never lost."""
        self.victim.adapters["eth0"].receive(crafting.frame(self.victim_mac, self.attacker_mac, packet))

    def segment(self, src: tuple[bytes, int], port: int, seq: int, ack: int, flags: int, **fields: Any) -> bytes:
        """A packet with a segment for the victim."""
        octets = crafting.tcp(src, (VICTIM, port), seq, ack, flags, **fields)
        return crafting.ip(src[0], VICTIM, crafting.TCP, octets)

    async def flood(self, packets: Iterable[bytes], every_s: float = 0.001) -> None:
        """Inject them one after the other."""
        for packet in packets:
            self.inject(packet)
            await asyncio.sleep(every_s)

    @property
    def healthy(self) -> Flow:
        """The victim's end of the healthy connection."""
        flows = self.victim.tcp._flows.values()
        return next(flow for flow in flows if flow.local[1] == SINK_PORT and flow.remote[0] == FRIEND)

    # -- what happens --------------------------------------------------------------------------------------------------

    def run(self, attack: Callable[[Scene], Awaitable[object]] | None = None, *, seconds: float = SECONDS) -> int:
        """Let the healthy connection run, with the attack beside; gives how many octets it carried in that time."""

        async def talk() -> int:
            _, writer = await asyncio.open_connection("victim", SINK_PORT)
            feeding = asyncio.create_task(_feed(writer))
            await asyncio.sleep(WARM_S)
            before = self.carried
            if attack is not None:
                self.attacker.spawn(_awaited(attack(self)))
            await asyncio.sleep(seconds)
            carried = self.carried - before
            feeding.cancel()
            writer.transport.abort()
            return carried

        return self.world.run(talk(), on=self.friend)

    def pass_time(self, seconds: float) -> None:
        """Let the world run on."""
        self.world.run(asyncio.sleep(seconds), on=self.friend, limit=None)

    def suffers(self, attack: Callable[[Scene], Awaitable[object]], *, seconds: float = SECONDS) -> float:
        """The share that is left of the healthy connection's throughput; every table of the victim is within bounds."""
        key = f"{sorted(self.tcp.items())} {seconds}"
        if key not in _baselines:
            quiet = Scene(tcp=self.tcp, record=False)
            _baselines[key] = quiet.run(seconds=seconds)
            quiet.world.close()
        carried = self.run(attack, seconds=seconds)
        beyond = [bound for bound in bounds(self.victim) if not bound.holds]
        assert not beyond, beyond
        return carried / _baselines[key]

    @cached_property
    def told(self) -> Counter[tuple[str, str]]:
        """How often the victim did and refused what: counts of (layer, what) and (layer, why)."""
        assert self.world.recorder is not None
        found: Counter[tuple[str, str]] = Counter()
        for event in self.world.recorder.read():
            if event.host == "victim":
                found[event.layer, event.what] += 1
                if event.why:
                    found[event.layer, event.why] += 1
        return found

    def refused(self, layer: str, why: str) -> int:
        """How often the victim's trace gives that reason."""
        return self.told[layer, why]


async def _feed(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(bytes(20_000))
        await writer.drain()


async def _awaited(what: Awaitable[object]) -> None:
    await what
