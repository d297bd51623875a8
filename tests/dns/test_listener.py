"""The doors of a server over the sockets of the operating system: RFC 7766."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import dns.message
import dns.rcode
import pytest
from tests.dns.test_zones import TEXT

from michinori.dns.authoritative import AuthoritativeServer
from michinori.dns.listener import Client, Doors, Listener
from michinori.dns.zones import Zone

HOST = "127.0.0.1"


@asynccontextmanager
async def serving(server) -> AsyncIterator[tuple[str, int]]:
    """That server at a free port; its address."""
    task = asyncio.get_running_loop().create_task(server.serve(HOST, 0))
    try:
        async with asyncio.timeout(5):
            await server.ready.wait()
        yield server.addresses[0]
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def query(name: str = "www.shop.example.", number: int = 1) -> bytes:
    octets = dns.message.make_query(name, "A", id=number).to_wire()
    return len(octets).to_bytes(2, "big") + octets


async def read_message(reader: asyncio.StreamReader) -> dns.message.Message:
    async with asyncio.timeout(5):
        length = int.from_bytes(await reader.readexactly(2), "big")
        return dns.message.from_wire(await reader.readexactly(length))


def authoritative(**doors) -> AuthoritativeServer:
    return AuthoritativeServer([Zone.from_text(TEXT)], Doors(**doors))


def test_several_questions_on_one_connection_however_they_are_cut():
    async def main():
        async with serving(authoritative()) as address:
            reader, writer = await asyncio.open_connection(*address)
            octets = query(number=1) + query("no.www.shop.example.", 2) + query(number=3)
            for at in range(0, len(octets), 7):
                writer.write(octets[at : at + 7])
                await writer.drain()
                await asyncio.sleep(0)
            answers = [await read_message(reader) for _ in range(3)]
            writer.close()
            return [(answer.id, answer.rcode()) for answer in answers]

    assert asyncio.run(main()) == [(1, dns.rcode.NOERROR), (2, dns.rcode.NXDOMAIN), (3, dns.rcode.NOERROR)]


def test_answers_go_out_as_they_come_in_any_order():
    async def handle(octets: bytes) -> bytes:
        await asyncio.sleep(octets[0] / 1000)
        return octets

    async def main():
        async with serving(Listener(lambda octets, client: handle(octets))) as address:
            reader, writer = await asyncio.open_connection(*address)
            writer.write(b"\0\x01\x32" + b"\0\x01\x01")
            writer.write_eof()  # what was asked before is still answered
            got = await reader.read(100)
            while len(got) < 6:
                got += await reader.readexactly(6 - len(got))
            rest = await reader.read()
            writer.close()
            return got, rest

    assert asyncio.run(main()) == (b"\0\x01\x01\0\x01\x32", b"")


def test_an_idle_connection_is_closed_and_one_with_a_question_under_way_is_not():
    async def slow(octets: bytes) -> bytes:
        await asyncio.sleep(0.08)
        return octets

    async def main():
        listener = Listener(lambda octets, client: slow(octets), Doors(idle_s=0.02))
        async with serving(listener) as address, asyncio.timeout(5):
            idle, idle_writer = await asyncio.open_connection(*address)
            half, half_writer = await asyncio.open_connection(*address)
            busy, busy_writer = await asyncio.open_connection(*address)
            half_writer.write(b"\0\x09abc")
            busy_writer.write(b"\0\x01x")
            outcome = await idle.read(), await half.read(), await busy.read()
            for writer in (idle_writer, half_writer, busy_writer):
                writer.close()
            return outcome

    assert asyncio.run(main()) == (b"", b"", b"\0\x01x")


def test_there_are_not_more_connections_than_wanted():
    async def main():
        async with serving(authoritative(connections=1)) as address, asyncio.timeout(5):
            first, first_writer = await asyncio.open_connection(*address)
            first_writer.write(query())
            await read_message(first)
            second, second_writer = await asyncio.open_connection(*address)
            refused = await second.read()
            first_writer.write(query())
            again = await read_message(first)
            first_writer.close()
            second_writer.close()
            return refused, again.rcode()

    assert asyncio.run(main()) == (b"", dns.rcode.NOERROR)


def test_questions_beyond_the_bound_are_dropped():
    started = []

    async def never(octets: bytes) -> None:
        started.append(octets)
        await asyncio.get_running_loop().create_future()

    async def main():
        listener = Listener(lambda octets, client: never(octets), Doors(waiting=3))
        async with serving(listener) as address:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                for number in range(10):
                    client.sendto(bytes([number]), address)
            for _ in range(20):
                await asyncio.sleep(0.001)

    asyncio.run(main())
    assert len(started) == 3


def test_the_handler_knows_who_asks_and_how():
    seen: list[Client] = []

    def handle(octets: bytes, client: Client) -> bytes:
        seen.append(client)
        return octets

    async def main():
        async with serving(Listener(handle)) as address, asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(b"\0\x01x")
            await reader.readexactly(3)
            own = writer.get_extra_info("sockname")
            writer.close()
            return own, address

    own, address = asyncio.run(main())
    assert seen == [Client(own, "tcp", f"tcp {HOST}:{address[1]} {HOST}:{own[1]}")]


def test_a_client_that_resets_disturbs_nobody():
    async def main():
        async with serving(authoritative()) as address:
            for _ in range(3):
                with socket.create_connection(address) as rude:
                    rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    rude.sendall(query())
                await asyncio.sleep(0.001)
            reader, writer = await asyncio.open_connection(*address)
            writer.write(query())
            answer = await read_message(reader)
            writer.close()
            return answer.rcode()

    assert asyncio.run(main()) == dns.rcode.NOERROR


def test_an_address_that_is_taken_is_told_and_nothing_stays_open():
    async def main():
        async with serving(authoritative()) as address:
            with pytest.raises(OSError, match="in use"):
                await authoritative().serve(*address)
            with pytest.raises(OSError, match="in use"):
                await authoritative().serve(["127.0.0.2", HOST], address[1])
            # Both doors of the address that could be had are closed again.
            with socket.create_server(("127.0.0.2", address[1])), socket.socket(type=socket.SOCK_DGRAM) as datagrams:
                datagrams.bind(("127.0.0.2", address[1]))

    asyncio.run(main())


def test_it_serves_again_after_it_ended():
    async def main():
        server = authoritative()
        for _ in range(2):
            async with serving(server) as address:
                reader, writer = await asyncio.open_connection(*address)
                writer.write(query())
                assert (await read_message(reader)).rcode() == dns.rcode.NOERROR
                writer.close()
            assert server.addresses == []
            assert not server.ready.is_set()

    asyncio.run(main())


def test_a_connection_whose_room_is_taken_asks_no_further_question():
    asked = []

    async def main():
        begun = asyncio.Event()

        async def never(octets: bytes) -> bytes | None:
            begun.set()
            await asyncio.get_running_loop().create_future()
            return octets

        def handler(octets: bytes, client: Client):
            asked.append(octets)
            return never(octets)

        async with serving(Listener(handler, Doors(waiting_per_connection=1))) as address:
            _, writer = await asyncio.open_connection(*address)
            writer.write(query(number=1) + query(number=2))
            await begun.wait()
            await asyncio.sleep(0.01)
            writer.close()

    asyncio.run(main())  # what was begun and never awaited would be an error here
    assert len(asked) == 1
