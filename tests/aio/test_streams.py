"""Streams of asyncio between two hosts."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import socket
import struct
from contextlib import closing

import pytest
from small_world import CLIENT, SERVER, SmallWorld

from michinori.aio import Stuck


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def serve(handler, port: int = 80, **options) -> None:
    async with await asyncio.start_server(handler, port=port, **options) as server:
        await server.serve_forever()


def test_a_line_goes_there_and_comes_back(world: SmallWorld) -> None:
    async def ask() -> tuple[bytes, float]:
        reader, writer = await asyncio.open_connection("server", 80)
        writer.write(b"hello\n")
        line = await reader.readline()
        elapsed = asyncio.get_running_loop().time()
        writer.close()
        await writer.wait_closed()
        return line, elapsed

    world.spawn(serve(echo))
    line, elapsed = world.run(ask())
    assert line == b"hello\n"
    # ARP on three links, the handshake and the line: a round trip of 24 ms each.
    assert 0.072 < elapsed < 0.0721


def test_both_ends_know_their_addresses(world: SmallWorld) -> None:
    seen = []

    async def tell(reader, writer) -> None:
        seen.append((writer.get_extra_info("sockname"), writer.get_extra_info("peername")))
        writer.close()

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("server", 80)
        await reader.read()
        seen.append((writer.get_extra_info("sockname"), writer.get_extra_info("peername")))
        sock = writer.get_extra_info("socket")
        assert sock.getpeername() == (SERVER, 80)
        writer.close()

    world.spawn(serve(tell))
    world.run(ask())
    server_side, client_side = seen
    assert client_side[1] == server_side[0] == (SERVER, 80)
    assert client_side[0] == server_side[1]
    assert client_side[0][0] == CLIENT
    assert client_side[0][1] >= 49152


def test_a_large_transfer_arrives_whole(world: SmallWorld) -> None:
    text = bytes(range(256)) * 8192

    async def digest(reader, writer) -> None:
        received = hashlib.sha256()
        while data := await reader.read(1 << 20):
            received.update(data)
        writer.write(received.digest())
        writer.close()

    async def send() -> bytes:
        reader, writer = await asyncio.open_connection("server", 80)
        for start in range(0, len(text), 50_000):
            writer.write(text[start : start + 50_000])
            await writer.drain()
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        return answer

    world.spawn(serve(digest))
    assert world.run(send()) == hashlib.sha256(text).digest()


def test_half_close_ends_one_direction_alone(world: SmallWorld) -> None:
    async def count(reader, writer) -> None:
        whole = await reader.read()
        for part in (b"%d octets" % len(whole), b" in all"):
            writer.write(part)
            await asyncio.sleep(1)
        writer.close()

    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection("server", 80)
        assert writer.can_write_eof()
        writer.write(b"x" * 1000)
        writer.write_eof()
        with pytest.raises(RuntimeError, match="write_eof"):
            writer.write(b"more")
        answer = await reader.read()
        writer.close()
        return answer

    world.spawn(serve(count))
    assert world.run(ask()) == b"1000 octets in all"


def test_drain_waits_for_the_window_of_the_peer(world: SmallWorld) -> None:
    """The peer reads nothing for ten seconds: the writer cannot be far ahead of it."""

    async def sleepy(reader, writer) -> None:
        writer.transport.pause_reading()
        await asyncio.sleep(10)
        writer.transport.resume_reading()
        while await reader.read(1 << 20):
            pass
        writer.close()

    async def push() -> float:
        reader, writer = await asyncio.open_connection("server", 80)
        loop = asyncio.get_running_loop()
        for _ in range(200):
            writer.write(bytes(100_000))
            await writer.drain()
        written = loop.time()
        writer.write_eof()
        await reader.read()
        writer.close()
        return written

    world.spawn(serve(sleepy))
    assert world.run(push()) > 10


def test_the_write_buffer_has_its_limits(world: SmallWorld) -> None:
    async def deaf(reader, writer) -> None:
        writer.transport.pause_reading()
        await asyncio.sleep(100)
        writer.transport.abort()

    async def push() -> tuple[int, tuple[int, int]]:
        _reader, writer = await asyncio.open_connection("server", 80)
        writer.transport.set_write_buffer_limits(high=30_000, low=10_000)

        async def push_on() -> None:
            while True:
                writer.write(bytes(10_000))
                await writer.drain()

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(push_on(), 5)
        size = writer.transport.get_write_buffer_size(), writer.transport.get_write_buffer_limits()
        writer.transport.abort()
        return size

    world.spawn(serve(deaf))
    size, limits = world.run(push())
    assert limits == (10_000, 30_000)
    assert 30_000 < size <= 40_000


def test_cancelling_a_read_leaves_the_stream_whole(world: SmallWorld) -> None:
    async def slow(reader, writer) -> None:
        await asyncio.sleep(2)
        writer.write(b"at last\n")
        await reader.read()
        writer.close()

    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection("server", 80)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readline(), 0.5)
        line = await reader.readline()
        writer.close()
        return line

    world.spawn(serve(slow))
    assert world.run(ask()) == b"at last\n"


def test_cancelling_a_connect_leaves_nothing_behind(world: SmallWorld) -> None:
    world.line.cut()

    async def ask() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await asyncio.open_connection("server", 80)

    world.run(ask())
    assert world.client.sockets() == []
    assert len(world.client.descriptors) == 0


def test_a_port_where_nobody_listens_refuses(world: SmallWorld) -> None:
    async def ask() -> float:
        with pytest.raises(ConnectionRefusedError) as caught:
            await asyncio.open_connection("server", 81)
        assert caught.value.errno == errno.ECONNREFUSED
        assert "10.0.3.2" in str(caught.value)
        return asyncio.get_running_loop().time()

    assert world.run(ask()) < 0.05


def test_a_host_that_is_not_there_is_unreachable(world: SmallWorld) -> None:
    async def ask() -> None:
        with pytest.raises(OSError, match="No route to host") as caught:
            await asyncio.open_connection("10.0.3.77", 80)
        assert caught.value.errno == errno.EHOSTUNREACH

    world.run(ask())


def test_a_network_without_a_route_is_unreachable(world: SmallWorld) -> None:
    table = world.client.internet.routes
    for route in [route for route in table if route.length == 0]:
        table.remove(route)

    async def ask() -> None:
        with pytest.raises(OSError, match="unreachable") as caught:
            await asyncio.open_connection("192.0.2.1", 80)
        assert caught.value.errno == errno.ENETUNREACH

    world.run(ask())


def test_a_silent_network_times_out(world: SmallWorld) -> None:
    world.r2.internet.hooks.forward.append(lambda passing: "swallowed")

    async def ask() -> float:
        with pytest.raises(TimeoutError) as caught:
            await asyncio.open_connection("server", 80)
        assert caught.value.errno == errno.ETIMEDOUT
        return asyncio.get_running_loop().time()

    assert 60 < world.run(ask()) < 400


def test_a_network_that_falls_silent_ends_in_a_timeout_on_both_sides(world: SmallWorld) -> None:
    ends = []

    async def talk(reader, writer) -> None:
        try:
            while True:
                writer.write(b"tick")
                await writer.drain()
                await asyncio.sleep(1)
        except OSError as error:
            ends.append(type(error))
            writer.close()

    async def listen() -> None:
        reader, writer = await asyncio.open_connection("server", 80)
        await reader.readexactly(4)
        world.r2.internet.hooks.forward.append(lambda passing: "swallowed")
        writer.write(b"x")
        with pytest.raises(TimeoutError):
            await reader.read()
        writer.close()

    world.spawn(serve(talk))
    world.run(listen(), limit_ns=7200 * 10**9)
    world.run(asyncio.sleep(60))
    assert [issubclass(end, TimeoutError) for end in ends] == [True]


def test_a_cut_line_is_reported_by_the_router_before_it(world: SmallWorld) -> None:
    world.line.cut()

    async def ask() -> None:
        with pytest.raises(OSError, match="No route to host") as caught:
            await asyncio.open_connection("server", 80)
        assert caught.value.errno == errno.EHOSTUNREACH

    world.run(ask())


def test_a_reset_is_an_error_of_the_reader(world: SmallWorld) -> None:
    async def slam(reader, writer) -> None:
        await reader.readline()
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.close()

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("server", 80)
        writer.write(b"hello\n")
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()

    world.spawn(serve(slam))
    world.run(ask())


@pytest.mark.row("B25")
def test_unread_text_makes_the_end_a_reset(world: SmallWorld) -> None:
    async def leave(reader, writer) -> None:
        writer.transport.pause_reading()
        await asyncio.sleep(1)
        writer.close()

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("server", 80)
        writer.write(b"hello\n")
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()

    world.spawn(serve(leave))
    world.run(ask())


def test_abort_without_unread_text_is_an_end_in_good_order(world: SmallWorld) -> None:
    """As everywhere: closing a descriptor sends FIN; only unread text makes it a RST."""

    async def leave(reader, writer) -> None:
        await reader.readline()
        writer.transport.abort()

    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection("server", 80)
        writer.write(b"hello\n")
        rest = await reader.read()
        writer.close()
        return rest

    world.spawn(serve(leave))
    assert world.run(ask()) == b""


def test_writing_to_a_connection_that_the_peer_has_left_fails(world: SmallWorld) -> None:
    async def leave(reader, writer) -> None:
        writer.close()

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("server", 80)
        await reader.read()

        async def insist() -> None:
            for _ in range(10):
                writer.write(b"is anybody there?")
                await writer.drain()
                await asyncio.sleep(0.1)

        with pytest.raises(ConnectionResetError):
            await insist()
        writer.close()

    world.spawn(serve(leave))
    world.run(ask())


def test_a_server_closes_and_its_port_is_free_again(world: SmallWorld) -> None:
    async def cycle() -> None:
        for _ in range(3):
            server = await asyncio.start_server(echo, port=80)
            assert [sock.getsockname() for sock in server.sockets] == [("0.0.0.0", 80)]
            server.close()
            await server.wait_closed()

    world.run(cycle(), world.server)


def test_two_servers_cannot_have_one_port(world: SmallWorld) -> None:
    async def twice() -> None:
        async with await asyncio.start_server(echo, port=80):
            with pytest.raises(OSError, match="in use") as caught:
                await asyncio.start_server(echo, port=80)
            assert caught.value.errno == errno.EADDRINUSE

    world.run(twice(), world.server)


def test_a_server_on_several_addresses_of_its_host(world: SmallWorld) -> None:
    async def run() -> list[tuple]:
        async with await asyncio.start_server(echo, ["127.0.0.1", SERVER], 80) as server:
            names = [sock.getsockname() for sock in server.sockets]
            for address, _ in names:
                reader, writer = await asyncio.open_connection(address, 80)
                writer.write(b"x")
                assert await reader.read(1) == b"x"
                writer.close()
        return names

    assert world.run(run(), world.server) == [("127.0.0.1", 80), (SERVER, 80)]


def test_loopback_and_localhost(world: SmallWorld) -> None:
    async def run() -> float:
        async with await asyncio.start_server(echo, "localhost", 8080):
            reader, writer = await asyncio.open_connection("localhost", 8080)
            writer.write(b"to myself")
            writer.write_eof()
            assert await reader.read() == b"to myself"
            writer.close()
            await writer.wait_closed()
        return asyncio.get_running_loop().time()

    assert world.run(run()) < 0.1


def test_a_fixed_local_port(world: SmallWorld) -> None:
    async def run() -> None:
        _reader, writer = await asyncio.open_connection("server", 80, local_addr=("0.0.0.0", 5555))
        assert writer.get_extra_info("sockname") == (CLIENT, 5555)
        writer.close()

    world.spawn(serve(echo))
    world.run(run())


def test_hundreds_of_connections_at_once(world: SmallWorld) -> None:
    async def one(number: int) -> int:
        reader, writer = await asyncio.open_connection("server", 80)
        writer.write(b"%d\n" % number)
        line = await reader.readline()
        writer.close()
        await writer.wait_closed()
        return int(line)

    async def all_of_them() -> list[int]:
        return await asyncio.gather(*(one(number) for number in range(300)))

    world.spawn(serve(echo, backlog=1000))
    assert world.run(all_of_them()) == list(range(300))


def test_sendfile_falls_back_to_reading_and_writing(world: SmallWorld, tmp_path) -> None:
    text = bytes(range(256)) * 1000
    (tmp_path / "file").write_bytes(text)

    async def give(reader, writer) -> None:
        with (tmp_path / "file").open("rb") as file:
            await asyncio.get_running_loop().sendfile(writer.transport, file)
        writer.close()

    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection("server", 80)
        got = await reader.read()
        writer.close()
        return got

    world.spawn(serve(give))
    assert world.run(ask()) == text


def test_two_applications_of_one_host_do_not_see_each_other(world: SmallWorld) -> None:
    """Nothing is shared but the stack: a name that only one host knows is unknown on the other."""
    world.client.hosts_table["secret"] = [SERVER]

    async def reach() -> None:
        _reader, writer = await asyncio.open_connection("secret", 80)
        writer.close()

    world.spawn(serve(echo))
    world.run(reach(), world.client)
    with pytest.raises(OSError, match="not known"):
        world.run(reach(), world.server)


def test_code_without_a_host_is_told_so(world: SmallWorld) -> None:
    async def reach() -> None:
        await asyncio.open_connection("server", 80)

    with pytest.raises(RuntimeError, match="runs on no host"):
        world.loop.run(reach(), None)


def test_a_protocol_callback_runs_on_the_host_that_made_it(world: SmallWorld) -> None:
    from michinori.aio import CURRENT_HOST

    seen = []

    class Protocol(asyncio.Protocol):
        def connection_made(self, transport) -> None:
            seen.append(CURRENT_HOST.get())
            transport.write(b"x")

        def data_received(self, data) -> None:
            seen.append(CURRENT_HOST.get())

        def eof_received(self) -> bool:
            seen.append(CURRENT_HOST.get())
            return False

        def connection_lost(self, error) -> None:
            seen.append(CURRENT_HOST.get())

    async def run() -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(Protocol, "server", 80)
        await asyncio.sleep(1)
        transport.write_eof()
        await asyncio.sleep(1)

    world.spawn(serve(echo))
    world.run(run())
    assert seen == [world.client] * 4


def test_waiting_for_what_never_comes_is_stuck(world: SmallWorld) -> None:
    async def quiet(reader, writer) -> None:
        await reader.read()

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("server", 80)
        with closing(writer):  # or the collector finds it open
            await reader.readline()

    world.spawn(serve(quiet), name="the server")
    with pytest.raises(Stuck) as caught:
        world.run(ask())
    told = str(caught.value)
    assert "task 'ask' on client waits for StreamReader" in told
    assert "tcp 10.0.1.1:" in told
    assert "10.0.3.2:80 (test_streams.py line" in told
    assert "task 'the server' on server waits for" in told
