"""Datagram endpoints of asyncio between two hosts."""

from __future__ import annotations

import asyncio
import errno
import socket

import pytest
from small_world import CLIENT, SERVER, SmallWorld


class Collector(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.received: list[tuple[bytes, tuple]] = []
        self.errors: list[OSError] = []
        self.lost: list[Exception | None] = []

    def connection_made(self, transport) -> None:
        self.transport = transport

    def datagram_received(self, data, addr) -> None:
        self.received.append((data, addr))

    def error_received(self, exc) -> None:
        self.errors.append(exc)

    def connection_lost(self, exc) -> None:
        self.lost.append(exc)


class Echo(Collector):
    def datagram_received(self, data, addr) -> None:
        super().datagram_received(data, addr)
        self.transport.sendto(data.upper(), addr)


async def open_endpoint(factory=Collector, **options):
    return await asyncio.get_running_loop().create_datagram_endpoint(factory, **options)


@pytest.mark.rfc("768", "0-5", "0-7")
def test_datagrams_there_and_back(world: SmallWorld) -> None:
    async def run() -> list:
        transport, client = await open_endpoint(remote_addr=("server", 7))
        for word in (b"one", b"two", b""):
            transport.sendto(word)
        await asyncio.sleep(1)
        assert transport.get_extra_info("peername") == (SERVER, 7)
        assert transport.get_extra_info("sockname")[0] == CLIENT
        transport.close()
        await asyncio.sleep(0)
        assert client.lost == [None]
        return client.received

    async def serve() -> None:
        await open_endpoint(Echo, local_addr=("0.0.0.0", 7))

    world.run(serve(), world.server)
    assert world.run(run()) == [(word, (SERVER, 7)) for word in (b"ONE", b"TWO", b"")]


@pytest.mark.rfc("768", "0-5")
def test_an_unconnected_endpoint_names_each_peer(world: SmallWorld) -> None:
    async def run() -> list:
        transport, client = await open_endpoint(local_addr=("0.0.0.0", 5000))
        transport.sendto(b"x", (SERVER, 7))
        transport.sendto(b"y", ("server", 7))
        await asyncio.sleep(1)
        transport.close()
        return client.received

    world.run(open_endpoint(Echo, local_addr=("0.0.0.0", 7)), world.server)
    assert world.run(run()) == [(b"X", (SERVER, 7)), (b"Y", (SERVER, 7))]


@pytest.mark.rfc("1122", "4.1.3.3-1")
def test_a_closed_port_is_told_to_a_connected_endpoint(world: SmallWorld) -> None:
    async def run() -> None:
        transport, client = await open_endpoint(remote_addr=("server", 9))
        transport.sendto(b"anybody?")
        await asyncio.sleep(1)
        assert [error.errno for error in client.errors] == [errno.ECONNREFUSED]
        assert isinstance(client.errors[0], ConnectionRefusedError)
        transport.close()

    world.run(run())


def test_an_unconnected_endpoint_hears_nothing_of_it(world: SmallWorld) -> None:
    async def run() -> None:
        transport, client = await open_endpoint(local_addr=("0.0.0.0", 0))
        transport.sendto(b"anybody?", (SERVER, 9))
        await asyncio.sleep(1)
        assert client.errors == []
        transport.close()

    world.run(run())


def test_a_datagram_larger_than_the_line_is_fragmented(world: SmallWorld) -> None:
    async def run() -> list[int]:
        transport, client = await open_endpoint(remote_addr=("server", 7))
        for size in (1472, 1473, 65507):
            transport.sendto(bytes(size))
            await asyncio.sleep(1)
        transport.sendto(bytes(65508))
        assert [error.errno for error in client.errors] == [errno.EMSGSIZE]
        transport.close()
        return [len(data) for data, _ in client.received]

    world.run(open_endpoint(Echo, local_addr=("0.0.0.0", 7)), world.server)
    assert world.run(run()) == [1472, 1473, 65507]


def test_a_reader_that_does_not_read_loses_datagrams(world: SmallWorld) -> None:
    """The receive buffer is bounded; TCP's window is not there to hold the sender back."""

    async def run() -> int:
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 10_000)
            sock.bind(("0.0.0.0", 7))
            await asyncio.sleep(5)
            got = 0
            try:
                while True:
                    sock.recvfrom(2000)
                    got += 1
            except BlockingIOError:
                pass
            assert loop.time() >= 5
        return got

    async def flood() -> None:
        transport, _ = await open_endpoint(remote_addr=("server", 7))
        for _ in range(100):
            transport.sendto(bytes(1000))
        transport.close()

    reader = world.spawn(run())
    world.run(flood())
    world.run(asyncio.sleep(10))
    assert reader.result() == 9


def test_broadcast_needs_leave_and_reaches_everybody(world: SmallWorld) -> None:
    async def listen() -> list:
        _, protocol = await open_endpoint(local_addr=("0.0.0.0", 67))
        await asyncio.sleep(5)
        return protocol.received

    async def call() -> None:
        transport, protocol = await open_endpoint(local_addr=("0.0.0.0", 68))
        transport.sendto(b"hello?", ("10.0.1.255", 67))
        assert [error.errno for error in protocol.errors] == [errno.EACCES]
        transport.close()
        transport, protocol = await open_endpoint(local_addr=("0.0.0.0", 69), allow_broadcast=True)
        transport.sendto(b"hello!", ("10.0.1.255", 67))
        transport.close()

    listener = world.spawn(listen(), world.r1)
    world.run(call())
    world.run(asyncio.sleep(6))
    assert listener.result() == [(b"hello!", (CLIENT, 69))]


def test_two_endpoints_cannot_have_one_port(world: SmallWorld) -> None:
    async def run() -> None:
        transport, _ = await open_endpoint(local_addr=("0.0.0.0", 7))
        with pytest.raises(OSError, match="in use") as caught:
            await open_endpoint(local_addr=("0.0.0.0", 7))
        assert caught.value.errno == errno.EADDRINUSE
        transport.close()
        await asyncio.sleep(0)
        again, _ = await open_endpoint(local_addr=("0.0.0.0", 7))
        again.close()

    world.run(run())


@pytest.mark.rfc("791", "3.3-1")
def test_a_foreign_address_cannot_be_bound(world: SmallWorld) -> None:
    async def run() -> None:
        with pytest.raises(OSError, match="assign") as caught:
            await open_endpoint(local_addr=("192.0.2.1", 7))
        assert caught.value.errno == errno.EADDRNOTAVAIL

    world.run(run())


def test_a_connected_endpoint_hears_its_peer_alone(world: SmallWorld) -> None:
    async def run() -> list:
        transport, client = await open_endpoint(local_addr=("0.0.0.0", 5000), remote_addr=("server", 7))
        stranger, _ = await open_endpoint(remote_addr=("127.0.0.1", 5000))
        stranger.sendto(b"psst")
        transport.sendto(b"x")
        await asyncio.sleep(1)
        transport.close()
        stranger.close()
        return client.received

    world.run(open_endpoint(Echo, local_addr=("0.0.0.0", 7)), world.server)
    assert world.run(run()) == [(b"X", (SERVER, 7))]


def test_a_protocol_that_trips_over_one_datagram_is_given_the_others(world: SmallWorld) -> None:
    class Tripping(Collector):
        def datagram_received(self, data, addr) -> None:
            super().datagram_received(data, addr)
            if len(self.received) == 1:
                raise ValueError("tripped")

    async def run() -> list[bytes]:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        transport, got = await open_endpoint(Tripping, local_addr=("127.0.0.1", 7))
        for word in (b"one", b"two", b"three"):
            transport.sendto(word, ("127.0.0.1", 7))
        await asyncio.sleep(1)
        transport.close()
        return [data for data, _ in got.received]

    assert world.run(run()) == [b"one", b"two", b"three"]
