"""A firewall that lets no ICMP through makes a black hole of a narrow path. RFC 2923, RFC 4821."""

from __future__ import annotations

import pytest
from counted_text import send_counted

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


def test_with_detection_it_arrives_and_what_passes_is_found() -> None:
    described = scenario.parse(SCENARIO.replace("SWITCH", "true"))
    with build(described, record=True) as world:
        assert send_counted(world, SIZE, limit="60s") == SIZE
        assert world.recorder is not None
        events = [event for event in world.recorder.read() if event.host == "client"]
    assert not [event for event in events if event.layer == "icmp"]  # nobody has told
    assert [event.data["mss"] for event in events if event.what == "black-hole"] == [1024]
    found = [event.data["mtu"] for event in events if event.what == "path-mtu" and event.why == "probe"]
    assert 1192 <= found[-1] <= 1200


def test_without_it_the_transfer_hangs() -> None:
    with build(scenario.parse(SCENARIO.replace("SWITCH", "false"))) as world, pytest.raises(TimedOut):
        send_counted(world, SIZE, limit="60s")
