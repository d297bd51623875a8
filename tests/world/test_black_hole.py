"""A firewall that lets no ICMP through makes a black hole of a narrow path. RFC 2923, RFC 4821."""

from __future__ import annotations

import asyncio

import pytest

from michinori import World
from michinori.aio import TimedOut
from michinori.world import scenario
from michinori.world.build import build

SIZE = 400_000

SCENARIO = """
[about]
title = { ja = "黒い穴", en = "A black hole" }
browser = "client"

[routers.wall]
[routers.wall.firewall]
default = "accept"
rules = [{ verdict = "drop", protocol = "icmp" }]

[routers.narrow]

[routers.far]

[hosts.client]
tcp = { black_hole_detection = SWITCH }

[hosts.server]

[lines]
a = { between = ["client", "wall"], delay = "1ms" }
b = { between = ["wall", "narrow"], delay = "5ms" }
c = { between = ["narrow", "far"], delay = "1ms", mtu = 1200 }
d = { between = ["far", "server"], delay = "1ms" }
"""


def send_over(world: World) -> bytes:
    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(str(len(await reader.read(-1))).encode())
        writer.close()

    async def serve() -> None:
        async with await asyncio.start_server(count, port=7) as listener:
            await listener.serve_forever()

    async def send() -> bytes:
        reader, writer = await asyncio.open_connection("server", 7)
        writer.write(bytes(SIZE))
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        return answer

    world.machine("server").spawn(serve())
    return world.run(send(), on="client", limit="60s")


def test_with_detection_it_arrives_and_what_passes_is_found() -> None:
    described = scenario.parse(SCENARIO.replace("SWITCH", "true"))
    with build(described, record=True) as world:
        assert send_over(world) == str(SIZE).encode()
        assert world.recorder is not None
        events = [event for event in world.recorder.read() if event.host == "client"]
    assert not [event for event in events if event.layer == "icmp"]  # nobody has told
    assert [event.data["mss"] for event in events if event.what == "black-hole"] == [1024]
    found = [event.data["mtu"] for event in events if event.what == "path-mtu" and event.why == "probe"]
    assert 1192 <= found[-1] <= 1200


def test_without_it_the_transfer_hangs() -> None:
    with build(scenario.parse(SCENARIO.replace("SWITCH", "false"))) as world, pytest.raises(TimedOut):
        send_over(world)
