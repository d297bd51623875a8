"""TCP Fast Open in a whole world: the second visit saves a round trip. RFC 7413."""

from __future__ import annotations

import asyncio
import errno
import socket
from pathlib import Path
from typing import Any, Literal

import pytest
import tshark

from michinori import Machine, World
from michinori.aio import CURRENT_HOST, ping
from michinori.aio.host_socket import HostSocket
from michinori.host.conntrack import Conntrack
from michinori.host.firewall import Firewall, Rule
from michinori.trace import Event

ON = {"fast_open": True}
DELAY_S = 0.05


def pair(world: World, client: dict[str, Any] = ON, server: dict[str, Any] = ON) -> tuple[Machine, Machine]:
    machines = world.host("client", tcp=client), world.host("server", tcp=server)
    world.link(*machines, delay="50ms")

    async def upper(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read(1000)).upper())
        writer.close()

    async def serve() -> None:
        async with await asyncio.start_server(upper, port=80) as listener:
            await listener.serve_forever()

    machines[1].spawn(serve())
    return machines


async def ask() -> float:
    """How long it takes from the wish to the answer."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    reader, writer = await asyncio.open_connection("server", 80)
    writer.write(b"hello")
    assert await reader.read(5) == b"HELLO"
    took = loop.time() - began
    writer.close()
    return took


async def ask_twice() -> tuple[float, float]:
    """The neighbours know each other before."""
    await ping(CURRENT_HOST.get(), bytes((10, 0, 0, 2)), count=1)
    first = await ask()
    await asyncio.sleep(1)
    return first, await ask()


def syns(world: World) -> list[Event]:
    assert world.recorder is not None
    events = world.recorder.read()
    return [event for event in events if event.what == "segment-sent" and event.data["flags"] == "SYN"]


def test_the_second_visit_takes_one_round_trip_less() -> None:
    with World(record=True) as world:
        client, _ = pair(world)
        first, second = world.run(ask_twice(), on=client)
        asking, opening = syns(world)
        assert world.recorder is not None
        outcomes = [event for event in world.recorder.read() if event.what == "fast-open"]
    assert 4 * DELAY_S <= first < 4.1 * DELAY_S
    assert 2 * DELAY_S <= second < 2.1 * DELAY_S
    assert (asking.data["fast_open"], asking.data["len"]) == ("request", 0)
    assert opening.data["len"] == 5
    assert len(bytes.fromhex(opening.data["fast_open"])) == 8
    # The call that wrote the text caused the SYN.
    assert opening.data["calls"]
    assert [outcome.why for outcome in outcomes] == ["", "taken"]


@pytest.mark.parametrize(("client", "server"), [(ON, {}), ({}, ON), ({}, {})])
def test_it_takes_two(client: dict[str, Any], server: dict[str, Any]) -> None:
    with World(record=True) as world:
        ours, _ = pair(world, client, server)
        first, second = world.run(ask_twice(), on=ours)
        assert ("fast_open" in syns(world)[1].data) == bool(client)
    assert first == pytest.approx(second)


@pytest.mark.rfc("7413", "4.1.3.1-2")
def test_a_server_that_takes_no_text_any_more_is_not_asked_again_soon() -> None:
    with World(record=True) as world:
        client, _ = pair(world, server={})
        client.tcp.fast_open_cache.learn(bytes((10, 0, 0, 2)), b"outdated", 1460)
        world.run(ask_twice(), on=client)
        first, second, *_ = syns(world)
    assert first.data["len"] == 5
    assert second.data["len"] == 0
    assert "fast_open" not in second.data


@pytest.mark.rfc("7413", "4.1.3.1-1")
@pytest.mark.parametrize("reject_with", ["icmp", "tcp-reset"])
def test_where_icmp_has_answered_a_syn_it_is_not_tried_again_soon(reject_with: Literal["icmp", "tcp-reset"]) -> None:
    with World(record=True) as world:
        client, server = pair(world)
        world.run(ask(), on=client)
        Firewall(Conntrack(server.internet), [Rule("reject", hook="input", reject_with=reject_with)])
        with pytest.raises(OSError, match=r"prohibited|refused"):
            world.run(ask(), on=client)
        known = client.tcp.fast_open_cache.look_up(bytes((10, 0, 0, 2)), world.now_ns)
    assert (known is None) == (reject_with == "icmp")


def test_an_application_that_waits_for_the_other_end_is_not_kept_waiting() -> None:
    """The SYN waits for text no longer than a millisecond."""

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello")
        writer.close()

    async def serve() -> None:
        async with await asyncio.start_server(greet, port=25) as listener:
            await listener.serve_forever()

    async def listen() -> bytes:
        await ask()
        reader, writer = await asyncio.open_connection("server", 25)
        greeting = await reader.read()
        writer.close()
        return greeting

    with World(record=True) as world:
        client, server = pair(world)
        server.spawn(serve())
        assert world.run(listen(), on=client) == b"220 hello"
        assert syns(world)[1].data["len"] == 0


def test_nobody_there_is_learnt_when_writing() -> None:
    async def knock() -> None:
        await ask()
        reader, writer = await asyncio.open_connection("server", 81)  # a cookie is there, so this goes well
        writer.write(b"hello")
        with pytest.raises(ConnectionRefusedError):
            await reader.read()
        writer.close()

    with World() as world:
        client, _ = pair(world)
        world.run(knock(), on=client)


def test_closing_at_once_leaves_nothing_behind() -> None:
    async def change_of_mind() -> None:
        await ask()
        with HostSocket(client) as held:
            held.setblocking(False)
            held.connect(("10.0.0.2", 80))
        await asyncio.sleep(200)
        assert client.sockets() == []

    with World() as world:
        client, _ = pair(world)
        world.run(change_of_mind(), on=client)


def test_the_calls_that_linux_has_for_it() -> None:
    async def talk() -> None:
        loop = asyncio.get_running_loop()
        first = socket.socket()
        first.setblocking(False)
        with pytest.raises(BlockingIOError) as told:
            first.sendto(b"hello", socket.MSG_FASTOPEN, ("10.0.0.2", 80))
        assert told.value.errno == errno.EINPROGRESS
        await asyncio.sleep(1)
        first.close()
        second = socket.socket()
        second.setblocking(False)
        assert second.sendto(b"hello", socket.MSG_FASTOPEN, ("10.0.0.2", 80)) == 5
        assert await loop.sock_recv(second, 10) == b"HELLO"
        assert second.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 10)[5] & 32  # TCPI_OPT_SYN_DATA
        second.close()
        third = socket.socket()
        third.setblocking(False)
        third.setsockopt(socket.IPPROTO_TCP, 30, 1)  # TCP_FASTOPEN_CONNECT
        third.connect(("10.0.0.2", 80))
        third.send(b"again")
        assert await loop.sock_recv(third, 10) == b"AGAIN"
        third.close()

    with World(record=True) as world:
        client, _ = pair(world, client={})
        world.run(talk(), on=client)
        assert [event.data["len"] for event in syns(world)] == [0, 5, 5]


@pytest.mark.peer
def test_tshark_reads_both_visits_without_complaint(tmp_path: Path) -> None:
    path = tmp_path / "client.pcapng"
    with World(record=True) as world:
        client, _ = pair(world)
        world.run(ask_twice(), on=client)
        world.save_pcapng(path, client)
    complaints = [one for one in tshark.complaints(path) if "(RST)" not in one.what]
    assert complaints == []
    assert len(tshark.fields(path, "frame.number", only="tcp.options.tfo.request")) == 1
    assert len(tshark.fields(path, "frame.number", only="tcp.options.tfo.cookie && tcp.flags.syn == 1")) == 2
    assert tshark.fields(path, "tcp.len", only="tcp.flags == 0x002 && tcp.len > 0") == [{"tcp.len": ["5"]}]
