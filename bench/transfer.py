"""Whole worlds: octets through asyncio streams over two routers, TCP whole and every checksum verified.

Each measurement runs in a process of its own, so that its memory is its own: ``python -m bench.transfer NAME``
runs one.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Collection, Iterator

from bench import Measure, bareloop
from michinori import World

MB = 1_000_000
BLOCK = bytes(range(256)) * 256
ROUNDS = 3


def two_routers(record: Collection[str]) -> World:
    """Two machines, two routers, links of 1 Gbit/s with 10 us, 10 ms, 10 us, MTU 1500 and queues of 1,000 packets."""
    world = World(seed=0, record=record)
    client, server, r1, r2 = world.host("client"), world.host("server"), world.router("r1"), world.router("r2")
    world.link(client, r1, rate="1Gbit", delay="10us", mtu=1500, queue=1000)
    world.link(r1, r2, rate="1Gbit", delay="10ms", mtu=1500, queue=1000)
    world.link(r2, server, rate="1Gbit", delay="10us", mtu=1500, queue=1000)
    return world


def transfer(octets: int, times: int = 1, record: Collection[str] = ()) -> float:
    """The seconds that ``times`` transfers at once take, of ``octets`` each. Raises when not everything arrives."""
    with two_routers(record) as world:

        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            left = octets
            while left:
                piece = BLOCK[: min(left, len(BLOCK))]
                left -= len(piece)
                writer.write(piece)
                await writer.drain()
            writer.close()

        async def serve() -> None:
            async with await asyncio.start_server(answer, port=80, backlog=times) as listener:
                await listener.serve_forever()

        async def fetch() -> int:
            reader, writer = await asyncio.open_connection("server", 80)
            got = 0
            while piece := await reader.read(1 << 20):
                got += len(piece)
            writer.close()
            return got

        async def fetch_all() -> int:
            return sum(await asyncio.gather(*(fetch() for _ in range(times))))

        world.machines["server"].spawn(serve())
        gc.collect()
        began = time.perf_counter()
        got = world.run(fetch_all(), on=world.machines["client"])
        took = time.perf_counter() - began
    if got != octets * times:
        raise RuntimeError(f"{got} octets arrived of {octets * times}")
    return took


def thousand(hosts: int = 1_000) -> float:
    """A world of so many hosts on switches behind one router, each fetching a page from one server."""
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\nConnection: close\r\n\r\n" + BLOCK[:10_000]
    began = time.perf_counter()
    with World(seed=0) as world:
        router, server = world.router("router"), world.host("server")
        world.link(router, server, rate="10Gbit", delay="5ms")
        for number in range(hosts):
            if number % 100 == 0:
                switch = world.switch(f"switch-{number // 100}")
                world.link(switch, router, rate="10Gbit", delay="10us")
            world.link(world.host(f"host-{number}"), switch, rate="100Mbit", delay="10us")

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(page)
            await writer.drain()
            writer.close()

        async def serve() -> None:
            async with await asyncio.start_server(answer, port=80, backlog=hosts) as listener:
                await listener.serve_forever()

        async def fetch() -> int:
            reader, writer = await asyncio.open_connection("server", 80)
            writer.write(b"GET / HTTP/1.1\r\nHost: server\r\n\r\n")
            answer = await reader.read()
            writer.close()
            return len(answer)

        async def fetch_all() -> int:
            tasks = [world.machines[f"host-{number}"].spawn(fetch()) for number in range(hosts)]
            return sum([await task for task in tasks])

        server.spawn(serve())
        got = world.run(fetch_all(), on=server)
    if got != hosts * len(page):
        raise RuntimeError(f"{got} octets arrived of {hosts * len(page)}")
    return time.perf_counter() - began


WORK = {
    "one": lambda: transfer(100 * MB),
    "recorded": lambda: transfer(100 * MB, record={"client"}),
    "hundred": lambda: transfer(MB, times=100),
    "thousand": thousand,
}


def _apart(name: str) -> tuple[float, float]:
    """Run one of them in a process of its own: its seconds and its memory in MB."""
    said = subprocess.run([sys.executable, "-m", "bench.transfer", name], check=True, capture_output=True, text=True)
    seconds, megabytes = json.loads(said.stdout)
    return seconds, megabytes


def measure() -> Iterator[Measure]:
    """In turn, several times over: the machine's speed drifts, and the best of each says the least about that."""
    names = list(WORK)
    runs = [{name: _apart(name) for name in names} for _ in range(ROUNDS)]
    best = {name: min(run[name][0] for run in runs) for name in names}
    memory = {name: max(run[name][1] for run in runs) for name in names}
    bare = bareloop.best_s()
    yield Measure("100 MB through asyncio streams over two routers", best["one"], "s", 5.0, bare)
    yield Measure("its memory, whole process", memory["one"], "MB", 100)
    cost = statistics.median(run["recorded"][0] / run["one"][0] for run in runs)
    yield Measure("the same, one adapter recorded", best["recorded"], "s", None, best["one"])
    yield Measure("more time with one adapter recorded", (cost - 1) * 100, "%", 15)
    yield Measure("100 transfers of 1 MB over one bottleneck", best["hundred"], "s", 5.5, bare)
    yield Measure("its memory, whole process", memory["hundred"], "MB", 100)
    yield Measure("1,000 hosts made, each fetching a page of 10 kB", best["thousand"], "s")
    yield Measure("its memory, whole process", memory["thousand"], "MB")


if __name__ == "__main__":
    took = WORK[sys.argv[1]]()
    print(json.dumps([took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
