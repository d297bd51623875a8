"""The server beside others: hello from an ASGI application and a file of 10 kB, kept alive and closed each time.

One process each, the same wrk, starts interleaved and the median of several taken, as the wake-ups of virtual machines
have two speeds. A line says how long a request takes on the wall clock of that run; beside it stands what the server's
process spent on it, which says more where the machine is busy with other things, and how long the slowest 1 % of the
requests waited for their answers. The goals are what others reach in the same run. What is below all that Python can do
is the column ``bare``: an ``asyncio.Protocol`` with httptools on uvloop that writes the same answers from memory and
knows no others. Needs wrk; peers that are not installed are left out. BENCH_STARTS says how often each server is
started, BENCH_SECONDS (whole ones) how long it is asked each time.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench import Measure

STARTS = int(os.environ.get("BENCH_STARTS", "3"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "2"))
CONNECTIONS = 64

_APPLICATION = """\
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"text/plain"), (b"content-length", b"13")],
}
BODY = {"type": "http.response.body", "body": b"Hello, world!"}

async def app(scope, receive, send):
    if scope["type"] == "http":
        await send(START)
        await send(BODY)
"""
_AIOHTTP = """\
import sys
import uvloop
from aiohttp import web

async def hello(request):
    return web.Response(body=b"Hello, world!", content_type="text/plain")

app = web.Application()
app.add_routes([web.get("/hello", hello), web.static("/", sys.argv[2])])
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None, loop=uvloop.new_event_loop())
"""
_BARE = """\
import asyncio
import sys
from pathlib import Path
import httptools
import uvloop

HEAD = b"HTTP/1.1 200 OK\\r\\nContent-Type: %b\\r\\nContent-Length: %d\\r\\n"
CONTENT = Path(sys.argv[2], "10k.bin").read_bytes()
HELLO = HEAD % (b"text/plain", 13), b"Hello, world!"
FILE = HEAD % (b"application/octet-stream", len(CONTENT)), CONTENT

class Bare(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.parser = transport, httptools.HttpRequestParser(self)

    def data_received(self, data):
        self.parser.feed_data(data)

    def on_url(self, url):
        self.head, self.body = HELLO if url == b"/hello" else FILE

    def on_message_complete(self):
        kept = self.parser.should_keep_alive()
        self.transport.write(b"".join((self.head, b"\\r\\n" if kept else b"Connection: close\\r\\n\\r\\n", self.body)))
        if not kept:
            self.transport.close()

async def main():
    server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", int(sys.argv[1]), backlog=2048)
    await server.serve_forever()

with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
"""
_NGINX = """\
{user}
pid {work}/nginx.pid; error_log {work}/error.log; worker_processes 1; daemon off;
events {{ worker_connections 4096; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
    client_body_temp_path {work}/b; proxy_temp_path {work}/p; fastcgi_temp_path {work}/f;
    uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;
    server {{
        listen 127.0.0.1:{port}; root {site};
        location = /hello {{ default_type text/plain; return 200 "Hello, world!"; }}
    }}
}}
"""


class Run(NamedTuple):
    """What a request took, in microseconds: on the wall clock, of the server's processor time, and the slowest 1 %."""

    wall: float
    spent: float
    p99: float


class Goal(NamedTuple):
    """What a run should stay below, where anything is asked of it."""

    wall: float | None = None
    spent: float | None = None
    p99: float | None = None


NO_GOAL = Goal()


def measure() -> Iterator[Measure]:
    if shutil.which("wrk") is None:
        return
    with tempfile.TemporaryDirectory(prefix="michinori-bench-") as folder:
        work = Path(folder)
        work.chmod(0o755)
        prepare(work)
        for what, path, names in (("hello", "/hello", HELLO), ("10 kB file", "/10k.bin", FILES)):
            for kept in (True, False):
                yield from _lines(work, f"{what}, {'keep-alive' if kept else 'close'}", path, names, kept=kept)


def _lines(work: Path, what: str, path: str, names: tuple[str, ...], *, kept: bool) -> Iterator[Measure]:
    runs: dict[str, list[Run]] = {name: [] for name in names}
    for _ in range(STARTS):
        for name in names:
            with running(name, work) as (port, process):
                runs[name].append(ask(port, path, process, kept=kept))
    medians = {
        name: Run(*(statistics.median(column) for column in zip(*found, strict=True))) for name, found in runs.items()
    }
    goal, bare = _goal(medians), medians.get("bare protocol")
    for name, run in medians.items():
        goals = goal if name == "michinori" else NO_GOAL
        yield Measure(f"{what}: {name}, per request", run.wall, "us", goals.wall, bare and bare.wall)
        yield Measure(f"{what}: {name}, of the processor", run.spent, "us", goals.spent, bare and bare.spent)
        yield Measure(f"{what}: {name}, p99", run.p99, "us", goals.p99, bare and bare.p99)


def _goal(medians: dict[str, Run]) -> Goal:
    """Ahead of uvicorn, with answers that come no later than its; for files at least 0.7 of what nginx does."""
    if (uvicorn := medians.get("uvicorn")) is not None:
        return Goal(uvicorn.wall, uvicorn.spent, uvicorn.p99)
    nginx = medians.get("nginx")
    return Goal(nginx.wall / 0.7, None, None) if nginx is not None else NO_GOAL


def prepare(work: Path) -> None:
    """The site and the applications."""
    site = work / "site"
    site.mkdir()
    (site / "10k.bin").write_bytes(bytes(range(256)) * 40)
    long_ago = time.time() - 100
    os.utime(site / "10k.bin", (long_ago, long_ago))
    (work / "hello_app.py").write_text(_APPLICATION)
    (work / "hello_aiohttp.py").write_text(_AIOHTTP)
    (work / "bare.py").write_text(_BARE)


def command(name: str, work: Path, port: int) -> list[str]:
    """How that server is started."""
    python = [sys.executable, "-m"]
    at = ["--host", "127.0.0.1", "--port", str(port)]
    match name:
        case "michinori":
            targets = ["/hello=hello_app:app", "/=site"]
            return [*python, "michinori", "serve", *targets, *at]
        case "michinori on asyncio":
            return [*python, "michinori", "serve", "/hello=hello_app:app", "/=site", *at, "--loop", "asyncio"]
        case "uvicorn":
            return [*python, "uvicorn", "hello_app:app", *at, *["--no-access-log", "--log-level", "error"]]
        case "granian":
            return [*python, "granian", "hello_app:app", *at, *["--interface", "asgi", "--loop", "uvloop", "--no-ws"]]
        case "bare protocol":
            return [sys.executable, "bare.py", str(port), str(work / "site")]
        case "aiohttp":
            return [sys.executable, "hello_aiohttp.py", str(port), str(work / "site")]
        case "nginx":
            user = "user root;" if os.geteuid() == 0 else ""
            settings = work / f"nginx-{port}.conf"
            settings.write_text(_NGINX.format(work=work, site=work / "site", port=port, user=user))
            return ["nginx", "-c", str(settings), "-e", str(work / "error.log"), "-p", str(work)]
    raise AssertionError(name)


def _installed(name: str) -> bool:
    if name == "nginx":
        return shutil.which("nginx") is not None
    if name == "bare protocol":
        return all(importlib.util.find_spec(needed) is not None for needed in ("httptools", "uvloop"))
    return name.startswith("michinori") or importlib.util.find_spec(name) is not None


HELLO = tuple(
    filter(_installed, ("michinori", "michinori on asyncio", "uvicorn", "granian", "aiohttp", "nginx", "bare protocol"))
)
FILES = tuple(filter(_installed, ("michinori", "michinori on asyncio", "aiohttp", "nginx", "bare protocol")))


@contextmanager
def running(name: str, work: Path) -> Iterator[tuple[int, int]]:
    """That server, started; gives its port and the number of its process."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    process = subprocess.Popen(
        command(name, work, port), cwd=work, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def ask(port: int, path: str, process: int, *, kept: bool) -> Run:
    """Let wrk ask for a while."""
    fields = [] if kept else ["-H", "Connection: close"]
    wrk = ["wrk", "-t1", f"-c{CONNECTIONS}", "--latency", *fields, f"http://127.0.0.1:{port}{path}"]
    subprocess.run([*wrk, "-d1s"], check=True, capture_output=True)
    before = _spent_s(process)
    said = subprocess.run([*wrk, f"-d{SECONDS}s"], check=True, capture_output=True, text=True).stdout
    spent_s = _spent_s(process) - before
    if "Non-2xx" in said:
        raise AssertionError(said)
    requests = int(_find(r"(\d+) requests in", said))
    rate = float(_find(r"Requests/sec:\s+([\d.]+)", said))
    return Run(1e6 / rate, spent_s / requests * 1e6, _microseconds(_find(r"(?m)^ +99% +(\S+)$", said)))


def _find(pattern: str, said: str) -> str:
    match = re.search(pattern, said)
    assert match is not None, said
    return match[1]


def _microseconds(text: str) -> float:
    units = {"us": 1.0, "ms": 1e3, "s": 1e6}
    match = re.fullmatch(r"([\d.]+)(us|ms|s)", text)
    assert match is not None, text
    return float(match[1]) * units[match[2]]


def _spent_s(process: int) -> float:
    """Processor time of a process and those below it."""
    ticks = 0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(entry.name) == process or int(fields[1]) == process:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
