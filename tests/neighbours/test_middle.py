"""Attacks on hosts in the middle, on a resolver and on who keeps half of a connection."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from random import Random

import pytest
from fuzzing import crafting
from fuzzing.limits import bounds_of_middle

from michinori import World
from michinori.dns import AuthoritativeServer, Habits, StubResolver, Zone
from michinori.host.conntrack import Conntrack
from michinori.host.nat import Napt
from michinori.wire.tcp import SYN

INSIDE, SERVER = bytes((192, 168, 1, 66)), bytes((198, 51, 100, 80))
ZONE = """
$ORIGIN example.
$TTL 3600
@     SOA  ns hostmaster 1 1800 900 604800 300
@     NS   ns
ns    A    198.51.100.80
www   A    203.0.113.80
"""


class Home:
    """Two machines at home, one of them bad; a router with NAPT and a small table; a server outside."""

    def __init__(self, most: int = 200) -> None:
        world = self.world = World(4, record=True)
        self.pc = world.host("pc", interfaces={"eth0": "192.168.1.10/24"}, gateway="192.168.1.1")
        self.bad = world.host("bad", interfaces={"eth0": "192.168.1.66/24"}, gateway="192.168.1.1")
        self.router = world.router("router", interfaces={"lan": "192.168.1.1/24", "wan": "198.51.100.1/24"})
        self.server = world.host("server", interfaces={"eth0": "198.51.100.80/24"})
        switch = world.switch("switch")
        for end in ("pc:eth0", "bad:eth0", "router:lan"):
            world.link(end, switch, rate="10Mbit", delay="200us", queue=30)
        world.link("router:wan", "server:eth0", rate="10Mbit", delay="1ms", queue=30)
        world.settle()
        self.tracker = Conntrack(self.router.internet, most=most)
        outside = next(one for one in self.router.internet.interfaces if one.name == "wan")
        self.napt = Napt(self.tracker, outside)
        self.carried = 0
        self.server.spawn(self._sink())

    async def _sink(self) -> None:
        async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while piece := await reader.read(65_536):
                self.carried += len(piece)
            writer.close()

        async with await asyncio.start_server(count, port=81) as server:
            await server.serve_forever()

    async def flood(self) -> None:
        """SYNs to everywhere, from every port."""
        dice, adapter = Random(7), self.bad.adapters["eth0"]
        mac = self.router.adapters["lan"].mac
        for _ in range(1000):
            src, dst = (INSIDE, dice.randrange(1024, 65536)), (bytes((198, 51, 100, dice.randrange(90, 250))), 80)
            octets = crafting.tcp(src, dst, 1, 0, SYN)
            adapter.send(crafting.frame(mac, adapter.mac, crafting.ip(INSIDE, dst[0], crafting.TCP, octets)))
            await asyncio.sleep(0.001)

    def run(self, *, attacked: bool) -> int:
        """What the PC's connection carries in a second; it opens a second one meanwhile."""

        async def talk() -> int:
            _, writer = await asyncio.open_connection("198.51.100.80", 81)
            feeding = asyncio.create_task(self._feed(writer))
            await asyncio.sleep(0.2)
            before = self.carried
            if attacked:
                self.bad.spawn(self.flood())
            await asyncio.sleep(0.8)
            _, other = await asyncio.wait_for(asyncio.open_connection("198.51.100.80", 81), 1)
            carried = self.carried - before
            feeding.cancel()
            writer.transport.abort()
            other.transport.abort()
            return carried

        return self.world.run(talk(), on=self.pc)

    async def _feed(self, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(bytes(20_000))
            await writer.drain()


@pytest.fixture
def homes() -> Iterator[list[Home]]:
    made = [Home(), Home()]
    yield made
    for home in made:
        home.world.close()


def test_a_flood_through_a_napt_pushes_out_itself(homes: list[Home]) -> None:
    quiet, noisy = homes
    assert noisy.run(attacked=True) > quiet.run(attacked=False) / 2
    assert len(noisy.tracker) <= noisy.tracker.most
    assert all(bound.holds for bound in bounds_of_middle(noisy.tracker, noisy.napt))
    assert noisy.router.internet.drops["conntrack-early"] > 300
    recorder = noisy.world.recorder
    assert recorder is not None
    whys = {event.why for event in recorder.read() if event.host == "router"}
    assert "conntrack-early" in whys
    assert "conntrack-full" not in whys


def test_a_stub_believes_no_flood_of_forged_answers() -> None:
    """A thousand answers a second with guessed numbers, from the resolver's address, to the port that asks."""
    with World(5, record=True) as world:
        pc = world.host("pc", interfaces={"eth0": "10.9.0.1/24"})
        world.host("ns", interfaces={"eth0": "10.9.0.2/24"}).spawn(AuthoritativeServer([Zone.from_text(ZONE)]).serve())
        attacker = world.host("attacker", interfaces={"eth0": "10.9.0.3/24"})
        lan = world.switch("lan")
        world.link("pc:eth0", lan, delay="100us")
        world.link("ns:eth0", lan, delay="30ms")  # time enough to guess
        world.link("attacker:eth0", lan, delay="100us")
        world.settle()
        pc.resolver = StubResolver(["10.9.0.2"], Habits(families=(socket.AF_INET,))).lookup

        async def forge() -> None:
            import dns.message
            import dns.rrset

            question = dns.message.make_query("www.example.", "A")
            answer = dns.message.make_response(question)
            answer.answer.append(dns.rrset.from_text("www.example.", 60, "IN", "A", "6.6.6.6"))
            dice, adapter = Random(8), attacker.adapters["eth0"]
            pc_address, ns_address = bytes((10, 9, 0, 1)), bytes((10, 9, 0, 2))
            for _ in range(200):
                ports = [sock.local[1] for sock in pc.udp.sockets() if sock.local is not None]
                for port in ports:
                    answer.id = dice.getrandbits(16)
                    octets = crafting.udp((ns_address, 53), (pc_address, port), answer.to_wire())
                    packet = crafting.ip(ns_address, pc_address, crafting.UDP, octets)
                    adapter.send(crafting.frame(pc.adapters["eth0"].mac, adapter.mac, packet))
                await asyncio.sleep(0.001)

        async def ask() -> list[str]:
            attacker.spawn(forge())
            found = await asyncio.get_running_loop().getaddrinfo("www.example", 80, type=socket.SOCK_STREAM)
            return [entry[4][0] for entry in found]

        assert world.run(ask(), on=pc) == ["203.0.113.80"]
        assert world.recorder is not None
        ignored = [event.why for event in world.recorder.read() if (event.layer, event.what) == ("dns", "ignored")]
        assert ignored
