"""Answers that a handler writes itself."""

from __future__ import annotations

import asyncio
import gc
import logging
import weakref
from collections.abc import Awaitable, Callable

import pytest
from tests.http.wires import run, served
from webtalk import talk

from michinori.http import Direct, Refusal, Reply, ServerRequest, ServerResponse

ASK = b"GET /one HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET /two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


class Performed(Direct):
    def __init__(self, perform: Callable[[Reply], Awaitable[None]]) -> None:
        self._perform = perform

    async def perform(self, reply: Reply) -> None:
        await self._perform(reply)


def answers(perform: Callable[[Reply], Awaitable[None]], octets: bytes = ASK + LAST) -> bytes:
    async def handler(request: ServerRequest) -> ServerResponse:
        return Performed(perform)

    async def main() -> bytes:
        async with served(handler) as (server, _):
            return await talk(server.port, octets, end=False)

    return run(main())


def test_in_one_piece_and_in_several() -> None:
    counted: list[int] = []

    async def one(reply: Reply) -> None:
        reply.start(200, [(b"X-Y", b"z")])
        reply.write(b"hello")

    async def several(reply: Reply) -> None:
        reply.interim(103, [(b"Link", b"</a>")])
        reply.start(201, [(b"Connection", b"keep-alive"), (b"Transfer-Encoding", b"chunked")])
        for piece in (b"one", b"", b"two"):
            reply.write(piece, more=True)
            await reply.drain()
        reply.write(b"", trailers=[(b"X-Sum", b"6")])
        counted.append(reply.body_octets)

    said = answers(one)
    assert said.count(b"X-Y: z\r\nContent-Length: 5\r\n\r\nhello") == 1
    assert said.endswith(b"X-Y: z\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
    said = answers(several)
    assert said.startswith(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 201 Created\r\n")
    assert said.count(b"\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\nX-Sum: 6\r\n\r\n") == 2
    assert said.count(b"Transfer-Encoding") == 2
    old = answers(several, b"GET / HTTP/1.0\r\n\r\n")
    assert old.startswith(b"HTTP/1.1 201")
    assert old.endswith(b"Connection: close\r\n\r\nonetwo")
    assert counted == [6, 6, 6]  # as logs tell it: the framing of chunks is no part of the body


def test_a_closed_connection_waits_for_no_collector() -> None:
    """Thousands in a second would: nothing of a request may lead back to it."""
    ends: list[weakref.ref[object]] = []

    async def perform(reply: Reply) -> None:
        reply.start(200, [])
        reply.write(b"hello")

    async def handler(request: ServerRequest) -> ServerResponse:
        ends.append(weakref.ref(request._link))
        await request.read()
        return Performed(perform) if request.whole_path == "/one" else ServerResponse(200, (), b"hello")

    async def main() -> None:
        async with served(handler) as (server, _):
            for octets in (
                LAST,
                LAST.replace(b"two", b"one"),
                LAST.replace(b"GET /two", b"POST /one").replace(b"\r\n\r\n", b"\r\nContent-Length: 1\r\n\r\nx"),
            ):
                assert (await talk(server.port, octets, end=False)).endswith(b"hello")
            await server.aclose()
            await asyncio.sleep(0)
            assert [end() for end in ends] == [None] * 3

    gc.disable()
    try:
        run(main())
    finally:
        gc.enable()


def test_a_date_of_its_own_takes_the_place_of_ours() -> None:
    async def perform(reply: Reply) -> None:
        reply.start(204, [(b"Date", b"then"), (b"server", b"me"), (b"Content-Length", b"0")])
        reply.write(b"")

    said = answers(perform, LAST)
    assert said == b"HTTP/1.1 204 No Content\r\nDate: then\r\nserver: me\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    "field",
    [(b"a", b"b\r\nc: d"), (b"a", b"b\nc"), (b"a: b\r\nc", b"d"), (b"a b", b"c"), (b"", b"c"), (b"a", b"\0")],
)
def test_nobody_smuggles_a_line_into_the_head(field: tuple[bytes, bytes], caplog: pytest.LogCaptureFixture) -> None:
    async def perform(reply: Reply) -> None:
        reply.start(200, [field])
        reply.write(b"")

    with caplog.at_level(logging.CRITICAL, logger="michinori.http"):
        assert answers(perform, LAST).startswith(b"HTTP/1.1 500")


def test_lengths_must_be_right(caplog: pytest.LogCaptureFixture) -> None:
    async def short(reply: Reply) -> None:
        reply.start(200, [(b"Content-Length", b"5")])
        reply.write(b"four")

    async def nothing(reply: Reply) -> None:
        reply.start(200, [])

    async def no(reply: Reply) -> None:
        raise Refusal(403, "No.")

    with caplog.at_level(logging.CRITICAL, logger="michinori.http"):
        assert answers(short).count(b"HTTP/1.1 500") == 2
        assert answers(nothing).count(b"HTTP/1.1 500") == 2
    assert answers(no).count(b"HTTP/1.1 403") == 2


def test_what_goes_on_behind_its_answer_does_not_hold_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    async def main() -> bytes:
        release = asyncio.Event()

        async def perform(reply: Reply) -> None:
            reply.start(200, [])
            reply.write(b"now")
            await release.wait()
            done.append("then")
            raise LookupError("behind the answer")

        async def handler(request: ServerRequest) -> ServerResponse:
            return Performed(perform)

        async with served(handler) as (server, _):
            said = await talk(server.port, ASK + LAST, end=False)
            assert not done
            release.set()
        return said

    with caplog.at_level(logging.CRITICAL, logger="michinori.http"):
        assert run(main()).count(b"HTTP/1.1 200") == 2
    assert done == ["then", "then"]


def test_a_body_read_in_the_middle_keeps_the_connection() -> None:
    async def main() -> bytes:
        async def handler(request: ServerRequest) -> ServerResponse:
            async def perform(reply: Reply) -> None:
                body = await request.read()
                reply.start(200, [])
                reply.write(body)

            return Performed(perform)

        chunked = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        async with served(handler) as (server, _):
            return await talk(server.port, chunked + LAST, end=False)

    assert run(main()).count(b"HTTP/1.1 200") == 2
