"""Whatever is sent, to whatever handler: an answer or an end, no unhandled error, and no request out of a body."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import webtalk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from michinori.http import Handler, ServerLimits, StaticSite
from michinori.server import access
from michinori.server.access import AccessControl
from michinori.server.asgi import AsgiHandler
from michinori.server.cgi import CgiHandler
from michinori.server.mounts import Mounts
from michinori.server.wsgi import WsgiHandler

SECRET = b"GET /secret HTTP/1.1\r\nHost: smuggled\r\n\r\n"


async def reads_nothing(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": b"early"})


async def reads_all(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": b"one", "more_body": True})
    await send({"type": "http.response.body", "body": b"two"})


def wsgi(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    environ["wsgi.input"].read(10)
    start_response("200 OK", [])
    return [b"wsgi"]


class Watch:
    """Notes the path of every request that reaches a handler."""

    def __init__(self, inner: Handler) -> None:
        self.inner = inner
        self.paths: list[str] = []

    async def __call__(self, request: Any) -> Any:
        self.paths.append(request.path)
        return await self.inner(request)


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Watch]:
    folder: Path = tmp_path_factory.mktemp("fuzz")
    script = folder / "a.sh"
    script.write_text("#!/bin/sh\nprintf 'Content-Type: a/b\\n\\ncgi'\n")
    script.chmod(0o755)
    rules = access.parse('[[rule]]\npath="/closed"\ndeny=["all"]\n')

    def site() -> Watch:
        mounts: dict[str, Handler] = {
            "/": StaticSite(folder),
            "/cgi": CgiHandler(folder),
            "/early": AsgiHandler(reads_nothing, lifespan="off"),
            "/all": AsgiHandler(reads_all, lifespan="off"),
            "/wsgi": WsgiHandler(wsgi, threads=2),
        }
        return Watch(AccessControl(rules, Mounts(mounts)))

    return site


LIMITS = ServerLimits(head_s=0.3, body_s=0.3, idle_s=0.3, linger_s=0.1, send_s=1.0)

methods = st.sampled_from(["GET", "POST", "HEAD", "PUT", "OPTIONS", "BREW"])
paths = st.sampled_from(
    ["/", "/cgi/a.sh", "/cgi/a.sh/%00", "/cgi/..", "/early/x", "/all/%ff", "/wsgi/", "/closed", "/%2e", "*"]
)
fields = st.lists(
    st.sampled_from(
        [
            "Host: x",
            "Host: y",
            "Content-Length: 5",
            "Content-Length: 39",
            "Content-Length: +5",
            "Transfer-Encoding: chunked",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding : chunked",
            "Expect: 100-continue",
            "Connection: close",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Authorization: Basic !",
            "Range: bytes=0-",
            " folded: x",
            "X: \x01",
        ]
    ),
    max_size=6,
)
bodies = st.sampled_from(
    [b"", b"12345", SECRET, b"5\r\nabcde\r\n0\r\n\r\n", b"5\r\nabc", b"zz\r\n", b"27\r\n" + SECRET + b"\r\n0\r\n\r\n"]
)


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(methods, paths, fields, bodies), min_size=1, max_size=3), st.binary(max_size=20), st.booleans()
)
def test_every_request_ends(
    make: Callable[[], Watch], requests: list[tuple[str, str, list[str], bytes]], junk: bytes, hosts: bool
) -> None:
    octets = b""
    for method, path, lines, body in requests:
        named = ["Host: x"] if hosts else []
        octets += "\r\n".join([f"{method} {path} HTTP/1.1", *named, *lines, "", ""]).encode() + body
    watch = make()

    async def main() -> bytes:
        async with webtalk.served(watch, limits=LIMITS) as port:
            with contextlib.suppress(OSError):
                return await webtalk.talk(port, octets + junk)
        return b""

    errors = _Errors()
    logging.getLogger("michinori").addHandler(errors)
    try:
        answer = webtalk.run(main(), 20)
    finally:
        logging.getLogger("michinori").removeHandler(errors)
    assert errors.seen == []
    assert answer == b"" or answer.startswith(b"HTTP/1.1 ")


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(record.getMessage())


@pytest.mark.parametrize("path", ["/", "/cgi/a.sh", "/early", "/all", "/wsgi", "/closed", "/none"])
@pytest.mark.parametrize("framing", ["length", "chunked", "cut"])
def test_no_request_is_taken_out_of_a_body(make: Callable[[], Watch], path: str, framing: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\n".encode()
    match framing:
        case "length":
            octets = head + b"Content-Length: %d\r\n\r\n" % len(SECRET) + SECRET
        case "chunked":
            octets = head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(SECRET), SECRET)
        case _:
            octets = head + b"Content-Length: 1000\r\n\r\n" + SECRET
    watch = make()

    async def main() -> bytes:
        async with webtalk.served(watch, limits=LIMITS) as port:
            return await asyncio.wait_for(webtalk.talk(port, octets), 10)

    answer = webtalk.run(main())
    assert watch.paths == [path]
    assert answer.count(b"HTTP/1.1 ") == 1
