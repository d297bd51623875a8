"""Our TCP against this machine's kernel through a TAP device: connections, octets both ways, echoes.

Each in a process of its own; left out without Linux, root and iproute2. The kernel's end is a process too, so two
processors are what the figures are about.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench import Measure
from bench.tap_ends import FAR, NEAR, Ours, kernel_end, new_device, new_namespace, pass_over
from bench.tap_lines import PIECE
from michinori import TapWorld
from michinori.aio import ping

OCTETS = 100_000_000
OCTETS_WITH_OFFLOAD = 1_000_000_000
CONNECTIONS = 10_000
ROUNDS = 3

#: Connects, sends an octet, reads it and the end, some at a time; prints the microseconds a connection, by thousands.
_CONNECTING = """
import select, socket, sys, time
address, total, at_once = sys.argv[1], int(sys.argv[2]), 16
poll, talking, begun, marks = select.epoll(), {}, 0, [time.perf_counter()]
def begin():
    global begun
    begun += 1
    s = socket.socket(); s.setblocking(False); s.connect_ex((address, 7))
    talking[s.fileno()] = s; poll.register(s, select.EPOLLOUT)
for _ in range(at_once): begin()
done = 0
while done < total:
    for number, what in poll.poll():
        s = talking[number]
        if what == select.EPOLLOUT:
            s.send(b"x"); poll.modify(s, select.EPOLLIN)
        elif not s.recv(100):
            poll.unregister(s); s.close(); del talking[number]
            done += 1
            if done % 1000 == 0: marks.append(time.perf_counter())
            if begun < total: begin()
print([(after - before) * 1000 for before, after in zip(marks, marks[1:])])
"""


class _Echo(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(data)
        self._transport.close()


def connects() -> list[float]:
    """Microseconds a connection, of the first and of the last thousand."""
    with new_namespace("far") as there, TapWorld(seed=1) as world:
        new_device(there, "michfar", 1500, FAR)
        host = world.tap_host(device="michfar", namespace=there, address=f"{NEAR}/24")
        command = ["ip", "netns", "exec", there, sys.executable, "-c", _CONNECTING, NEAR, str(CONNECTIONS)]

        async def serve() -> str:
            async with await asyncio.get_running_loop().create_server(_Echo, NEAR, 7, backlog=1000):
                return await asyncio.to_thread(subprocess.check_output, command, text=True)

        taken: list[float] = json.loads(world.run(serve(), on=host))
    return [taken[0], taken[-1]]


def octets(direction: str, total: int = OCTETS, *, offload: bool = False) -> list[float]:
    """Seconds for all of them."""
    with new_namespace("far") as there, TapWorld(seed=1) as world:
        new_device(there, "michfar", 1500, FAR)
        host = world.tap_host(device="michfar", namespace=there, address=f"{NEAR}/24", offload=offload)
        ends = [Ours(), kernel_end(there, FAR, "kernel")]
        sender, receiver = ends if direction == "sent" else reversed(ends)
        return [world.run(pass_over(sender, receiver, total), on=host).seconds]


def echoes() -> list[float]:
    """Milliseconds of the median round trip of our questions."""
    with new_namespace("far") as there, TapWorld(seed=1) as world:
        new_device(there, "michfar", 1500, FAR)
        host = world.tap_host(device="michfar", namespace=there, address=f"{NEAR}/24")

        async def ask() -> list[int]:
            report = await ping(host, bytes(map(int, FAR.split("."))), count=200, interval_s=0.002)
            return sorted(report.round_trips_ns)

        trips = world.run(ask(), on=host)
    return [trips[len(trips) // 2] / 1e6]


WORK = {
    "connects": connects,
    "received": lambda: octets("received"),
    "sent": lambda: octets("sent"),
    "received-large": lambda: octets("received", OCTETS_WITH_OFFLOAD, offload=True),
    "sent-large": lambda: octets("sent", OCTETS_WITH_OFFLOAD, offload=True),
    "echoes": echoes,
}


def measure() -> Iterator[Measure]:
    """The best of some rounds, in turn."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("ip") is None or not Path("/dev/net/tun").exists():
        return
    runs = [{name: _apart(name) for name in WORK} for _ in range(ROUNDS)]
    first, last = (min(run["connects"][index] for run in runs) for index in (0, 1))
    yield Measure("TAP: connect, echo one octet, close: of the first 1,000", first, "us", 250)
    yield Measure(f"TAP: the same: of the last 1,000 of {CONNECTIONS:,}", last, "us", 250, first)
    for name, goal_s in (("received", 2.0), ("sent", 4 / 3)):
        yield Measure(f"TAP: 100 MB {name}, in pieces of {PIECE:,}", min(run[name][0] for run in runs), "s", goal_s)
    for name in ("received", "sent"):
        taken_s = min(run[f"{name}-large"][0] for run in runs)
        yield Measure(f"TAP: 1 GB {name}, checksums and segments left to the kernel", taken_s, "s", 8 / 3)
    yield Measure("TAP: ping, the median", min(run["echoes"][0] for run in runs), "ms", 0.1)


def _apart(name: str) -> list[float]:
    done = subprocess.run([sys.executable, "-m", "bench.tap", name], check=True, capture_output=True, text=True)
    taken: list[float] = json.loads(done.stdout)
    return taken


if __name__ == "__main__":
    print(json.dumps(WORK[sys.argv[1]]()))
