"""The client against scripted peers and against our own server, on loopback."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.http.wires import get, peer, run, says, served

from michinori.http import Bounds, Client, Headers, Request, Response, ServerRequest, ServerResponse, urls
from michinori.http.errors import (
    BadCoding,
    BadRedirect,
    ClientClosed,
    ConnectFailed,
    Disconnected,
    HttpError,
    IncompleteBody,
    NameNotResolved,
    ProtocolError,
    TooLarge,
    TooManyRedirects,
)

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n"


def fetched(answer: bytes, **how: object) -> Response:
    async def main() -> Response:
        async with peer(says(answer, **how)) as url:  # type: ignore[arg-type]
            response: Response = await get(url + "/")
            return response

    return run(main())


@pytest.mark.row("B4")
def test_the_octets_of_a_request() -> None:
    seen: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    async def main() -> None:
        async with peer(listen) as url, Client(headers=Headers({"User-Agent": "x"})) as client:
            fields = {"X-First": "1", "x-First": "2", "Accept-Encoding": "br"}
            await client.fetch(Request.get(f"{url}/a b?c=d#e", fields))
            await client.fetch(Request("POST", url, {"Content-Type": "text/plain"}, b"body"))

    run(main())
    host = seen[0].split(b"\r\n")[1]
    assert host.startswith(b"Host: 127.0.0.1:")
    assert seen[0] == (
        b"GET /a%20b?c=d HTTP/1.1\r\n" + host + b"\r\nX-First: 1\r\nx-First: 2\r\nAccept-Encoding: br\r\n"
        b"User-Agent: x\r\n\r\n"
    )
    assert b"POST / HTTP/1.1\r\n" in seen[1]
    assert b"\r\nContent-Length: 4\r\n\r\n" in seen[1]


@pytest.mark.parametrize("piece", [0, 1])
def test_an_answer_whole_and_octet_by_octet(piece: int) -> None:
    response = fetched(CHUNKED, piece=piece)
    assert (response.status, response.reason, response.body) == (200, "OK", b"hello")
    assert list(response.trailers) == [("X-Sum", "7")]


@pytest.mark.row("B24")
def test_content_is_decoded_on_the_way() -> None:
    coded = gzip.compress(b"hello " * 100, mtime=0)
    response = fetched(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + coded, piece=7)
    assert response.body == b"hello " * 100
    assert response.coded_octets == len(coded)


def test_interim_answers_are_kept() -> None:
    response = fetched(
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    )
    assert [(interim.status, interim.headers.get("Link")) for interim in response.interim] == [
        (103, "</a.css>; rel=preload")
    ]


def test_too_many_interim_answers() -> None:
    with pytest.raises(TooLarge, match="interim"):
        fetched(b"HTTP/1.1 102 Processing\r\n\r\n" * 101)


@pytest.mark.parametrize("then", ["close", "reset"])
def test_a_body_cut_off_keeps_what_came(then: str) -> None:
    with pytest.raises(IncompleteBody, match="after 4 of 10 octets") as caught:
        fetched(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", then=then)
    assert caught.value.octets == b"half"
    assert caught.value.partial is not None
    assert (caught.value.partial.status, caught.value.partial.body) == (200, b"half")


def test_a_corrupt_coding_keeps_what_came() -> None:
    coded = gzip.compress(b"hello", mtime=0)[:-4] + b"oops"
    with pytest.raises(BadCoding, match="corrupt") as caught:
        fetched(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(coded) + coded)
    assert caught.value.octets == b"hello"


def test_a_peer_that_is_silent_at_the_end() -> None:
    with pytest.raises(Disconnected, match="without a word"):
        fetched(b"")
    with pytest.raises(ProtocolError, match="inside the head"):
        fetched(b"HTTP/1.1 200 OK\r\nX: ")
    with pytest.raises(ProtocolError, match="check what listens"):
        fetched(b"220 mail.example ESMTP\r\n\r\n")


def test_bodies_kept_whole_are_bounded() -> None:
    async def main() -> None:
        client = Client(bounds=Bounds(body_octets=4000))
        async with peer(says(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(5000))) as url, client:
            with pytest.raises(TooLarge, match="4000 octets"):
                await client.fetch(Request.get(url))

    run(main())


async def echo(request: ServerRequest) -> ServerResponse:
    body = await request.read()
    return ServerResponse(200, {"X-Length": request.headers.get("Content-Length", "-")}, body)


async def pieces() -> AsyncIterator[bytes]:
    for number in range(100):
        yield b"%d," % number
        await asyncio.sleep(0)


def test_bodies_of_every_kind_arrive() -> None:
    large = bytes(range(256)) * 8000

    async def main() -> None:
        async with served(echo) as (_, url), Client() as client:
            for body in (b"", b"small", large):
                response = await client.fetch(Request("POST", url, body=body))
                assert response.body == body
                assert response.headers.get("X-Length") == str(len(body))
            response = await client.fetch(Request("POST", url, body=pieces()))
            assert response.body.startswith(b"0,1,2,")
            assert response.headers.get("X-Length") == "-"
            response = await client.fetch(Request("PUT", url, {"Expect": "100-continue"}, body=b"held back"))
            assert response.body == b"held back"
            assert [interim.status for interim in response.interim] == [100]
            assert client.pool.count(origin(url)) == 1

    run(main())


def origin(url: str) -> urls.Origin:
    return urls.parse(url).origin


def test_a_server_without_the_word_gets_the_body_after_a_while() -> None:
    async def main() -> None:
        async def stubborn(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(4) == b"body"
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        async with peer(stubborn) as url, Client() as client:
            response = await client.fetch(Request("POST", url, {"Expect": "100-continue"}, b"body"))
            assert response.ok

    run(main(), jump=True)


def test_an_answer_before_the_body_was_sent() -> None:
    """The server says no at once and reads nothing: the client must not wait until its body has got away."""

    async def main() -> None:
        no = says(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nno!", then="stay")
        async with peer(no) as url, Client() as client:
            response = await client.fetch(Request("POST", url, body=bytes(30 << 20)))
            assert (response.status, response.body) == (413, b"no!")

    run(main())


def test_a_body_that_fails_is_told_as_it_is() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"one"
        raise LookupError("the disk is gone")

    async def main() -> None:
        async with served(echo) as (_, url), Client() as client:
            with pytest.raises(LookupError, match="disk"):
                await client.fetch(Request("POST", url, body=broken()))
            with pytest.raises(ValueError, match="not the announced body"):
                await client.fetch(Request("POST", url, {"Content-Length": "1000"}, pieces()))

    run(main())


async def maze(request: ServerRequest) -> ServerResponse:
    match request.path:
        case "/loop":
            return ServerResponse(302, {"Location": "/loop2"})
        case "/loop2":
            return ServerResponse(302, {"Location": "/loop"})
        case "/ladder":
            return ServerResponse(302, {"Location": f"/ladder?{int(request.query or 0) + 1}"})
        case "/form":
            return ServerResponse(303, {"Location": "/end#there"})
        case "/again":
            return ServerResponse(307, {"Location": "/end"})
        case "/ftp":
            return ServerResponse(301, {"Location": "ftp://x.example/"})
        case _:
            return ServerResponse(200, {}, f"{request.method} {request.path} ".encode() + await request.read())


def test_redirects() -> None:
    async def main() -> None:
        async with served(maze) as (server, url), Client() as client:
            response = await client.fetch(Request("POST", url + "/form", {"Content-Type": "x"}, b"data"))
            assert response.body == b"GET /end "
            assert response.url == url + "/end#there"
            assert [(hop.status, hop.location) for hop in response.history] == [(303, url + "/end#there")]
            response = await client.fetch(Request("POST", url + "/again#here", body=b"data"))
            assert (response.body, response.url) == (b"POST /end data", url + "/end#here")
            with pytest.raises(TooManyRedirects, match=r"in a loop: \S+/loop2 → \S+/loop → \S+/loop2;") as caught:
                await client.fetch(Request.get(url + "/loop"))
            assert len(caught.value.hops) == 22
            with pytest.raises(TooManyRedirects, match=r"the last to \S+/ladder\?21;"):
                await client.fetch(Request.get(url + "/ladder"))
            with pytest.raises(BadRedirect, match="no http or https"):
                await client.fetch(Request.get(url + "/ftp"))
            with pytest.raises(BadRedirect, match="only once"):
                await client.fetch(Request("POST", url + "/again", body=pieces()))
            response = await client.fetch(Request.get(url + "/loop"), follow=False)
            assert response.status == 302
            assert server.connections <= 3  # the answers beside the locations were read, and the connection kept

    run(main())


def test_secrets_do_not_cross_origins() -> None:
    async def main() -> None:
        async def show(request: ServerRequest) -> ServerResponse:
            return ServerResponse(200, {}, request.headers.get("Authorization", "nothing").encode())

        async with served(show) as (_, other):

            async def lead(request: ServerRequest) -> ServerResponse:
                return ServerResponse(302, {"Location": other if request.path == "/out" else "/out"})

            async with served(lead) as (_, url), Client() as client:
                response = await client.fetch(Request.get(url + "/in", {"Authorization": "Basic secret"}))
                assert response.body == b"nothing"
                with_user = other.replace("http://", "http://us%40er:pw@")
                assert (await client.fetch(Request.get(with_user))).body == b"Basic dXNAZXI6cHc="

    run(main())


def test_streaming_and_leaving_early() -> None:
    async def main() -> None:
        async with served(maze) as (_, url), Client() as client:
            async with client.stream(Request.get(url + "/x")) as response:
                assert response.status == 200
                assert [piece async for piece in response] == [b"GET /x "]
                assert [piece async for piece in response] == []
            async with client.stream(Request.get(url + "/x")) as response:
                pass  # not read: the connection cannot be used again, and that is all
            assert (await client.fetch(Request.get(url + "/y"))).body == b"GET /y "

    run(main())


def test_not_decoding() -> None:
    async def main() -> None:
        coded = gzip.compress(b"x", mtime=0)
        answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + coded
        async with peer(says(answer)) as url, Client() as client:
            assert (await client.fetch(Request.get(url), decode=False)).body == coded
            assert (await client.fetch(Request.get(url))).body == b"x"

    run(main())


def test_nobody_listens() -> None:
    async def main() -> None:
        async with peer(says(b"")) as url:
            pass
        with pytest.raises(ConnectFailed, match="nothing listens there: start the server") as caught:
            await get(url)
        assert caught.value.errno
        assert (caught.value.layer, caught.value.stage) == ("tcp", "connect")

    run(main())


def test_a_name_that_is_not_there() -> None:
    async def main() -> None:
        with pytest.raises(NameNotResolved, match=r"the name 'no\.such\.invalid' has no address") as caught:
            await get("http://no.such.invalid/")
        assert caught.value.layer == "dns"

    run(main())


def test_a_closed_client() -> None:
    async def main() -> None:
        async with peer(says(b"", then="stay")) as url:
            client = Client()
            task = asyncio.create_task(client.fetch(Request.get(url)))
            await asyncio.sleep(0.05)
            await client.aclose()
            with pytest.raises(Disconnected):
                await task
            with pytest.raises(ClientClosed):
                await client.fetch(Request.get(url))

    run(main())


@settings(max_examples=40)
@given(st.binary(max_size=80), st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", CHUNKED[:47]]))
def test_garbage_never_hangs_nor_breaks_the_client(garbage: bytes, before: bytes) -> None:
    with suppress(HttpError):
        fetched(before + garbage)


def test_closing_while_a_name_is_asked_for() -> None:
    async def main() -> None:
        async def never(*_: object, **__: object) -> list[object]:
            await asyncio.sleep(1000)
            return []

        asyncio.get_running_loop().getaddrinfo = never  # type: ignore[assignment, method-assign]
        client = Client()
        task = asyncio.create_task(client.fetch(Request.get("http://a.example/")))
        await asyncio.sleep(0.01)
        await client.aclose()
        with pytest.raises(ClientClosed):
            await task

    run(main())


def test_cancelling_frees_the_connection() -> None:
    async def main() -> None:
        async with peer(says(b"", then="stay")) as url, Client(per_origin=1) as client:
            for _ in range(3):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await client.fetch(Request.get(url))
            assert client.pool.count(origin(url)) == 0

    run(main())
