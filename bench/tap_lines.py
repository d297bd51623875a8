"""The bad lines of the matrix on TAP, and the programs at their ends.

This machine's kernel need not have netem: the line is one of our own cables with seeded faults, in a process of its own
program, between two TAP devices or between a device and a host of ours. So two kernels (two network namespaces), our
TCP and a kernel, and another TCP and a kernel meet over one and the same line.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from typing import Any, Final

import msgspec

PIECE: Final = 1 << 16
_NOISE: Final = random.Random(2026).randbytes(PIECE)


class Line(msgspec.Struct, frozen=True):
    """How a line is, as ``World.link`` takes it; and how many octets a transfer over it has in the whole matrix: what
    takes some seconds, so that the matrix takes some minutes.
    """

    settings: dict[str, Any]
    octets: int

    @property
    def mtu(self) -> int:
        """The largest packet, in octets."""
        return int(self.settings.get("mtu", 1500))


def _line(octets: int, **settings: Any) -> Line:
    return Line({"rate": "100Mbit", "delay": "1ms", "queue": 250} | settings, octets)


#: By what is said of them. Delays are those of one direction.
LINES: Final = {
    "nothing wrong": _line(25_000_000),
    "1 % lost": _line(10_000_000, loss="1%"),
    "5 % lost": _line(2_000_000, loss="5%"),
    "20 % lost": _line(100_000, loss="20%"),
    "5 % 3 ms late": _line(25_000_000, faults="reorder 5% 3ms"),
    "5 % twice": _line(25_000_000, faults="duplicate 5%"),
    "2 % damaged": _line(10_000_000, faults="corrupt 2%"),
    "2 % damaged, seen by checksums only": _line(10_000_000, faults="corrupt 2% fcs=right"),
    "10 ms": _line(25_000_000, delay="10ms"),
    "50 ms": _line(25_000_000, delay="50ms"),
    "200 ms": _line(5_000_000, delay="200ms"),
    "50 ms, 1 % lost": _line(1_000_000, delay="50ms", loss="1%"),
    "200 ms, 20 % lost": _line(30_000, delay="200ms", loss="20%"),
    "MTU 576": _line(25_000_000, mtu=576),
    "MTU 9000": _line(25_000_000, mtu=9000),
    "MTU 9000, 1 % lost": _line(25_000_000, mtu=9000, loss="1%"),
    "1 Gbit/s": _line(100_000_000, rate="1Gbit", queue=1000),
}


def pieces(octets: int) -> Iterator[bytes]:
    """What is sent: noise, in which every piece has its number, so that none can stand for another."""
    for number, at in enumerate(range(0, octets, PIECE)):
        yield (number.to_bytes(8, "big") + _NOISE[8:])[: octets - at]


def digest(octets: int) -> str:
    """The SHA-256 of all pieces."""
    whole = hashlib.sha256()
    for piece in pieces(octets):
        whole.update(piece)
    return whole.hexdigest()


#: One end on the kernel's TCP: ``CONGESTION CHECKED send ADDRESS OCTETS [CONNECTIONS]`` (octets of each connection) or
#: ``CONGESTION CHECKED receive ADDRESS [CONNECTIONS]``. Prints what arrived, as JSON: all octets, the digests that came
#: about if CHECKED is "yes" (one, if all are alike), the seconds.
KERNELS_END: Final = """
import hashlib, json, random, socket, sys, time
from concurrent.futures import ThreadPoolExecutor
PORT = 7
def send(address, octets, connections="1"):
    noise, octets = random.Random(2026).randbytes(1 << 16), int(octets)
    def fill(_):
        with socket.socket() as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, sys.argv[1].encode())
            s.connect((address, PORT))
            for number, at in enumerate(range(0, octets, len(noise))):
                s.sendall((number.to_bytes(8, "big") + noise[8:])[: octets - at])
            s.shutdown(socket.SHUT_WR)
            s.recv(1)
    with ThreadPoolExecutor(int(connections)) as pool:
        list(pool.map(fill, range(int(connections))))
def receive(address, connections="1"):
    def take(s):
        with s:
            whole, got = hashlib.sha256(), 0
            while piece := s.recv(1 << 18):
                if sys.argv[2] == "yes":
                    whole.update(piece)
                got += len(piece)
            return got, whole.hexdigest()
    count, began = int(connections), 0
    with socket.create_server((address, PORT), backlog=count) as listener, ThreadPoolExecutor(count) as pool:
        print("listening", flush=True)
        taking = []
        for _ in range(count):
            s, _ = listener.accept()
            began = began or time.perf_counter()
            taking.append(pool.submit(take, s))
        got, digests = zip(*(taken.result() for taken in taking))
        print(json.dumps([sum(got), "/".join(sorted(set(digests))), time.perf_counter() - began]), flush=True)
globals()[sys.argv[3]](*sys.argv[4:])
"""
