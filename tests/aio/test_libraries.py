"""Other people's asyncio code runs on virtual hosts as it stands."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from pathlib import Path

import aiohttp
import anyio
import anyio.from_thread
import anyio.to_thread
import httpx
import pytest
import trustme
import uvicorn
import websockets
from aiohttp import web
from small_world import CLIENT, SERVER, SmallWorld
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket


async def hello_server(port: int = 80, **options) -> None:
    """A server that answers every request, one a connection, with its own head."""

    async def answer(reader, writer) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        body = head.splitlines()[0]
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, port=port, **options) as server:
        await server.serve_forever()


# -- Servers -----------------------------------------------------------------------------------------------------------


class Application:
    """A Starlette application that uses what web applications use: threads, files, life-time, streams, sockets."""

    def __init__(self, folder: Path) -> None:
        self.log: list[str] = []
        (folder / "page.html").write_text("<p>道のり</p>", encoding="utf-8")
        (folder / "large.bin").write_bytes(bytes(range(256)) * 4000)
        self.app = Starlette(
            routes=[
                Route("/sync", self.sync),
                Route("/pool", self.pool),
                Route("/file/{name}", lambda request: FileResponse(folder / request.path_params["name"])),
                Route("/stream", self.stream),
                Route("/echo", self.echo, methods=["POST"]),
                Route("/background", self.background),
                WebSocketRoute("/socket", self.socket),
            ],
            lifespan=self.life,
        )
        self.app.mount("/static", StaticFiles(directory=folder))

    @contextlib.asynccontextmanager
    async def life(self, app):
        self.log.append("began")
        yield
        self.log.append("ended")

    def sync(self, request: Request) -> JSONResponse:
        assert threading.current_thread() is threading.main_thread()
        return JSONResponse({"client": request.client.host, "answer": 42})

    async def pool(self, request: Request) -> JSONResponse:
        return JSONResponse(await asyncio.gather(*(run_in_threadpool(pow, base, 2) for base in range(5))))

    async def stream(self, request: Request) -> StreamingResponse:
        def blocking_parts():
            for part in range(3):
                yield f"part {part}\n"

        return StreamingResponse(blocking_parts(), media_type="text/plain")

    async def echo(self, request: Request) -> PlainTextResponse:
        return PlainTextResponse(await request.body())

    async def background(self, request: Request) -> PlainTextResponse:
        return PlainTextResponse("soon", background=BackgroundTask(self.log.append, "done behind"))

    async def socket(self, websocket: WebSocket) -> None:
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(text.upper())


def uvicorn_server(app, **settings) -> uvicorn.Server:
    settings = {"host": "0.0.0.0", "port": 80, "log_config": None, **settings}
    return uvicorn.Server(uvicorn.Config(app, **settings))


@pytest.mark.parametrize("http", ["h11", "httptools"])
def test_uvicorn_with_starlette_and_httpx(world: SmallWorld, tmp_path: Path, http: str) -> None:
    application = Application(tmp_path)
    server = uvicorn_server(application.app, http=http)

    async def visit() -> None:
        async with httpx.AsyncClient(base_url="http://server", timeout=30) as client:
            answer = await client.get("/sync")
            assert answer.json() == {"client": CLIENT, "answer": 42}
            assert (await client.get("/pool")).json() == [0, 1, 4, 9, 16]
            assert (await client.get("/file/page.html")).text == "<p>道のり</p>"
            large = await client.get("/file/large.bin")
            assert large.content == bytes(range(256)) * 4000
            ranged = await client.get("/static/large.bin", headers={"Range": "bytes=10-19"})
            assert (ranged.status_code, ranged.content) == (206, bytes(range(10, 20)))
            assert (await client.get("/stream")).text == "part 0\npart 1\npart 2\n"
            assert (await client.post("/echo", content=b"x" * 300_000)).content == b"x" * 300_000
            assert (await client.get("/background")).text == "soon"
            assert (await client.get("/nothing")).status_code == 404
            many = await asyncio.gather(*(client.get("/sync") for _ in range(20)))
            assert {one.status_code for one in many} == {200}

    serving = world.spawn(server.serve())
    world.run(asyncio.sleep(1))
    world.run(visit())
    server.should_exit = True
    world.run(asyncio.sleep(5))
    assert serving.done()
    assert application.log == ["began", "done behind", "ended"]


def test_an_endless_uvicorn_is_ended_with_its_world(world: SmallWorld, tmp_path: Path) -> None:
    application = Application(tmp_path)
    world.spawn(uvicorn_server(application.app).serve())
    world.run(asyncio.sleep(1))
    world.close()
    assert world.loop.is_closed()


def test_httpx_over_tls_with_a_pool_and_a_timeout(world: SmallWorld) -> None:
    authority = trustme.CA(key_type=trustme.KeyType.RSA)
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("server", key_type=trustme.KeyType.RSA).configure_cert(server_context)
    client_context = ssl.create_default_context()
    authority.configure_trust(client_context)

    async def visit() -> None:
        async with httpx.AsyncClient(verify=client_context, timeout=5) as client:
            answers = await asyncio.gather(*(client.get(f"https://server/{number}") for number in range(5)))
            assert [answer.text for answer in answers] == [f"GET /{number} HTTP/1.1" for number in range(5)]
            world.r2.internet.hooks.forward.append(lambda passing: "swallowed")
            began = asyncio.get_running_loop().time()
            with pytest.raises(httpx.ConnectTimeout):
                await client.get("https://server/late")
            assert asyncio.get_running_loop().time() - began == pytest.approx(5)
        async with httpx.AsyncClient() as client:
            with pytest.raises(httpx.ConnectError):
                await client.get("http://no.such.host/")

    world.spawn(hello_server(443, ssl=server_context))
    world.run(visit())


def test_aiohttp_on_both_ends(world: SmallWorld, tmp_path: Path) -> None:
    (tmp_path / "file.bin").write_bytes(bytes(range(256)) * 5000)

    async def greet(request: web.Request) -> web.Response:
        return web.Response(text=f"hello {request.remote}, you sent {len(await request.read())} octets")

    async def file(request: web.Request) -> web.FileResponse:
        return web.FileResponse(tmp_path / "file.bin")

    async def socket(request: web.Request) -> web.WebSocketResponse:
        response = web.WebSocketResponse()
        await response.prepare(request)
        async for message in response:
            await response.send_str(message.data[::-1])
        return response

    async def serve() -> None:
        app = web.Application()
        app.add_routes([web.post("/", greet), web.get("/file", file), web.get("/socket", socket)])
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "0.0.0.0", 80).start()
        try:
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    async def visit() -> None:
        async with aiohttp.ClientSession() as session:
            async with session.post("http://server/", data=b"x" * 100_000) as response:
                assert await response.text() == f"hello {CLIENT}, you sent 100000 octets"
            async with session.get("http://server/file") as response:
                assert await response.read() == bytes(range(256)) * 5000
            async with session.ws_connect("http://server/socket") as socket:
                await socket.send_str("drawer")
                assert (await socket.receive()).data == "reward"
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get("http://server:81/")
            with pytest.raises(aiohttp.ClientConnectorDNSError):
                await session.get("http://no.such.host/")

    world.spawn(serve())
    world.run(visit())


def test_aiohttp_happy_eyeballs_takes_the_address_that_answers(world: SmallWorld) -> None:
    world.client.hosts_table["double"] = ["192.0.2.1", SERVER]

    async def visit() -> str:
        async with aiohttp.ClientSession() as session, session.get("http://double/") as response:
            return await response.text()

    world.spawn(hello_server())
    assert world.run(visit()) == "GET / HTTP/1.1"


def test_websockets_on_both_ends(world: SmallWorld) -> None:
    async def answer(socket: websockets.ServerConnection) -> None:
        async for message in socket:
            await socket.send(message * 2)

    async def serve() -> None:
        async with websockets.serve(answer, "0.0.0.0", 80) as server:
            await server.serve_forever()

    async def talk() -> float:
        loop = asyncio.get_running_loop()
        async with websockets.connect("ws://server/") as socket:
            await socket.send("ha")
            assert await socket.recv() == "haha"
            await socket.send(bytes(200_000))
            assert len(await socket.recv()) == 400_000
            began = loop.time()
            latency = await (await socket.ping())
            assert latency == pytest.approx(0.024, abs=0.001)
            await asyncio.sleep(100)  # the keep-alive of the library pings meanwhile
            return loop.time() - began

    world.spawn(serve())
    assert world.run(talk()) > 100


def test_a_websocket_of_starlette_under_uvicorn(world: SmallWorld, tmp_path: Path) -> None:
    server = uvicorn_server(Application(tmp_path).app, ws="websockets-sansio")

    async def talk() -> str:
        async with websockets.connect("ws://server/socket") as socket:
            await socket.send("quietly")
            return await socket.recv()

    world.spawn(server.serve())
    world.run(asyncio.sleep(1))
    assert world.run(talk()) == "QUIETLY"


# -- anyio -------------------------------------------------------------------------------------------------------------


def test_anyio_streams_and_task_groups(world: SmallWorld) -> None:
    async def answer(stream) -> None:
        async with stream:
            while True:
                try:
                    data = await stream.receive()
                except anyio.EndOfStream:
                    break
                await stream.send(data.upper())

    async def serve() -> None:
        async with await anyio.create_tcp_listener(local_port=80) as listener:
            await listener.serve(answer)

    async def ask(word: bytes, answers: list[bytes]) -> None:
        async with await anyio.connect_tcp("server", 80) as stream:
            await stream.send(word)
            await stream.send_eof()
            whole = b""
            async for part in stream:
                whole += part
            answers.append(whole)

    async def run() -> list[bytes]:
        answers: list[bytes] = []
        async with anyio.create_task_group() as group:
            for word in (b"one", b"two", b"three" * 50_000):
                group.start_soon(ask, word, answers)
        with pytest.raises(OSError, match="All connection attempts failed"):
            await anyio.connect_tcp("server", 81)
        with anyio.move_on_after(3) as scope:
            await anyio.sleep(10)
        assert scope.cancelled_caught
        return answers

    world.spawn(serve())
    assert sorted(map(len, world.run(run()))) == [3, 3, 250_000]


def test_anyio_datagrams(world: SmallWorld) -> None:
    async def serve() -> None:
        async with await anyio.create_udp_socket(local_host="0.0.0.0", local_port=7) as udp:
            async for data, (host, port) in udp:
                await udp.sendto(data[::-1], host, port)

    async def ask() -> bytes:
        async with await anyio.create_connected_udp_socket(SERVER, 7) as udp:
            await udp.send(b"reward")
            return await udp.receive()

    world.spawn(serve())
    assert world.run(ask()) == b"drawer"


def test_anyio_worker_threads_work_inline(world: SmallWorld) -> None:
    def work(number: int) -> int:
        assert threading.current_thread() is threading.main_thread()
        if number < 0:
            raise ValueError("too small")
        return number + 1

    own_text = Path(__file__).read_text(encoding="utf-8")

    async def run() -> None:
        before = threading.active_count()
        assert await anyio.to_thread.run_sync(work, 1) == 2
        results: dict[int, int] = {}

        async def keep(number: int) -> None:
            results[number] = await anyio.to_thread.run_sync(work, number)

        async with anyio.create_task_group() as group:
            for number in range(100):
                group.start_soon(keep, number)
        assert results == {number: number + 1 for number in range(100)}
        with pytest.raises(ValueError, match="too small"):
            await anyio.to_thread.run_sync(work, -1)
        assert await anyio.Path(__file__).read_text(encoding="utf-8") == own_text
        assert threading.active_count() == before
        assert asyncio.get_running_loop().time() == 0

    world.run(run())
    world.run(run())


def test_anyio_work_that_waits_for_the_loop_is_told_so(world: SmallWorld) -> None:
    def work() -> None:
        anyio.from_thread.run(anyio.sleep, 1)

    async def run() -> None:
        with pytest.raises(RuntimeError, match="inline cannot wait for the loop"):
            await anyio.to_thread.run_sync(work)

    world.run(run())


def test_anyio_waits_for_sockets_by_itself(world: SmallWorld) -> None:
    import socket

    async def run() -> bytes:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
            receiver.setblocking(False)
            receiver.bind(("127.0.0.1", 7))
            async with anyio.create_task_group() as group:
                group.start_soon(anyio.wait_readable, receiver)
                await anyio.sleep(1)
                receiver.sendto(b"x", ("127.0.0.1", 7))
            await anyio.wait_writable(receiver)
            return receiver.recv(10)

    assert world.run(run()) == b"x"
