"""A thousand hosts in one process, and what they cost."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
import weakref

import pytest

from michinori import World
from michinori.world.journey import VirtualJourney
from michinori.world.scenario import load

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\nConnection: close\r\n\r\n" + bytes(10_000)


def fetch_all(hosts: int) -> int:
    """A world of so many hosts, a hundred to a switch, each fetching a page from one server; the octets that came."""
    with World() as world:
        router, server = world.router("router"), world.host("server")
        world.link(router, server, rate="10Gbit", delay="5ms")
        machines = []
        for number in range(hosts):
            if number % 100 == 0:
                switch = world.switch(f"switch-{number // 100}")
                world.link(switch, router, rate="10Gbit", delay="10us")
            machines.append(world.host(f"host-{number}"))
            world.link(machines[-1], switch, rate="100Mbit", delay="10us")

        async def answer(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(PAGE)
            await writer.drain()
            writer.close()

        async def serve():
            async with await asyncio.start_server(answer, port=80, backlog=hosts) as listener:
                await listener.serve_forever()

        async def fetch():
            reader, writer = await asyncio.open_connection("server", 80)
            writer.write(b"GET / HTTP/1.1\r\nHost: server\r\n\r\n")
            got = await reader.read()
            writer.close()
            assert got == PAGE
            return len(got)

        async def all_of_them():
            return sum([await task for task in [machine.spawn(fetch()) for machine in machines]])

        server.spawn(serve())
        return world.run(all_of_them(), on=server)


def test_a_thousand_hosts_each_fetch_a_page():
    assert fetch_all(1_000) == 1_000 * len(PAGE)


def test_a_world_that_is_closed_leaves_nothing_behind():
    fetch_all(20)
    gc.collect()
    tracemalloc.start()
    try:
        fetch_all(20)
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(5):
            fetch_all(20)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 200_000


@pytest.mark.parametrize("name", ["home", "fragments"])
def test_a_journey_that_is_closed_is_freed(name):
    def walk():
        walked = VirtualJourney("http://www.michinori.example/", *load(name), seed=0, language="en")
        journey = walked.go()
        assert journey.failure is None
        world = weakref.ref(walked.world)
        journey.close()
        return world

    world = walk()
    gc.collect()
    assert world() is None


@pytest.mark.parametrize("record", [True, False])
def test_two_worlds_in_one_process_do_not_touch_each_other(record, tmp_path):
    def walk(world, name):
        client, server = world.host("client"), world.host("server")
        world.link(client, server, loss="5%")

        async def serve():
            async def answer(reader, writer):
                writer.write(await reader.read(100))
                writer.close()

            async with await asyncio.start_server(answer, port=80) as listener:
                await listener.serve_forever()

        async def ask():
            reader, writer = await asyncio.open_connection("server", 80)
            writer.write(b"x" * 100)
            got = await reader.readexactly(100)
            writer.close()
            return got

        server.spawn(serve())
        yield world.run(ask(), on=client)
        yield world.run(ask(), on=client)
        if record:
            world.save_pcapng(tmp_path / name, host=client)

    with World(seed=1, record=record) as alone:
        assert list(walk(alone, "alone")) == [b"x" * 100] * 2
    with World(seed=1, record=record) as one, World(seed=1, record=record) as other:
        for got in zip(walk(one, "one"), walk(other, "other"), strict=True):
            assert got == (b"x" * 100,) * 2
    if record:
        assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes() == (tmp_path / "alone").read_bytes()


def test_a_world_runs_inside_a_running_loop():
    async def outside():
        with World() as world:
            client, server = world.host("client"), world.host("server")
            world.link(client, server)

            async def nap():
                await asyncio.sleep(1000)
                return asyncio.get_running_loop().time()

            inner = world.run(nap(), on=client)
            outer = asyncio.get_running_loop()
            assert outer is not world.loop
            await asyncio.sleep(0)
            return inner

    assert asyncio.run(outside()) == 1000


@pytest.mark.filterwarnings("error")
def test_closing_ends_endless_servers_and_half_open_talks_in_silence(caplog, capsys):
    async def serve():
        async def answer(reader, writer):
            try:
                await reader.read()
            finally:
                writer.close()

        async with await asyncio.start_server(answer, port=80) as listener:
            await listener.serve_forever()

    async def hold():
        _, writer = await asyncio.open_connection("server", 80)
        try:
            await asyncio.Event().wait()
        finally:
            writer.close()

    with World() as world:
        client, server = world.host("client"), world.host("server")
        world.link(client, server)
        server.spawn(serve())
        for _ in range(5):
            client.spawn(hold())
        world.run(asyncio.sleep(10), on=client)
    gc.collect()
    assert caplog.text == ""
    assert capsys.readouterr() == ("", "")
