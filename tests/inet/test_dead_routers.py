"""A default router that dies: found out, left out for another, and tried again later (RFC 1122 section 3.3.1.5)."""

from __future__ import annotations

import pytest
from network import MS, Network, Pinger, S, default_route, ip, plug_of, sniff

from michinori.link import Cable, Switch

FAR = "10.9.0.9"


class TwoRouters:
    """A host with two default routers, r1 before r2, both of which lead to ``far``."""

    def __init__(self, network: Network) -> None:
        self.network, self.queue = network, network.queue
        self.host = network.host("host")
        self.routers = [network.host(name, forwarding=True) for name in ("r1", "r2")]
        self.far = network.host("far")
        near, beyond = Switch("near", network.queue), Switch("beyond", network.queue)
        self.cables: dict[str, Cable] = {}
        for switch, machine, address in (
            (near, self.host, "10.0.0.9/24"),
            (near, self.routers[0], "10.0.0.1/24"),
            (near, self.routers[1], "10.0.0.2/24"),
            (beyond, self.routers[0], "10.9.0.1/24"),
            (beyond, self.routers[1], "10.9.0.2/24"),
            (beyond, self.far, "10.9.0.9/24"),
        ):
            self.cables[address] = network.cable(plug_of(network.interface(machine, address)), switch.free_port())
        for gateway in ("10.0.0.1", "10.0.0.2"):
            default_route(self.host, gateway)
        default_route(self.far, "10.9.0.2")
        self.pinger = Pinger(self.host)

    def next_hop(self) -> bytes | None:
        route = self.host.routes.lookup(ip(FAR))
        assert route is not None
        return route.next_hop

    def pass_time(self, seconds: float) -> None:
        self.queue.run_until(self.queue.now_ns + round(seconds * S))


@pytest.fixture
def two(network: Network) -> TwoRouters:
    return TwoRouters(network)


@pytest.mark.rfc("1122", "3.3.1.5-1", "3.3.1.2-4")
def test_what_waits_for_a_dead_router_goes_by_the_other(two: TwoRouters) -> None:
    two.cables["10.0.0.1/24"].cut()
    for sequence in range(3):
        two.pinger.ask(FAR, sequence)
    two.pass_time(4)
    assert [answer[0] for answer in two.pinger.answers] == [0, 1, 2]
    assert two.pinger.errors == []
    assert two.host.drops == {}
    assert two.next_hop() == ip("10.0.0.2")


@pytest.mark.rfc("1122", "3.3.1.5-1", "3.3.1.4-1")
def test_one_that_dies_later_is_found_out_and_left_out(two: TwoRouters) -> None:
    two.pinger.ask(FAR)
    two.pass_time(60)
    two.cables["10.0.0.1/24"].cut()
    for sequence in range(1, 20):
        two.pinger.ask(FAR, sequence)
        two.pass_time(1)
    answered = [answer[0] for answer in two.pinger.answers]
    assert answered[0] == 0
    assert answered[-5:] == [15, 16, 17, 18, 19]


def test_after_a_minute_it_is_tried_again(two: TwoRouters) -> None:
    two.cables["10.0.0.1/24"].cut()
    two.pinger.ask(FAR)
    two.pass_time(4)
    assert two.next_hop() == ip("10.0.0.2")
    two.cables["10.0.0.1/24"].mend()
    at_r1 = sniff(plug_of(two.routers[0].interfaces[0]))
    two.pass_time(60)
    assert two.next_hop() == ip("10.0.0.1")
    two.pinger.ask(FAR)
    two.pass_time(1)
    assert len(two.pinger.answers) == 2
    assert any(frame[12:14] == b"\x08\x00" for frame in at_r1)


def test_one_that_shows_itself_is_trusted_at_once(two: TwoRouters) -> None:
    two.cables["10.0.0.1/24"].cut()
    two.pinger.ask(FAR)
    two.pass_time(4)
    two.cables["10.0.0.1/24"].mend()
    two.routers[0].announce(two.routers[0].interfaces[0], ip("10.0.0.1"))
    two.pass_time(0.1)
    assert two.next_hop() == ip("10.0.0.1")


def test_with_both_dead_the_first_is_asked_again_and_the_sender_told(two: TwoRouters) -> None:
    for address in ("10.0.0.1/24", "10.0.0.2/24"):
        two.cables[address].cut()
    two.pinger.ask(FAR)
    two.pass_time(10)
    assert len(two.pinger.errors) == 1
    assert two.next_hop() == ip("10.0.0.1")
    assert two.queue.now_ns < 11 * S + MS


def test_a_router_without_another_stays_and_nothing_is_waited_for(network: Network) -> None:
    host = network.host("host")
    network.join(host, "10.0.0.9/24", network.host("other"), "10.0.0.8/24")
    default_route(host, "10.0.0.1")
    pinger = Pinger(host)
    pinger.ask(FAR)
    network.queue.run()
    assert network.queue.now_ns == 3 * S
    assert len(pinger.errors) == 1
