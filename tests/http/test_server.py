"""The server on loopback: framing, order, bounds, and how it ends."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.http.test_strict import BAD
from tests.http.wires import run, served
from webtalk import talk

from michinori.http import (
    Client,
    FileBody,
    Headers,
    HeadLimits,
    Refusal,
    Request,
    ServerLimits,
    ServerRequest,
    ServerResponse,
    StaticSite,
    VirtualHosts,
    serve,
)
from michinori.http.dates import parse_date

HEAD = b"HTTP/1.1\r\nHost: a.example\r\n"


async def echo(request: ServerRequest) -> ServerResponse:
    body = await request.read(1 << 20)
    trailers = request.trailers.get("X-Sum")
    return ServerResponse(
        200, {"X-Sum": trailers} if trailers else {}, f"{request.method} {request.path} ".encode() + body
    )


async def deaf(request: ServerRequest) -> ServerResponse:
    """Answers without looking at the body."""
    return ServerResponse(200, {}, request.path.encode())


def told(octets: bytes, handler: object = echo, *, piece: int = 0, end: bool = True, **limits: object) -> bytes:
    """What the server answers to these octets until it closes."""

    async def main() -> bytes:
        async with served(handler, limits=ServerLimits(**limits)) as (server, _):  # type: ignore[arg-type]
            return await talk(server.port, octets, piece=piece, end=end)

    return run(main(), jump=not end)


def statuses(answers: bytes) -> list[int]:
    return [int(code) for code in re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", answers)]


@pytest.mark.parametrize("piece", [0, 1, 2, 3, 4, 5, 7])
def test_pipelined_requests_are_answered_in_order(piece: int) -> None:
    octets = (
        b"GET /one " + HEAD + b"\r\n"
        b"POST /two " + HEAD + b"Content-Length: 5\r\n\r\nhello"
        b"POST /three " + HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x\r\nlo\r\n0\r\nX-Sum: 7\r\n\r\n"
        b"HEAD /four " + HEAD + b"\r\n"
        b"GET http://a.example/five?x " + HEAD + b"Connection: close\r\n\r\n"
    )
    answers = told(octets, piece=piece)
    assert statuses(answers) == [200] * 5
    bodies = [part.partition(b"\r\n\r\n")[2] for part in answers.split(b"HTTP/1.1 ")[1:]]
    assert bodies == [b"GET /one ", b"POST /two hello", b"POST /three hello", b"", b"GET /five "]
    assert b"X-Sum: 7\r\n" in answers


def test_behind_the_last_request_nothing_is_answered() -> None:
    octets = b"GET /last " + HEAD + b"Connection: close\r\n\r\nGET /never " + HEAD + b"\r\n"
    answers = told(octets)
    assert statuses(answers) == [200]
    assert answers.endswith(b"GET /last ")


def test_who_is_answered_before_all_of_the_last_body_has_come_gets_the_answer() -> None:
    """A connection that was closed at once would answer the rest by RST, and that would destroy the answer."""

    async def main() -> bytes:
        async with served(deaf) as (server, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"POST /x " + HEAD + b"Connection: close\r\nContent-Length: 200000\r\n\r\n")
            await asyncio.sleep(0.1)  # the answer is there
            for _ in range(10):
                writer.write(bytes(20_000))
                await asyncio.sleep(0.01)
            answer = await reader.read()
            writer.close()
            return answer

    answer = run(main())
    assert statuses(answer) == [200]
    assert answer.endswith(b"/x")


def test_what_every_answer_says() -> None:
    async def main() -> None:
        async with served(echo) as (server, _):
            answer = await talk(server.port, b"GET / " + HEAD + b"\r\n")
        head = answer.partition(b"\r\n\r\n")[0].decode()
        fields = dict(line.split(": ") for line in head.split("\r\n")[1:])
        assert head.startswith("HTTP/1.1 200 OK\r\n")
        assert parse_date(fields["Date"]) is not None
        assert (fields["Server"], fields["Content-Length"]) == ("Michinori", "6")

    run(main())


def test_http_1_0_gets_its_answer_and_a_close() -> None:
    async def stream(_: ServerRequest) -> ServerResponse:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"one "
            yield b"two"

        return ServerResponse(200, {}, pieces())

    answer = told(b"GET / HTTP/1.0\r\n\r\n", stream, end=False)
    assert answer.endswith(b"\r\n\r\none two")
    assert b"chunked" not in answer
    assert b"Connection: close" in answer
    assert told(b"GET / " + HEAD + b"\r\n", stream).endswith(b"\r\n\r\n4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n")


@pytest.mark.parametrize("name", BAD)
def test_bad_heads_are_answered_and_end_the_connection(name: str) -> None:
    octets, wanted = BAD[name]
    answers = told(octets + b"GET /smuggled " + HEAD + b"\r\n")
    assert statuses(answers) == [wanted]
    assert b"Connection: close" in answers


@pytest.mark.parametrize(
    "body",
    [b"x\r\n", b"5\r\nhello\n", b"5\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\nX : y\r\n\r\n", b"-1\r\n", b"5\r\nhel"],
)
def test_bad_bodies_are_answered_and_end_the_connection(body: bytes) -> None:
    octets = b"POST / " + HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + body
    assert statuses(told(octets)) == [400]
    assert statuses(told(octets + b"\r\nGET /smuggled " + HEAD + b"\r\n")) == [400]


def test_a_body_cut_off() -> None:
    assert statuses(told(b"POST / " + HEAD + b"Content-Length: 10\r\n\r\nhalf")) == [400]


def test_bounds_on_bodies() -> None:
    octets = b"POST / " + HEAD + b"Content-Length: 10\r\n\r\n0123456789"
    assert statuses(told(octets, body_octets=9)) == [413]
    chunked = b"POST / " + HEAD + b"Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n"
    assert statuses(told(chunked, body_octets=9)) == [413]
    assert statuses(told(chunked, body_octets=10)) == [200]


def test_bounds_on_heads() -> None:
    limits = HeadLimits(target_octets=100, field_octets=100, field_count=5)
    assert statuses(told(b"GET /" + b"a" * 200 + b" " + HEAD + b"\r\n", head=limits)) == [414]
    assert statuses(told(b"GET / " + HEAD + b"X: " + b"a" * 200 + b"\r\n\r\n", head=limits)) == [431]
    assert statuses(told(b"GET / " + HEAD + b"X: a\r\n" * 9 + b"\r\n", head=limits)) == [431]


def test_bodies_that_nobody_wanted() -> None:
    small = b"POST /one " + HEAD + b"Content-Length: 5\r\n\r\nhelloGET /two " + HEAD + b"\r\n"
    assert statuses(told(small, deaf)) == [200, 200]
    large = b"POST /one " + HEAD + b"Content-Length: 1000000\r\n\r\n" + bytes(1_000_000)
    assert statuses(told(large + b"GET /two " + HEAD + b"\r\n", deaf)) == [200]


def test_expecting_to_go_on() -> None:
    async def main() -> None:
        async with served(echo) as (server, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"POST / " + HEAD + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n")
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(b"hello")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(12) == b"POST / hello"
            writer.close()
        # Whoever does not want the body does not ask for it, and the connection ends.
        refused = await _ask(deaf, b"POST / " + HEAD + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        assert statuses(refused) == [200]
        assert b"Connection: close" in refused
        # Who sends the body at once need not be told; HTTP/1.0 does not know the word.
        sent = await _ask(echo, b"POST / " + HEAD + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\nhi")
        assert statuses(sent) == [200]
        old = await _ask(echo, b"POST / HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nhi")
        assert statuses(old) == [200]
        odd = await _ask(echo, b"POST / " + HEAD + b"Content-Length: 2\r\nExpect: tea\r\n\r\nhi")
        assert statuses(odd) == [417]

    run(main())


async def _ask(handler: object, octets: bytes) -> bytes:
    async with served(handler) as (server, _):  # type: ignore[arg-type]
        return await talk(server.port, octets)


def test_time_outs() -> None:
    head = b"GET / " + HEAD
    assert statuses(told(head, end=False)) == [408]
    assert statuses(told(b"POST / " + HEAD + b"Content-Length: 9\r\n\r\nhalf", end=False)) == [408]
    assert told(b"", end=False) == b""  # silent from the beginning: silently closed
    assert statuses(told(head + b"\r\n", end=False)) == [200]


def test_who_dribbles_a_head_is_cut_off_all_the_same() -> None:
    async def main() -> None:
        async with served(echo, limits=ServerLimits(head_s=30)) as (server, _):
            loop = asyncio.get_running_loop()
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            began = loop.time()
            answer = asyncio.create_task(reader.read())
            while not answer.done():
                writer.write(b"x")
                await asyncio.sleep(5)
            assert statuses(answer.result()) == [408]
            assert loop.time() - began == pytest.approx(35, abs=8)
            writer.close()

    run(main(), jump=True)


def test_a_reader_that_stops_is_cut_off() -> None:
    async def main() -> None:
        async def endless(_: ServerRequest) -> ServerResponse:
            async def pieces() -> AsyncIterator[bytes]:
                while True:
                    yield bytes(100_000)

            return ServerResponse(200, {}, pieces())

        async with served(endless, limits=ServerLimits(send_s=30)) as (server, _):
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(b"GET / " + HEAD + b"\r\n")
            await asyncio.sleep(1)
            assert server.connections == 1
            await asyncio.sleep(60)
            assert server.connections == 0
            writer.transport.abort()

    run(main(), jump=True)


def test_handlers_that_fail(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(request: ServerRequest) -> ServerResponse:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"one"
            raise LookupError("half way")

        match request.path:
            case "/early":
                raise LookupError("at once")
            case "/late":
                return ServerResponse(200, {}, pieces())
            case "/short":
                return ServerResponse(200, {"Content-Length": "9"}, b"short")
            case "/header":
                return ServerResponse(200, {"X": "a\r\nb"}, b"")
            case _:
                raise Refusal(404, "Not <here>.", {"X-Why": "no"})

    with caplog.at_level(logging.CRITICAL, logger="michinori.http"):
        early = told(b"GET /early " + HEAD + b"\r\nGET /gone " + HEAD + b"\r\n", broken)
        assert statuses(early) == [500, 404]
        assert b"at once" not in early
        assert b"<p>Not &lt;here&gt;.</p>" in early
        assert b"X-Why: no" in early
        header = told(b"GET /header " + HEAD + b"\r\nGET /gone " + HEAD + b"\r\n", broken)
        assert statuses(header) == [500, 404]
        short = told(b"GET /short " + HEAD + b"\r\nGET /gone " + HEAD + b"\r\n", broken)
        assert statuses(short) == [500, 404]  # nothing had been sent yet
        answer = _until_reset(b"GET /late " + HEAD + b"\r\n", broken)
        assert not answer.endswith(b"0\r\n\r\n")


def _until_reset(octets: bytes, handler: object) -> bytes:
    async def main() -> bytes:
        async with served(handler) as (server, _):  # type: ignore[arg-type]
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(octets)
            answer = b""
            try:
                while piece := await reader.read(1000):
                    answer += piece
            except ConnectionResetError:
                pass
            writer.close()
            return answer

    return run(main())


def test_the_last_answer_is_not_lost_to_a_reset() -> None:
    """The client goes on sending after it was refused; it must still be able to read why."""

    async def main() -> None:
        async with served(deaf) as (server, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")  # no Host
            for _ in range(20):
                writer.write(bytes(5000))
                await asyncio.sleep(0.002)
            assert statuses(await reader.read()) == [400]
            writer.close()

    run(main())


class _AtOnce:
    """Answers without waiting."""

    def __init__(self, octets: int) -> None:
        self._octets = octets

    async def __call__(self, request: ServerRequest) -> ServerResponse:
        raise AssertionError("nothing is left to do")

    def at_once(self, request: ServerRequest) -> ServerResponse:
        return ServerResponse(200, {}, bytes(self._octets))


def test_an_answer_given_at_once_is_the_last_if_that_is_asked() -> None:
    asked = b"GET /one " + HEAD + b"Connection: close\r\n\r\nGET /two " + HEAD + b"\r\n"
    for end in (True, False):  # who stays is closed after a while
        answer = told(asked, _AtOnce(5), end=end)
        assert statuses(answer) == [200]
        assert answer.endswith(b"\r\nContent-Length: 5\r\nConnection: close\r\n\r\n" + bytes(5))


def test_an_answer_at_once_that_cannot_stand_on_the_wire_is_the_servers_error(caplog: pytest.LogCaptureFixture) -> None:
    class Wrong:
        async def __call__(self, request: ServerRequest) -> ServerResponse:
            raise AssertionError("asked at once")

        def at_once(self, request: ServerRequest) -> ServerResponse:
            return ServerResponse(200, {"X-Lines": "one\r\nX-Two: two"})

    assert statuses(told(b"GET / " + HEAD + b"\r\n", Wrong())) == [500]
    assert "malformed" in caplog.text


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_the_own_end_of_a_connection(host: str) -> None:
    async def own(request: ServerRequest) -> ServerResponse:
        return ServerResponse(200, {}, repr(request.own_address).encode())

    async def main() -> None:
        async with await serve(own, host, 0) as server:
            answer = await talk(server.port, b"GET / " + HEAD + b"\r\n")
            assert answer.endswith(repr(("127.0.0.1", server.port)).encode())

    run(main())


def test_who_never_takes_the_last_answer_is_cut_off() -> None:
    async def main() -> None:
        async with served(_AtOnce(50_000_000), limits=ServerLimits(linger_s=3, send_s=20)) as (server, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"GET / " + HEAD + b"Connection: close\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(19)
            assert server.connections == 1
            await asyncio.sleep(3)
            assert server.connections == 0
            with pytest.raises(ConnectionResetError):
                await reader.read()
            writer.close()

    run(main(), jump=True)


def test_files_are_streamed_and_closed(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(range(256)) * 4096)
    files = []

    async def send(_: ServerRequest) -> ServerResponse:
        file = path.open("rb")
        files.append(file)
        return ServerResponse(200, {}, FileBody(file, [b"<", (256, 1 << 19), b"|", (0, 3), b">"]))

    async def main() -> None:
        async with served(send) as (_, url), Client() as client:
            response = await client.fetch(Request.get(url))
            assert response.body == b"<" + path.read_bytes()[256 : 256 + (1 << 19)] + b"|\0\1\2>"
            assert (await client.fetch(Request("HEAD", url))).headers.get("Content-Length") == str((1 << 19) + 6)

    run(main())
    assert all(file.closed for file in files)


def test_trailers_are_sent() -> None:
    async def send(_: ServerRequest) -> ServerResponse:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"x"

        return ServerResponse(200, {"Trailer": "X-Sum"}, pieces(), trailers=Headers({"X-Sum": "7"}))

    async def main() -> None:
        async with served(send) as (_, url), Client() as client:
            assert list((await client.fetch(Request.get(url))).trailers) == [("X-Sum", "7")]

    run(main())


def test_closing_lets_answers_be_finished() -> None:
    async def slow(_: ServerRequest) -> ServerResponse:
        await asyncio.sleep(0.1)
        return ServerResponse(200, {}, b"done")

    async def main() -> None:
        async with served(slow) as (server, url), Client() as client:
            idle, _ = await asyncio.open_connection("127.0.0.1", server.port)
            task = asyncio.create_task(client.fetch(Request.get(url)))
            await asyncio.sleep(0.05)
            await server.aclose()
            response = await task
            assert (response.body, response.headers.get("Connection")) == (b"done", "close")
            assert await idle.read() == b""
            assert server.connections == 0
            _.close()

    run(main())


def test_closing_drops_what_takes_too_long() -> None:
    async def endless(_: ServerRequest) -> ServerResponse:
        await asyncio.sleep(1000)
        return ServerResponse(200)

    async def main() -> None:
        async with served(endless) as (server, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"GET / " + HEAD + b"\r\n")
            await asyncio.sleep(0.05)
            await server.aclose(grace_s=0.05)
            assert server.connections == 0
            with pytest.raises(ConnectionResetError):
                await reader.read()
            writer.close()

    run(main())


def test_a_peer_that_resets_is_no_error() -> None:
    async def main() -> None:
        async with served(echo) as (server, _):
            for octets in (b"", b"GET ", b"POST / " + HEAD + b"Content-Length: 9\r\n\r\nhalf"):
                sock = socket.create_connection(("127.0.0.1", server.port))
                sock.sendall(octets)
                await asyncio.sleep(0.01)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                sock.close()
            await asyncio.sleep(0.05)
            assert server.connections == 0

    run(main())


def test_connect_is_nothing_for_a_server_of_pages() -> None:
    answers = told(
        b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\nGET / " + HEAD + b"\r\n", StaticSite(".")
    )
    assert statuses(answers)[0] == 405


def test_virtual_hosts() -> None:
    def site(name: str) -> object:
        async def handler(_: ServerRequest) -> ServerResponse:
            return ServerResponse(200, {}, name.encode())

        return handler

    hosts = VirtualHosts({"A.example": site("a"), "b.example.": site("b")})  # type: ignore[dict-item]

    def ask(host: bytes, target: bytes = b"/") -> bytes:
        return told(b"GET " + target + b" HTTP/1.1\r\nHost: " + host + b"\r\n\r\n", hosts)

    assert ask(b"a.example").endswith(b"\r\n\r\na")
    assert ask(b"B.Example:8080").endswith(b"\r\n\r\nb")
    assert ask(b"b.example.").endswith(b"\r\n\r\nb")
    assert ask(b"a.example", b"http://a.example/").endswith(b"\r\n\r\na")
    assert statuses(ask(b"c.example")) == [421]
    assert statuses(ask(b"[::1]:80")) == [421]


PHRASES = st.binary(max_size=60) | st.sampled_from([b"GET / " + HEAD + b"\r\n", b"\r\n", b"0\r\n\r\n", HEAD])


@settings(max_examples=60)
@given(st.lists(PHRASES, max_size=6))
def test_garbage_never_hangs_nor_breaks_the_server(parts: list[bytes]) -> None:
    octets = b"".join(parts)
    for before in (b"", b"POST / " + HEAD + b"Transfer-Encoding: chunked\r\n\r\n"):
        answers = told(before + octets)
        assert set(statuses(answers)) <= {200, 400, 405, 413, 414, 417, 431, 501, 505}


def test_what_was_opened_is_closed_when_the_next_place_cannot_be_had() -> None:
    async def main() -> tuple[int, int]:
        good = socket.create_server(("127.0.0.1", 0))
        wrong = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with wrong, pytest.raises(ValueError, match="Stream Socket"):
            await serve(echo, sockets=[good, wrong])
        await asyncio.sleep(0)
        return good.fileno(), len(asyncio.all_tasks())

    assert run(main()) == (-1, 1)
