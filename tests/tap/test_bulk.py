"""Megabytes between our TCP and the kernel's over bad lines, both ways at once: every octet arrives."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import netns
import pytest
from tap_wire import Wire, sums, wrong_checksums

pytestmark = pytest.mark.peer

LINES = {
    "a good line": (5_000_000, {"delay": "0us"}),
    "1 % lost, 10 ms": (1_000_000, {"delay": "10ms", "loss": "1%"}),
    "5 % lost": (1_000_000, {"delay": "1ms", "loss": "5%"}),
    "20 % lost": (30_000, {"delay": "1ms", "loss": "20%"}),
    "50 ms": (2_000_000, {"delay": "50ms"}),
    "200 ms": (500_000, {"delay": "200ms"}),
    "200 ms, 1 % lost": (100_000, {"delay": "200ms", "loss": "1%"}),
    "out of order": (1_000_000, {"delay": "1ms", "faults": ["reorder 5% 3ms"]}),
    "twice": (1_000_000, {"delay": "1ms", "faults": ["duplicate 5%"]}),
    "damaged": (1_000_000, {"delay": "1ms", "faults": ["corrupt 2%"]}),
    "damaged, which the frame does not show": (1_000_000, {"delay": "1ms", "faults": ["corrupt 2% fcs=right"]}),
    "all of it": (1_000_000, {"delay": "2ms", "faults": ["reorder 2% 3ms", "duplicate 2%", "corrupt 2%", "loss 2%"]}),
    "jumbo frames": (3_000_000, {"delay": "1ms", "loss": "1%", "mtu": 9000}),
    "jumbo frames, out of order, 20 ms": (3_000_000, {"delay": "20ms", "faults": ["reorder 5% 5ms"], "mtu": 9000}),
    "small frames": (1_000_000, {"delay": "1ms", "loss": "1%", "mtu": 576}),
    "small frames, twice and damaged": (
        500_000,
        {"delay": "1ms", "faults": ["duplicate 5%", "corrupt 2%"], "mtu": 576},
    ),
}


@pytest.mark.parametrize("line", LINES)
def test_it_is_whole_both_ways(unrecorded: Wire, line: str) -> None:
    octets, settings = LINES[line]
    wire = unrecorded
    host = wire.host_behind(**settings)
    assert wire.world.run(wire.exchange(octets), on=host, limit="100s") == sums(octets)
    if line == "damaged, which the frame does not show":
        assert wrong_checksums(wire) > 0
    faults = {"fcs"} if line == "damaged" else set()
    for counters in (host.adapters["eth0"].counters, wire.world.taps[wire.device].counters):
        assert faults <= set(counters.dropped)


def test_the_matrix_of_the_bench_is_made() -> None:
    """Two kernels over our cable, and ours beside them: whole, or the cell would say why not."""
    with netns.namespace():  # skips where none can be made
        pass
    root = Path(__file__).parents[2]
    environ = {**os.environ, "PYTHONPATH": str(root / "src")}
    command = [sys.executable, "-m", "bench.tap_matrix", "--octets", "300000", "5 % twice"]
    done = subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, timeout=100, check=True)
    head, _, *rows = [[cell.strip() for cell in line.strip("| \n").split("|")] for line in done.stdout.splitlines()]
    assert head[:5] == ["line", "octets", "ours to kernel", "kernel to ours", "kernel to kernel"]
    assert [row[:2] for row in rows] == [["5 % twice", "300,000"]]
    assert all(float(cell) > 0 for row in rows for cell in row[2:]), rows
