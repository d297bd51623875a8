"""Addresses and routes for a world that was given none, or only some.

What cables and switches join is one *segment*, and one segment is one subnet. Segments without any address get a block
of 10.0.0.0/8: a /30 for a cable between two machines, a /20 or more where there is a switch and others may join later.
Routes are the shortest ways counted in routers; a machine with one way out gets a default route and nothing else, so a
world that is a tree with a thousand leaves has a thousand short tables.

All of it is arithmetic on names and numbers: no adapter, no queue. The same names in the same order give the same plan.
"""

from __future__ import annotations

import ipaddress
from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from typing import Final

import msgspec

from michinori.inet import addresses

_AUTOMATIC: Final = ipaddress.IPv4Network("10.0.0.0/8")
_CABLE_PREFIX: Final = 30
_SWITCH_PREFIX: Final = 20

DEFAULT: Final = (bytes(4), 0)
"""The prefix that matches every destination."""


class PlanError(ValueError):
    """The world cannot be given addresses; the message says why and the way out."""


class Port(msgspec.Struct, eq=False):
    """One adapter of a machine: where it is plugged in and what address it has."""

    machine: str
    name: str
    wire: Hashable
    """The name of the cable or switch that it is plugged into."""
    address: bytes = b""
    prefix_length: int = 0
    transit: bool = False
    """Whether its machine forwards."""

    @property
    def network(self) -> tuple[bytes, int]:
        """The subnet that its address lies in."""
        return addresses.network(self.address, self.prefix_length), self.prefix_length


class Hop(msgspec.Struct, frozen=True):
    """One entry of a routing table to be: through that port, to that neighbour."""

    prefix: bytes
    length: int
    next_hop: bytes
    port: Port


def segments(ports: Iterable[Port], joined: Iterable[tuple[Hashable, Hashable]]) -> list[list[Port]]:
    """The ports of each segment, in the order in which they were plugged in; ``joined`` are the wires that are one."""
    leader: dict[Hashable, Hashable] = {}

    def find(wire: Hashable) -> Hashable:
        while (above := leader.get(wire, wire)) != wire:
            leader[wire] = leader.get(above, above)
            wire = above
        return wire

    for one, other in joined:
        leader[find(other)] = find(one)
    found: dict[Hashable, list[Port]] = {}
    for port in ports:
        found.setdefault(find(port.wire), []).append(port)
    return list(found.values())


class Addresses:
    """Gives addresses to ports that have none; what was once given stays, also when the world grows."""

    def __init__(self) -> None:
        self._next = int(_AUTOMATIC.network_address)
        self._cursor: dict[tuple[bytes, int], int] = {}

    def fill(self, segment: list[Port], *, shared: bool) -> list[Port]:
        """Fill in one segment and give the ports that were filled. ``shared``: there is a switch on it. Raises
        ``PlanError``.
        """
        _demand_distinct(segment)
        bare = [port for port in segment if not port.address]
        if not bare:
            return []
        given = next((port for port in segment if port.address), None)
        network, length = given.network if given is not None else self._new_block(len(segment), shared)
        taken = {port.address for port in segment}
        free = self._free_in(network, length, taken)
        for port in bare:
            address = next(free, None)
            if address is None:
                where = f"{ipaddress.ip_address(network)}/{length}"
                raise PlanError(
                    f"No address is free in {where} for {port.machine}: give it an address, or the others a larger net"
                )
            port.address, port.prefix_length = address, length
        return bare

    def _new_block(self, needed: int, shared: bool) -> tuple[bytes, int]:
        length = _SWITCH_PREFIX if shared else _CABLE_PREFIX
        while (1 << (32 - length)) < needed * 2 and length > 8:
            length -= 1
        size = 1 << (32 - length)
        start = -(-self._next // size) * size
        if start + size - 1 > int(_AUTOMATIC.broadcast_address):
            raise PlanError("The addresses of 10.0.0.0/8 are used up: give some of the adapters addresses of your own")
        self._next = start + size
        return start.to_bytes(4, "big"), length

    def _free_in(self, network: bytes, length: int, taken: set[bytes]) -> Iterator[bytes]:
        first = int.from_bytes(network, "big")
        end = first + (1 << (32 - length)) - 1
        number = self._cursor.get((network, length), first + 1)
        while number < end:
            address = number.to_bytes(4, "big")
            number += 1
            self._cursor[network, length] = number
            if address not in taken:
                yield address


def _demand_distinct(segment: Iterable[Port]) -> None:
    owners: dict[bytes, Port] = {}
    for port in segment:
        other = owners.setdefault(port.address, port)
        if port.address and other is not port:
            raise PlanError(
                f"{ipaddress.ip_address(port.address)} is the address of {other.machine}:{other.name} and of "
                f"{port.machine}:{port.name}, which are joined: give one of them another"
            )


def routes(segments_: list[list[Port]], wanted: Iterable[str]) -> dict[str, list[Hop]]:
    """The routing tables of the machines ``wanted``: shortest ways, earlier cables first where two are as short.

    Directly connected subnets are left out, as an interface brings them by itself.
    """
    ports_of: dict[str, list[tuple[int, Port]]] = {}
    gates: list[list[Port]] = []
    for index, segment in enumerate(segments_):
        gates.append([port for port in segment if port.transit])
        for port in segment:
            ports_of.setdefault(port.machine, []).append((index, port))
    return {machine: _table_of(machine, segments_, gates, ports_of) for machine in wanted if machine in ports_of}


def _table_of(
    machine: str, segments_: list[list[Port]], gates: list[list[Port]], ports_of: dict[str, list[tuple[int, Port]]]
) -> list[Hop]:
    ways_out = [(gate, port) for index, port in ports_of[machine] for gate in gates[index] if gate.machine != machine]
    if not ways_out:
        return []
    gate, port = ways_out[0]
    if len({gate.machine for gate, _ in ways_out}) == 1 and (
        not port.transit or _is_hub(gate, machine, gates, ports_of)
    ):
        return [Hop(*DEFAULT, gate.address, port)]
    return list(_shortest(machine, segments_, gates, ports_of))


def _is_hub(gate: Port, leaf: str, gates: list[list[Port]], ports_of: dict[str, list[tuple[int, Port]]]) -> bool:
    """Whether that router leads further than back: of two routers alone, each default would point at the other."""
    return any(
        other.machine not in (gate.machine, leaf) for index, _ in ports_of[gate.machine] for other in gates[index]
    )


def _shortest(
    machine: str, segments_: list[list[Port]], gates: list[list[Port]], ports_of: dict[str, list[tuple[int, Port]]]
) -> Iterator[Hop]:
    """Breadth first from the machine; each segment is reached by the first neighbour on its way."""
    own = {index for index, _ in ports_of[machine]}
    reached = set(own)
    seen = {machine}
    ahead: deque[tuple[str, bytes, Port]] = deque()
    for index, port in ports_of[machine]:
        for gate in gates[index]:
            if gate.machine not in seen:
                seen.add(gate.machine)
                ahead.append((gate.machine, gate.address, port))
    done = {port.network for index in own for port in segments_[index] if port.address}
    while ahead:
        at, next_hop, through = ahead.popleft()
        for index, _ in ports_of[at]:
            if index in reached:
                continue
            reached.add(index)
            for network in dict.fromkeys(port.network for port in segments_[index] if port.address):
                if network not in done:
                    done.add(network)
                    yield Hop(*network, next_hop, through)
            for gate in gates[index]:
                if gate.machine not in seen:
                    seen.add(gate.machine)
                    ahead.append((gate.machine, next_hop, through))
