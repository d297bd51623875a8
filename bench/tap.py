"""Our TCP against this machine's kernel through a TAP device: connections, octets both ways, echoes.

Each in a process of its own; left out without Linux, root and iproute2. Our end keeps to one processor and the kernel's
end, a process too, to another: left alone, the scheduler wakes who receives where somebody has just sent, who is not
done sending. The bare forms are those of ``tap_bare``.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from bench import Measure, tap_bare
from bench.tap_ends import FAR, NEAR, Ours, Process, ip, kernel_end, new_device, new_namespace, on_processor, pass_over
from bench.tap_lines import PIECE
from michinori import TapWorld
from michinori.aio import ping
from michinori.link import open_tap

OCTETS = 100_000_000
OCTETS_WITH_OFFLOAD = 1_000_000_000
CONNECTIONS = 10_000
ROUNDS = 3
_LIMIT_S = 120

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

        async def serve() -> str:
            async with await asyncio.get_running_loop().create_server(_Echo, NEAR, 7, backlog=1000):
                return await asyncio.to_thread(subprocess.check_output, _connecting(there), text=True)

        taken: list[float] = json.loads(world.run(serve(), on=host))
    return [taken[0], taken[-1]]


def octets(direction: str, total: int = OCTETS, *, offload: bool = False) -> list[float]:
    """Seconds for all of them."""
    with new_namespace("far") as there, TapWorld(seed=1) as world:
        new_device(there, "michfar", 1500, FAR)
        host = world.tap_host(device="michfar", namespace=there, address=f"{NEAR}/24", offload=offload)
        ends = [Ours(is_checked=False), _far_end(there)]
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


# -- The bare forms ----------------------------------------------------------------------------------------------------


def bare_connects() -> list[float]:
    """The same as ``connects``."""
    with (
        new_namespace("far") as there,
        _bare_tap(there) as tap,
        subprocess.Popen(_connecting(there), stdout=subprocess.PIPE, text=True) as process,
    ):
        tap_bare.answer(tap, CONNECTIONS)
        taken: list[float] = json.loads(process.communicate()[0])
    return [taken[0], taken[-1]]


def bare_octets(direction: str, total: int = OCTETS, *, offload: bool = False) -> list[float]:
    """The same as ``octets``."""
    with new_namespace("far") as there, _bare_tap(there, offload=offload) as tap:
        far = _far_end(there)
        try:
            if direction == "received":
                process = far.start("send", NEAR, str(total))
                seconds = tap_bare.receive(tap)
                process.wait()
                return [seconds]
            process = far.start("receive", FAR)
            assert process.stdout is not None
            process.stdout.readline()  # it listens
            tap_bare.send(tap, total)
            return [json.loads(process.stdout.readline())[2]]
        finally:
            far.end()


@contextmanager
def _bare_tap(namespace: str, *, offload: bool = False) -> Iterator[tap_bare.Tap]:
    """A device at which nobody looks for neighbours."""
    new_device(namespace, "michfar", 1500, FAR)
    ip(f"-n {namespace} link set michfar address {tap_bare.KERNELS_MAC.hex(':')}")
    ip(f"-n {namespace} neighbour replace {NEAR} lladdr {tap_bare.MAC.hex(':')} dev michfar")
    device = open_tap("michfar", namespace=namespace, offload=offload)
    try:
        near, far = (bytes(map(int, address.split("."))) for address in (NEAR, FAR))
        yield tap_bare.Tap(device.fileno(), near, far, device.offload)
    finally:
        device.close()


def _connecting(namespace: str) -> list[str]:
    program = on_processor(_processors()[1], _CONNECTING)
    return ["ip", "netns", "exec", namespace, sys.executable, "-c", program, NEAR, str(CONNECTIONS)]


def _far_end(namespace: str) -> Process:
    return kernel_end(namespace, FAR, "kernel", is_checked=False, processor=_processors()[1])


@cache
def _processors() -> tuple[int, int]:
    """Ours, and that of the kernel's end: another if there is one."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


WORK = {
    "connects": (connects, bare_connects),
    "received": (lambda: octets("received"), lambda: bare_octets("received")),
    "sent": (lambda: octets("sent"), lambda: bare_octets("sent")),
    "received-large": (
        lambda: octets("received", OCTETS_WITH_OFFLOAD, offload=True),
        lambda: bare_octets("received", OCTETS_WITH_OFFLOAD, offload=True),
    ),
    "sent-large": (
        lambda: octets("sent", OCTETS_WITH_OFFLOAD, offload=True),
        lambda: bare_octets("sent", OCTETS_WITH_OFFLOAD, offload=True),
    ),
    "echoes": (echoes,),
}


def measure() -> Iterator[Measure]:
    """The best of some rounds, in turn."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("ip") is None or not Path("/dev/net/tun").exists():
        return
    runs = [
        {(name, form): _apart(name, form) for name, forms in WORK.items() for form in range(len(forms))}
        for _ in range(ROUNDS)
    ]

    def best(name: str, form: int = 0, index: int = 0) -> float:
        return min(run[name, form][index] for run in runs)

    for what, index in (("of the first 1,000", 0), (f"of the last 1,000 of {CONNECTIONS:,}", 1)):
        taken_us, bare_us = best("connects", 0, index), best("connects", 1, index)
        yield Measure(f"TAP: connect, echo one octet, close: {what}", taken_us, "us", 250, bare_us)
    for name, goal_s in (("received", 2.0), ("sent", 4 / 3)):
        yield Measure(f"TAP: 100 MB {name}, in pieces of {PIECE:,}", best(name), "s", goal_s, best(name, 1))
    for name in ("received", "sent"):
        what = f"TAP: 1 GB {name}, checksums and segments left to the kernel"
        yield Measure(what, best(f"{name}-large"), "s", 8 / 3, best(f"{name}-large", 1))
    yield Measure("TAP: ping, the median", best("echoes"), "ms", 0.1)


def _apart(name: str, form: int) -> list[float]:
    command = [sys.executable, "-m", "bench.tap", name, str(form)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=_LIMIT_S)
    taken: list[float] = json.loads(done.stdout)
    return taken


if __name__ == "__main__":
    os.sched_setaffinity(0, {_processors()[0]})
    print(json.dumps(WORK[sys.argv[1]][int(sys.argv[2])]()))
