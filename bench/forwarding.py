"""What a packet costs below the transports: sending it to a known destination, and a router's part of its way.

The goals are those of the design: 3 us above the payload, 4 us for a router from the frame's arrival to the next cable.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench import Measure, best_us
from michinori.inet import Internet
from michinori.link import Adapter, Cable
from michinori.sim import Dice, EventQueue

PAYLOAD = (bytes(range(1, 256)) * 6)[:1460]
UDP = 17


class _Line:
    """client 10.0.0.1 - router - 10.0.1.1 server, with every neighbour known."""

    def __init__(self) -> None:
        self.queue = EventQueue()
        self.dice = Dice(0)
        self.client, self.server = self._host("client"), self._host("server")
        self.router = self._host("router", forwarding=True)
        self._adapters = 0
        self._join(self.client, bytes((10, 0, 0, 1)), self.router, bytes((10, 0, 0, 2)))
        self._join(self.router, bytes((10, 0, 1, 2)), self.server, bytes((10, 0, 1, 1)))
        self.client.routes.add(bytes(4), 0, bytes((10, 0, 0, 2)), self.client.interfaces[0])
        self.server.protocols[UDP] = lambda _packet, _interface: None
        for _ in range(2):
            self.send()
            self.queue.run()

    def send(self) -> None:
        self.client.send(bytes((10, 0, 1, 1)), UDP, PAYLOAD, dont_fragment=True)

    def _host(self, name: str, forwarding: bool = False) -> Internet:
        return Internet(name, self.queue, dice=self.dice.stream(name), forwarding=forwarding)

    def _join(self, a: Internet, a_address: bytes, b: Internet, b_address: bytes) -> None:
        adapters = []
        for host, address in ((a, a_address), (b, b_address)):
            self._adapters += 1
            adapter = Adapter(f"eth{len(host.interfaces)}", b"\2\0\0\0\0" + bytes((self._adapters,)), self.queue)
            host.add_interface(adapter, address, 24)
            adapters.append(adapter)
        Cable(self.queue, self.dice.stream("cable"), rate=10**10, queue_packets=10**9).connect(*adapters)


def measure() -> Iterator[Measure]:
    line = _Line()
    frames: list[bytes] = []
    sender = line.client.interfaces[0].adapter
    entrance, exit_ = (interface.adapter for interface in line.router.interfaces)
    assert sender is not None
    assert entrance is not None
    assert exit_ is not None

    sending, sender.send = sender.send, frames.append  # type: ignore[method-assign]
    line.client.forget_paths()
    line.send()
    yield Measure("send 1,460 octets to a known destination, up to the adapter", best_us(line.send), "us", 3)
    sender.send = sending  # type: ignore[method-assign]

    frame = frames[-1]
    yield Measure(
        "forward a frame, from its arrival to the next cable", best_us(lambda: entrance.receive(frame)), "us", 4
    )
