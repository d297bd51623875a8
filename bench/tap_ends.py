"""The ends of a transfer between our TCP, the kernel's and others, and the namespaces that they stand in."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple, Protocol

from bench.tap_lines import KERNELS_END, PIECE, pieces

FAR, NEAR = "10.99.0.1", "10.99.0.2"
#: Ends on the kernel's TCP, with its congestion control: its usual default, and the one that does not ask for losses.
KERNELS: Final = {"kernel": "cubic", "bbr": "bbr"}


class Arrived(NamedTuple):
    """What the receiver got, in all connections, and how long that took from the first moment of the first of them. The
    digest is that of what each of them brought, or all there were if that was not the same.
    """

    octets: int
    sha256: str
    seconds: float


class End(Protocol):
    """One end of the line."""

    address: str

    async def listen(self, connections: int) -> asyncio.Future[Arrived]:
        """Take so many connections and all that comes of them. Returns once it listens."""

    async def send(self, address: str, octets: int, connections: int) -> None:
        """So many connections at once, that many octets in each; returns when the peer has closed all."""

    def end(self) -> None:
        """Leave nothing running."""


class Process:
    """The end of a program, which stands on the kernel's TCP in a namespace, or on a TCP of its own."""

    def __init__(self, namespace: str, address: str, *program: str) -> None:
        self.address = address
        self._command = ("ip", "netns", "exec", namespace, *program)
        self._processes: list[subprocess.Popen[str]] = []

    async def listen(self, connections: int) -> asyncio.Future[Arrived]:
        process = self.start("receive", self.address, str(connections))
        assert process.stdout is not None
        said = await asyncio.to_thread(process.stdout.readline)
        if said != "listening\n":
            raise RuntimeError(f"it does not listen: {said!r}")
        return asyncio.ensure_future(self._arrived(process))

    async def send(self, address: str, octets: int, connections: int) -> None:
        process = self.start("send", address, str(octets), str(connections))
        if await asyncio.to_thread(process.wait):
            raise RuntimeError("the sender failed")

    def end(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Run the program."""
        process = subprocess.Popen([*self._command, *arguments], stdout=subprocess.PIPE, text=True)
        self._processes.append(process)
        return process

    async def _arrived(self, process: subprocess.Popen[str]) -> Arrived:
        said, _ = await asyncio.to_thread(process.communicate)
        return Arrived(*json.loads(said))


class Ours:
    """The end of a host of ours, in this process. Unless ``is_checked``, it only counts what it receives."""

    address = NEAR

    def __init__(self, *, is_checked: bool = True) -> None:
        self._is_checked = is_checked

    async def listen(self, connections: int) -> asyncio.Future[Arrived]:
        arrived: asyncio.Future[Arrived] = asyncio.get_running_loop().create_future()
        octets, digests, left, began = 0, set[str](), connections, 0.0

        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal octets, left, began
            began = began or time.perf_counter()
            whole = hashlib.sha256()
            while piece := await reader.read(1 << 18):
                if self._is_checked:
                    whole.update(piece)
                octets += len(piece)
            writer.close()
            digests.add(whole.hexdigest())
            left -= 1
            if not left:
                arrived.set_result(Arrived(octets, "/".join(sorted(digests)), time.perf_counter() - began))

        await asyncio.start_server(take, port=7, limit=1 << 20, backlog=connections)
        return arrived

    async def send(self, address: str, octets: int, connections: int) -> None:
        await asyncio.gather(*[self._fill(address, octets) for _ in range(connections)])

    async def _fill(self, address: str, octets: int) -> None:
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


def kernel_end(
    namespace: str, address: str, name: str, *, is_checked: bool = True, processor: int | None = None
) -> Process:
    """An end on the kernel's TCP; unless ``is_checked``, it only counts what it receives."""
    program = on_processor(processor, KERNELS_END)
    checked = "yes" if is_checked else "no"
    return Process(namespace, address, sys.executable, "-c", program, KERNELS[name], checked)


def on_processor(processor: int | None, program: str) -> str:
    """The Python program, keeping to that processor."""
    return program if processor is None else f"import os; os.sched_setaffinity(0, {{{processor}}})\n{program}"


async def pass_over(sender: End, receiver: End, octets: int, connections: int = 1) -> Arrived:
    """That many octets in each of so many connections at once."""
    arriving = await receiver.listen(connections)
    sending = asyncio.ensure_future(sender.send(receiver.address, octets, connections))
    for end in (arriving, sending):  # where the time is over first both are ended, which nobody waits to hear of
        end.add_done_callback(lambda done: done.cancelled() or done.exception())
    await asyncio.wait([arriving, sending], return_when=asyncio.FIRST_COMPLETED)
    if sending.done():
        sending.result()
    arrived = await arriving
    sending.cancel()
    return arrived


@contextmanager
def new_namespace(name: str) -> Iterator[str]:
    made = f"michinori-{os.getpid()}-{name}"
    ip(f"netns add {made}")
    try:
        ip(f"-n {made} link set lo up")
        yield made
    finally:
        ip(f"netns del {made}")


def new_device(namespace: str, name: str, mtu: int, address: str) -> None:
    ip(f"-n {namespace} tuntap add dev {name} mode tap")
    ip(f"-n {namespace} link set {name} mtu {mtu}")
    if address:
        ip(f"-n {namespace} address add {address}/24 dev {name}")
    ip(f"-n {namespace} link set {name} up")


def ip(words: str) -> None:
    subprocess.run(["ip", *words.split()], check=True)
