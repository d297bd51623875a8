"""As strict as the stricter of nginx and aiohttp: every raw case, beside four servers; docs/strictness.md is the table.

``MICHINORI_WRITE_DOCS=1`` writes the page anew.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import peers
import pytest
from raw_requests import CASES
from tests.http.wires import run

from michinori.http import ServerLimits, ServerRequest, ServerResponse, serve

PAGE = Path(__file__).parents[2] / "docs" / "strictness.md"
SECOND = b"GET /second HTTP/1.1\r\nHost: a\r\n\r\n"
OURS = "michinori"
MEASURES = ("nginx", "aiohttp")

_ASGI = """
async def app(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})
"""
_AIOHTTP = """
import sys
from aiohttp import web

async def answer(request):
    await request.read()
    return web.Response()

app = web.Application()
app.router.add_route("*", "/{path:.*}", answer)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""


async def handler(request: ServerRequest) -> ServerResponse:
    await request.read()
    return ServerResponse(200)


def verdict(port: int, octets: bytes) -> str:
    """What a server makes of these octets: its status, or ``closed``, or ``waits``; and whether it goes on behind."""
    answers = bytearray()
    waits = False
    with socket.create_connection(("127.0.0.1", port), timeout=5) as sock:
        try:
            sock.sendall(octets)
            time.sleep(0.05)
            sock.sendall(SECOND)
            sock.settimeout(1.5)
            while answers.count(b"HTTP/1.") < 2 and (piece := sock.recv(65536)):
                answers += piece
        except TimeoutError:
            waits = True
        except OSError:
            pass
    statuses = [int(found) for found in re.findall(rb"HTTP/1\.[01] ([0-9]{3}) ", answers)]
    if not statuses:
        return "waits" if waits else "closed"
    return f"{statuses[0]}" + (" …" if len(statuses) > 1 else "")


def refuses(found: str) -> bool:
    return not found.startswith("200")


async def _ours() -> dict[str, str]:
    loop = asyncio.get_running_loop()
    async with await serve(handler, "127.0.0.1", 0, limits=ServerLimits()) as server:
        with ThreadPoolExecutor(8) as pool:
            found = await asyncio.gather(
                *(loop.run_in_executor(pool, verdict, server.port, octets) for octets in CASES.values())
            )
    return dict(zip(CASES, found, strict=True))


@contextmanager
def _python(source: str, *arguments: str, folder: Path, module: str = "") -> Iterator[int]:
    port = peers.free_port()
    (folder / "strict_app.py").write_text(source)
    start = ["-m", module, *arguments, "--port", str(port)] if module else ["strict_app.py", str(port)]
    process = subprocess.Popen(
        [sys.executable, *start], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < until, "it did not start"
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _theirs(tmp_path: Path) -> dict[str, dict[str, str]]:
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("ok")
    folders = [tmp_path / "uvicorn", tmp_path / "aiohttp"]
    for folder in folders:
        folder.mkdir()
    through = "location / { proxy_pass http://127.0.0.1:$server_port/taken; } location = /taken { return 200; }"
    found: dict[str, dict[str, str]] = {}
    with ExitStack() as stack:
        ports = {
            "nginx": int(stack.enter_context(peers.nginx(site, more=through)).rpartition(":")[2]),
            "Apache": int(stack.enter_context(peers.apache(site)).rpartition(":")[2]),
            "aiohttp": stack.enter_context(_python(_AIOHTTP, folder=folders[1])),
            "uvicorn": stack.enter_context(
                _python(_ASGI, "strict_app:app", "--http", "httptools", folder=folders[0], module="uvicorn")
            ),
        }
        with ThreadPoolExecutor(8) as pool:
            for name, port in ports.items():
                statuses = pool.map(lambda octets, port=port: verdict(port, octets), CASES.values())
                found[name] = dict(zip(CASES, statuses, strict=True))
    return found


def _rows(text: str) -> dict[str, list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ")][2:]
    cells = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return {row[0]: row[1:] for row in cells}


def test_our_column_of_the_page_is_up_to_date() -> None:
    ours = run(_ours())
    if os.environ.get("MICHINORI_WRITE_DOCS"):
        pytest.skip("the page is written by the other test")
    assert {name: row[0] for name, row in _rows(PAGE.read_text(encoding="utf-8")).items()} == ours
    for name, found in ours.items():
        assert not (refuses(found) and found.endswith("…")), f"{name}: something behind it was taken for a request"


@pytest.mark.peer
def test_as_strict_as_the_stricter_of_nginx_and_aiohttp(tmp_path: Path) -> None:
    everybody = {OURS: run(_ours()), **_theirs(tmp_path)}
    if os.environ.get("MICHINORI_WRITE_DOCS"):
        PAGE.write_text(page(everybody), encoding="utf-8")
    looser = [
        name
        for name in CASES
        if not refuses(everybody[OURS][name]) and any(refuses(everybody[peer][name]) for peer in MEASURES)
    ]
    assert not looser


def page(everybody: dict[str, dict[str, str]]) -> str:
    names = list(everybody)
    lines = [
        "# Strictness, case by case",
        "",
        "What each server makes of requests that two programs could read differently: the status of its first",
        "answer, `closed` if it closes without one, `waits` if it says nothing for the time of the test. `…`",
        "behind a status says that it went on to answer the request that stood behind. Whoever refuses must",
        "not: what follows may belong to it.",
        "",
        "Ours is held to be as strict as the stricter of nginx and aiohttp (RFC 9112 leaves some of these to",
        "the server). nginx passes the request on to itself, so that it reads bodies; Apache serves a file;",
        "aiohttp and uvicorn (with httptools) run an application that reads the body. Written by",
        "`tests/server/test_strictness.py`, which checks our column; the others are as they were found on",
        "Debian 12.",
        "",
        "| case | " + " | ".join(names) + " |",
        "| --- |" + " --- |" * len(names),
    ]
    lines += [f"| {case} | " + " | ".join(everybody[name][case] for name in names) + " |" for case in CASES]
    return "\n".join(lines) + "\n"
