"""Between a client and a real server: every octet passes at once, and both directions are kept."""

from __future__ import annotations

import asyncio
import json
import ssl
from pathlib import Path

import pytest
import trustme
from catching import GET, catching, server
from webtalk import run

from michinori.http.urls import parse
from michinori.server.catch import FolderKeeper, SingleFile
from michinori.server.catch.exchanges import Exchanges
from michinori.server.catch.settings import Forward

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


async def read_head(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


def to(port: int, **more: object) -> Forward:
    return Forward(parse(f"http://127.0.0.1:{port}"), **more)


@pytest.mark.row("A13")
def test_both_directions_are_kept(tmp_path: Path) -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await read_head(reader) == GET
        writer.write(ANSWER)
        await reader.read()  # keeps the connection: the catcher ends it, having seen a whole exchange

    async def main() -> None:
        keeper = SingleFile(tmp_path / "server_recv.txt", tmp_path / "server_sent.txt")
        async with server(peer) as port, catching(keeper, forward=to(port)) as one:
            assert await one.say(GET) == ANSWER
            assert (await one.outcome()).whole == 1

    run(main())
    assert (tmp_path / "server_recv.txt").read_bytes() == GET
    assert (tmp_path / "server_sent.txt").read_bytes() == ANSWER


@pytest.mark.row("A13")
def test_exchanges_of_one_connection_are_numbered_pairs(tmp_path: Path) -> None:
    head = b"HEAD /head HTTP/1.1\r\n\r\n"
    post = b"POST /post HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
    answers = [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\n\r\n",
    ]

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(answers[0])
        await read_head(reader)
        writer.write(answers[1][:25])
        assert await reader.readexactly(4) == b"body"
        writer.write(answers[1][25:])
        await read_head(reader)
        writer.write(answers[2])
        await reader.read()

    async def main() -> None:
        async with server(peer) as port, catching(FolderKeeper(tmp_path), count=3, forward=to(port)) as one:
            reader, writer = await one.connect()
            writer.write(head)
            assert await read_head(reader) == answers[0]
            writer.write(post)
            assert await read_head(reader) == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(b"body")
            assert await reader.readuntil(b"0\r\n\r\n") == answers[1][25:]
            writer.write(GET)
            assert await reader.read() == answers[2]
            writer.close()
            assert (await one.outcome()).whole == 3

    run(main())
    for number, request, answer in zip(range(1, 4), (head, post + b"body", GET), answers, strict=True):
        assert (tmp_path / f"{number:04}-server_recv.txt").read_bytes() == request
        assert (tmp_path / f"{number:04}-server_sent.txt").read_bytes() == answer
    lines = [json.loads(line) for line in (tmp_path / "requests.jsonl").read_text().splitlines()]
    assert [line["answer"]["status"] for line in lines] == [200, 200, 304]
    assert all(line["answer"]["whole"] for line in lines)


def test_octets_are_passed_on_at_once_and_not_gathered() -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(3):
            writer.write((await reader.readexactly(1)).upper())
        writer.close()

    async def main() -> None:
        async with server(peer) as port, catching(forward=to(port)) as one:
            reader, writer = await one.connect()
            for letter in (b"a", b"b", b"c"):  # no message at all, and yet each letter comes back
                writer.write(letter)
                assert await reader.readexactly(1) == letter.upper()
            assert await reader.read() == b""
            writer.close()
            await one.outcome()
            assert one.caught[0].octets == b"abc"
            assert one.caught[0].answer is not None
            assert one.caught[0].answer.octets == b"ABC"

    run(main())


def test_after_switching_protocols_all_belongs_to_one_exchange() -> None:
    switched = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(switched)
        assert await reader.readexactly(4) == b"GET "
        writer.write(b"HTTP/1.1 200 pong")

    async def main() -> None:
        async with server(peer) as port, catching(forward=to(port)) as one:
            reader, writer = await one.connect()
            writer.write(GET)
            assert await read_head(reader) == switched
            writer.write(b"GET ")
            assert await reader.read() == b"HTTP/1.1 200 pong"
            writer.close()
            await one.outcome()
            assert one.caught[0].octets == GET + b"GET "
            assert one.caught[0].answer is not None
            assert one.caught[0].answer.octets == switched + b"HTTP/1.1 200 pong"

    run(main())


def test_ten_megabytes_pass_both_ways_and_the_bound_only_limits_what_is_kept() -> None:
    size = 10_000_000
    body = bytes(range(250)) * (size // 250)

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        assert await reader.readexactly(size) == body
        writer.write(body)
        await writer.drain()
        await reader.read()

    async def main() -> None:
        async with server(peer) as port, catching(forward=to(port), bounds={"octets": 1_000_000}) as one:
            came = await one.say(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % size + body)
            assert came.endswith(body)
            await one.outcome()
            caught = one.caught[0]
            assert caught.why == caught.answer_why == "too-long"
            assert len(caught.octets) == 1_000_000
            assert not caught.whole

    run(main())


@pytest.mark.row("A13")
def test_https_to_the_server(tmp_path: Path) -> None:
    authority = trustme.CA()
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    authority.configure_trust(ours)

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nsecret way")

    async def main() -> None:
        async with server(peer, ssl=theirs) as port:
            url = parse(f"https://127.0.0.1:{port}")
            async with catching(forward=Forward(url, ours)) as one:
                assert await one.say(GET) == b"HTTP/1.0 200 OK\r\n\r\nsecret way"
                await one.outcome()
                assert one.caught[0].answer is not None
                assert one.caught[0].answer.done
            async with catching(forward=Forward(url, ssl.create_default_context())) as one:
                assert await one.say(GET) == b""
                await one.outcome()
                assert one.caught[0].answer_why == "no-server"
                assert "certificate" in str(dict(one.told)["no-server"]["error"])

    run(main())


def test_a_server_that_is_not_there_is_said_and_the_request_kept() -> None:
    async def main() -> None:
        async with catching(forward=to(1)) as one:
            assert await one.say(GET) == b""
            outcome = await one.outcome()
            assert one.caught[0].octets == GET
            assert one.caught[0].answer_why == "no-server"
            assert "refused" in str(dict(one.told)["no-server"]["error"])
            assert outcome.failure is None

    run(main())


def test_a_server_that_breaks_off_is_passed_on_too() -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(ANSWER[:-2])

    async def main() -> None:
        async with server(peer) as port, catching(forward=to(port)) as one:
            assert await one.say(GET) == ANSWER[:-2]
            await one.outcome()
            assert one.caught[0].answer_why == "ended"

    run(main())


def test_the_client_may_close_its_side_first() -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.read() == GET  # up to the end: the FIN came through
        writer.write(ANSWER)

    async def main() -> None:
        async with server(peer) as port, catching(forward=to(port)) as one:
            reader, writer = await one.connect()
            writer.write(GET)
            writer.write_eof()
            assert await reader.read() == ANSWER
            writer.close()
            assert (await one.outcome()).whole == 1

    run(main())


def test_an_interruption_keeps_both_directions() -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(ANSWER[:-2])
        await reader.read()

    async def main() -> None:
        async with server(peer) as port, catching(forward=to(port)) as one:
            reader, writer = await one.connect()
            writer.write(GET)
            await reader.readexactly(len(ANSWER) - 2)
            one.task.cancel()
            outcome = await one.outcome()
            writer.close()
            assert outcome.interrupted
            assert one.caught[0].answer is not None
            assert one.caught[0].answer.octets == ANSWER[:-2]
            assert one.caught[0].answer_why == "interrupted"

    run(main())


def test_pipelined_requests_find_their_answers() -> None:
    exchanges = Exchanges(1 << 20)
    exchanges.requested(b"HEAD /a HTTP/1.1\r\n\r\n" + GET, 0)
    assert (
        exchanges.answered(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 2", 1)[0].request.octets[:7]
        == b"HEAD /a"
    )
    done = exchanges.answered(b"04 No Content\r\n\r\n", 2)
    assert [bytes(one.request.octets) for one in done] == [GET]
    assert exchanges.empty


def test_an_answer_before_the_request_is_whole() -> None:
    exchanges = Exchanges(1 << 20)
    exchanges.requested(b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbo", 0)
    refused = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n"
    assert exchanges.answered(refused, 1) == []
    exchanges.requested(b"dy", 2)
    (one,) = exchanges.rest()
    assert one.done
    assert one.answer is not None
    assert bytes(one.answer.octets) == refused
