"""Addresses and routes by themselves."""

from ipaddress import ip_address

import pytest

from michinori.world import plan
from michinori.world.plan import DEFAULT, Port


def world_of(*lines, routers=(), switches=()):
    """Ports of each line ``"a-b"``; a switch is a wire of its own."""
    ports, joined = [], []
    for index, (a, b) in enumerate(lines):
        for end in (a, b):
            if end in switches:
                joined.append((f"switch {end}", index))
            else:
                ports.append(Port(end, f"eth{index}", index, transit=end in routers))
    segments = plan.segments(ports, joined)
    addresses = plan.Addresses()
    for segment in segments:
        addresses.fill(segment, shared=bool(switches))
    return segments


def table(hops):
    return {(str(ip_address(hop.prefix)), hop.length): str(ip_address(hop.next_hop)) for hop in hops}


def test_a_cable_is_a_net_of_four():
    [segment] = world_of(("a", "b"))
    assert [(str(ip_address(port.address)), port.prefix_length) for port in segment] == [
        ("10.0.0.1", 30),
        ("10.0.0.2", 30),
    ]


def test_what_a_switch_joins_is_one_net():
    [segment] = world_of(("a", "s"), ("b", "s"), ("s", "t"), ("c", "t"), switches=("s", "t"))
    assert len(segment) == 3
    assert len({port.network for port in segment}) == 1


def test_given_addresses_are_kept_and_the_others_lie_beside_them():
    ports = [Port("a", "eth0", 1, bytes([192, 0, 2, 1]), 24), Port("b", "eth0", 1)]
    plan.Addresses().fill(ports, shared=False)
    assert ports[1].address == bytes([192, 0, 2, 2])


def test_a_full_net_is_said_in_one_sentence():
    ports = [Port("a", "eth0", 1, bytes([192, 0, 2, 1]), 30), Port("b", "eth0", 1), Port("c", "eth0", 1)]
    with pytest.raises(plan.PlanError, match=r"No address is free in 192\.0\.2\.0/30 for c"):
        plan.Addresses().fill(ports, shared=False)


def test_hosts_get_a_default_route_and_two_routers_know_what_lies_behind_the_other():
    segments = world_of(("client", "r1"), ("r1", "r2"), ("r2", "server"), routers=("r1", "r2"))
    tables = plan.routes(segments, ["client", "r1", "r2", "server"])
    assert [(hop.prefix, hop.length) for hop in tables["client"]] == [DEFAULT]
    assert table(tables["r1"]) == {("10.0.0.8", 30): "10.0.0.6"}
    assert table(tables["r2"]) == {("10.0.0.0", 30): "10.0.0.5"}


def test_the_shorter_way_is_taken():
    segments = world_of(("a", "r1"), ("r1", "r2"), ("r2", "r3"), ("r1", "r3"), ("r3", "b"), routers=("r1", "r2", "r3"))
    to_b = next(port.network for port in segments[4])
    [hop] = [hop for hop in plan.routes(segments, ["r1"])["r1"] if (hop.prefix, hop.length) == to_b]
    assert hop.port.name == "eth3"


def test_a_host_with_two_ways_out_does_not_forward():
    segments = world_of(("a", "two"), ("two", "b"))
    assert plan.routes(segments, ["a", "two", "b"]) == {"a": [], "two": [], "b": []}


def test_a_thousand_leaves_have_short_tables():
    lines = [(f"h{n}", f"r{n}") for n in range(1000)] + [(f"r{n}", "core") for n in range(1000)]
    segments = world_of(*lines, routers={"core", *(f"r{n}" for n in range(1000))})
    tables = plan.routes(segments, [*(f"h{n}" for n in range(1000)), *(f"r{n}" for n in range(1000)), "core"])
    assert len(tables["h7"]) == len(tables["r7"]) == 1
    assert len(tables["core"]) == 1000


def test_what_was_given_stays_when_the_world_grows():
    ports = [Port("a", "eth0", 1), Port("b", "eth0", 2)]
    addresses = plan.Addresses()
    addresses.fill(ports, shared=True)
    before = [port.address for port in ports]
    later = Port("c", "eth0", 3)
    assert addresses.fill([*ports, later], shared=True) == [later]
    assert [port.address for port in ports] == before
    assert later.network == ports[0].network
