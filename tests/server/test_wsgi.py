"""WSGI applications behind the server, in threads and, in a world, without."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import webtalk

from michinori import World
from michinori.http import Client, Request, serve
from michinori.server.living import alive
from michinori.server.mounts import Mounts
from michinori.server.wsgi import WsgiHandler

PLAIN = [("Content-Type", "text/plain")]


def ask(application: Any, octets: bytes, prefix: str = "/") -> bytes:
    async def main() -> bytes:
        async with webtalk.served(Mounts({prefix: WsgiHandler(application)})) as port:
            return await webtalk.talk(port, octets)

    return webtalk.run(main())


def get(path: str, *lines: str, method: str = "GET", body: bytes = b"") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *lines, "", ""]).encode() + body


def test_the_environment() -> None:
    seen: dict[str, Any] = {}

    def look(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        seen.update(environ)
        seen["thread"] = threading.current_thread()
        start_response("200 OK", PLAIN)
        return [b"hello"]

    answer = ask(look, get("/app/%E3%81%82/%ff?q=%20", "Proxy: x", "X_Y: 1", "X-Y: 2"), "/app")
    assert b"Content-Length: 5\r\n" in answer
    assert seen["SCRIPT_NAME"] == "/app"
    assert seen["PATH_INFO"].encode("latin-1") == "/あ/".encode() + b"\xff"
    assert seen["QUERY_STRING"] == "q=%20"
    assert seen["HTTP_X_Y"] == "2"
    assert "HTTP_PROXY" not in seen
    assert seen["REMOTE_ADDR"] == "127.0.0.1"
    assert seen["wsgi.url_scheme"] == "http"
    assert seen["thread"] is not threading.main_thread()


@pytest.mark.parametrize("how", ["all", "lines", "pieces", "list"])
def test_the_body_is_read_in_every_way(how: str) -> None:
    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"]
        start_response("200 OK", PLAIN)
        match how:
            case "all":
                return [body.read()]
            case "lines":
                return [body.readline(), *body]
            case "pieces":
                return iter(lambda: body.read(3), b"")
        return body.readlines(1) + body.readlines()

    body = b"5\r\na\nbb\n\r\n3\r\nccc\r\n0\r\n\r\n"
    request = get("/", "Transfer-Encoding: chunked", "Connection: close", method="POST", body=body)
    answer = ask(application, request)
    assert (webtalk.dechunked(answer) if b"chunked" in answer else answer.partition(b"\r\n\r\n")[2]) == b"a\nbb\nccc"


def test_pieces_go_out_as_they_come_and_the_end_is_told() -> None:
    closed = threading.Event()
    go_on = threading.Event()

    class Pieces:
        def __iter__(self) -> Iterator[bytes]:
            yield b"one"
            assert go_on.wait(10)
            yield b"two"

        def close(self) -> None:
            closed.set()

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", PLAIN)
        return Pieces()

    async def main() -> None:
        async with webtalk.served(WsgiHandler(application)) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(get("/"))
            await reader.readuntil(b"one")
            go_on.set()
            await reader.readuntil(b"0\r\n\r\n")
            writer.close()

    webtalk.run(main())
    assert closed.is_set()


def test_an_error_may_change_the_answer_until_something_was_sent() -> None:
    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", PLAIN)
        try:
            raise LookupError
        except LookupError:
            start_response("503 Later", PLAIN, sys.exc_info())
        return [b"later"]

    answer = ask(application, get("/"))
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert answer.endswith(b"later")


def fails(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    raise LookupError("of its own")


def starts_twice(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", PLAIN)
    start_response("200 OK", PLAIN)
    return [b""]


def starts_never(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    return [b"body"]


@pytest.mark.parametrize("application", [fails, starts_twice, starts_never])
def test_a_broken_application_is_500(application: Any) -> None:
    assert ask(application, get("/")).startswith(b"HTTP/1.1 500 ")


def test_a_client_that_goes_frees_the_thread() -> None:
    closed = threading.Event()

    def endless(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", PLAIN)
        try:
            while True:
                yield bytes(65536)
        finally:
            closed.set()

    async def main() -> None:
        async with webtalk.served(WsgiHandler(endless, threads=1)) as port:
            for _ in range(3):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(get("/"))
                await reader.readuntil(b"\r\n\r\n")
                webtalk.reset(writer)
                await webtalk.until(closed.is_set)
                closed.clear()

    webtalk.run(main())


def test_slow_answers_do_not_stop_each_other() -> None:
    together = threading.Barrier(8)

    def waits(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        together.wait(30)  # until all eight are being answered
        start_response("200 OK", PLAIN)
        return [b"ok"]

    async def main() -> None:
        async with webtalk.served(WsgiHandler(waits, threads=8)) as port:
            answers = await asyncio.gather(*(webtalk.talk(port, get("/")) for _ in range(8)))
            assert all(answer.endswith(b"ok") for answer in answers)

    webtalk.run(main())


def test_what_is_said_of_errors_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def says(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["wsgi.errors"].write("something odd\n")
        environ["wsgi.errors"].flush()
        start_response("204 No Content", [])
        return []

    assert ask(says, get("/")).startswith(b"HTTP/1.1 204 ")
    assert "something odd" in caplog.text


def flask_application() -> Any:
    import flask

    app = flask.Flask(__name__, root_path=str(Path(__file__).parent))

    @app.post("/form")
    def form() -> Any:
        return {"name": flask.request.form["name"], "url": flask.url_for("form", _external=True)}

    @app.get("/stream")
    def stream() -> Any:
        return flask.Response((f"{number};" for number in range(3)), mimetype="text/plain")

    @app.get("/fails")
    def failing() -> Any:
        raise LookupError

    return app


def django_application() -> Any:
    import django
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
    from django.urls import path

    if not settings.configured:
        settings.configure(
            ROOT_URLCONF=__name__, SECRET_KEY="tests", ALLOWED_HOSTS=["*"], DEBUG=False, LOGGING_CONFIG=None
        )
        django.setup()
    settings.ROOT_URLCONF = __name__  # another test may have been there first

    def form(request: Any) -> Any:
        return JsonResponse({"name": request.POST["name"], "url": request.build_absolute_uri()})

    def stream(request: Any) -> Any:
        return StreamingHttpResponse((f"{number};" for number in range(3)), content_type="text/plain")

    def failing(request: Any) -> HttpResponse:
        raise LookupError

    urlpatterns[:] = [path("form", form), path("stream", stream), path("fails", failing)]
    return get_wsgi_application()


urlpatterns: list[Any] = []
FORM = b"name=%E9%81%93"


async def drive(url: str) -> list[tuple[int, bytes]]:
    form = Request("POST", f"{url}/form", {"Content-Type": "application/x-www-form-urlencoded"}, FORM)
    async with Client() as client:
        answers = [await client.fetch(form)]
        answers += [await client.fetch(Request.get(url + path)) for path in ("/stream", "/fails", "/none")]
    return [(answer.status, answer.body) for answer in answers]


@pytest.mark.parametrize("make", [flask_application, django_application])
def test_flask_and_django_unmodified_below_a_prefix(make: Any) -> None:
    async def main() -> None:
        async with webtalk.served(Mounts({"/site": WsgiHandler(make())})) as port:
            (status, said), (_, streamed), (failed, _), (unknown, _) = await drive(f"http://127.0.0.1:{port}/site")
            assert (status, failed, unknown) == (200, 500, 404)
            assert f"http://127.0.0.1:{port}/site/form".encode() in said
            assert b"\\u9053" in said or "道".encode() in said
            assert streamed == b"0;1;2;"

    webtalk.run(main())


@pytest.mark.row("B23")
@pytest.mark.parametrize("make", [flask_application, django_application])
def test_flask_and_django_on_a_virtual_host(make: Any) -> None:
    def journey() -> tuple[list[tuple[int, bytes]], int]:
        with World(seed=1) as world:
            client, server = world.host("client"), world.host("server")
            world.link(client, server, delay="10ms", loss="2%")
            handler = Mounts({"/site": WsgiHandler(make())})

            async def run_server() -> None:
                async with alive(handler):
                    await (await serve(handler)).serve_forever()

            server.spawn(run_server())
            return world.run(drive("http://server/site"), on=client), world.now_ns

    answers, ended_ns = journey()
    assert [status for status, _ in answers] == [200, 200, 500, 404]
    assert answers[1][1] == b"0;1;2;"
    assert journey() == (answers, ended_ns)
