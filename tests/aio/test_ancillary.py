"""What ``recvmsg`` tells beside a datagram and what ``sendmsg`` may ask for: addresses, TTL, TOS and IP options."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct

import pytest
from small_world import CLIENT, SERVER, SmallWorld

from michinori.aio import ancillary
from michinori.host.addresses import pack
from michinori.wire import ipv4
from michinori.wire.ipv4_options import RECORD_ROUTE, Route

SECOND = "10.0.3.77"
RECORD_FOUR = Route(RECORD_ROUTE, (bytes(4),) * 4).emit()


def datagram_socket(port: int = 0) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    if port:
        made.bind(("0.0.0.0", port))
    return made


def pktinfo(address: str, interface: int = 0) -> tuple[int, int, bytes]:
    return socket.IPPROTO_IP, ancillary.IP_PKTINFO, struct.pack("=i4s4s", interface, pack(address), bytes(4))


@pytest.mark.rfc("1122", "4.1.3.5-1", "4.1.3.5-2")
def test_a_server_on_all_addresses_answers_from_the_one_that_was_asked(world: SmallWorld) -> None:
    internet = world.server.internet
    internet.add_address(internet.interfaces[0], pack(SECOND), 24)
    seen = []

    async def serve() -> None:
        with datagram_socket(7) as server:
            server.setsockopt(socket.IPPROTO_IP, ancillary.IP_PKTINFO, 1)
            for _ in range(2):
                await asyncio.sleep(1)
                data, messages, flags, sender = server.recvmsg(100, 64)
                seen.append((data, messages, flags))
                server.sendmsg([data.upper(), b"!"], messages, 0, sender)

    async def ask() -> list:
        world.spawn(serve())
        with datagram_socket() as client:
            for name in (SERVER, SECOND):
                client.sendto(name.encode(), (name, 7))
                await asyncio.sleep(1)
            await asyncio.sleep(1)
            return [client.recvfrom(100) for _ in range(2)]

    assert world.run(ask()) == [(name.encode() + b"!", (name, 7)) for name in (SERVER, SECOND)]
    assert seen == [
        (name.encode(), [(socket.IPPROTO_IP, ancillary.IP_PKTINFO, struct.pack("=i", 2) + pack(name) * 2)], 0)
        for name in (SERVER, SECOND)
    ]


def test_what_nobody_asked_for_or_has_room_for_is_not_told(world: SmallWorld) -> None:
    async def run() -> list:
        with datagram_socket(7) as receiver, datagram_socket() as sender:
            told = []
            for option, room in ((None, 100), (ancillary.IP_RECVTOS, 100), (ancillary.IP_RECVTTL, 24)):
                if option is not None:
                    receiver.setsockopt(socket.IPPROTO_IP, option, 1)
                sender.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 0x10)
                sender.sendto(b"hello", (CLIENT, 7))
                await asyncio.sleep(0)
                await asyncio.sleep(0.1)
                told.append(receiver.recvmsg(2, room))
        return told

    plain, with_tos, cut = world.run(run())
    assert plain[:3] == (b"he", [], socket.MSG_TRUNC)
    assert with_tos[1] == [(socket.IPPROTO_IP, socket.IP_TOS, b"\x10")]
    assert cut[1] == [(socket.IPPROTO_IP, socket.IP_TTL, struct.pack("=i", 64))]
    assert cut[2] == socket.MSG_TRUNC | socket.MSG_CTRUNC


def test_a_source_that_is_not_ours_is_refused(world: SmallWorld) -> None:
    async def run() -> list[int | None]:
        said = []
        with datagram_socket() as sender:
            for message in (pktinfo("10.0.9.9"), (socket.IPPROTO_IP, 99, b"1234")):
                with pytest.raises(OSError, match="Invalid") as caught:
                    sender.sendmsg([b"hello"], [message], 0, (SERVER, 7))
                said.append(caught.value.errno)
            with pytest.raises(OSError, match=r".") as caught:
                sender.sendmsg([b"hello"], [pktinfo(CLIENT)])
            said.append(caught.value.errno)
        return said

    assert world.run(run()) == [errno.EINVAL, errno.EINVAL, errno.EDESTADDRREQ]


@pytest.mark.rfc("1122", "3.2.1.8-1", "3.4-1", "4.1.3.2-1", "4.1.3.2-2")
def test_ip_options_go_out_and_come_in(world: SmallWorld) -> None:
    async def run() -> tuple:
        world.spawn(serve())
        with datagram_socket() as client:
            client.sendto(b"plain", (SERVER, 7))
            client.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, RECORD_FOUR)
            assert client.getsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, 40) == RECORD_FOUR + b"\0"
            client.sendto(b"recorded", (SERVER, 7))
            client.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, b"")
            client.sendto(b"plain again", (SERVER, 7))
            await asyncio.sleep(2)

    came = []

    async def serve() -> None:
        with datagram_socket(7) as server:
            server.setsockopt(socket.IPPROTO_IP, ancillary.IP_RECVOPTS, 1)
            await asyncio.sleep(1)
            came.extend(server.recvmsg(100, 100)[:2] for _ in range(3))

    world.run(run())
    assert [data for data, _ in came] == [b"plain", b"recorded", b"plain again"]
    assert came[0][1] == came[2][1] == []
    ((level, kind, octets),) = came[1][1]
    assert (level, kind) == (socket.IPPROTO_IP, ancillary.IP_RECVOPTS)
    route = ipv4.parse_options(octets)[0]
    assert isinstance(route, Route)
    assert [address for address in route.addresses if any(address)] == [pack("10.0.2.1"), pack("10.0.3.1")]


@pytest.mark.parametrize("options", [b"\x83\x07\x04\x0a\x00\x01\x02", b"\x07\x02", bytes(44)])
def test_options_that_cannot_be_and_source_routes_are_refused(world: SmallWorld, options: bytes) -> None:
    async def run() -> None:
        with datagram_socket() as client, pytest.raises(OSError, match="Invalid"):
            client.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, options)

    world.run(run())


def test_a_stream_has_no_ancillary_data(world: SmallWorld) -> None:
    async def run() -> tuple:
        with socket.socket() as client:
            client.setblocking(False)
            with pytest.raises(OSError, match="not available"):
                client.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, RECORD_FOUR)
            await asyncio.get_running_loop().sock_connect(client, (SERVER, 80))
            assert client.sendmsg([b"he", b"llo"]) == 5
            await asyncio.sleep(1)
            return client.recvmsg(100, 100)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readexactly(5)).upper())
        writer.close()

    world.run(asyncio.start_server(serve, port=80), world.server)
    assert world.run(run()) == (b"HELLO", [], 0, None)
