"""All luck comes from the seed, and each thing has its own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from michinori import World


async def serve():
    async def answer(reader, writer):
        await reader.readline()
        writer.write(bytes(20_000))
        writer.close()

    async with await asyncio.start_server(answer, port=80) as listener:
        await listener.serve_forever()


async def fetch():
    reader, writer = await asyncio.open_connection("server", 80)
    writer.write(b"page\n")
    got = await reader.read()
    writer.close()
    return len(got)


def walk(folder: Path, seed: int, *more: str) -> dict[str, bytes]:
    """Three hosts fetch over lossy lines; ``more`` hosts are there and do nothing. What was kept, by its name."""
    folder.mkdir()
    with World(seed, record=True) as world:
        router, server = world.router("router"), world.host("server")
        world.link(router, server, rate="1Gbit", delay="5ms", loss="2%", faults=["reorder 5% 3ms", "corrupt 1%"])
        names = ["h0", "h1", "h2"]
        for name in (*names, *more):
            world.link(world.host(name), router, delay="1ms", loss="3%")
        server.spawn(serve())

        async def fetch_all():
            tasks = [world.machines[name].spawn(fetch()) for name in names]
            return [await task for task in tasks]

        assert world.run(fetch_all(), on=server) == [20_000] * 3
        for name in world.machines:
            world.save_pcapng(folder / name, host=name)
        world.save_trace(folder / "trace")
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    return walk(tmp_path_factory.mktemp("walks") / "first", seed=1)


def test_one_seed_is_one_world_octet_for_octet(first, tmp_path):
    assert walk(tmp_path / "again", seed=1) == first


def test_another_seed_is_another(first, tmp_path):
    other = walk(tmp_path / "other", seed=3)
    assert [name for name in first if first[name] == other[name]] == []


def test_a_host_more_does_not_change_the_luck_of_the_others(first, tmp_path):
    more = walk(tmp_path / "more", 1, "extra", "another")
    # The router has adapters more, and the trace says of them what they read at boot.
    assert sorted(name for name in first if first[name] != more[name]) == ["router", "trace"]
