"""Our HTTP over our TCP, facing programs of this machine."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

import pytest
from tap_wire import Wire

from michinori import http

pytestmark = pytest.mark.peer

_NGINX = """
user root;  # the folders of tests are for their owner alone
pid {work}/nginx.pid;
error_log {work}/error.log;
worker_processes 1;
daemon off;
events {{ worker_connections 64; }}
http {{ access_log off; server {{ listen 10.99.0.1:80; root {work}; keepalive_timeout 5; }} }}
"""


def site(folder: Path, octets: int = 2_000_000) -> bytes:
    folder.mkdir(parents=True, exist_ok=True)
    big = bytes(range(256)) * (octets // 256)
    (folder / "index.html").write_text("<!doctype html><title>hello</title>")
    (folder / "big.bin").write_bytes(big)
    return big


def test_curl_fetches_from_our_server(wire: Wire, tmp_path: Path) -> None:
    big = site(tmp_path / "site")
    host = wire.host()
    urls = [f"http://{wire.ours}/", f"http://{wire.ours}/big.bin"] * 2

    async def serve() -> None:
        async with await http.serve(http.StaticSite(tmp_path / "site"), port=80):
            shown = await asyncio.to_thread(
                wire.namespace.run, "curl", "-sS", "--max-time", "20", "-w", "%{num_connects} ", *urls
            )
            assert shown.returncode == 0, shown.stderr
            assert shown.stdout.endswith(b"0 ")  # one connection for all of them
            assert shown.stdout.count(big) == 2
            missing = await asyncio.to_thread(
                wire.namespace.run, "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", f"{urls[0]}none"
            )
            assert missing.stdout == b"404"

    wire.world.run(serve(), on=host, limit="40s")


def test_our_client_fetches_from_pythons_server(wire: Wire, tmp_path: Path) -> None:
    big = site(tmp_path / "site")
    host = wire.host()
    command = (sys.executable, "-m", "http.server", "-b", wire.kernel, "-d", str(tmp_path / "site"), "80")

    async def fetch() -> None:
        wire.namespace.start(*command)
        await answering(wire.kernel)
        async with http.Client() as client:
            answers = await asyncio.gather(
                *(client.fetch(http.Request("GET", f"http://{wire.kernel}/big.bin")) for _ in range(3))
            )
            assert [answer.body == big for answer in answers] == [True] * 3
            assert (await client.fetch(http.Request("GET", f"http://{wire.kernel}/none"))).status == 404

    wire.world.run(fetch(), on=host, limit="40s")


def test_our_client_fetches_from_nginx(wire: Wire, tmp_path: Path) -> None:
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if program is None:
        pytest.skip("nginx is not installed")
    work = tmp_path / "work"
    big = site(work)
    (work / "nginx.conf").write_text(_NGINX.format(work=work))
    host = wire.host_behind(delay="2ms", loss="1%")

    async def fetch() -> None:
        wire.namespace.start(program, "-p", str(work), "-c", str(work / "nginx.conf"), "-e", str(work / "error.log"))
        await answering(wire.kernel)
        async with http.Client() as client:
            for _ in range(2):
                answer = await client.fetch(http.Request("GET", f"http://{wire.kernel}/big.bin"))
                assert answer.status == 200
                assert answer.body == big

    wire.world.run(fetch(), on=host, limit="40s")
    kept = [event for event in wire.world.recorder.read() if (event.layer, event.what) == ("http", "exchange")]
    assert [event.data["reused"] for event in kept] == [False, True]


async def answering(address: str) -> None:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection(address, 80)
        except ConnectionRefusedError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return
    raise AssertionError("the server did not begin to listen")
