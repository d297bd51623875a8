"""A TAP device between the kernel, in a namespace of its own, and our hosts."""

from __future__ import annotations

import asyncio
import hashlib
import random

import netns

from michinori import Machine, TapWorld

KERNEL, OURS = "10.99.0.1", "10.99.0.2"

#: Sends so many random octets to an address while it receives; prints the SHA-256 of what it got.
KERNELS_END = """
import hashlib, random, socket, sys, threading
address, seed, octets = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
s = socket.create_connection((address, 7), 60); s.settimeout(60)
def send():
    s.sendall(random.Random(seed).randbytes(octets)); s.shutdown(socket.SHUT_WR)
sender = threading.Thread(target=send); sender.start()
sum = hashlib.sha256()
while piece := s.recv(1 << 16): sum.update(piece)
sender.join(); print(sum.hexdigest())
"""


def sums(octets: int) -> tuple[str, str]:
    """What ``Wire.exchange`` gives when every octet has arrived."""
    ours, theirs = (hashlib.sha256(random.Random(seed).randbytes(octets)).hexdigest() for seed in (1, 2))
    return ours, theirs


class Wire:
    """The kernel at one end, as 10.99.0.1 in a namespace of its own, and our hosts at the other."""

    kernel = KERNEL
    ours = OURS
    device = "mich0"

    def __init__(self, namespace: netns.Namespace, world: TapWorld) -> None:
        self.namespace = namespace
        self.world = world

    def raise_kernel(self, address: str = f"{KERNEL}/24") -> None:
        self.namespace.ip(f"address add {address} dev {self.device}")
        self.namespace.ip(f"link set {self.device} up")

    async def exchange(self, octets: int, timeout_s: int = 90) -> tuple[str, str]:
        """To be run on a host of ours: both ends send so many octets to each other at once. Gives the SHA-256 of what
        the kernel got and of what we got; ``sums`` gives what they should be.
        """
        ours = random.Random(1).randbytes(octets)
        got = hashlib.sha256()
        over = asyncio.Event()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            async def send() -> None:
                for at in range(0, octets, 1 << 18):
                    writer.write(ours[at : at + (1 << 18)])
                    await writer.drain()
                writer.write_eof()

            async with asyncio.TaskGroup() as both:
                both.create_task(send())
                while piece := await reader.read(1 << 18):
                    got.update(piece)
            writer.close()
            over.set()

        async with await asyncio.start_server(talk, port=7):
            command = (self.namespace.python, KERNELS_END, self.ours, "2", str(octets))
            theirs = await asyncio.to_thread(*command, timeout_s=timeout_s)
            await over.wait()
        return theirs.strip(), got.hexdigest()

    def host(self, **settings: object) -> Machine:
        """A host as 10.99.0.2, plugged straight in."""
        host = self.world.tap_host("ours", device=self.device, namespace=self.namespace.name, **settings)
        self.raise_kernel()
        return host

    def host_behind(self, **line: object) -> Machine:
        """A host as 10.99.0.2 at the end of a cable with faults; a device that is not made yet is made for its MTU."""
        if "mtu" in line:
            self.namespace.ip(f"tuntap add dev {self.device} mode tap")
            self.namespace.ip(f"link set {self.device} mtu {line['mtu']}")
        self.world.tap(self.device, namespace=self.namespace.name)
        host = self.world.host("ours", interfaces={"eth0": f"{OURS}/24"})
        self.world.link(host, self.device, **line)
        self.raise_kernel()
        return host


def wrong_checksums(wire: Wire) -> int:
    """How many segments the kernel has found damaged."""
    names, numbers = (
        line.split()
        for line in wire.namespace.run("cat", "/proc/net/snmp").stdout.decode().splitlines()
        if line[:4] == "Tcp:"
    )
    return int(numbers[names.index("InCsumErrors")])
