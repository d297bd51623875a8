"""Plain HTTP where TLS is spoken: one clear answer, whoever asks for whatever; no loss for those who do it right."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
import webtalk

from michinori.http import ServerRequest, ServerResponse
from michinori.http.server import serve
from michinori.http.server_limits import ServerLimits

LOOPS = ("asyncio", "uvloop")
GET = b"GET /road?a=1 HTTP/1.1\r\nHost: www.example:8443\r\n\r\n"


async def hello(request: ServerRequest) -> ServerResponse:
    return ServerResponse(200, {}, request.scheme.encode())


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def context(ca: trustme.CA) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost", "127.0.0.1").configure_cert(made)
    return made


def run(main: Callable[[], Awaitable[Any]], loop: str = "asyncio") -> Any:
    factory = pytest.importorskip("uvloop").new_event_loop if loop == "uvloop" else None
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main())


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("piece", [0, 1])
def test_a_plain_request_is_told_where_to_go(context: ssl.SSLContext, loop: str, piece: int) -> None:
    log: list[tuple[str, str, int]] = []

    def note(peer: str, request: ServerRequest | None, status: int, _: int) -> None:
        log.append((peer, request.target if request else "", status))

    async def main() -> bytes:
        async with webtalk.served(hello, tls=context, log=note) as port:
            return await webtalk.talk(port, GET, end=False, piece=piece)

    answer = run(main, loop)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"\r\nConnection: close\r\n" in answer
    assert b"use https://www.example:8443/road?a=1</p>" in answer
    assert log == [("127.0.0.1", "/road?a=1", 400)]


@pytest.mark.parametrize(
    "octets",
    [
        b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n" + b"x" * 500_000,
        b"GET / HTTP/1.0\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"HELO me\r\n\r\n",
        b"G",
    ],
    ids=["HEAD", "PUT", "1.0", "OPTIONS", "HTTP/2", "SMTP", "a letter"],
)
def test_whatever_begins_with_a_letter_is_answered_though_its_sender_has_ended(
    context: ssl.SSLContext, octets: bytes
) -> None:
    async def main() -> bytes:
        async with webtalk.served(hello, tls=context) as port:
            return await webtalk.talk(port, octets)

    answer = run(main)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert octets.startswith(b"HEAD") or b"This port speaks TLS" in answer


@pytest.mark.parametrize("octets", [b"\x00\x01\x02", b"\x16\x03\x01\x00\x05hello", b"\x80\x2e\x01\x03\x01"])
def test_what_is_neither_is_left_to_tls(context: ssl.SSLContext, octets: bytes) -> None:
    async def main() -> bytes:
        async with webtalk.served(hello, tls=context) as port:
            return await webtalk.talk(port, octets)

    assert b"HTTP" not in run(main)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_handshake_in_single_octets_comes_to_its_end(context: ssl.SSLContext, ca: trustme.CA, loop: str) -> None:
    client = ssl.create_default_context()
    ca.configure_trust(client)

    def talk(port: int) -> bytes:
        """By hand, so that each octet of the handshake is a write of its own."""
        inside, outside = ssl.MemoryBIO(), ssl.MemoryBIO()
        spoken = client.wrap_bio(inside, outside, server_hostname="localhost")
        got = b""
        with socket.create_connection(("127.0.0.1", port)) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            asked = False
            while True:
                try:
                    if not asked:
                        spoken.do_handshake()
                        spoken.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                        asked = True
                    if not (piece := spoken.read(65536)):
                        return got
                    got += piece
                except ssl.SSLWantReadError:
                    for octet in outside.read():
                        sock.send(bytes([octet]))
                    came = sock.recv(65536)
                    inside.write(came) if came else inside.write_eof()

    async def main() -> bytes:
        async with webtalk.served(hello, tls=context) as port:
            return await asyncio.to_thread(talk, port)

    answer = run(main, loop)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"https")


def test_who_says_nothing_at_the_door_is_let_go_in_time(context: ssl.SSLContext) -> None:
    async def main() -> bytes:
        async with webtalk.served(hello, tls=context, limits=ServerLimits(head_s=0.05)) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                return await reader.read()
            finally:
                writer.close()
                await writer.wait_closed()

    assert run(main) == b""


def test_who_says_nothing_at_the_door_does_not_hold_up_the_end(context: ssl.SSLContext) -> None:
    async def main() -> None:
        server = await serve(hello, "127.0.0.1", 0, tls=context)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        async with asyncio.timeout(20):
            while not len(server.doors):  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0)
        await server.aclose(0)
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()

    run(main)


@pytest.mark.peer
def test_curl_is_told_and_then_gets_in(context: ssl.SSLContext, ca: trustme.CA, tmp_path: Path) -> None:
    curl = shutil.which("curl")
    assert curl, "install curl"
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))

    async def ask(*words: str) -> str:
        base = (curl or "", "--disable", "--silent", "--noproxy", "*", "--max-time", "20")
        process = await asyncio.create_subprocess_exec(*base, *words, stdout=asyncio.subprocess.PIPE)
        out, _ = await process.communicate()
        return out.decode()

    async def main() -> None:
        async with webtalk.served(hello, tls=context) as port:
            place = f"localhost:{port}/"
            said = await ask("--ipv4", f"http://{place}")
            assert f"use https://{place}</p>" in said
            again = said.partition("use ")[2].partition("<")[0]
            assert await ask("--ipv4", "--cacert", str(tmp_path / "ca.pem"), again) == "https"

    run(main)
