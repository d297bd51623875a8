"""TLS over virtual connections, by asyncio's own SSLProtocol. RSA, whose handshakes have equal sizes in every run."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress

import pytest
import trustme
from small_world import SmallWorld


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.RSA)


@pytest.fixture(scope="module")
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("server", key_type=trustme.KeyType.RSA).configure_cert(context)
    return context


@pytest.fixture(scope="module")
def client_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def serve(handler, port: int = 443, **options) -> None:
    async with await asyncio.start_server(handler, port=port, **options) as server:
        await server.serve_forever()


def test_a_handshake_and_text_both_ways(world: SmallWorld, client_context, server_context) -> None:
    text = bytes(range(256)) * 2000

    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection("server", 443, ssl=client_context)
        assert writer.get_extra_info("ssl_object").version() == "TLSv1.3"
        assert writer.get_extra_info("peercert")["subjectAltName"] == (("DNS", "server"),)
        writer.write(text)
        got = await reader.readexactly(len(text))
        writer.close()
        await writer.wait_closed()
        return got

    world.spawn(serve(echo, ssl=server_context))
    assert world.run(ask()) == text


def test_a_name_that_is_not_in_the_certificate_is_refused(world: SmallWorld, client_context, server_context) -> None:
    world.client.hosts_table["impostor"] = world.client.hosts_table["server"]

    async def ask() -> None:
        with pytest.raises(ssl.SSLCertVerificationError, match="impostor"):
            await asyncio.open_connection("impostor", 443, ssl=client_context)

    world.spawn(serve(echo, ssl=server_context))
    world.run(ask())
    world.run(asyncio.sleep(1))


def test_a_handshake_with_nobody_times_out(world: SmallWorld, client_context) -> None:
    async def silent(reader, writer) -> None:
        await reader.read()
        writer.close()

    async def ask() -> float:
        with pytest.raises(ConnectionAbortedError, match="handshake is taking longer than 5"):
            await asyncio.open_connection("server", 443, ssl=client_context, ssl_handshake_timeout=5)
        return asyncio.get_running_loop().time()

    world.spawn(serve(silent))
    assert 5 < world.run(ask()) < 6


def test_plain_text_to_a_tls_port_ends_that_connection_alone(world: SmallWorld, client_context, server_context) -> None:
    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection("server", 443)
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        with suppress(ConnectionResetError):
            await reader.read()
        writer.close()
        reader, writer = await asyncio.open_connection("server", 443, ssl=client_context)
        writer.write(b"hello")
        got = await reader.readexactly(5)
        writer.close()
        return got

    world.spawn(serve(echo, ssl=server_context))
    assert world.run(ask()) == b"hello"


def test_start_tls_on_both_sides(world: SmallWorld, client_context, server_context) -> None:
    async def upgrade(reader, writer) -> None:
        assert await reader.readline() == b"STARTTLS\n"
        writer.write(b"go ahead\n")
        await writer.drain()
        await writer.start_tls(server_context)
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()

    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection("server", 25)
        writer.write(b"STARTTLS\n")
        assert await reader.readline() == b"go ahead\n"
        await writer.start_tls(client_context, server_hostname="server")
        assert writer.get_extra_info("ssl_object") is not None or writer.transport.get_extra_info("sslcontext")
        writer.write(b"secret\n")
        line = await reader.readline()
        writer.close()
        return line

    world.spawn(serve(upgrade, port=25))
    assert world.run(ask()) == b"SECRET\n"


def test_the_records_on_the_wire_are_tls(make_world: Callable[..., SmallWorld], client_context, server_context) -> None:
    def sizes() -> tuple[int, list[tuple[int, int]]]:
        world = make_world(record=True)

        async def ask() -> None:
            reader, writer = await asyncio.open_connection("server", 443, ssl=client_context)
            writer.write(b"a very secret word")
            await reader.readexactly(18)
            writer.close()
            await writer.wait_closed()

        world.spawn(serve(echo, ssl=server_context))
        world.run(ask())
        frames = [(event.t, event.data["octets"]) for event in world.events("link", "frame-sent", "client")]
        return world.queue.now_ns, frames

    first, second = sizes(), sizes()
    # Octets differ, since key exchange has real luck in it; times and sizes do not.
    assert first == second
