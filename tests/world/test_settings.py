"""The settings of a machine's TCP: what is set is so on its connections, and what cannot be is said."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing

import pytest

from michinori import World
from michinori.aio import Stuck

KEEPALIVE = {"keepalive": True, "keepalive_idle_ns": 10 * 10**9, "keepalive_interval_ns": 10**9, "keepalive_probes": 3}


def pair(world, **settings):
    client, server = world.host("client", **settings), world.host("server")
    line = world.link(client, server, delay="1ms")
    return client, server, line


async def stay_silent():
    async def keep(_, writer):  # from Python 3.13 on a writer that nobody holds is closed
        await writer.wait_closed()

    async with await asyncio.start_server(keep, port=80) as listener:
        await listener.serve_forever()


async def listen_for_ever():
    reader, writer = await asyncio.open_connection("server", 80)
    with closing(writer):  # or the collector finds it open
        return await reader.read()


def test_a_host_with_keep_alive_finds_out_that_its_peer_is_gone():
    with World() as world:
        client, server, line = pair(world, tcp=KEEPALIVE)
        server.spawn(stay_silent())
        world.at("1s", line.cut)
        with pytest.raises(TimeoutError):
            world.run(listen_for_ever(), on=client)
        assert 13 < world.now_ns / 1e9 < 14


def test_without_keep_alive_it_never_does():
    with World() as world:
        client, server, line = pair(world)
        server.spawn(stay_silent())
        world.at("1s", line.cut)
        with pytest.raises(Stuck, match=r"'listen_for_ever' on client waits for StreamReader\._wait_for_data over tcp"):
            world.run(listen_for_ever(), on=client)


def test_an_application_is_stronger_than_its_host():
    async def look():
        with socket.socket() as plain:
            before = plain.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 0)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1500)
            assert plain.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 1500
            idle = plain.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
            return before, idle, plain.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)

    with World() as world:
        assert world.run(look(), on=world.host("a", tcp=KEEPALIVE)) == (1, 10, 0)
        assert world.run(look(), on=world.host("b")) == (0, 7200, 0)


@pytest.mark.parametrize(("settings", "mss"), [({"mss": 700}, 700), ({"mss": 9000}, 1460), ({}, 1460)])
def test_a_host_announces_the_smaller_of_its_setting_and_what_the_interface_takes(settings, mss):
    with World(record=True) as world:
        client, server, _ = pair(world, tcp=settings)
        server.spawn(stay_silent())

        async def meet():
            _, writer = await asyncio.open_connection("server", 80)
            writer.close()

        world.run(meet(), on=client)
        opened = [event.data for event in world.recorder.read() if "mss" in event.data and event.host == "client"]
        assert opened[0]["mss"] == mss


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"send_buffer": "64KiB"}, "TCP's send_buffer is of the wrong kind: expected `int`, got `str`"),
        ({"send_buffer": 0}, "TCP's send_buffer cannot be 0: it is 1 at least"),
        ({"delayed_ack_ns": -1}, "TCP's delayed_ack_ns cannot be -1: it is 0 at least"),
        ({"sack": None}, "TCP's sack is of the wrong kind: expected `bool`, got `null`"),
        ({"ecn": "on"}, "TCP's ecn cannot be 'on': it is true, false or \"accept\""),
        ({"fast_open": 1}, 'TCP\'s fast_open cannot be 1: it is true, false or "never"'),
        ({"nagle": "off"}, "TCP's nagle cannot be 'off': it is true, false or \"minshall\""),
        ({"congestion": "warp"}, "TCP has no congestion control 'warp'; there is cubic, reno"),
    ],
)
def test_what_cannot_be_set_is_said(settings, said):
    with World() as world, pytest.raises(ValueError, match=said):
        world.host("a", tcp=settings)


def test_an_application_gives_up_when_it_wants_to():
    async def talk(line):
        reader, writer = await asyncio.open_connection("server", 80)
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, 18, 3000)  # TCP_USER_TIMEOUT
        line.cut()
        writer.write(b"hello")
        await reader.read()

    with World() as world:
        client, server, line = pair(world)
        server.spawn(stay_silent())
        with pytest.raises(TimeoutError):
            world.run(talk(line), on=client)
        assert 3 <= world.now_ns / 1e9 < 7
