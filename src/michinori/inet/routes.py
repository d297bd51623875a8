"""The routing table: among all routes that match a destination, the one with the longest prefix wins.

A dictionary for each length of prefix that occurs, asked from the longest to the shortest: a host has two or three
lengths, a large router at most 33, and the table can be listed as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec

from michinori.inet import addresses

if TYPE_CHECKING:
    from michinori.inet.interface import Interface


class Route(msgspec.Struct, frozen=True):
    """Packets to that prefix leave by that interface, to the next hop; None: to the destination itself.

    Watched by the garbage collector, unlike values: a route leads to an interface, and that to the whole host.
    """

    prefix: bytes
    length: int
    next_hop: bytes | None
    interface: Interface
    metric: int = 0

    @property
    def destination(self) -> str:
        """The prefix as people write it: ``192.168.1.0/24``."""
        return f"{addresses.text(self.prefix)}/{self.length}"

    def describe(self) -> dict[str, str | int]:
        """For traces and lists."""
        via = {} if self.next_hop is None else {"via": addresses.text(self.next_hop)}
        metric = {"metric": self.metric} if self.metric else {}
        return {"prefix": self.destination, **via, "interface": self.interface.name, **metric}


class RouteTable:
    """All routes of a host, of both families. ``on_change`` is called after each change."""

    def __init__(self) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._dead: set[tuple[Interface, bytes | None]] = set()
        self._families: dict[int, dict[int, dict[int, list[Route]]]] = {}

    def add(self, prefix: bytes, length: int, next_hop: bytes | None, interface: Interface, metric: int = 0) -> Route:
        """Add a route; among equals the smallest metric wins, then the first. Raises ``ValueError`` when the length
        does not suit the address, or bits of the prefix are set behind it.
        """
        bits = len(prefix) * 8
        if not 0 <= length <= bits or addresses.network(prefix, length) != prefix:
            raise ValueError(f"{addresses.text(prefix)}/{length} is not a network")
        route = Route(prefix, length, next_hop, interface, metric)
        lengths = self._families.setdefault(len(prefix), {})
        if length not in lengths:
            lengths[length] = {}
            self._families[len(prefix)] = dict(sorted(lengths.items(), reverse=True))
        routes = self._families[len(prefix)][length].setdefault(int.from_bytes(prefix, "big") >> bits - length, [])
        routes.append(route)
        routes.sort(key=lambda route: route.metric)
        self.on_change()
        return route

    def remove(self, route: Route) -> None:
        """Take a route out. Raises ``ValueError`` when it is not there."""
        lengths = self._families.get(len(route.prefix), {})
        key = int.from_bytes(route.prefix, "big") >> len(route.prefix) * 8 - route.length
        routes = lengths.get(route.length, {}).get(key, [])
        if route not in routes:
            raise ValueError(f"there is no route to {route.destination} like this")
        routes.remove(route)
        if not routes:
            del lengths[route.length][key]
            if not lengths[route.length]:
                del lengths[route.length]
        self.on_change()

    def lookup(self, dst: bytes) -> Route | None:
        """The route with the longest prefix that matches, or None."""
        lengths = self._families.get(len(dst))
        if lengths is not None:
            number = int.from_bytes(dst, "big")
            bits = len(dst) * 8
            for length, routes in lengths.items():
                found = routes.get(number >> bits - length)
                if found is not None:
                    return found[0] if not self._dead else self._first_alive(found)
        return None

    def avoid(self, interface: Interface, next_hop: bytes) -> bool:
        """That router does not answer: use the other routes to where it led, if there are any (RFC 1122 section
        3.3.1.5). Whether there are.
        """
        mine = [route for route in self if route.interface is interface and route.next_hop == next_hop]
        if not any(len(self._equals(route)) > 1 for route in mine):
            return False
        self._dead.add((interface, next_hop))
        self.on_change()
        return True

    def trust(self, interface: Interface, next_hop: bytes) -> None:
        """It is as good as any other again."""
        if (interface, next_hop) in self._dead:
            self._dead.discard((interface, next_hop))
            self.on_change()

    def _first_alive(self, routes: list[Route]) -> Route:
        return next((one for one in routes if (one.interface, one.next_hop) not in self._dead), routes[0])

    def _equals(self, route: Route) -> list[Route]:
        key = int.from_bytes(route.prefix, "big") >> len(route.prefix) * 8 - route.length
        return self._families[len(route.prefix)][route.length][key]

    def matches(self, dst: bytes) -> list[Route]:
        """All routes that match, the longest prefix first, among equals the smallest metric."""
        number = int.from_bytes(dst, "big")
        bits = len(dst) * 8
        return [
            route
            for length, routes in self._families.get(len(dst), {}).items()
            for route in routes.get(number >> bits - length, ())
        ]

    def __iter__(self) -> Iterator[Route]:
        """All routes, by family, the longest prefix first, then by address."""
        for _, lengths in sorted(self._families.items()):
            for routes in lengths.values():
                for _, equals in sorted(routes.items()):
                    yield from equals

    def __len__(self) -> int:
        return sum(1 for _ in self)
