"""Whatever the line does, a stream arrives whole and in order, or both ends learn of the failure."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st
from small_world import SERVER, SmallWorld

from michinori.aio import ping
from michinori.host.addresses import pack

FAULTS = ("loss 10%", "corrupt 1e-5", "duplicate 10%", "reorder 20% 5ms")


async def exchange(world: SmallWorld, up: bytes, down: bytes, writes: list[int]) -> tuple[bytes, bytes]:
    """Send ``up`` to the server, in writes of these sizes, while ``down`` comes back."""
    received: list[bytes] = []
    all_received = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.gather(write_all(writer, down, writes[::-1]), read_all(reader, received))
        writer.close()
        all_received.set()

    async def serve() -> None:
        async with await asyncio.start_server(answer, port=80) as server:
            await server.serve_forever()

    world.spawn(serve())
    reader, writer = await asyncio.open_connection("server", 80)
    got: list[bytes] = []
    await asyncio.gather(write_all(writer, up, writes), read_all(reader, got))
    writer.close()
    await all_received.wait()
    return b"".join(received), b"".join(got)


async def write_all(writer: asyncio.StreamWriter, text: bytes, sizes: list[int]) -> None:
    position = turn = 0
    while position < len(text):
        size = sizes[turn % len(sizes)]
        writer.write(text[position : position + size])
        await writer.drain()
        if size % 3 == 0:
            await asyncio.sleep(size / 1e6)
        position += size
        turn += 1
    writer.write_eof()


async def read_all(reader: asyncio.StreamReader, into: list[bytes]) -> None:
    while part := await reader.read(5000):
        into.append(part)


@settings(max_examples=50)
@given(
    faults=st.sets(st.sampled_from(FAULTS)),
    seed=st.integers(0, 1000),
    sizes=st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)),
    writes=st.lists(st.integers(1, 4000), min_size=1, max_size=5),
)
def test_a_stream_arrives_whole(faults: set[str], seed: int, sizes: tuple[int, int], writes: list[int]) -> None:
    world = SmallWorld(seed=seed)
    try:
        # Neighbours are known before: a host whose three questions by ARP are all lost is rightly unreachable.
        world.run(ping(world.client, pack(SERVER), count=1))
        for fault in sorted(faults):
            world.line.fault(fault)
        stream = world.dice.stream("text")
        up, down = stream.randbytes(sizes[0]), stream.randbytes(sizes[1])
        assert world.run(exchange(world, up, down, writes)) == (up, down)
    finally:
        world.close()


def test_a_line_that_is_cut_and_mended(world: SmallWorld) -> None:
    world.queue.call_at(100_000_000, world.line.cut)
    world.queue.call_at(5_000_000_000, world.line.mend)
    text = world.dice.stream("text").randbytes(3_000_000)
    assert world.run(exchange(world, text, text, [10_000])) == (text, text)
    assert world.queue.now_ns > 5_000_000_000
