"""The same catcher and the same replaying on hosts of a virtual world."""

from __future__ import annotations

import asyncio

import pytest

from michinori import World
from michinori.http import Client, Request, Response, ServerRequest, ServerResponse, serve
from michinori.http.urls import parse
from michinori.server.catch import CatchBounds, Catcher, CatchSettings, Hello, InMemory, Outcome
from michinori.server.catch.settings import Forward
from michinori.server.replay import Replayed, ReplaySettings, replay


def go(seed: int) -> tuple[InMemory, Response, Replayed, bytes]:
    """A client asks a catcher, which stands before a server; what was caught is sent again to the server."""
    with World(seed=seed, record=True) as world:
        client, catcher, server, router = (world.host(name) for name in ("client", "catcher", "server", "plain"))
        router = world.router("r")
        for host in (client, catcher, server):
            world.link(host, router, rate="100Mbit", delay="5ms", loss="1%")
        kept = InMemory()

        async def answer(request: ServerRequest) -> ServerResponse:
            return ServerResponse(200, body=b"a page of the real server " * 1000)

        async def run_server() -> None:
            await (await serve(answer, port=80)).serve_forever()

        async def run_catcher() -> None:
            settings = CatchSettings(host=None, port=8080, forward=Forward(parse("http://server")))
            await Catcher(settings, kept, lambda *_, **__: None).run()

        async def ask() -> Response:
            async with Client() as http:
                return await http.fetch(Request.get("http://catcher:8080/"))

        async def again() -> Replayed:
            return await replay(kept.caught[0].octets, ["GET"], ReplaySettings(parse("http://server")))

        server.spawn(run_server())
        catcher.spawn(run_catcher())
        response = world.run(ask(), on=client)
        replayed = world.run(again(), on=client)
        trace = world.recorder
        assert trace is not None
        return kept, response, replayed, bytes(kept.caught[0].answer.octets if kept.caught[0].answer else b"")


@pytest.mark.row("A12")
def test_caught_forwarded_and_replayed_on_our_own_tcp_and_all_again_the_same() -> None:
    kept, response, replayed, sent = go(5)
    assert response.body == b"a page of the real server " * 1000
    assert kept.caught[0].whole
    assert kept.caught[0].octets.startswith(b"GET / HTTP/1.1\r\nHost: catcher:8080\r\n")
    assert sent.endswith(response.body)
    assert replayed.complete
    assert replayed.answers[0].body == response.body
    other_kept, _, other_replayed, other_sent = go(5)
    assert other_kept.caught[0].octets == kept.caught[0].octets
    assert other_sent == sent
    assert (replayed.connect_ns, replayed.first_ns, replayed.end_ns) == (
        other_replayed.connect_ns,
        other_replayed.first_ns,
        other_replayed.end_ns,
    )
    assert replayed.connect_ns >= 20_000_000


@pytest.mark.parametrize("host_name", [None, "server"])
def test_the_page_is_answered_there_too(host_name: str | None) -> None:
    with World(seed=0) as world:
        client, host = world.host("client"), world.host("server")
        world.link(client, host, rate="100Mbit", delay="5ms")
        kept = InMemory()

        async def catch() -> None:
            settings = CatchSettings(host=host_name, port=80, reply=Hello("ja"))
            await Catcher(settings, kept, lambda *_, **__: None).run()

        async def ask() -> Response:
            async with Client() as http:
                return await http.fetch(Request.get("http://server/"))

        host.spawn(catch())
        response = world.run(ask(), on=client)
    assert response.status == 200
    assert "ブラウザは、これを送りました".encode() in response.body
    assert response.headers.get("Date") == "Thu, 01 Jan 2026 00:00:00 GMT"
    assert kept.caught[0].began_ns // 10**9 == 1767225600


@pytest.mark.parametrize("pause_s", [0.1, 60.0], ids=["slow", "stopped"])
def test_a_slow_reader_gets_the_whole_reply_and_one_that_stops_is_cut_off(pause_s: float) -> None:
    reply = b"HTTP/1.1 200 OK\r\n\r\n" + bytes(5_000_000)
    linger_s = 1.0  # for so long nothing may go on
    with World(seed=0) as world:
        client, host = world.host("client"), world.host("server")
        world.link(client, host, rate="100Mbit", delay="5ms")

        async def catch() -> Outcome:
            settings = CatchSettings(
                host=None, port=80, reply=lambda _: reply, bounds=CatchBounds(again_s=0.0, linger_s=linger_s)
            )
            return await Catcher(settings, InMemory(), lambda *_, **__: None).run()

        async def read() -> int:
            reader, writer = await asyncio.open_connection("server", 80)
            writer.write(b"GET / HTTP/1.1\r\nHost: server\r\n\r\n")
            came = 0
            began_s = asyncio.get_running_loop().time()
            try:
                while piece := await reader.read(1 << 20):
                    came += len(piece)
                    await asyncio.sleep(pause_s)
            except ConnectionError:
                pass
            writer.close()
            assert asyncio.get_running_loop().time() - began_s > 3 * linger_s
            return came

        catching = host.spawn(catch())
        came = world.run(read(), on=client)
        assert world.run(asyncio.wait_for(catching, 60), on=host).whole == 1
    assert (came == len(reply)) is (pause_s < linger_s)
