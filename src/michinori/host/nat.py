"""NAPT: many hosts behind one address, told apart by ports. RFC 3022, with the behaviour that applications count on.

- One mapping for each endpoint inside, whatever it talks to (endpoint-independent: RFC 4787 REQ-1, RFC 5382 REQ-1).
- The port stays the same where that is free, else a random one of the same parity (RFC 4787 REQ-3 and REQ-4, RFC 6056).
- Who may come in by a mapping: ``filtering``, by default those hosts that were talked to (RFC 4787 REQ-8).
- ICMP errors and the packets that they quote are translated (RFC 5508 REQ-4), queries mapped by identifier (REQ-1).
- Mappings end with the connections that use them (see ``conntrack``).
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

from michinori.host.conntrack import Connection, Conntrack, Flow, State, Tracked
from michinori.host.rewriting import Endpoint, endpoints, with_endpoints, with_quoted
from michinori.inet import ACCEPT, Interface, Passing, Verdict, addresses
from michinori.sim import Nanos
from michinori.wire import ipv4, protocols

Filtering: TypeAlias = Literal["endpoint-independent", "address-dependent", "address-and-port-dependent"]

_LOWEST: Final = 1024
_HIGHEST: Final = 65535
_TRIES: Final = 64
#: After those at random, so many ports in a row: a search through all of them for each packet would be an attack.
_TRIES_IN_A_ROW: Final = 1024
_PROTOCOLS: Final = {"tcp": protocols.PROTOCOL_TCP, "udp": protocols.PROTOCOL_UDP}
_MANY_IN_ONE: Final = 32
_MANY: Final = 1024


class Mapping:
    """An endpoint inside and the port that stands for it outside."""

    __slots__ = ("connections", "inside", "outside_port", "protocol", "tidy_at")

    def __init__(self, protocol: int, inside: Endpoint, outside_port: int) -> None:
        self.protocol = protocol
        self.inside = inside
        self.outside_port = outside_port
        self.connections: list[Connection] = []
        self.tidy_at = _MANY_IN_ONE

    def alive(self, now_ns: Nanos) -> list[Connection]:
        """The connections that use it."""
        return [connection for connection in self.connections if connection.expires_ns > now_ns]

    def add(self, connection: Connection, now_ns: Nanos) -> None:
        """One more connection uses it. Those that are over are forgotten now and then."""
        if len(self.connections) >= self.tidy_at:
            self.connections = self.alive(now_ns)
            self.tidy_at = max(_MANY_IN_ONE, 2 * len(self.connections))
        self.connections.append(connection)


class MappingRow(msgspec.Struct, frozen=True):
    """A line of the table as it is listed."""

    protocol: str
    inside: str
    outside: str
    connections: int


class Napt:
    """Translates what leaves by ``outside`` to the address of that interface, and the answers back.

    ``hairpin``: hosts inside reach each other by their outside ports too (RFC 4787 REQ-9).
    """

    def __init__(
        self,
        tracker: Conntrack,
        outside: Interface,
        *,
        hairpin: bool = False,
        filtering: Filtering = "address-dependent",
    ) -> None:
        self.outside = outside
        self.hairpin = hairpin
        self.filtering: Filtering = filtering
        self._tracker = tracker
        self._node = tracker.internet.node
        self._by_inside: dict[tuple[int, Endpoint], Mapping] = {}
        self._by_outside: dict[tuple[int, int], Mapping] = {}
        self._forwards: dict[tuple[int, int], Endpoint] = {}
        self._sweep_at = _MANY
        hooks = tracker.internet.hooks
        # Behind the tracker's first hooks and in front of its last, as the destination part and the source part.
        hooks.prerouting.append(self._arriving)
        hooks.output.insert(1, self._translate_destination)
        hooks.input.insert(len(hooks.input) - 1, self._translate_source)
        hooks.postrouting.insert(len(hooks.postrouting) - 1, self._leaving)

    @property
    def address(self) -> bytes:
        """The address that everybody inside is seen by. Raises ``ValueError`` when the interface has none."""
        for own in self.outside.addresses:
            if len(own.address) == 4:
                return own.address
        raise ValueError(f"{self.outside.name} has no IPv4 address")

    def forward_port(self, protocol: str, outside_port: int, inside_address: bytes, inside_port: int) -> None:
        """Let everybody outside reach an endpoint inside by that port; ``protocol`` is ``tcp`` or ``udp``."""
        if protocol not in _PROTOCOLS:
            raise ValueError(f"ports are forwarded for tcp or udp, not {protocol!r}")
        self._forwards[_PROTOCOLS[protocol], outside_port] = (inside_address, inside_port)

    def rows(self) -> list[MappingRow]:
        """The mappings as they stand, in the order in which they were made."""
        now_ns = self._node.queue.now_ns
        return [
            MappingRow(
                protocols.name(mapping.protocol),
                _text(mapping.inside),
                _text((self.address, mapping.outside_port)),
                len(mapping.alive(now_ns)),
            )
            for mapping in self._by_outside.values()
            if mapping.alive(now_ns)
        ]

    # -- The hooks -----------------------------------------------------------------------------------------------------

    def _arriving(self, passing: Passing) -> Verdict:
        """Prerouting: a connection that comes from outside, or back from inside, is given who it is for."""
        tracked = passing.connection
        if isinstance(tracked, Tracked) and tracked.state is State.NEW and tracked.connection is not None:
            comes_from_outside = passing.incoming is self.outside
            if not tracked.connection.entered and passing.packet.dst == self.address:
                if not comes_from_outside and not self.hairpin:
                    return ACCEPT
                why = self._choose_destination(tracked.connection)
                if why is not None:
                    return why
        return self._translate_destination(passing)

    def _leaving(self, passing: Passing) -> Verdict:
        """Postrouting: a connection that leaves by the outside, or was turned around, is given its port."""
        tracked = passing.connection
        if not isinstance(tracked, Tracked) or tracked.connection is None:
            # Nobody outside could answer to an address of the inside.
            is_foreign = passing.incoming is not None and passing.outgoing is self.outside
            untranslated = not isinstance(tracked, Tracked) or tracked.state is State.INVALID
            return "nat:no-connection" if is_foreign and untranslated else ACCEPT
        connection = tracked.connection
        if not connection.entered and tracked.about is None:
            turned_around = passing.incoming is not None and passing.incoming is not self.outside
            turned_around = turned_around and connection.original.dst[0] == self.address
            if passing.outgoing is self.outside or turned_around:
                why = self._choose_source(connection)
                if why is not None:
                    return why
        return self._translate_source(passing)

    def _translate_destination(self, passing: Passing) -> Verdict:
        """Put in the destination that the packets of this direction leave with."""
        tracked = passing.connection
        if isinstance(tracked, Tracked) and tracked.connection is not None:
            dst = tracked.connection.leaves_as(tracked.is_reply).dst
            before = passing.packet
            if tracked.about is None:
                passing.packet = with_endpoints(before, dst=dst)
            else:
                self._translate_quotation(passing, tracked.about, src=dst, own_dst=dst[0])
            self._note(before, passing.packet)
        return ACCEPT

    def _translate_source(self, passing: Passing) -> Verdict:
        """Put in the source that the packets of this direction leave with."""
        tracked = passing.connection
        if isinstance(tracked, Tracked) and tracked.connection is not None:
            connection, is_reply = tracked.connection, tracked.is_reply
            src = connection.leaves_as(is_reply).src
            before = passing.packet
            if tracked.about is None:
                passing.packet = with_endpoints(before, src=src)
            else:
                # A router inside may be the one who reports: then too nothing of the inside is seen outside.
                came_as = (connection.reply if is_reply else connection.original).src
                self._translate_quotation(
                    passing, tracked.about, dst=src, own_src=src[0] if src[0] != came_as[0] else None
                )
            self._note(before, passing.packet)
        return ACCEPT

    def _translate_quotation(
        self,
        passing: Passing,
        about: ipv4.Packet,
        *,
        src: Endpoint | None = None,
        dst: Endpoint | None = None,
        own_src: bytes | None = None,
        own_dst: bytes | None = None,
    ) -> None:
        """An ICMP error: what it quotes travelled the other way, so there source and destination change places."""
        inner = with_endpoints(about, src=src, dst=dst)
        passing.packet = with_quoted(passing.packet, inner, src=own_src, dst=own_dst)
        tracked = passing.connection
        assert isinstance(tracked, Tracked)
        passing.connection = msgspec.structs.replace(tracked, about=inner)

    # -- Mappings ------------------------------------------------------------------------------------------------------

    def _choose_destination(self, connection: Connection) -> Verdict:
        """Who inside a connection to our address is for: by a forwarded port, or by a mapping that lets it in."""
        protocol, remote, (_, port) = connection.original
        inside = self._forwards.get((protocol, port))
        if inside is None:
            mapping = self._by_outside.get((protocol, port))
            using = [] if mapping is None else mapping.alive(self._node.queue.now_ns)
            if mapping is None or not using or mapping.inside[0] == self.address:
                return ACCEPT  # for ourselves
            if not self._lets_in(using, remote):
                return "nat:filtered"
            mapping.add(connection, self._node.queue.now_ns)
            inside = mapping.inside
        connection.reply = Flow(protocol, inside, remote)
        return ACCEPT

    def _lets_in(self, using: list[Connection], remote: Endpoint) -> bool:
        talked_to = [connection.reply.src for connection in using]
        match self.filtering:
            case "endpoint-independent":
                return True
            case "address-dependent":
                return any(address == remote[0] for address, _ in talked_to)
            case "address-and-port-dependent":
                return remote in talked_to

    def _choose_source(self, connection: Connection) -> Verdict:
        """The port outside for the endpoint that a connection comes from."""
        protocol, inside, _ = connection.original
        now_ns = self._node.queue.now_ns
        mapping = self._by_inside.get((protocol, inside))
        if mapping is not None and not mapping.alive(now_ns):
            self._remove(mapping)
            mapping = None
        if mapping is None:
            port = self._choose_port(protocol, inside, connection.reply.src)
            if port is None:
                return "nat:no-port"
            mapping = self._add(protocol, inside, port)
        mapping.add(connection, now_ns)
        connection.reply = Flow(protocol, connection.reply.src, (self.address, mapping.outside_port))
        return ACCEPT

    def _choose_port(self, protocol: int, inside: Endpoint, remote: Endpoint) -> int | None:
        address, wanted = inside
        # Ports below 1024 stay with this host itself, which may serve something there.
        if (wanted >= _LOWEST or address == self.address) and self._is_free(protocol, wanted, remote):
            return wanted
        if protocol not in (*_PROTOCOLS.values(), protocols.PROTOCOL_ICMP):
            return 0 if self._is_free(protocol, 0, remote) else None
        dice = self._node.dice
        parity = wanted & 1
        for _ in range(_TRIES):
            port = dice.randrange(_LOWEST, _HIGHEST) & ~1 | parity
            if self._is_free(protocol, port, remote):
                return port
        start = dice.randrange(_LOWEST, _HIGHEST + 1)
        for step in range(_TRIES_IN_A_ROW):
            port = _LOWEST + (start - _LOWEST + step) % (_HIGHEST + 1 - _LOWEST)
            if self._is_free(protocol, port, remote):
                return port
        return None

    def _is_free(self, protocol: int, port: int, remote: Endpoint) -> bool:
        if (protocol, port) in self._forwards or self._tracker.lookup(Flow(protocol, remote, (self.address, port))):
            return False
        mapping = self._by_outside.get((protocol, port))
        if mapping is not None and not mapping.alive(self._node.queue.now_ns):
            self._remove(mapping)
            return True
        return mapping is None

    def _add(self, protocol: int, inside: Endpoint, port: int) -> Mapping:
        mapping = Mapping(protocol, inside, port)
        self._by_inside[protocol, inside] = self._by_outside[protocol, port] = mapping
        if len(self._by_outside) >= self._sweep_at:
            now_ns = self._node.queue.now_ns
            for idle in [one for one in self._by_outside.values() if one is not mapping and not one.alive(now_ns)]:
                self._remove(idle)
            self._sweep_at = max(_MANY, 2 * len(self._by_outside))
        if self._node.watched:
            data = {
                "protocol": protocols.name(protocol),
                "inside": _text(inside),
                "outside": _text((self.address, port)),
            }
            self._node.note("ip", "nat-mapped", data)
        return mapping

    def _remove(self, mapping: Mapping) -> None:
        del self._by_inside[mapping.protocol, mapping.inside]
        del self._by_outside[mapping.protocol, mapping.outside_port]

    def _note(self, before: ipv4.Packet, after: ipv4.Packet) -> None:
        if after is not before and after != before and self._node.watched:
            data = {"protocol": protocols.name(after.protocol), "from": _describe(before), "to": _describe(after)}
            self._node.note("ip", "translated", data)


def _text(endpoint: Endpoint) -> str:
    return f"{addresses.text(endpoint[0])}:{endpoint[1]}"


def _describe(packet: ipv4.Packet) -> str:
    ends = endpoints(packet)
    if ends is None:
        return f"{addresses.text(packet.src)} > {addresses.text(packet.dst)}"
    return f"{_text(ends[0])} > {_text(ends[1])}"
