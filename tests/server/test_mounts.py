"""Several handlers behind one name."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import webtalk

from michinori.http import Handler, ServerRequest, ServerResponse, StaticSite
from michinori.server import living
from michinori.server.mounts import Mounts


def named(name: str) -> Handler:
    async def handler(request: ServerRequest) -> ServerResponse:
        return ServerResponse(200, {}, f"{name} {request.root_path}|{request.path}".encode())

    return handler


def ask(handler: Handler, path: str, method: str = "GET") -> tuple[int, bytes, bytes]:
    async def main() -> bytes:
        async with webtalk.served(handler) as port:
            request = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            return await webtalk.talk(port, request.encode())

    head, _, body = webtalk.run(main()).partition(b"\r\n\r\n")
    return int(head[9:12]), body, head


SITE = Mounts(
    {
        "/": named("root"),
        "/api": named("api"),
        "POST,PUT /api": named("write"),
        "/api/v2": named("v2"),
        "/日本": named("nippon"),
        "GET /only": named("only"),
    }
)


@pytest.mark.row("B23")
@pytest.mark.parametrize(
    ("method", "path", "answered"),
    [
        ("GET", "/", "root |/"),
        ("GET", "/apis", "root |/apis"),
        ("GET", "/api", "api /api|/"),
        ("GET", "/api/", "api /api|/"),
        ("GET", "/%61pi/x%20y?q", "api /%61pi|/x%20y"),
        ("POST", "/api/x", "write /api|/x"),
        ("POST", "/api/v2/x", "v2 /api/v2|/x"),
        ("GET", "/api%2Fv2", "root |/api%2Fv2"),
        ("GET", "/%E6%97%A5%E6%9C%AC/x", "nippon /%E6%97%A5%E6%9C%AC|/x"),
        ("GET", "http://x/api/y", "api /api|/y"),
        ("GET", "//api", "root |//api"),
    ],
)
def test_uri_and_method_decide(method: str, path: str, answered: str) -> None:
    assert ask(SITE, path, method)[:2] == (200, answered.encode())


def test_what_is_nowhere() -> None:
    assert ask(Mounts({"/a": named("a")}), "/b")[0] == 404
    status, _, head = ask(SITE, "/only", "DELETE")
    assert status == 405
    assert b"Allow: GET" in head
    assert ask(SITE, "/only", "HEAD")[0] == 200


def test_mounts_in_mounts_and_files_below_a_prefix(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/index.html").write_text("page")
    site = Mounts({"/a": Mounts({"/b": StaticSite(tmp_path), "/c": named("c")})})
    assert ask(site, "/a/b/sub/")[1] == b"page"
    assert b"Location: /a/b/sub/\r\n" in ask(site, "/a/b/sub")[2] + b"\r\n"
    assert b"Location: /a/b/\r\n" in ask(site, "/a/b")[2] + b"\r\n"
    assert ask(site, "/a/c/x")[1] == b"c /a/c|/x"


@pytest.mark.parametrize("key", ["api", "get /x", "GET", "GET,/x", "/a//b", "/a b"])
def test_what_is_no_place(key: str) -> None:
    with pytest.raises(ValueError, match="is no place for a handler"):
        Mounts({key: named("x")})


def test_two_handlers_in_one_place() -> None:
    with pytest.raises(ValueError, match="two handlers stand at /a for GET"):
        Mounts({"GET /a": named("x"), "GET,POST /a/": named("y")})


class Life:
    def __init__(self, log: list[str], name: str, *, fails: bool = False) -> None:
        self.log, self.name, self.fails = log, name, fails

    async def __call__(self, request: ServerRequest) -> ServerResponse:
        return ServerResponse()

    async def startup(self) -> None:
        if self.fails:
            raise RuntimeError(self.name)
        self.log.append(f"+{self.name}")

    async def aclose(self) -> None:
        self.log.append(f"-{self.name}")


def test_handlers_begin_and_end_once_and_in_order() -> None:
    log: list[str] = []
    one = Life(log, "one")
    mounts = Mounts({"/1": one, "/2": Life(log, "two"), "/3": one})

    async def main() -> None:
        async with living.alive(mounts):
            log.append("up")

    asyncio.run(main())
    assert log == ["+one", "+two", "up", "-two", "-one"]
    log.clear()
    failing = Mounts({"/1": one, "/2": Life(log, "two", fails=True)})
    with pytest.raises(RuntimeError, match="two"):
        asyncio.run(living.start(failing))
    assert log == ["+one", "-one"]
