"""Programs as people write them, over lines as they are."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc

import aiohttp
import httpx
import pytest
import uvicorn
import websockets
from aiohttp import web
from starlette.applications import Starlette
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from michinori import World


def star(world, *clients, **line):
    """These hosts and a server around a router; each has a line of that kind."""
    router, server = world.router("router"), world.host("server")
    world.link(router, server, rate="1Gbit", delay="1ms")
    hosts = [world.host(name) for name in clients]
    for host in hosts:
        world.link(host, router, **{"rate": "20Mbit", "delay": "10ms"} | line)
    return server, hosts


async def answer_lines(answer, port=80):
    async def converse(reader, writer):
        while line := await reader.readline():
            writer.write(answer(line))
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(converse, port=port) as listener:
        await listener.serve_forever()


def test_httpx_against_uvicorn_and_starlette_over_a_line_that_loses_one_frame_in_twenty():
    async def greet(request):
        return JSONResponse({"you": request.client.host, "sent": len(await request.body())})

    async def count(request):
        async def parts():
            for number in range(200):
                yield f"{number}\n" * 100
                await asyncio.sleep(0.01)

        return StreamingResponse(parts())

    app = Starlette(routes=[Route("/greet", greet, methods=["POST"]), Route("/count", count)])
    server_program = uvicorn.Server(uvicorn.Config(app, host="0.0.0.0", port=80, log_config=None))

    async def visit():
        async with httpx.AsyncClient(base_url="http://server", timeout=120) as client:
            answers = await asyncio.gather(*(client.post("/greet", content=bytes(20_000 * n)) for n in range(1, 11)))
            assert [answer.json()["sent"] for answer in answers] == [20_000 * n for n in range(1, 11)]
            counted = await client.get("/count")
            assert counted.text == "".join(f"{number}\n" * 100 for number in range(200))

    with World(seed=5) as world:
        server, (client,) = star(world, "client", loss="5%")
        server.spawn(server_program.serve())
        world.run(asyncio.sleep(1), on=client)
        world.run(visit(), on=client)
        assert world.now_ns > 2 * 10**9


def test_a_chat_of_twenty_over_websockets():
    names = [f"guest{number}" for number in range(20)]

    async def serve():
        async def welcome(socket):
            async for message in socket:
                websockets.broadcast(server.connections, message)

        async with websockets.serve(welcome, "0.0.0.0", 80) as server:
            await server.serve_forever()

    async def chat(name, everybody_is_here):
        async with websockets.connect("ws://server/") as socket:
            await everybody_is_here.wait()
            await socket.send(f"{name} says hello")
            return sorted([await socket.recv() for _ in names])

    with World(seed=2) as world:
        server, hosts = star(world, *names, loss="1%")
        server.spawn(serve())

        async def all_chat():
            everybody_is_here = asyncio.Barrier(len(names))
            return await asyncio.gather(*(host.spawn(chat(host.name, everybody_is_here)) for host in hosts))

        heard = world.run(all_chat(), on=server)
        assert heard == [sorted(f"{name} says hello" for name in names)] * len(names)


def test_a_slow_reader_slows_the_writer_down():
    """``drain`` waits in the end for the window of the peer, through aiohttp on both ends."""
    size = 8_000_000
    ahead = []

    async def send(request):
        response = web.StreamResponse()
        await response.prepare(request)
        loop = asyncio.get_running_loop()
        for at in range(0, size, 50_000):
            await response.write(bytes(50_000))
            ahead.append((loop.time(), at + 50_000))
        return response

    async def serve():
        app = web.Application()
        app.add_routes([web.get("/", send)])
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "0.0.0.0", 80).start()
        try:
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    async def read_slowly():
        loop = asyncio.get_running_loop()
        got = 0
        patience = aiohttp.ClientTimeout()
        async with aiohttp.ClientSession(timeout=patience) as session, session.get("http://server/") as response:
            async for piece in response.content.iter_chunked(50_000):
                got += len(piece)
                await asyncio.sleep(len(piece) / 100_000)  # 100 kB a second
                written = max((octets for when, octets in ahead if when <= loop.time()), default=0)
                assert written - got < size // 2
        return got

    with World() as world:
        server, (client,) = star(world, "client", rate="1Gbit")
        server.spawn(serve())
        assert world.run(read_slowly(), on=client) == size
        assert 75 < world.now_ns / 1e9 < 85


def test_a_server_that_never_reads_stops_its_client_until_the_timeout():
    async def keep(_, writer):
        await writer.wait_closed()

    async def serve():
        async with await asyncio.start_server(keep, port=80) as listener:
            await listener.serve_forever()

    async def push():
        _, writer = await asyncio.open_connection("server", 80)
        pushed = 0
        try:
            async with asyncio.timeout(300):
                while True:
                    writer.write(bytes(50_000))
                    pushed += 50_000
                    await writer.drain()
        except TimeoutError:
            return pushed
        finally:
            writer.transport.abort()

    with World() as world:
        server, (client,) = star(world, "client")
        server.spawn(serve())
        assert 200_000 < world.run(push(), on=client) < 2_000_000
        assert 300 <= world.now_ns / 1e9 < 301


def test_cancelling_in_the_middle_of_anything_leaves_a_world_that_works():
    async def ask(patience_s):
        try:
            async with asyncio.timeout(patience_s):
                reader, writer = await asyncio.open_connection("server", 80, limit=1 << 20)
                try:
                    writer.write(b"x" * 300_000 + b"\n")
                    await writer.drain()
                    return len(await reader.readline())
                finally:
                    writer.close()
        except TimeoutError:
            return 0

    async def serve():
        async def converse(reader, writer):
            while line := await reader.readline():
                writer.write(line)
            writer.close()

        async with await asyncio.start_server(converse, port=80, limit=1 << 20) as listener:
            await listener.serve_forever()

    async def ask_all():
        return [await ask(milliseconds / 1000) for milliseconds in range(1, 400, 13)]

    with World() as world:
        server, (client,) = star(world, "client")
        server.spawn(serve())
        got = world.run(ask_all(), on=client)
        assert set(got) == {0, 300_001}
        assert got[0] == 0
        world.run(asyncio.sleep(300), on=client)
        states = [info.state for host in (client, server) for info in host.sockets() if info.kind == "tcp"]
        assert states == ["LISTEN"]


def test_a_handler_that_fails_takes_nobody_else_along(caplog):
    def answer(line):
        if line == b"fail\n":
            raise ValueError("a bug in the application")
        return line.upper()

    async def ask(line):
        reader, writer = await asyncio.open_connection("server", 80)
        writer.write(line)
        try:
            async with asyncio.timeout(5):
                return await reader.readline()
        except TimeoutError:
            return None
        finally:
            writer.close()

    async def ask_all():
        return [await ask(b"one\n"), await ask(b"fail\n"), await ask(b"two\n")]

    with World() as world:
        server, (client,) = star(world, "client")
        server.spawn(answer_lines(answer))
        got = world.run(ask_all(), on=client)
    assert got[0] == b"ONE\n"
    assert got[1] in (b"", None)  # asyncio closes such a connection, from some version on
    assert got[2] == b"TWO\n"
    assert "a bug in the application" in caplog.text


def kept_by(work):
    """The octets that Michinori and asyncio still hold of doing that work once more: caches fill the first time, a leak
    grows each time. What else lives in this process (the runner's threads, other tests) is left out.
    """
    ours = [tracemalloc.Filter(True, pattern) for pattern in ("*/michinori/*", "*/asyncio/*")]

    def held():
        gc.collect()
        return sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces(ours).traces)

    tracemalloc.start()
    try:
        work()
        before = held()
        work()
        return held() - before
    finally:
        tracemalloc.stop()


def test_a_thousand_requests_leave_no_memory_behind():
    async def ask(times):
        reader, writer = await asyncio.open_connection("server", 80)
        for _ in range(times):
            writer.write(b"x\n")
            assert await reader.readline() == b"X\n"
        writer.close()

    with World() as world:
        server, (client,) = star(world, "client", delay="1ms")
        server.spawn(answer_lines(bytes.upper))
        world.run(ask(500), on=client)
        gc.collect()
        assert kept_by(lambda: world.run(ask(1_000), on=client)) < 100_000


def test_short_connections_leave_no_memory_behind():
    async def ask(times):
        for _ in range(times):
            reader, writer = await asyncio.open_connection("server", 80)
            writer.write(b"x\n")
            assert await reader.readline() == b"X\n"
            writer.close()
        await asyncio.sleep(100)  # TIME-WAIT is over

    with World() as world:
        server, (client,) = star(world, "client", delay="1ms")
        server.spawn(answer_lines(bytes.upper))
        world.run(ask(50), on=client)
        gc.collect()
        assert kept_by(lambda: world.run(ask(200), on=client)) < 100_000


def test_a_name_that_nobody_knows():
    with World() as world:
        _, (client,) = star(world, "client")
        for name in ("nobody", "no..body", "x" * 300, "münchen.example"):
            with pytest.raises(OSError, match="Name or service not known"):
                world.run(asyncio.open_connection(name, 80), on=client)
