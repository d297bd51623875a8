"""A flood of SYNs from addresses that do not exist, and a client that wants to be served meanwhile."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from michinori import Machine, World
from michinori.wire import checksum
from michinori.wire.protocols import PROTOCOL_TCP
from michinori.wire.tcp import SYN, Options, Segment


async def flood(attacker: Machine, victim: bytes, seconds: float) -> None:
    """A thousand SYNs a second, each from another address."""
    dice = Random(5)
    for _ in range(round(seconds * 1000)):
        source = bytes((203, 0, dice.randrange(256), dice.randrange(1, 255)))
        syn = Segment(dice.randrange(1024, 65536), 80, dice.getrandbits(32), 0, SYN, 65535, b"", Options(mss=1460))
        octets = syn.emit(checksum.pseudo(source, victim, PROTOCOL_TCP))
        attacker.internet.send(victim, PROTOCOL_TCP, octets, src=source)
        await asyncio.sleep(0.001)


async def serve() -> None:
    async def upper(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(65_536):
            writer.write(piece.upper())
        writer.close()

    async with await asyncio.start_server(upper, port=80, backlog=50) as listener:
        await listener.serve_forever()


def meet(world: World, *, cookies: bool) -> bytes:
    server = world.host("server", tcp={"syn_backlog": 64, "syn_cookies": cookies})
    client, attacker, router = world.host("client"), world.host("attacker"), world.router("router")
    for machine in (server, client, attacker):
        world.link(machine, router, delay="1ms")
    world.settle()
    server.spawn(serve())

    async def talk() -> bytes:
        await asyncio.sleep(0.5)
        reader, writer = await asyncio.wait_for(asyncio.open_connection("server", 80), 0.2)
        writer.write(b"a" * 100_000)
        writer.write_eof()
        got = await reader.read()
        writer.close()
        return got

    attacker.spawn(flood(attacker, server.internet.interfaces[-1].addresses[0].address, 1.5))
    return world.run(talk(), on=client)


def test_with_cookies_a_client_is_served_and_nothing_is_kept_of_the_flood() -> None:
    with World(record=True) as world:
        assert meet(world, cookies=True) == b"A" * 100_000
        server = world.machine("server")
        assert len([info for info in server.sockets() if info.state == "SYN-RECEIVED"]) <= 64
        assert world.recorder is not None
        events = [event.what for event in world.recorder.read() if event.host == "server"]
        assert events.count("syn-cookie-sent") > 100
        assert events.count("syn-cookie-taken") == 1


def test_without_cookies_it_is_not() -> None:
    with World() as world, pytest.raises(TimeoutError):
        meet(world, cookies=False)
