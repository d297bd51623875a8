"""Connections: kept, shared out, bounded, replaced."""

from __future__ import annotations

import asyncio

import pytest
from tests.http.wires import peer, run, served

from michinori.http import Client, Request, ServerLimits, ServerRequest, ServerResponse, Timeouts, urls
from michinori.http.errors import ClientClosed, Disconnected, TimedOut


def test_one_connection_for_one_after_the_other() -> None:
    peers = set()

    async def who(request: ServerRequest) -> ServerResponse:
        peers.add(request.peer_address)
        return ServerResponse(200, {}, b"x")

    async def main() -> None:
        async with served(who) as (server, url), Client() as client:
            for _ in range(5):
                await client.fetch(Request.get(url))
            assert (len(peers), server.connections) == (1, 1)

    run(main())


def test_six_to_an_origin_and_not_one_more() -> None:
    busy, most, ports = 0, 0, set()

    async def slow(request: ServerRequest) -> ServerResponse:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        ports.add(request.peer_address[1])
        await asyncio.sleep(0.01)
        busy -= 1
        return ServerResponse(200, {}, b"x")

    async def main() -> None:
        async with served(slow) as (server, url), Client() as client:
            seen = []
            tasks = [asyncio.create_task(client.fetch(Request.get(url))) for _ in range(40)]
            while not all(task.done() for task in tasks):
                seen.append(server.connections)
                await asyncio.sleep(0.002)
            assert most == 6
            assert max(seen) == 6
            assert len(ports) == 6

    run(main())


def test_origins_do_not_share() -> None:
    async def hello(_: ServerRequest) -> ServerResponse:
        await asyncio.sleep(0.01)
        return ServerResponse(200)

    async def main() -> None:
        async with served(hello) as (one, url1), served(hello) as (two, url2), Client() as client:
            await asyncio.gather(*(client.fetch(Request.get(url)) for url in [url1, url2] * 8))
            assert (one.connections, two.connections) == (6, 6)

    run(main())


def test_who_is_more_urgent_waits_less() -> None:
    order: list[str] = []

    async def note(request: ServerRequest) -> ServerResponse:
        order.append(request.path)
        return ServerResponse(200)

    async def main() -> None:
        async with served(note) as (_, url), Client(per_origin=1) as client:
            names = [("/first", 9), ("/image1", 5), ("/image2", 5), ("/style", 1), ("/page", 0)]
            requests = [Request.get(url + name, priority=priority) for name, priority in names]
            await asyncio.gather(*(client.fetch(request) for request in requests))

    run(main())
    assert order == ["/first", "/page", "/style", "/image1", "/image2"]


def test_who_leaves_the_line_holds_nobody_up() -> None:
    async def slow(_: ServerRequest) -> ServerResponse:
        await asyncio.sleep(0.05)
        return ServerResponse(200)

    async def main() -> None:
        async with served(slow) as (_, url), Client(per_origin=1) as client:
            tasks = [asyncio.create_task(client.fetch(Request.get(url))) for _ in range(4)]
            await asyncio.sleep(0.02)
            tasks[1].cancel()
            await asyncio.sleep(0.04)
            tasks[2].cancel()
            assert (await tasks[0]).ok
            assert (await tasks[3]).ok
            assert client.pool.count(urls.parse(url).origin) == 1

    run(main())


def test_failing_to_connect_gives_the_place_free() -> None:
    async def main() -> None:
        async with peer(_nothing) as url:
            pass
        async with Client(per_origin=1) as client:
            results = await asyncio.gather(*(client.fetch(Request.get(url)) for _ in range(5)), return_exceptions=True)
            assert [type(result).__name__ for result in results] == ["ConnectFailed"] * 5
            assert client.pool.count(urls.parse(url).origin) == 0

    run(main())


async def _nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    return


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_closed_while_idle_is_noticed() -> None:
    async def hello(_: ServerRequest) -> ServerResponse:
        return ServerResponse(200)

    async def main() -> None:
        limits = ServerLimits(idle_s=5)
        async with served(hello, limits=limits) as (server, url), Client() as client:
            await client.fetch(Request.get(url))
            assert client.pool.count(urls.parse(url).origin) == 1
            await asyncio.sleep(6)
            assert client.pool.count(urls.parse(url).origin) == 0
            assert server.connections == 0
            assert (await client.fetch(Request.get(url))).ok

    run(main(), jump=True)


def test_idle_connections_are_closed_after_a_while() -> None:
    async def hello(_: ServerRequest) -> ServerResponse:
        return ServerResponse(200)

    async def main() -> None:
        async with served(hello) as (server, url), Client(idle_s=20) as client:
            await client.fetch(Request.get(url))
            await asyncio.sleep(19)
            assert server.connections == 1
            await asyncio.sleep(2)
            assert (server.connections, client.pool.count(urls.parse(url).origin)) == (0, 0)

    run(main(), jump=True)


class Fickle:
    """Answers the first request of a connection; at the second it hangs up without a word."""

    def __init__(self, *, always: bool = False) -> None:
        self.requests: list[bytes] = []
        self.always = always

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append((await reader.readuntil(b"\r\n\r\n"))[:5])
        if self.always and len(self.requests) > 1:
            return
        writer.write(OK)
        self.requests.append((await reader.readuntil(b"\r\n\r\n"))[:5])


@pytest.mark.parametrize("body", [None, b"data"])
def test_an_idempotent_request_is_tried_once_more(body: bytes | None) -> None:
    fickle = Fickle()

    async def main() -> None:
        async with peer(fickle) as url, Client() as client:
            assert (await client.fetch(Request.get(url))).ok
            response = await client.fetch(Request("PUT" if body else "GET", url, body=body))
            assert response.body == b"ok"

    run(main())
    assert len(fickle.requests) == 3


def test_a_post_is_not_tried_again() -> None:
    fickle = Fickle()

    async def main() -> None:
        async with peer(fickle) as url, Client() as client:
            assert (await client.fetch(Request.get(url))).ok
            with pytest.raises(Disconnected, match="before it answered"):
                await client.fetch(Request("POST", url, body=b"pay"))
            assert (await client.fetch(Request.get(url))).ok

    run(main())
    assert fickle.requests == [b"GET /", b"POST ", b"GET /"]


def test_nothing_is_tried_for_ever() -> None:
    fickle = Fickle(always=True)

    async def main() -> None:
        async with peer(fickle) as url, Client() as client:
            assert (await client.fetch(Request.get(url))).ok
            with pytest.raises(Disconnected):
                await client.fetch(Request.get(url))

    run(main())
    assert len(fickle.requests) == 3


def test_surplus_octets_cost_the_connection() -> None:
    count = 0

    async def chatty(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        await reader.read()

    async def main() -> None:
        async with peer(chatty) as url, Client() as client:
            for _ in range(3):
                assert (await client.fetch(Request.get(url))).body == b"ok"

    run(main())
    assert count == 3


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def _half_a_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    for _ in range(1000):
        writer.write(b"H")
        await asyncio.sleep(20)


async def _half_a_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel")
    await reader.read()


async def _drops(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Slow, but never still for long."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    for _ in range(100):
        writer.write(b"x")
        await asyncio.sleep(20)


@pytest.mark.parametrize(("play", "stage"), [(_silent, "wait"), (_half_a_body, "receive")])
def test_peers_that_stop_are_given_up(play: object, stage: str) -> None:
    async def main() -> None:
        async with peer(play) as url, Client(timeouts=Timeouts(head_s=30, idle_s=40)) as client:  # type: ignore[arg-type]
            began = asyncio.get_running_loop().time()
            with pytest.raises(TimedOut, match="allow more time") as caught:
                await client.fetch(Request.get(url))
            assert caught.value.stage == stage
            took = asyncio.get_running_loop().time() - began
            assert took == pytest.approx(30 if stage == "wait" else 40, abs=5)
            if stage == "receive":
                assert caught.value.octets == b"hel"

    run(main(), jump=True)


def test_a_peer_that_is_slow_is_waited_for() -> None:
    async def main() -> None:
        async with peer(_drops) as url, Client(timeouts=Timeouts(idle_s=30)) as client:
            assert (await client.fetch(Request.get(url))).body == b"x" * 100

    run(main(), jump=True)


def test_a_body_that_nobody_takes_is_given_up() -> None:
    async def main() -> None:
        async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(10_000)

        async with peer(deaf) as url, Client(timeouts=Timeouts(idle_s=30)) as client:
            with pytest.raises(TimedOut, match="send: nothing of the body got away within 30 s"):
                await client.fetch(Request("POST", url, body=bytes(50 << 20)))

    run(main(), jump=True)


def test_closing_turns_away_who_waits() -> None:
    async def main() -> None:
        asked = asyncio.Event()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            asked.set()
            await reader.read()

        async with peer(answer) as url:
            client = Client(per_origin=1)
            tasks = [asyncio.create_task(client.fetch(Request.get(url))) for _ in range(3)]
            await asked.wait()
            await client.aclose()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert [type(result) for result in results] == [Disconnected, ClientClosed, ClientClosed]

    run(main())
