"""Megabytes between our TCP and the kernel's over bad lines, both ways at once: every octet arrives."""

from __future__ import annotations

import asyncio
import hashlib
import random

import pytest
from tap_wire import Wire

pytestmark = pytest.mark.peer

_KERNELS_END = """
import hashlib, random, socket, sys, threading
address, seed, octets = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
s = socket.create_connection((address, 7), 10); s.settimeout(30)
def send():
    s.sendall(random.Random(seed).randbytes(octets)); s.shutdown(socket.SHUT_WR)
sender = threading.Thread(target=send); sender.start()
sum = hashlib.sha256()
while piece := s.recv(1 << 16): sum.update(piece)
sender.join(); print(sum.hexdigest())
"""

LINES = {
    "a good line": (5_000_000, {"delay": "0us"}),
    "1 % lost, 10 ms": (1_000_000, {"delay": "10ms", "loss": "1%"}),
    "5 % lost": (1_000_000, {"delay": "1ms", "loss": "5%"}),
    "out of order": (1_000_000, {"delay": "1ms", "faults": ["reorder 5% 3ms"]}),
    "twice": (1_000_000, {"delay": "1ms", "faults": ["duplicate 5%"]}),
    "damaged": (1_000_000, {"delay": "1ms", "faults": ["corrupt 2%"]}),
    "all of it": (1_000_000, {"delay": "2ms", "faults": ["reorder 2% 3ms", "duplicate 2%", "corrupt 2%", "loss 2%"]}),
    "jumbo frames": (3_000_000, {"delay": "1ms", "loss": "1%", "mtu": 9000}),
    "small frames": (1_000_000, {"delay": "1ms", "loss": "1%", "mtu": 576}),
}


@pytest.mark.parametrize("line", LINES)
def test_it_is_whole_both_ways(unrecorded: Wire, line: str) -> None:
    octets, settings = LINES[line]
    ours = random.Random(1).randbytes(octets)
    theirs = random.Random(2).randbytes(octets)
    wire = unrecorded
    host = wire.host_behind(**settings)
    got = hashlib.sha256()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def send() -> None:
            for at in range(0, octets, 1 << 16):
                writer.write(ours[at : at + (1 << 16)])
                await writer.drain()
            writer.write_eof()

        async with asyncio.TaskGroup() as both:
            both.create_task(send())
            while piece := await reader.read(1 << 16):
                got.update(piece)
        writer.close()
        over.set()

    over = asyncio.Event()

    async def meet() -> str:
        async with await asyncio.start_server(talk, port=7):
            kernels = await asyncio.to_thread(wire.namespace.python, _KERNELS_END, wire.ours, "2", str(octets))
            await over.wait()
            return kernels

    assert wire.world.run(meet(), on=host, limit="40s").strip() == hashlib.sha256(ours).hexdigest()
    assert got.hexdigest() == hashlib.sha256(theirs).hexdigest()
    faults = {"fcs"} if "damaged" in line else set()
    for counters in (host.adapters["eth0"].counters, wire.world.taps[wire.device].counters):
        assert faults <= set(counters.dropped)
