"""The way in: a frame's packet is checked and goes to a transport, or through, or nowhere.

RFC 1122 section 3.2.1: a bad header, a bad checksum or a packet for somebody else is dropped in silence. What was
found out about a pair of addresses is kept (``_Flow``): that they are sane, and where their packets go. The next packet
of a flow that only passes is never made into a value: its octets are patched and sent on, unless a hook wants to see
it, somebody watches, or something about it asks for care (options, fragments to be made, a TTL that runs out).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from michinori.inet import addresses
from michinori.inet.hooks import Hooks, Passing, judge
from michinori.inet.interface import Interface
from michinori.inet.ipv4.description import describe
from michinori.inet.ipv4.forwarding import Forwarder
from michinori.inet.ipv4.fragments import Reassembler
from michinori.inet.ipv4.icmp import Icmp
from michinori.inet.ipv4.options import SourceRouted, refuse_source_routes
from michinori.inet.neighbours import Neighbour
from michinori.inet.node import Node
from michinori.inet.own_addresses import OwnAddresses
from michinori.inet.routes import RouteTable
from michinori.link import Adapter
from michinori.wire import icmp, ipv4
from michinori.wire.checksum import number_of
from michinori.wire.ipv4 import decrease_ttl
from michinori.wire.malformed import Malformed

_MOST_FLOWS: Final = 16384
# The places in a frame whose packet has a header of 20 octets.
_ETHERNET: Final = 14
_HEADER: Final = slice(14, 34)
_TTL: Final = 22
_ADDRESSES: Final = slice(26, 34)
_ADDRESSES_AND_PORTS: Final = slice(26, 38)
_PAYLOAD: Final = slice(34, None)
#: What is alike for all plain packets between two addresses: up to version and length of the header.
_HEAD: Final = slice(15)
#: The EtherType of IPv4, then version 4 and a header of five words.
_PLAIN: Final = b"\x08\x00\x45"

ProtocolHandler = Callable[[ipv4.Packet, Interface], None]
Express = Callable[[bytes], bool]


class Arrivals:
    """Where packets go that have arrived at a host, by whatever interface."""

    def __init__(
        self,
        node: Node,
        hooks: Hooks,
        own: OwnAddresses,
        protocols: dict[int, ProtocolHandler],
        forwarder: Forwarder | None,
        reports: Icmp,
    ) -> None:
        self.forwarder = forwarder
        self.reassembler = Reassembler(node, self._fragments_timed_out)
        self._node = node
        self._hooks = hooks
        self._own = own
        self._protocols = protocols
        self._reports = reports

    def enter(self, passing: Passing, *, for_many: bool = False) -> None:
        """Take a sane packet. ``for_many``: its frame was a broadcast or a multicast."""
        hooks = self._hooks
        packet = passing.packet
        if for_many and not self._is_for_all(passing):
            self._node.drop("link-broadcast", describe(packet))  # RFC 1122 section 3.3.6
            return
        if hooks.whole_packets and packet.is_fragment:
            whole = self.reassembler.add(packet)
            if whole is None:
                return
            passing.packet, passing.largest_fragment = whole
        why = judge(hooks.prerouting, passing)
        if why is not None:
            self._node.drop(why, describe(passing.packet))
        elif passing.packet.dst in self._own.interfaces or self._is_for_all(passing):
            self._deliver(passing)
        elif passing.packet.dst in self._own.broadcasts:
            self._node.drop("directed-broadcast", describe(packet))  # RFC 2644
        elif self.forwarder is None or addresses.is_multicast(passing.packet.dst):
            self._node.drop("not-for-me", describe(packet))
        else:
            self.forwarder.forward(passing)

    def _deliver(self, passing: Passing) -> None:
        packet = passing.packet
        if packet.options and not self._has_sane_options(packet):
            return
        if packet.is_fragment:
            whole = self.reassembler.add(packet)
            if whole is None:
                return
            passing.packet, passing.largest_fragment = whole
        why = judge(self._hooks.input, passing)
        packet = passing.packet
        if why is not None:
            self._node.drop(why, describe(packet))
            return
        handler = self._protocols.get(packet.protocol)
        if handler is None:
            self._node.drop("no-protocol", describe(packet))
            self._reports.unreachable(packet, icmp.PROTOCOL_UNREACHABLE)
            return
        assert passing.incoming is not None
        handler(packet, passing.incoming)

    def _is_for_all(self, passing: Passing) -> bool:
        dst = passing.packet.dst
        incoming = passing.incoming
        assert incoming is not None
        if incoming.adapter is None:
            return addresses.is_loopback(dst)
        if addresses.is_multicast(dst):
            return addresses.group_mac(dst) in incoming.adapter.groups
        return dst in incoming.broadcasts

    def _has_sane_options(self, packet: ipv4.Packet) -> bool:
        try:
            refuse_source_routes(packet.options)
        except Malformed as error:
            self._node.drop(error.reason, describe(packet))
            self._reports.parameter_problem(packet, ipv4.HEADER_OCTETS + error.offset)
            return False
        except SourceRouted:
            self._node.drop("source-route", describe(packet))
            self._reports.unreachable(packet, icmp.SOURCE_ROUTE_FAILED)
            return False
        return True

    def _fragments_timed_out(self, first: ipv4.Packet) -> None:
        self._reports.time_exceeded(first, icmp.REASSEMBLY_TIME_EXCEEDED)


class _Flow:
    """Where packets from one address to another go: to a neighbour, or, with None, to this host."""

    __slots__ = ("adapter", "head", "mtu", "neighbour")

    def __init__(self, head: bytes, neighbour: Neighbour | None, adapter: Adapter, mtu: int) -> None:
        self.head = head
        """The octets up to the header's length, as they stood in the last frame: it was for us, and plain."""
        self.neighbour = neighbour
        self.adapter = adapter
        """By which they leave."""
        self.mtu = mtu


class Receiver:
    """Takes the IPv4 frames of one interface."""

    def __init__(
        self,
        node: Node,
        interface: Interface,
        hooks: Hooks,
        routes: RouteTable,
        own: OwnAddresses,
        protocols: dict[int, ProtocolHandler],
        arrivals: Arrivals,
        express: dict[bytes, Express],
    ) -> None:
        self._node = node
        self._queue = node.queue
        self._watched = node.recorder is not None and node.recorder.events
        assert interface.adapter is not None
        self._interface = interface
        self._adapter = interface.adapter
        self._counters = interface.adapter.counters
        self._hooks = hooks
        self._routes = routes
        self._own = own
        self._protocols = protocols
        self._arrivals = arrivals
        self._express = express
        self._flows: dict[bytes, _Flow] = {}

    def forget(self) -> None:
        """Routes, addresses or path MTUs have changed: nothing that was found out holds any more."""
        self._flows.clear()

    def arrive(self, frame: bytes) -> None:
        """The short way in, for whole frames straight from the line: one that begins as the last of its flow did is for
        us and needs no second look. All others are the adapter's to let in, and come to ``receive``.
        """
        flow = self._flows.get(frame[_ADDRESSES])
        if flow is None or frame[_HEAD] != flow.head or self._hooks.prerouting:
            self._adapter.admit(frame)
            return
        counters = self._counters
        counters.rx_frames += 1
        counters.rx_octets += len(frame)
        if flow.neighbour is None:
            self._take_in(frame)
        else:
            self._pass_on(frame, flow, flow.neighbour)

    def receive(self, frame: bytes) -> None:
        """Take any frame that the adapter has let in; what is not of a known flow is the interface's to give to whom it
        is for.
        """
        flow = self._flows.get(frame[_ADDRESSES])
        if flow is None or frame[12:15] != _PLAIN or frame[0] & 1 or self._hooks.prerouting or self._watched:
            self._interface.receive(frame)
            return
        flow.head = frame[_HEAD]
        if flow.neighbour is None:
            self._take_in(frame)
        else:
            self._pass_on(frame, flow, flow.neighbour)

    def _take_in(self, frame: bytes) -> None:
        """A plain frame for this host: its connection takes it whole, if it is of one."""
        take = self._express.get(frame[_ADDRESSES_AND_PORTS])
        if take is None or self._hooks.input or self._adapter.vouches or not take(frame):
            self._hand_over(frame)

    def _pass_on(self, frame: bytes, flow: _Flow, neighbour: Neighbour) -> None:
        """A plain frame for somebody behind us: its octets are patched, if nothing about it asks for care."""
        hooks = self._hooks
        header = number_of(frame[_HEADER])
        total = header >> 128 & 0xFFFF
        if (
            20 <= total <= flow.mtu
            and total <= len(frame) - _ETHERNET
            and frame[_TTL] > 1
            and not header % 0xFFFF
            and neighbour.usable_until_ns > self._queue.now_ns
            and not hooks.forward
            and not hooks.postrouting
        ):
            flow.adapter.put(b"".join((neighbour.header, decrease_ttl(header), frame[_PAYLOAD])))
        else:
            self.receive_carefully(frame)

    def _hand_over(self, frame: bytes) -> None:
        """Give a packet for this host to its transport."""
        try:
            packet = ipv4.Packet.parse(memoryview(frame)[_ETHERNET:])
        except Malformed as error:
            self._node.drop(error.reason)
            return
        handler = self._protocols.get(packet.protocol)
        if handler is None or self._hooks.input or packet.more_fragments or packet.offset:
            self._arrivals.enter(Passing(packet, self._interface))
        else:
            handler(packet, self._interface)

    def receive_carefully(self, frame: bytes) -> None:
        """Take a frame of EtherType 0800, of which nothing is known."""
        try:
            packet = ipv4.Packet.parse(memoryview(frame)[_ETHERNET:])
        except Malformed as error:
            self._node.drop(error.reason)
            return
        if self._is_martian(packet):
            self._node.drop("martian", describe(packet))
            return
        cause = 0
        if self._node.watched:
            cause = self._node.note("ip", "received", describe(packet) | {"interface": self._interface.name})
        passing = Passing(packet, self._interface)
        with self._node.acting(cause or self._node.cause):
            self._arrivals.enter(passing, for_many=bool(frame[0] & 1))
        if not self._hooks.prerouting and not self._node.watched:
            self._find_out(frame, packet)

    def _is_martian(self, packet: ipv4.Packet) -> bool:
        """RFC 1812 section 5.3.7: addresses that cannot be on a wire, or are ours and come from outside."""
        src, dst = packet.src, packet.dst
        if addresses.is_multicast(src) or addresses.is_loopback(src) or addresses.is_loopback(dst):
            return True
        if addresses.is_unspecified(src):
            return dst != addresses.LIMITED_BROADCAST and not addresses.is_multicast(dst)  # DHCP, IGMP
        if addresses.is_reserved(src) or (addresses.is_reserved(dst) and dst != addresses.LIMITED_BROADCAST):
            return True
        return src in self._own.interfaces or src in self._interface.broadcasts

    def _find_out(self, frame: bytes, packet: ipv4.Packet) -> None:
        """Keep where packets between these two addresses go, if it is as simple as that."""
        if len(self._flows) >= _MOST_FLOWS:
            self._flows.clear()
        dst = packet.dst
        if dst in self._own:
            self._flows[frame[_ADDRESSES]] = _Flow(b"", None, self._adapter, 0)
            return
        forwarder = self._arrivals.forwarder
        if forwarder is None or self._own.is_to_many(dst) or addresses.is_reserved(dst):
            return
        route = self._routes.lookup(dst)
        if route is None or route.interface.adapter is None:
            return
        if forwarder.sends_redirects and route.interface is self._interface:
            return
        neighbour = route.interface.neighbours.lookup(route.next_hop or dst)
        if neighbour is not None:
            self._flows[frame[_ADDRESSES]] = _Flow(b"", neighbour, route.interface.adapter, route.interface.mtu)
