"""ASGI applications behind the server: what they receive, what becomes of what they send, and every ending."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import parse_qs

import pytest
import webtalk

from michinori import World
from michinori.http import Client, Request, serve
from michinori.server.asgi import AsgiHandler
from michinori.server.lifespan import StartFailed
from michinori.server.living import alive
from michinori.server.mounts import Mounts


def get(path: str, *lines: str, method: str = "GET", body: bytes = b"") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *lines, "", ""]).encode() + body


async def hello(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"hello"})


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Sends the body back, piece by piece, as it comes."""
    await send({"type": "http.response.start", "status": 200})
    more = True
    while more:
        message = await receive()
        more = message["more_body"]
        await send({"type": "http.response.body", "body": message["body"], "more_body": more})


def ask(application: Any, octets: bytes, **settings: Any) -> bytes:
    """What the server answers to these octets, until it closes."""

    async def main() -> bytes:
        async with webtalk.served(AsgiHandler(application, lifespan="off"), **settings) as port:
            return await webtalk.talk(port, octets)

    return webtalk.run(main())


def test_a_whole_answer_goes_out_with_its_length() -> None:
    answer = ask(hello, get("/"))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Content-Length: 5" in head
    assert body == b"hello"


def test_what_the_application_is_told() -> None:
    seen: list[dict[str, Any]] = []

    async def look(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)
        await hello(scope, receive, send)

    async def main() -> None:
        async with webtalk.served(Mounts({"/app": AsgiHandler(look, lifespan="off")})) as port:
            await webtalk.talk(port, get("/app/a%20b/%E3%81%82?q=%20&r", "X-One: 1", "x-one: 2"))

    webtalk.run(main())
    scope = seen[0]
    assert scope["method"] == "GET"
    assert scope["path"] == "/app/a b/あ"
    assert scope["raw_path"] == b"/app/a%20b/%E3%81%82"
    assert scope["root_path"] == "/app"
    assert scope["query_string"] == b"q=%20&r"
    assert scope["http_version"] == "1.1"
    assert scope["scheme"] == "http"
    assert scope["headers"] == [(b"host", b"x"), (b"x-one", b"1"), (b"x-one", b"2")]
    assert scope["client"][0] == scope["server"][0] == "127.0.0.1"
    assert "http.response.push" not in scope["extensions"]


@pytest.mark.parametrize(
    "body", [b"Content-Length: 6\r\n\r\nabcdef", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"]
)
def test_bodies_are_streamed_both_ways(body: bytes) -> None:
    answer = ask(echo, b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + body)
    assert webtalk.dechunked(answer) == b"abcdef"


def test_an_answer_is_streamed_while_the_body_still_comes() -> None:
    async def main() -> None:
        async with webtalk.served(AsgiHandler(echo, lifespan="off")) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(get("/", "Transfer-Encoding: chunked", method="POST"))
            for piece in (b"one", b"three"):
                writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                assert await reader.readuntil(piece + b"\r\n")
            writer.write(b"0\r\n\r\n")
            assert (await reader.readuntil(b"0\r\n\r\n")).endswith(b"0\r\n\r\n")
            writer.close()

    webtalk.run(main())


def test_100_continue_is_sent_when_the_application_asks_for_the_body() -> None:
    answer = ask(
        echo, get("/", "Content-Length: 2", "Expect: 100-continue", "Connection: close", method="POST", body=b"ok")
    )
    assert b"200 OK" in answer

    async def main() -> None:
        async with webtalk.served(AsgiHandler(echo, lifespan="off")) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(get("/", "Content-Length: 2", "Expect: 100-continue", method="PUT"))
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
            writer.write(b"ok")
            assert b"200" in await reader.readuntil(b"\r\n\r\n")
            writer.close()

    webtalk.run(main())


def test_an_early_answer_leaves_no_octet_of_the_body_to_be_a_request() -> None:
    smuggled = get("/smuggled")
    answer = ask(hello, get("/", f"Content-Length: {len(smuggled)}", method="POST", body=smuggled))
    assert answer.count(b"HTTP/1.1 ") == 1


def test_an_early_answer_while_another_task_reads_the_body() -> None:
    """Frameworks listen for the end of the connection while they stream: the body must not be read twice."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        listening = asyncio.ensure_future(receive())
        await asyncio.sleep(0.01)
        await hello(scope, receive, send)
        assert (await listening)["type"] == "http.disconnect"

    answer = ask(application, get("/", "Content-Length: 4", method="POST", body=b"ab"))
    assert answer.count(b"HTTP/1.1 200") == 1


def test_an_error_before_the_answer_is_500_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def fails(scope: Any, receive: Any, send: Any) -> None:
        raise LookupError("of its own")

    assert ask(fails, get("/")).startswith(b"HTTP/1.1 500 ")
    assert "of its own" in caplog.text


OUT_OF_STEP: list[list[dict[str, Any]]] = [
    [],
    [{"type": "http.response.start", "status": 200}],
    [{"type": "nonsense"}],
    [{"type": "http.response.body", "body": b"x"}],
    [{"type": "http.response.start", "status": 200, "headers": [(b"a", b"b\r\nc: d")]}, {"type": "http.response.body"}],
]


@pytest.mark.parametrize("sends", OUT_OF_STEP)
def test_an_application_out_of_step_is_500(sends: list[Any]) -> None:
    async def odd(scope: Any, receive: Any, send: Any) -> None:
        for message in sends:
            await send(message)

    assert ask(odd, get("/")).startswith(b"HTTP/1.1 500 ")


def test_an_error_in_the_middle_breaks_the_answer_off() -> None:
    async def breaks(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        await asyncio.sleep(0.02)
        raise LookupError

    async def main() -> None:
        async with webtalk.served(AsgiHandler(breaks, lifespan="off")) as port:
            with pytest.raises(OSError):  # noqa: PT011 (reset in whatever form)
                await webtalk.talk(port, get("/"))

    webtalk.run(main())


def test_a_client_that_goes_is_told_to_the_application() -> None:
    told: list[Any] = []

    async def streams(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        told.append((await receive())["type"])
        try:
            while True:
                await send({"type": "http.response.body", "body": b"x", "more_body": True})
                await asyncio.sleep(0.001)
        except OSError as error:
            told.append(type(error).__name__)

    async def main() -> None:
        handler = AsgiHandler(streams, lifespan="off")
        async with webtalk.served(handler) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(get("/"))
            await reader.readuntil(b"\r\n\r\n")
            writer.close()  # a FIN: whether it still reads shows when something is sent
            await webtalk.until(lambda: len(told) == 2)

    webtalk.run(main())
    assert told == ["http.disconnect", "ClientGone"]


def test_a_slow_client_slows_the_application() -> None:
    sent = 0

    async def floods(scope: Any, receive: Any, send: Any) -> None:
        nonlocal sent
        await send({"type": "http.response.start", "status": 200})
        while True:
            await send({"type": "http.response.body", "body": bytes(65536), "more_body": True})
            sent += 65536

    async def main() -> None:
        async with webtalk.served(AsgiHandler(floods, lifespan="off")) as port:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(get("/"))
            await asyncio.sleep(0.5)
            before = sent
            await asyncio.sleep(0.2)
            assert sent == before
            writer.transport.abort()

    webtalk.run(main())
    assert sent < 64 << 20


def test_background_work_goes_on_behind_the_answer() -> None:
    done: list[str] = []

    async def works(scope: Any, receive: Any, send: Any) -> None:
        await hello(scope, receive, send)
        await asyncio.sleep(0.05)
        done.append("work")

    assert b"hello" in ask(works, get("/", "Connection: close"))
    assert done == ["work"]


def test_background_work_does_not_hold_the_connection() -> None:
    go_on = asyncio.Event()
    done: list[str] = []

    async def works(scope: Any, receive: Any, send: Any) -> None:
        await hello(scope, receive, send)
        if scope["path"] == "/works":
            await go_on.wait()
            done.append("work")

    async def main() -> None:
        async with webtalk.served(AsgiHandler(works, lifespan="off")) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for path in ("/works", "/other"):
                writer.write(get(path))
                assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200 ")
            assert done == []
            go_on.set()
            writer.close()

    webtalk.run(main())
    assert done == ["work"]


def test_each_request_begins_in_the_context_of_its_connection() -> None:
    left = ContextVar("left", default="nothing")

    async def leaves(scope: Any, receive: Any, send: Any) -> None:
        found = left.get().encode()
        left.set("something")
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": found})

    assert ask(leaves, get("/") * 3).count(b"nothing") == 3


def test_who_is_cancelled_behind_the_answer_leaves_the_connection_alone() -> None:
    tasks: list[asyncio.Task[Any]] = []

    async def waits(scope: Any, receive: Any, send: Any) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.append(task)
        await hello(scope, receive, send)
        await asyncio.Event().wait()

    async def main() -> None:
        async with webtalk.served(AsgiHandler(waits, lifespan="off")) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for _ in range(3):
                writer.write(get("/"))
                assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200 ")
                task = tasks.pop()
                task.cancel()
                await asyncio.wait([task])
            writer.close()

    webtalk.run(main())


def test_head_has_no_body_and_an_endless_answer_to_it_ends() -> None:
    async def endless(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        while True:
            await send({"type": "http.response.body", "body": b"x", "more_body": True})

    assert ask(hello, get("/", method="HEAD")).endswith(b"\r\n\r\n")
    assert ask(endless, get("/", method="HEAD")).endswith(b"\r\n\r\n")


def test_several_requests_on_one_connection() -> None:
    answer = ask(hello, get("/") * 3 + get("/", "Connection: close"))
    assert answer.count(b"hello") == 4


def test_the_lifespan() -> None:
    events: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            scope["state"]["number"] = 7
            events.append((await receive())["type"])
            await send({"type": "lifespan.startup.complete"})
            events.append((await receive())["type"])
            await send({"type": "lifespan.shutdown.complete"})
            return
        events.append(str(scope["state"]["number"]))
        await hello(scope, receive, send)

    async def main() -> None:
        async with webtalk.served(Mounts({"/": AsgiHandler(application, lifespan="on")})) as port:
            await webtalk.talk(port, get("/"))

    webtalk.run(main())
    assert events == ["lifespan.startup", "7", "lifespan.shutdown"]


def test_an_application_that_cannot_start_says_so() -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    async def main() -> None:
        with pytest.raises(StartFailed, match="no database"):
            async with alive(AsgiHandler(application)):
                pass

    webtalk.run(main())


def test_an_application_without_lifespan_is_served_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> bytes:
        async with webtalk.served(AsgiHandler(hello)) as port:
            return await webtalk.talk(port, get("/"))

    with caplog.at_level(logging.INFO):
        assert b"hello" in webtalk.run(main())
    assert "knows no lifespan" in caplog.text


def starlette_application() -> Any:
    from starlette.applications import Starlette
    from starlette.background import BackgroundTask
    from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
    from starlette.routing import Route

    done: list[str] = []

    async def form(request: Any) -> Any:
        fields = parse_qs((await request.body()).decode())
        return JSONResponse({"name": fields["name"][0], "url": str(request.url_for("form"))})

    async def stream(request: Any) -> Any:
        async def pieces() -> AsyncIterator[str]:
            for number in range(3):
                await asyncio.sleep(0.001)
                yield f"{number};"

        return StreamingResponse(pieces(), background=BackgroundTask(done.append, "background"))

    async def was_done(request: Any) -> Any:
        return PlainTextResponse(",".join(done))

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        done.append("started")
        yield

    routes = [Route("/form", form, methods=["POST"]), Route("/stream", stream), Route("/done", was_done)]
    return Starlette(routes=routes, lifespan=lifespan)


async def drive_starlette(url: str) -> list[bytes]:
    form = Request("POST", f"{url}/form", {"Content-Type": "application/x-www-form-urlencoded"}, b"name=%E9%81%93")
    async with Client() as client:
        answers = [await client.fetch(form)]
        answers += [await client.fetch(Request.get(url + path)) for path in ("/stream", "/done", "/none")]
        while b"background" not in answers[2].body:  # it is done behind the answer, and nobody waits for it
            await asyncio.sleep(0.01)
            answers[2] = await client.fetch(Request.get(f"{url}/done"))
    assert [answer.status for answer in answers] == [200, 200, 200, 404]
    return [answer.body for answer in answers]


def test_starlette_unmodified_below_a_prefix() -> None:
    async def main() -> list[bytes]:
        async with webtalk.served(Mounts({"/star": AsgiHandler(starlette_application())})) as port:
            bodies = await drive_starlette(f"http://127.0.0.1:{port}/star")
            assert f"http://127.0.0.1:{port}/star/form" in bodies[0].decode()
            return bodies

    assert webtalk.run(main())[1:3] == [b"0;1;2;", b"started,background"]


def fastapi_application() -> Any:
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/items/{number}")
    def item(number: int, q: str = "") -> dict[str, Any]:  # a thread of a pool: inline in a world
        return {"number": number, "q": q}

    return app


@pytest.mark.row("B23")
def test_starlette_and_fastapi_on_a_virtual_host_all_the_same_again() -> None:
    def journey() -> tuple[list[bytes], bytes, int]:
        with World(seed=3) as world:
            client, server = world.host("client"), world.host("server")
            world.link(client, server, rate="10Mbit", delay="10ms", loss="2%")
            handler = Mounts({"/star": AsgiHandler(starlette_application()), "/": AsgiHandler(fastapi_application())})

            async def run_server() -> None:
                async with alive(handler):
                    await (await serve(handler)).serve_forever()

            async def drive() -> tuple[list[bytes], bytes]:
                bodies = await drive_starlette("http://server/star")
                async with Client() as http:
                    return bodies, (await http.fetch(Request.get("http://server/items/3?q=x"))).body

            server.spawn(run_server())
            bodies, item = world.run(drive(), on=client)
            return bodies, item, world.now_ns

    one, two = journey(), journey()
    assert one == two
    assert one[0][1] == b"0;1;2;"
    assert one[1] == b'{"number":3,"q":"x"}'
