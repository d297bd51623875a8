"""Taking an address into use: probes, conflicts and announcements of RFC 5227."""

from __future__ import annotations

import pytest
from network import Network, S, ip, plug_of, sniff

from michinori.inet import Unreachable
from michinori.wire import arp, ethernet

WANTED = ip("10.0.0.7")
OTHER = b"\2\0\0\0\xff\xff"


class Newcomer:
    """A host without an address on a cable with one that has 10.0.0.1."""

    def __init__(self, network: Network) -> None:
        self.network, self.queue = network, network.queue
        self.host, self.neighbour = network.host("newcomer"), network.host("neighbour")
        self.interface = self.host.add_interface(network.adapter(self.host))
        there = network.interface(self.neighbour, "10.0.0.1/24")
        network.cable(plug_of(self.interface), plug_of(there))
        self.frames = sniff(plug_of(there))
        self.times: list[int] = []
        there_again = plug_of(there).on_frame
        assert there_again is not None

        def timed(frame: bytes) -> None:
            self.times.append(self.queue.now_ns)
            there_again(frame)

        plug_of(there).on_frame = timed
        self.settled: list[bool] = []

    def claim(self, address: bytes = WANTED) -> None:
        self.host.claim_address(self.interface, address, 24, self.settled.append)

    def sent(self) -> list[arp.Message]:
        return [arp.Message.parse(frame[14:]) for frame in self.frames]

    def hear(self, message: arp.Message) -> None:
        frame = ethernet.Frame(ethernet.BROADCAST, message.sender_mac, ethernet.ETHERTYPE_ARP, message.emit())
        plug_of(self.interface).receive(frame.emit())

    def after(self, seconds: float) -> None:
        self.queue.run_until(self.queue.now_ns + round(seconds * S))


@pytest.fixture
def newcomer(network: Network) -> Newcomer:
    return Newcomer(network)


@pytest.mark.rfc("5227", "1.1-1", "1.1-2", "2.1-1", "2.1-2", "2.3-1", "2.3-2")
def test_three_probes_within_seconds_and_two_announcements_two_seconds_apart(newcomer: Newcomer) -> None:
    newcomer.claim()
    newcomer.after(100)
    mac = newcomer.interface.mac
    probe = arp.Message(arp.REQUEST, mac, bytes(4), bytes(6), WANTED)
    announcement = arp.Message(arp.REQUEST, mac, WANTED, bytes(6), WANTED)
    assert newcomer.sent() == [probe] * 3 + [announcement] * 2
    assert {frame[:6] for frame in newcomer.frames} == {ethernet.BROADCAST}
    first, *rest = [
        round((after - before) / S, 3) for before, after in zip([0, *newcomer.times], newcomer.times, strict=False)
    ]
    assert 0 <= first <= 1
    assert all(1 <= gap <= 2 for gap in rest[:2])
    assert rest[2:] == [2, 2]
    assert newcomer.settled == [True]
    assert newcomer.host.is_local(WANTED)


@pytest.mark.rfc("5227", "2.1-1")
def test_until_then_the_address_is_not_used(newcomer: Newcomer) -> None:
    newcomer.claim()
    newcomer.host.routes.add(bytes(4), 0, ip("10.0.0.1"), newcomer.interface)
    newcomer.after(2.5)
    with pytest.raises(Unreachable):
        newcomer.host.send(ip("10.0.0.1"), 200, b"too early")
    newcomer.hear(arp.Message(arp.REQUEST, OTHER, ip("10.0.0.9"), bytes(6), WANTED))
    newcomer.after(0.01)
    assert {message.sender_ip for message in newcomer.sent()} == {bytes(4)}  # no answer
    newcomer.after(5)
    newcomer.host.send(ip("10.0.0.1"), 200, b"in time")
    newcomer.after(1)
    assert newcomer.frames[-1].rstrip(b"\0").endswith(b"in time")


@pytest.mark.rfc("5227", "2.1.1-1")
@pytest.mark.parametrize("operation", [arp.REQUEST, arp.REPLY])
@pytest.mark.parametrize("when_s", [0.0001, 2, 6.9])
def test_whoever_speaks_from_the_address_has_it(network: Network, operation: int, when_s: float) -> None:
    newcomer = Newcomer(network)
    newcomer.queue.run_until(S)  # so that the answer can come before the first probe too
    newcomer.claim()
    while when_s > 6 and len(newcomer.frames) < 3:
        newcomer.after(0.001)
    newcomer.after(1.9 if when_s > 6 else when_s)
    assert newcomer.settled == []
    newcomer.hear(arp.Message(operation, OTHER, WANTED, bytes(6), ip("10.0.0.1")))
    assert newcomer.settled == [False]
    newcomer.after(20)
    assert not newcomer.host.is_local(WANTED)
    assert all(message.sender_ip == bytes(4) for message in newcomer.sent())


@pytest.mark.rfc("5227", "2.1.1-1")
def test_the_owner_answers_a_probe(watched: Network) -> None:
    newcomer = Newcomer(watched)
    newcomer.claim(ip("10.0.0.1"))
    newcomer.after(20)
    assert newcomer.settled == [False]
    assert len(newcomer.frames) == 1
    (conflict,) = watched.events("conflict", "newcomer")
    assert conflict.data["address"] == "10.0.0.1"


@pytest.mark.rfc("5227", "2.1.1-2")
def test_two_that_want_the_same_address_at_once_both_leave_it(newcomer: Newcomer) -> None:
    newcomer.claim()
    newcomer.hear(arp.Message(arp.REQUEST, newcomer.interface.mac, bytes(4), bytes(6), WANTED))  # our own, come back
    assert newcomer.settled == []
    newcomer.hear(arp.Message(arp.REQUEST, OTHER, bytes(4), bytes(6), WANTED))
    assert newcomer.settled == [False]


@pytest.mark.rfc("5227", "2.1.1-3")
def test_after_ten_conflicts_an_attempt_a_minute(newcomer: Newcomer) -> None:
    for _ in range(10):
        newcomer.claim()
        newcomer.hear(arp.Message(arp.REPLY, OTHER, WANTED, bytes(6), WANTED))
    newcomer.after(10)
    assert newcomer.frames == []
    began_ns = newcomer.queue.now_ns
    newcomer.claim()
    newcomer.after(40)
    assert newcomer.frames == []
    newcomer.after(60)
    assert newcomer.settled[-1]
    assert newcomer.times[0] - began_ns > 45 * S


def test_an_address_is_claimed_once_and_only_if_it_can_be_had(newcomer: Newcomer) -> None:
    newcomer.claim()
    with pytest.raises(ValueError, match="is being probed already"):
        newcomer.claim()
    with pytest.raises(ValueError, match="no address that a host can have"):
        newcomer.claim(ip("224.0.0.5"))
    newcomer.after(10)
    with pytest.raises(ValueError, match=r"has the address 10\.0\.0\.7 already"):
        newcomer.claim()


def test_an_address_that_was_taken_away_is_not_announced_again(newcomer: Newcomer) -> None:
    newcomer.claim()
    while not newcomer.settled:
        newcomer.after(0.1)
    newcomer.host.remove_address(newcomer.interface, WANTED)
    newcomer.after(10)
    assert len(newcomer.frames) == 4
