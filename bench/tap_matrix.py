"""Transfers between our TCP and the kernel's over bad lines, both ways, beside two kernels on the same line: a table.

    python -m bench.tap_matrix                      every line, every pair; takes long
    python -m bench.tap_matrix "5 % lost" "MTU 576" only these lines
    python -m bench.tap_matrix --octets 1000000     at most so many octets each
    python -m bench.tap_matrix --pytcp DIR/python   beside PyTCP, where that Python has it installed

Every transfer is compared by its SHA-256. Needs Linux, root and iproute2; what the lines are is in ``tap_lines``.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from bench.tap_lines import KERNELS_END, LINES, PIECE, Line, digest, pieces
from michinori import TapWorld

LIMIT_S: Final = 300
#: Ends on the kernel's TCP, with its congestion control: its usual default, and the one that does not ask for losses.
KERNELS: Final = {"kernel": "cubic", "bbr": "bbr"}
FAR, NEAR = "10.99.0.1", "10.99.0.2"
_PYTCPS_END: Final = Path(__file__).with_name("tap_pytcp.py")


class Arrived(NamedTuple):
    """What the receiver got, and how long that took from the first moment of the connection."""

    octets: int
    sha256: str
    seconds: float


class End(Protocol):
    """One end of the line."""

    address: str

    async def listen(self) -> asyncio.Future[Arrived]:
        """Take one connection and all that comes of it. Returns once it listens."""

    async def send(self, address: str, octets: int) -> None:
        """Connect and send that many octets; returns when the peer has closed."""

    def end(self) -> None:
        """Leave nothing running."""


class Process:
    """The end of a program, which stands on the kernel's TCP in a namespace, or on a TCP of its own."""

    def __init__(self, namespace: str, address: str, *program: str) -> None:
        self.address = address
        self._command = ("ip", "netns", "exec", namespace, *program)
        self._processes: list[subprocess.Popen[str]] = []

    async def listen(self) -> asyncio.Future[Arrived]:
        process = self._start("receive", self.address)
        assert process.stdout is not None
        said = await asyncio.to_thread(process.stdout.readline)
        if said != "listening\n":
            raise RuntimeError(f"it does not listen: {said!r}")
        return asyncio.ensure_future(self._arrived(process))

    async def send(self, address: str, octets: int) -> None:
        process = self._start("send", address, str(octets))
        if await asyncio.to_thread(process.wait):
            raise RuntimeError("the sender failed")

    def end(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def _start(self, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen([*self._command, *arguments], stdout=subprocess.PIPE, text=True)
        self._processes.append(process)
        return process

    async def _arrived(self, process: subprocess.Popen[str]) -> Arrived:
        said, _ = await asyncio.to_thread(process.communicate)
        return Arrived(*json.loads(said))


class Ours:
    """The end of a host of ours, in this process."""

    address = NEAR

    async def listen(self) -> asyncio.Future[Arrived]:
        arrived: asyncio.Future[Arrived] = asyncio.get_running_loop().create_future()

        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            began, whole, octets = time.perf_counter(), hashlib.sha256(), 0
            while piece := await reader.read(1 << 18):
                whole.update(piece)
                octets += len(piece)
            arrived.set_result(Arrived(octets, whole.hexdigest(), time.perf_counter() - began))
            writer.close()

        await asyncio.start_server(take, port=7, limit=1 << 20)
        return arrived

    async def send(self, address: str, octets: int) -> None:
        reader, writer = await asyncio.open_connection(address, 7)
        writer.transport.set_write_buffer_limits(4 * PIECE)
        for piece in pieces(octets):
            writer.write(piece)
            await writer.drain()
        writer.write_eof()
        await reader.read()
        writer.close()

    def end(self) -> None:
        """Its world is closed."""


def transfer(line: Line, sender: str, receiver: str, octets: int, pytcp: str = "") -> Arrived:
    """One transfer between two ends by their names, of which one at least is a kernel. Raises ``RuntimeError`` when it
    is not whole, ``TimedOut`` after ``LIMIT_S``.
    """
    far, near = (receiver, sender) if receiver in KERNELS else (sender, receiver)
    with _namespace("far") as beyond, _namespace("near") as here, TapWorld(seed=1) as world:
        _device(beyond, "michfar", line.mtu, FAR)
        world.tap("michfar", namespace=beyond)
        if near == "ours":
            host = world.host("ours", interfaces={"eth0": f"{NEAR}/24"})
            world.link(host, "michfar", **line.settings)
        else:
            host = world.host("onlooker")
            _near_device(here, line.mtu, bridged=near == "pytcp")
            world.tap("michnear", namespace=here)
            world.link("michnear", "michfar", **line.settings)
        ends = [_kernel(beyond, FAR, far), _near_end(here, near, pytcp)]
        if far == sender and near == receiver:
            ends.reverse()
        try:
            arrived = world.run(_transfer(ends[1], ends[0], octets), on=host, limit=f"{LIMIT_S}s")
        finally:
            for end in ends:
                end.end()
    if (arrived.octets, arrived.sha256) != (octets, digest(octets)):
        raise RuntimeError(f"{arrived.octets} octets arrived of {octets}, or others than were sent")
    return arrived


async def _transfer(sender: End, receiver: End, octets: int) -> Arrived:
    arriving = await receiver.listen()
    sending = asyncio.ensure_future(sender.send(receiver.address, octets))
    await asyncio.wait([arriving, sending], return_when=asyncio.FIRST_COMPLETED)
    if sending.done():
        sending.result()
    arrived = await arriving
    sending.cancel()
    return arrived


def _near_end(namespace: str, near: str, pytcp: str) -> End:
    if near == "ours":
        return Ours()
    if near == "pytcp":
        return Process(namespace, NEAR, pytcp, str(_PYTCPS_END))
    return _kernel(namespace, NEAR, near)


def _kernel(namespace: str, address: str, name: str) -> End:
    return Process(namespace, address, sys.executable, "-c", KERNELS_END, KERNELS[name])


def _near_device(namespace: str, mtu: int, *, bridged: bool) -> None:
    """The device at the near end of the line; another TCP has a device of its own behind a bridge."""
    _device(namespace, "michnear", mtu, "" if bridged else NEAR)
    if bridged:
        _device(namespace, "pytcp0", mtu, "")
        _ip(f"-n {namespace} link add bridge type bridge")
        for name in ("michnear", "pytcp0"):
            _ip(f"-n {namespace} link set {name} master bridge")
        _ip(f"-n {namespace} link set bridge up")


@contextmanager
def _namespace(name: str) -> Iterator[str]:
    made = f"michinori-{os.getpid()}-{name}"
    _ip(f"netns add {made}")
    try:
        _ip(f"-n {made} link set lo up")
        yield made
    finally:
        _ip(f"netns del {made}")


def _device(namespace: str, name: str, mtu: int, address: str) -> None:
    _ip(f"-n {namespace} tuntap add dev {name} mode tap")
    _ip(f"-n {namespace} link set {name} mtu {mtu}")
    if address:
        _ip(f"-n {namespace} address add {address}/24 dev {name}")
    _ip(f"-n {namespace} link set {name} up")


def _ip(words: str) -> None:
    subprocess.run(["ip", *words.split()], check=True)


# -- The table ---------------------------------------------------------------------------------------------------------

PAIRS: Final = {
    "ours to kernel": ("ours", "kernel"),
    "kernel to ours": ("kernel", "ours"),
    "kernel to kernel": ("kernel", "kernel"),
    "kernel with BBR to kernel": ("bbr", "kernel"),
    "PyTCP to kernel": ("pytcp", "kernel"),
    "kernel to PyTCP": ("kernel", "pytcp"),
}
#: PyTCP takes minutes for more.
_PYTCPS_OCTETS: Final = 2_000_000


def _cell(name: str, sender: str, receiver: str, octets: int, pytcp: str) -> str:
    """In a process of its own, so that none suffers from what another left behind."""
    if "pytcp" in (sender, receiver):
        octets = min(octets, _PYTCPS_OCTETS)
    command = [sys.executable, "-m", "bench.tap_matrix", "--one", sender, receiver, "--octets", str(octets)]
    done = subprocess.run([*command, "--pytcp", pytcp, name], capture_output=True, text=True, check=False)
    if done.returncode:
        why = done.stderr.strip().splitlines()
        return f"- ({why[-1] if why else done.returncode})"
    seconds = float(done.stdout)
    return f"{octets * 8 / seconds / 1e6:.3g}"


def main(arguments: list[str]) -> None:
    """Print the table as it comes about."""
    parser = argparse.ArgumentParser(prog="python -m bench.tap_matrix")
    parser.add_argument("lines", nargs="*", metavar="LINE", help=f"of {', '.join(LINES)}")
    parser.add_argument("--octets", type=int, default=100_000_000)
    parser.add_argument("--pytcp", default="", metavar="PYTHON")
    parser.add_argument("--one", nargs=2, metavar=("SENDER", "RECEIVER"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        (name,) = options.lines
        print(transfer(LINES[name], *options.one, options.octets, options.pytcp).seconds)
        return
    pairs = {what: pair for what, pair in PAIRS.items() if options.pytcp or "pytcp" not in pair}
    print("| line | octets |", " | ".join(pairs), "|")
    print("| --- | ---: |", " | ".join("---:" for _ in pairs), "|", flush=True)
    for name in options.lines or LINES:
        octets = min(options.octets, LINES[name].octets)
        cells = [_cell(name, *pair, octets, options.pytcp) for pair in pairs.values()]
        print("|", " | ".join((name, f"{octets:,}", *cells)), "|", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
