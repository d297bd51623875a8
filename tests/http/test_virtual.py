"""The same client and the same server on virtual hosts: exact, and the same every time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from michinori import World
from michinori.http import Client, Request, Response, StaticSite, serve


def journey(folder: Path, out: Path, *, loss: str, seed: int) -> tuple[list[Response], bytes]:
    """Fetch ten files over a lossy line. Gives the answers and the trace."""
    with World(seed=seed, record=True) as world:
        client, server, router = world.host("client"), world.host("server"), world.router("r")
        world.link(client, router, rate="100Mbit", delay="5ms")
        world.link(router, server, rate="10Mbit", delay="20ms", loss=loss)

        async def run_server() -> None:
            await (await serve(StaticSite(folder, dates=0, compress=True))).serve_forever()

        async def ask() -> list[Response]:
            async with Client() as http:
                first = await http.fetch(Request.get("http://server/"))
                return [first, *[await http.fetch(Request.get(f"http://server/{name}.bin")) for name in range(3)]]

        server.spawn(run_server())
        responses = world.run(ask(), on=client)
        world.save_trace(out)
    return responses, out.read_bytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<h1>home</h1>" * 100)
    for name in range(3):
        (site / f"{name}.bin").write_bytes(bytes(range(256)) * (name + 1) * 300)
    return site


@pytest.mark.row("B4")
def test_over_a_bad_line_all_arrives_and_all_again_the_same(folder: Path, tmp_path: Path) -> None:
    one, trace_one = journey(folder, tmp_path / "one", loss="3%", seed=7)
    _, trace_two = journey(folder, tmp_path / "two", loss="3%", seed=7)
    assert trace_one == trace_two
    assert one[0].headers.get("Date") == "Thu, 01 Jan 2026 00:00:00 GMT"
    for name, response in enumerate(one[1:]):
        assert response.body == (folder / f"{name}.bin").read_bytes()
    assert len({response.connection for response in one}) == 1


def test_the_phases_are_virtual_time(folder: Path, tmp_path: Path) -> None:
    (first, second, *_), _ = journey(folder, tmp_path / "one", loss="0%", seed=0)
    ms = 1_000_000
    assert first.phases_ns["connect"] >= 50 * ms  # a round trip of 50 ms
    assert first.phases_ns["wait"] >= 50 * ms
    assert second.phases_ns["connect"] == -1
    assert 55 * ms > second.phases_ns["wait"] >= 50 * ms


@pytest.mark.parametrize(
    "head", [b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\n"]
)
def test_a_connection_that_carries_no_more_ends_by_fin(head: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head + b"whole")
        writer.close()

    with World(record=True) as world:
        client, server = world.host("client"), world.host("server")
        world.link(client, server)

        async def fetch() -> bytes:
            await world.loop.spawn(server, asyncio.start_server(answer, port=80))
            async with Client() as asking:
                body = (await asking.fetch(Request("GET", "http://server/"))).body
            await asyncio.sleep(1)
            return body

        assert world.run(fetch(), on=client) == b"whole"
        assert world.recorder is not None
        sent = [event.data["flags"] for event in world.recorder.read() if event.what == "segment-sent"]
    assert not [flags for flags in sent if "RST" in flags]
    assert len([flags for flags in sent if "FIN" in flags]) == 2
