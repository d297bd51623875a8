"""Lines that are cut, mended and changed while things run, and what applications are told."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from michinori import World
from michinori.aio import Stuck, TimedOut, ping
from michinori.host.conntrack import Conntrack
from michinori.host.nat import Napt


def chain(world, count=1, **settings):
    """client - routers - server; the line behind the client's is given back too."""
    client, server = world.host("client", **settings), world.host("server")
    routers = [world.router(f"r{number}") for number in range(1, count + 1)]
    machines = [client, *routers, server]
    lines = [world.link(a, b, delay="5ms") for a, b in pairwise(machines)]
    return client, server, lines


async def echo():
    async def answer(reader, writer):
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, port=7) as listener:
        await listener.serve_forever()


def test_a_line_that_is_cut_for_good_ends_the_sender_after_r2():
    with World() as world:
        client, server, lines = chain(world)
        server.spawn(echo())
        world.at("1s", lines[1].cut)

        async def talk():
            reader, writer = await asyncio.open_connection("server", 7)
            loop = asyncio.get_running_loop()
            try:
                while True:
                    writer.write(b"still there?")
                    await writer.drain()
                    await reader.read(100)
                    await asyncio.sleep(0.3)
            except OSError as error:
                return type(error), loop.time()
            finally:
                writer.close()

        error, seconds = world.run(talk(), on=client, limit="1h")
        assert issubclass(error, OSError)
        assert 800 < seconds < 1100  # fifteen retransmissions, from 0.2 s to 120 s apart (RFC 9293 section 3.8.3)


def test_a_host_that_is_cut_off_from_the_start_is_not_reached():
    with World() as world:
        client, _, lines = chain(world)
        lines[0].cut()
        with pytest.raises(OSError, match="No route to host"):
            world.run(asyncio.open_connection("server", 7), on=client)
        assert world.now_ns == 3_000_000_000  # three questions of ARP


def test_a_router_that_swallows_everything_is_a_time_out():
    with World() as world:
        client, _, lines = chain(world)
        lines[1].fault("drop carrying=tcp")
        with pytest.raises(TimeoutError, match="Connection timed out"):
            world.run(asyncio.open_connection("server", 7), on=client)
        assert 180 < world.now_ns / 1e9 < 300  # R2 of a SYN: at least three minutes (RFC 9293 MUST-23)


@pytest.mark.parametrize("toward", ["r1", "server"])
def test_a_fault_in_one_direction_strikes_that_direction_alone(toward):
    with World() as world:
        client, server, lines = chain(world)
        server.spawn(echo())
        lines[1].fault("drop from=1s until=4s", toward=toward)

        async def talk():
            reader, writer = await asyncio.open_connection("server", 7)
            await asyncio.sleep(1)
            writer.write(b"x")
            assert await reader.readexactly(1) == b"x"
            writer.close()
            return asyncio.get_running_loop().time()

        assert 4 < world.run(talk(), on=client) < 9
        router, host = world.machines["r1"].adapters["eth1"].counters, server.adapters["eth0"].counters
        lost_on_the_way = {"r1": host.tx_frames - router.rx_frames, "server": router.tx_frames - host.rx_frames}
        assert [end for end, lost in lost_on_the_way.items() if lost] == [toward]


def test_a_line_can_be_slowed_down_while_it_runs():
    with World() as world:
        client, server, lines = chain(world)
        server.spawn(echo())

        async def talk():
            reader, writer = await asyncio.open_connection("server", 7)
            loop = asyncio.get_running_loop()
            times = []
            for delay in ("5ms", "500ms", "1ms"):
                lines[1].change(delay=delay)
                began = loop.time()
                writer.write(b"x")
                await reader.read(1)
                times.append(round(loop.time() - began, 3))
            writer.close()
            return times

        assert world.run(talk(), on=client) == [0.02, 1.01, 0.012]


def test_what_waits_for_ever_is_said_with_machine_and_line():
    with World() as world:
        client, server, lines = chain(world)
        server.spawn(echo())

        async def talk():
            reader, writer = await asyncio.open_connection("server", 7)
            lines[1].cut()
            try:
                await reader.read(1)
            finally:
                writer.close()

        with pytest.raises(Stuck) as caught:
            world.run(talk(), on=client)
        said = str(caught.value).splitlines()
        assert said[0].startswith("nothing can happen any more at ")
        assert "task 'talk' on client waits for StreamReader._wait_for_data over tcp 10." in str(caught.value)
        assert all(line.startswith("  task '") for line in said[1:])
        with pytest.raises(TimedOut, match="not done after 5 s of virtual time:\n"):
            world.run(asyncio.sleep(10), on=client, limit="5s")


def nat_world(world):
    """Two hosts at home behind an address translator, a server outside."""
    home = world.router("home", interfaces={"inside": "192.168.1.1/24", "outside": "203.0.113.2/24"})
    server = world.host("server", interfaces={"eth0": "203.0.113.80/24"})
    switch = world.switch("switch")
    hosts = []
    for number in (10, 11):
        host = world.host(f"pc{number}", interfaces={"eth0": f"192.168.1.{number}/24"}, gateway="192.168.1.1")
        world.link(host, switch)
        hosts.append(host)
    world.link("home:inside", switch)
    line = world.link("home:outside", server, delay="10ms")
    world.settle()
    outside = next(interface for interface in home.internet.interfaces if interface.name == "outside")
    Napt(Conntrack(home.internet), outside)
    return hosts, server, line


def test_datagrams_and_ping_through_an_address_translator():
    heard = []

    class Answer(asyncio.DatagramProtocol):
        def connection_made(self, transport):
            self.transport = transport

        def datagram_received(self, data, address):
            heard.append(address[0])
            self.transport.sendto(data.upper(), address)

    class Ask(asyncio.DatagramProtocol):
        def __init__(self):
            self.answer = asyncio.get_running_loop().create_future()

        def datagram_received(self, data, address):
            self.answer.set_result((data, address))

    async def answer_for_ever():
        await asyncio.get_running_loop().create_datagram_endpoint(Answer, local_addr=("0.0.0.0", 7))
        await asyncio.Event().wait()

    async def ask():
        transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
            Ask, remote_addr=("203.0.113.80", 7), local_addr=("0.0.0.0", 5000)
        )
        transport.sendto(b"hello")
        try:
            return await protocol.answer
        finally:
            transport.close()

    with World() as world:
        hosts, server, line = nat_world(world)
        server.spawn(answer_for_ever())
        for host in hosts:  # both from the same port of their own
            assert world.run(ask(), on=host) == (b"HELLO", ("203.0.113.80", 7))
        assert heard == ["203.0.113.2"] * 2
        report = world.run(ping(hosts[0], bytes((203, 0, 113, 80)), count=3), on=hosts[0])
        assert (report.received, report.lost) == (3, 0)
        line.cut()
        with pytest.raises(TimeoutError):
            world.run(asyncio.wait_for(ask(), 5), on=hosts[0])
