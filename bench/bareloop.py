"""The yardstick: 100 MB over two routers in the barest way that still moves real octets.

Every frame is built, carried, routed and verified octet for octet: Ethernet, IPv4 with its header checksum, TCP with
timestamps and its checksum over the payload. Routers look for the longest matching prefix, check the header, count the
TTL down and patch the sum (RFC 1624). Links have a rate, a delay and a queue; an ACK answers every second segment.

What makes it bare: one connection whose window never changes, nothing is ever lost, no values, no layers, no timers, no
asyncio. It shares no line with the package, so a mistake there cannot hide here. How long the whole stack takes for the
same, divided by this, is what the stack costs, on any machine.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator
from functools import cache
from heapq import heappop, heappush
from itertools import count

from bench import Measure

OCTETS = 100_000_000
MSS = 1_448
WINDOW = 900 * MSS
RATE = 1_000_000_000
DELAYS_NS = (10_000, 10_000_000, 10_000)
QUEUE_FRAMES = 1_000

CLIENT, SERVER = bytes((10, 0, 1, 2)), bytes((10, 0, 2, 2))
MACS = [bytes((2, 0, 0, 0, 0, number)) for number in range(6)]  # client, r1 left, r1 right, r2 left, r2 right, server
PSEUDO = int.from_bytes(CLIENT, "big") + int.from_bytes(SERVER, "big") + 6

_HEADERS = struct.Struct(">6s6sHBBHHHBBH4s4sHHIIHHHHIII")
_SEGMENT = struct.Struct(">HHIIHHHHIII")
_MIDDLE = struct.Struct(">BBH4s4s")
_TTL_TO_CHECKSUM = struct.Struct(">BBH")

Receive = Callable[[bytes], None]


class World:
    """A clock and a heap."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.transmissions = 0
        self.heap: list[tuple[int, int, Receive, bytes]] = []
        self.number = count().__next__

    def run(self) -> None:
        heap = self.heap
        while heap:
            self.now_ns, _, receive, frame = heappop(heap)
            receive(frame)


class Link:
    """One direction of a cable. When it is free again is arithmetic; only the arrival is an event."""

    def __init__(self, world: World, delay_ns: int) -> None:
        self.world = world
        self.delay_ns = delay_ns
        self.busy_until_ns = 0
        self.receive: Receive

    def send(self, frame: bytes) -> None:
        world = self.world
        takes_ns = (len(frame) + 24) * 8 * 1_000_000_000 // RATE  # with preamble, check sequence and gap
        starts_ns = self.busy_until_ns if self.busy_until_ns > world.now_ns else world.now_ns
        if starts_ns - world.now_ns > QUEUE_FRAMES * 12_304:
            raise AssertionError("a queue ran over: the window is too large for this yardstick")
        self.busy_until_ns = starts_ns + takes_ns
        world.transmissions += 1
        heappush(world.heap, (self.busy_until_ns + self.delay_ns, world.number(), self.receive, frame))


class Router:
    """Longest prefix first, as masks and numbers."""

    def __init__(self, mac: bytes, routes: list[tuple[int, int, bytes, Link]]) -> None:
        self.mac = mac
        self.routes = sorted(routes, key=lambda route: -route[0])

    def receive(self, frame: bytes) -> None:
        if frame[:6] != self.mac or int.from_bytes(frame[14:34], "big") % 0xFFFF:
            raise AssertionError("a frame for somebody else, or a damaged header")
        ttl, protocol, checksum, _, dst = _MIDDLE.unpack_from(frame, 22)
        if ttl <= 1:
            raise AssertionError("a packet that goes round in circles")
        address = int.from_bytes(dst, "big")
        for mask, prefix, link_header, out in self.routes:
            if address & mask == prefix:
                patch = _TTL_TO_CHECKSUM.pack(ttl - 1, protocol, (checksum + 0x100) % 0xFFFF)
                out.send(b"".join((link_header, frame[14:22], patch, frame[26:])))
                return
        raise AssertionError("no route")


def build(macs: bytes, src: bytes, dst: bytes, number: int, segment: tuple[int, ...], payload: bytes) -> bytes:
    """A whole frame. ``segment``: both ports, seq, ack, offset and flags, window, TSval, TSecr."""
    src_port, dst_port, seq, ack, flags, window, value, echo = segment
    size = 32 + len(payload)
    network = -(0x4500 + 20 + size + number + 0x4000 + 0x4006 + PSEUDO - 6) % 0xFFFF
    words = src_port + dst_port + seq + ack + flags + window + 0x0101080A + value + echo + size + PSEUDO
    body = int.from_bytes(payload, "big") << (len(payload) % 2 * 8)
    frame = _HEADERS.pack(
        macs[:6], macs[6:], 0x0800, 0x45, 0, 20 + size, number, 0x4000, 64, 6, network, src, dst,
        src_port, dst_port, seq, ack, flags, window, -(words + body) % 0xFFFF, 0, 0x0101080A, value, echo,
    )  # fmt: skip
    return frame + payload


def verify(frame: bytes, mac: bytes) -> tuple[int, int, int, bytes]:
    """Sequence and ACK number, TSval and payload of a frame whose addresses, lengths and sums are right."""
    total = frame[16] << 8 | frame[17]
    segment = frame[34 : 14 + total]
    sums = int.from_bytes(frame[14:34], "big") % 0xFFFF
    words = int.from_bytes(segment, "big") << (len(segment) % 2 * 8)
    if frame[:6] != mac or sums or (words + len(segment) + PSEUDO) % 0xFFFF:
        raise AssertionError("a damaged frame")
    _, _, seq, ack, _, _, _, _, _, value, _ = _SEGMENT.unpack_from(segment)
    return seq, ack, value, segment[32:]


class Sender:
    """Keeps the window full of what there is to send."""

    def __init__(self, world: World, out: Link, data: bytes) -> None:
        self.world, self.out, self.data = world, out, data
        self.sent = self.acked = self.packets = 0

    def fill(self) -> None:
        data, end = self.data, min(self.acked + WINDOW, len(self.data))
        while self.sent < end:
            payload = data[self.sent : self.sent + MSS]
            self.packets += 1
            segment = (49_152, 80, self.sent & 0xFFFF_FFFF, 1, 0x8010, 512, self.world.now_ns // 1_000_000, 0)
            frame = build(MACS[1] + MACS[0], CLIENT, SERVER, self.packets & 0xFFFF, segment, payload)
            self.sent += len(payload)
            self.out.send(frame)

    def receive(self, frame: bytes) -> None:
        _, ack, _, _ = verify(frame, MACS[0])
        if ack > self.acked:
            self.acked = ack
            self.fill()


class Receiver:
    """Takes what is next and acknowledges every second segment, and the last."""

    def __init__(self, world: World, out: Link, expected: bytes) -> None:
        self.world, self.out, self.expected = world, out, expected
        self.received = self.unanswered = self.packets = 0

    def receive(self, frame: bytes) -> None:
        seq, _, value, payload = verify(frame, MACS[5])
        if seq != self.received or not self.expected.startswith(payload, seq):
            raise AssertionError("not the octets that were sent")
        self.received += len(payload)
        self.unanswered += 1
        if self.unanswered == 2 or self.received == len(self.expected):
            self.unanswered = 0
            self.packets += 1
            segment = (80, 49_152, 1, self.received, 0x8010, 65_535, self.world.now_ns // 1_000_000, value)
            self.out.send(build(MACS[4] + MACS[5], SERVER, CLIENT, self.packets & 0xFFFF, segment, b""))


def run(octets: int = OCTETS) -> World:
    """Move so many octets, at most 4 GiB, from the client to the server."""
    world = World()
    there = [Link(world, delay_ns) for delay_ns in DELAYS_NS]
    back = [Link(world, delay_ns) for delay_ns in DELAYS_NS]
    data = (bytes(range(1, 256)) * (octets // 255 + 1))[:octets]
    sender, receiver = Sender(world, there[0], data), Receiver(world, back[2], data)
    for number in (0, 1):
        left, right = 1 + 2 * number, 2 + 2 * number
        forth = (0xFFFF_FF00, 0x0A00_0200, MACS[right + 1] + MACS[right] + b"\x08\x00", there[number + 1])
        home = (0xFFFF_0000, 0x0A00_0000, MACS[left - 1] + MACS[left] + b"\x08\x00", back[number])
        there[number].receive = Router(MACS[left], [home, forth]).receive
        back[number + 1].receive = Router(MACS[right], [home, forth]).receive
    there[2].receive, back[0].receive = receiver.receive, sender.receive
    sender.fill()
    world.run()
    if receiver.received != octets or sender.acked != octets:
        raise AssertionError("it did not arrive")
    return world


@cache
def best_s(rounds: int = 3) -> float:
    """The yardstick: seconds for 100 MB, in the best of several rounds."""
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - began)
    return best


def measure() -> Iterator[Measure]:
    yield Measure("100 MB over two routers, bare loop", best_s(), "s")
    yield Measure("link transmissions a second, bare loop", run(OCTETS // 10).transmissions * 10 / best_s(), "/s")
