"""What a data segment costs on either side of a bulk flow: time stamps and SACK on, no loss, large windows.

The two ends take turns: the sender sends what its window lets go, the receiver takes it and its ACKs go back. Only the
calls into each connection are timed, so what is left out is the surroundings: emitting, parsing, queues.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from bench import Measure
from michinori.tcp import Connection, Listener, TcpConfig, TcpError
from michinori.wire.tcp import Segment

CLIENT = (bytes((192, 0, 2, 1)), 49152)
SERVER = (bytes((192, 0, 2, 2)), 80)
ONE_WAY_NS = 5_000_000


class End:
    """The surroundings of one connection: what it sends lies in ``out``."""

    def __init__(self) -> None:
        self.out: list[Segment] = []
        self.connection: Connection
        self.took = 0.0
        self.full = False

    def send(self, segment: Segment) -> None:
        self.out.append(segment)

    def readable(self) -> None: ...
    def writable(self) -> None:
        self.full = False

    def established(self) -> None: ...
    def report(self, what: str) -> None: ...
    def closed(self, error: TcpError | None) -> None: ...
    def event(self, what: str, data: dict[str, Any]) -> None: ...
    def acceptable(self) -> None: ...
    def reply(self, *segment: object) -> None: ...

    def receive(self, segments: list[Segment], now: int, limit: int = 1 << 20) -> int:
        """Give it what has come, let its application read, and count what was read."""
        receive, read = self.connection.receive, self.connection.read
        octets = 0
        began = time.perf_counter()
        for segment in segments:
            receive(segment, now)
            if segment.payload:
                octets += len(read(limit, now))
        self.took += time.perf_counter() - began
        return octets

    def fill(self, piece: bytes, now: int) -> None:
        """Write until the send buffer is full."""
        began = time.perf_counter()
        while not self.full:
            self.full = self.connection.write(piece, now) < len(piece)
        self.took += time.perf_counter() - began

    def take(self) -> list[Segment]:
        out, self.out = self.out, []
        return out


def run(octets: int) -> tuple[float, float, int]:
    """Move so many octets; microseconds a data segment at the sender and at the receiver, and the segments."""
    config = TcpConfig(send_buffer=6 << 20, receive_buffer=6 << 20)
    client, server = End(), End()

    class Callbacks(End):
        def copy(self, local: Any, remote: Any, _now: int, _isn: int | None) -> Connection:
            server.connection = Connection(local, remote, config, server, isn=1)
            return server.connection

    listener = Listener(SERVER, config, 1, Callbacks())
    client.connection = Connection(CLIENT, SERVER, config, client, isn=2**32 - 100_000)
    client.connection.connect(0)
    listener.receive(client.take()[0], CLIENT, SERVER, ONE_WAY_NS)
    client.receive(server.take(), 2 * ONE_WAY_NS)
    server.receive(client.take(), 3 * ONE_WAY_NS)
    client.took = server.took = 0.0
    now, done, segments = 4 * ONE_WAY_NS, 0, 0
    piece = bytes(1 << 16)
    while done < octets:
        client.fill(piece, now)
        flight = client.take()
        segments += len(flight)
        now += ONE_WAY_NS
        done += server.receive(flight, now)
        server.connection.on_deadline(now + ONE_WAY_NS)
        now += ONE_WAY_NS
        client.receive(server.take(), now)
    return client.took / segments * 1e6, server.took / segments * 1e6, segments


def measure() -> Iterable[Measure]:
    """The best of three."""
    results = [run(60_000_000) for _ in range(3)]
    yield Measure("TCP, a data segment at the sender, its share of ACKs", min(r[0] for r in results), "us", goal=10)
    yield Measure("TCP, a data segment at the receiver, read and ACK", min(r[1] for r in results), "us", goal=9)


def main() -> None:
    """Print it alone."""
    for measured in measure():
        print(f"{measured.what:55} {measured.value:6.2f} {measured.unit}")


if __name__ == "__main__":
    main()
