"""Our server against curl and Chromium."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import peers
import pytest
from tests.http.wires import run, served

from michinori.http import ServerRequest, ServerResponse, StaticSite

pytestmark = pytest.mark.peer

T = TypeVar("T")

PAGE = """<!doctype html>
<html lang="en"><title>page</title><link rel="stylesheet" href="style.css">
<body><img id="dot" src="dot.svg"><script src="script.js"></script></body></html>
"""
SCRIPT = """
addEventListener("load", async () => {
  const part = await fetch("large.bin", {headers: {Range: "bytes=256-258"}});
  const sent = await fetch("/echo", {method: "POST", body: new Uint8Array(200000).fill(7)});
  const length = (await sent.arrayBuffer()).byteLength;
  document.body.dataset.part = part.status + ":" + new Uint8Array(await part.arrayBuffer()).join();
  document.body.dataset.sent = length;
  document.body.dataset.width = document.getElementById("dot").naturalWidth;
  document.body.dataset.color = getComputedStyle(document.body).color;
});
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "style.css").write_text("body { color: rgb(1, 2, 3) }\n" * 30)
    (tmp_path / "script.js").write_text(SCRIPT)
    (tmp_path / "dot.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="42" height="7"/>')
    (tmp_path / "large.bin").write_bytes(bytes(range(256)) * 20_000)
    return tmp_path


class Site:
    """A folder, and under ``/echo`` what was sent; keeps what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.requests: list[ServerRequest] = []
        self._files = StaticSite(folder, dates="file", charset="utf-8", compress=True)

    async def __call__(self, request: ServerRequest) -> ServerResponse:
        self.requests.append(request)
        if request.path == "/echo":
            return ServerResponse(200, {"Content-Type": "application/octet-stream"}, await request.read())
        return await self._files(request)


def with_server(site: Site, ask: Callable[[str], T]) -> T:
    async def main() -> T:
        async with served(site) as (_, url):
            return await asyncio.get_running_loop().run_in_executor(None, ask, url)

    return run(main())


def test_curl_fetches_files_and_parts(folder: Path) -> None:
    large = (folder / "large.bin").read_bytes()
    site = Site(folder)
    assert with_server(site, lambda url: peers.curl(url + "/large.bin")).stdout == large
    assert with_server(site, lambda url: peers.curl("-r", "10-19", url + "/large.bin")).stdout == large[10:20]
    assert with_server(site, lambda url: peers.curl("--http1.0", url + "/large.bin")).stdout == large
    css = (folder / "style.css").read_bytes()
    coded = with_server(site, lambda url: peers.curl("--compressed", "-D", "-", url + "/style.css")).stdout
    assert b"Content-Encoding: gzip" in coded
    assert coded.endswith(css)
    head = with_server(site, lambda url: peers.curl("-I", url + "/")).stdout
    assert b"HTTP/1.1 200 OK" in head
    assert b"Content-Type: text/html; charset=utf-8" in head


def test_curl_resumes_and_revalidates(folder: Path, tmp_path: Path) -> None:
    large = (folder / "large.bin").read_bytes()
    site, half, tag = Site(folder), tmp_path / "half", tmp_path / "tag"
    half.write_bytes(large[:1000])
    with_server(site, lambda url: peers.curl("-C", "-", "-o", str(half), url + "/large.bin"))
    assert half.read_bytes() == large
    ask = ("-w", "%{http_code}", "-o", os.devnull, "--etag-save", str(tag))
    assert with_server(site, lambda url: peers.curl(*ask, url + "/")).stdout == b"200"
    again = ("-w", "%{http_code}", "-o", os.devnull, "--etag-compare", str(tag))
    assert with_server(site, lambda url: peers.curl(*again, url + "/")).stdout == b"304"


def test_curl_uploads_in_every_way(folder: Path) -> None:
    site, data = Site(folder), os.urandom(3 << 20)
    for arguments in (
        ("--data-binary", "@-"),
        ("--data-binary", "@-", "-H", "Transfer-Encoding: chunked"),
        ("--data-binary", "@-", "-H", "Expect:"),
        ("-X", "POST", "-T", "-"),
    ):
        assert with_server(site, lambda url, how=arguments: peers.curl(*how, url + "/echo", stdin=data)).stdout == data
    assert any("Expect" in request.headers for request in site.requests)
    assert any("Transfer-Encoding" in request.headers for request in site.requests)


def test_curl_offers_to_upgrade_and_is_answered_all_the_same(folder: Path) -> None:
    site = Site(folder)
    done = with_server(site, lambda url: peers.curl("--http2", "-w", "%{http_version}", "-o", os.devnull, url + "/"))
    assert done.stdout == b"1.1"
    assert site.requests[0].headers.get("Upgrade") == "h2c"


def test_curl_keeps_its_connection(folder: Path) -> None:
    site = Site(folder)

    def ask(url: str) -> bytes:
        format_ = "%{num_connects} "
        return peers.curl("-w", format_, *(["-o", os.devnull, url + "/"] * 3)).stdout

    assert with_server(site, ask) == b"1 0 0 "


@pytest.mark.row("B4")
def test_chromium_draws_a_page(folder: Path) -> None:
    site = Site(folder)

    def ask(url: str) -> subprocess.CompletedProcess[bytes]:
        return peers.chromium(url + "/", "--dump-dom", "--virtual-time-budget=8000")

    done = with_server(site, ask)
    dom = done.stdout.decode()
    assert 'data-part="206:0,1,2"' in dom, done.stderr.decode()
    assert 'data-sent="200000"' in dom
    assert 'data-width="42"' in dom
    assert 'data-color="rgb(1, 2, 3)"' in dom
    asked = [request.path for request in site.requests]
    for path in ("/", "/style.css", "/script.js", "/dot.svg", "/large.bin", "/echo"):
        assert path in asked
    first = site.requests[asked.index("/")]
    assert first.headers.get("Sec-Fetch-Dest") == "document", json.dumps(first.headers.as_lists())
