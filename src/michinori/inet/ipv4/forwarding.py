"""The way through: RFC 1812 section 5.2. A packet for somebody else gets a route, one hop less to live, and leaves."""

from __future__ import annotations

from msgspec.structs import replace

from michinori.inet import addresses
from michinori.inet.errors import PacketTooBig
from michinori.inet.hooks import Hooks, Passing, judge
from michinori.inet.ipv4.description import describe
from michinori.inet.ipv4.icmp import Icmp
from michinori.inet.ipv4.options import SourceRouted, pass_through
from michinori.inet.ipv4.sending import Sender
from michinori.inet.node import Node
from michinori.inet.routes import Route, RouteTable
from michinori.wire import icmp
from michinori.wire.malformed import Malformed


class Forwarder:
    """Forwards the packets of one router."""

    def __init__(self, node: Node, hooks: Hooks, routes: RouteTable, sender: Sender, reports: Icmp) -> None:
        self.sends_redirects = False
        self._node = node
        self._hooks = hooks
        self._routes = routes
        self._sender = sender
        self._reports = reports

    def forward(self, passing: Passing) -> None:
        """Send a packet that came in on its way, or report why not."""
        packet = passing.packet
        if packet.ttl <= 1:
            self._node.drop("ttl", describe(packet))
            self._reports.time_exceeded(packet, icmp.TTL_EXCEEDED)
            return
        route = self._routes.lookup(packet.dst)
        if route is None:
            self._node.drop("no-route", describe(packet))
            self._reports.unreachable(packet, icmp.NET_UNREACHABLE)
            return
        passing.outgoing = route.interface
        next_hop = route.next_hop or packet.dst
        if packet.options and not self._pass_options(passing):
            return
        why = judge(self._hooks.forward, passing)
        if why is not None:
            self._node.drop(why, describe(packet))
            return
        if self.sends_redirects and passing.incoming is passing.outgoing:
            self._redirect(passing, next_hop)
        cause = self._note(passing, route, next_hop) if self._node.watched else 0
        with self._node.acting(cause or self._node.cause):
            self._leave(passing, next_hop)

    def _leave(self, passing: Passing, next_hop: bytes) -> None:
        packet = passing.packet  # as it came, for the quotation
        passing.packet = replace(packet, ttl=packet.ttl - 1)
        try:
            self._sender.leave(passing, next_hop)
        except PacketTooBig as error:
            self._node.drop("fragmentation-needed", describe(packet))
            self._reports.unreachable(packet, icmp.FRAGMENTATION_NEEDED, error.mtu)

    def _pass_options(self, passing: Passing) -> bool:
        """Do what the options ask a router to do; False if the packet is dropped for them."""
        packet = passing.packet
        assert passing.outgoing is not None
        own = passing.outgoing.address_towards(packet.dst) or addresses.UNSPECIFIED
        try:
            options = pass_through(packet.options, own, self._node.date_ns)
        except Malformed as error:
            self._node.drop(error.reason, describe(packet))
            self._reports.parameter_problem(packet, 20 + error.offset)
            return False
        except SourceRouted:
            self._node.drop("source-route", describe(packet))
            self._reports.unreachable(packet, icmp.SOURCE_ROUTE_FAILED)
            return False
        passing.packet = replace(packet, options=options)
        return True

    def _redirect(self, passing: Passing, next_hop: bytes) -> None:
        """The sender could have reached the next hop himself (RFC 1812 section 5.2.7.2)."""
        interface = passing.incoming
        if interface is not None and any(
            own.covers(passing.packet.src) and own.covers(next_hop) for own in interface.addresses
        ):
            self._reports.redirect(passing.packet, next_hop)

    def _note(self, passing: Passing, route: Route, next_hop: bytes) -> int:
        packet = passing.packet
        matches = self._routes.matches(packet.dst)
        data = describe(packet) | {
            "ttl": packet.ttl - 1,
            "chosen": route.destination,
            "next_hop": addresses.text(next_hop),
            "out": route.interface.name,
        }
        if len(matches) > 1:
            data["matches"] = [match.describe() for match in matches]  # type: ignore[assignment]
        return self._node.note("ip", "forwarded", data)
