"""The routing table, held against a search through all routes."""

from __future__ import annotations

import gc
import weakref
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from network import ip

from michinori.inet import Interface, Route, RouteTable, addresses


class _Named:
    def __init__(self, name: str) -> None:
        self.name = name


ETH0, ETH1 = cast(Interface, _Named("eth0")), cast(Interface, _Named("eth1"))


def table(*routes: str) -> RouteTable:
    """Each written as ``prefix/length next-hop``."""
    made = RouteTable()
    for route in routes:
        prefix, next_hop = route.split()
        address, length = prefix.split("/")
        made.add(ip(address), int(length), ip(next_hop), ETH0)
    return made


def via(route: Route | None) -> str:
    return "" if route is None or route.next_hop is None else addresses.text(route.next_hop)


def test_a_table_and_the_interfaces_of_its_routes_are_freed_together() -> None:
    interface, routes = _Named("eth0"), RouteTable()
    routes.add(ip("192.0.2.0"), 24, None, cast(Interface, interface))
    interface.table = routes  # type: ignore[attr-defined]  # as a real one does, by way of its host
    freed = weakref.ref(interface)
    del interface, routes
    gc.collect()
    assert freed() is None


@pytest.mark.rfc("1122", "3.2.1.3-1")
@pytest.mark.row("B18")
def test_the_longest_prefix_wins() -> None:
    routes = table("0.0.0.0/0 10.0.0.1", "203.0.113.0/24 10.0.0.2", "203.0.113.64/26 10.0.0.3", "203.0.0.0/16 10.0.0.4")
    assert via(routes.lookup(ip("203.0.113.80"))) == "10.0.0.3"
    assert via(routes.lookup(ip("203.0.113.8"))) == "10.0.0.2"
    assert via(routes.lookup(ip("203.0.1.1"))) == "10.0.0.4"
    assert via(routes.lookup(ip("8.8.8.8"))) == "10.0.0.1"
    assert [route.destination for route in routes.matches(ip("203.0.113.80"))] == [
        "203.0.113.64/26",
        "203.0.113.0/24",
        "203.0.0.0/16",
        "0.0.0.0/0",
    ]


@pytest.mark.rfc("1122", "3.3.1.2-4")
def test_among_equals_the_smallest_metric_wins_and_then_the_first() -> None:
    routes = RouteTable()
    routes.add(bytes(4), 0, ip("10.0.0.1"), ETH0, metric=20)
    routes.add(bytes(4), 0, ip("10.0.0.2"), ETH1, metric=10)
    routes.add(bytes(4), 0, ip("10.0.0.3"), ETH1, metric=10)
    assert via(routes.lookup(ip("192.0.2.1"))) == "10.0.0.2"
    assert [via(route) for route in routes.matches(ip("192.0.2.1"))] == ["10.0.0.2", "10.0.0.3", "10.0.0.1"]


def test_without_a_match_there_is_no_route() -> None:
    assert table("10.0.0.0/8 10.0.0.1").lookup(ip("11.0.0.1")) is None
    assert RouteTable().lookup(ip("11.0.0.1")) is None
    assert RouteTable().matches(ip("11.0.0.1")) == []


def test_both_families_live_in_one_table() -> None:
    routes = RouteTable()
    routes.add(bytes(4), 0, ip("10.0.0.1"), ETH0)
    routes.add(ip("2001:db8::"), 32, ip("fe80::1"), ETH0)
    assert via(routes.lookup(ip("2001:db8::80"))) == "fe80::1"
    assert routes.lookup(ip("2001:db9::80")) is None
    assert [route.destination for route in routes] == ["0.0.0.0/0", "2001:db8::/32"]


@pytest.mark.parametrize(("prefix", "length"), [("10.0.0.1", 24), ("10.0.0.0", 33), ("10.0.0.0", -1)])
def test_a_prefix_is_a_network(prefix: str, length: int) -> None:
    with pytest.raises(ValueError, match="not a network"):
        RouteTable().add(ip(prefix), length, None, ETH0)


def test_changes_are_told() -> None:
    told: list[int] = []
    routes = RouteTable()
    routes.on_change = lambda: told.append(len(routes))
    route = routes.add(bytes(4), 0, None, ETH0)
    routes.remove(route)
    assert told == [1, 0]
    with pytest.raises(ValueError, match="no route to"):
        routes.remove(route)


def test_routes_describe_themselves() -> None:
    routes = RouteTable()
    assert routes.add(bytes(4), 0, ip("10.0.0.1"), ETH0, metric=5).describe() == {
        "prefix": "0.0.0.0/0",
        "via": "10.0.0.1",
        "interface": "eth0",
        "metric": 5,
    }
    assert routes.add(ip("10.0.0.0"), 24, None, ETH0).describe() == {"prefix": "10.0.0.0/24", "interface": "eth0"}


@st.composite
def prefixes(draw: st.DrawFn) -> tuple[bytes, int]:
    # Few bits of variety, so that prefixes nest and meet destinations.
    length = draw(st.integers(0, 32))
    address = draw(st.integers(0, 255)) << 24 | draw(st.integers(0, 255))
    return addresses.network(address.to_bytes(4, "big"), length), length


@given(
    st.lists(st.tuples(prefixes(), st.integers(0, 2)), max_size=30),
    st.lists(st.builds(lambda a, b: (a << 24 | b).to_bytes(4, "big"), st.integers(0, 255), st.integers(0, 255))),
    st.data(),
)
def test_it_agrees_with_a_search_through_all(
    wanted: list[tuple[tuple[bytes, int], int]], destinations: list[bytes], data: Any
) -> None:
    routes = RouteTable()
    all_routes = [routes.add(prefix, length, None, ETH0, metric) for (prefix, length), metric in wanted]
    if all_routes:
        for route in data.draw(st.lists(st.sampled_from(all_routes), max_size=5)):
            if route in all_routes:
                all_routes.remove(route)
                routes.remove(route)
    for dst in destinations:
        matching = [route for route in all_routes if addresses.network(dst, route.length) == route.prefix]
        matching.sort(key=lambda route: (-route.length, route.metric))
        assert routes.matches(dst) == matching
        assert routes.lookup(dst) == (matching[0] if matching else None)
    assert sorted(map(repr, routes)) == sorted(map(repr, all_routes))
    assert len(routes) == len(all_routes)
