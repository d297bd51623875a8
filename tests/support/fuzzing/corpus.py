"""Frames of real journeys: handshakes with every option, text, SACK, Fast Open, ECN, fragments, ICMP, ARP, DNS."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import cache

import dns.message

from michinori import Machine, World
from michinori.sim import Nanos, Stream

#: Of the same journey more frames than this teach nothing new.
_MOST = 250


def _recorded(world: World) -> list[bytes]:
    """Frames that cross the lines of a world from now on."""
    frames: list[bytes] = []

    def look(frame: bytes, _leaves_ns: Nanos, _dice: Stream) -> None:
        if len(frames) < _MOST:
            frames.append(frame)

    for line in world.lines.values():
        line.cable.fault(look)
    return frames


async def _talk(server: Machine, octets: int, *, resets: bool = False) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):  # a reset may come, or be lost
            async with asyncio.timeout(30):
                writer.write(await reader.read(-1))
        writer.close()

    async def serve() -> None:
        async with await asyncio.start_server(answer, port=80) as listener:
            await listener.serve_forever()

    server.spawn(serve())
    with suppress(ConnectionRefusedError):
        await asyncio.open_connection(server.name, 81)
    for _ in range(2):  # the second time with the cookie of Fast Open
        reader, writer = await asyncio.open_connection(server.name, 80)
        writer.write(b"GET / HTTP/1.1\r\nHost: server\r\n\r\n" + bytes(octets))
        writer.write_eof()
        await reader.read(-1)
        if resets:
            writer.transport.abort()
        writer.close()
    await asyncio.sleep(60)  # until all is over at the server too


def _connections() -> list[bytes]:
    """TCP with every switch on, over a line that loses, doubles, turns around and marks."""
    frames: list[bytes] = []
    for tcp in ({"ecn": True, "fast_open": True, "user_timeout_option": True, "user_timeout_ns": 10**10}, {}):
        with World(1) as world:
            client, server = world.host("client", tcp=tcp), world.host("server", tcp=tcp)
            faults = ("loss 3%", "reorder 3% 5ms", "duplicate 2%")
            world.link(client, server, rate="5Mbit", delay="5ms", queue=20, mark=5, faults=faults)
            found = _recorded(world)
            world.run(_talk(server, 60_000, resets=bool(tcp)), on=client)
            frames += found
    return frames


async def _ask(client: Machine) -> None:
    """UDP that must be fragmented, a port where nobody listens, DNS questions and answers, pings."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("0.0.0.0", 5353))
    question = dns.message.make_query("www.michinori.example", "A", use_edns=True)
    answer = dns.message.make_response(question)
    for payload in (b"", b"hello", bytes(4000), question.to_wire(), answer.to_wire()):
        for port in (7, 53, 9):
            transport.sendto(payload, (socket.gethostbyname("server"), port))
            await asyncio.sleep(0.01)
    transport.close()


def _datagrams() -> list[bytes]:
    with World(2) as world:
        client, server, router = world.host("client"), world.host("server"), world.router("router")
        world.link(client, router, delay="1ms")
        world.link(router, server, delay="1ms", mtu=576)
        world.settle()
        found = _recorded(world)
        world.run(_ask(client), on=client)
        return found


@cache
def frames() -> tuple[bytes, ...]:
    """All of them, each once, in the order in which they were met."""
    made: tuple[Callable[[], list[bytes]], ...] = (_connections, _datagrams)
    return tuple(dict.fromkeys(frame for make in made for frame in make()))
