"""The internet layer of one host, as the floors above and below see it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from michinori.inet import addresses
from michinori.inet.errors import IcmpError
from michinori.inet.hooks import Hooks, Passing
from michinori.inet.interface import Interface, InterfaceAddress
from michinori.inet.ipv4.arp import Arp
from michinori.inet.ipv4.forwarding import Forwarder
from michinori.inet.ipv4.icmp import EchoListener, Icmp
from michinori.inet.ipv4.receiving import Arrivals, Express, ProtocolHandler, Receiver
from michinori.inet.ipv4.sending import Path, Sender
from michinori.inet.neighbours import Waiting
from michinori.inet.node import Node
from michinori.inet.own_addresses import OwnAddresses
from michinori.inet.path_mtu import LEAST, PathMtus
from michinori.inet.redirects import Redirects
from michinori.inet.routes import Route, RouteTable
from michinori.link import Adapter
from michinori.sim import EventQueue, Nanos, Stream
from michinori.trace import NS_PER_S, Recorder
from michinori.wire import icmp, ipv4, protocols
from michinori.wire.malformed import Octets

#: How long a router that did not answer is left out while there is another; Linux forgets him after about as long.
_AVOIDED_NS: Final = 60 * NS_PER_S


class Internet:
    """Takes packets from the transports of a host to the next hop, and from its adapters to its transports.

    ``protocols`` holds who takes packets of which protocol, ``hooks`` who may look at what passes, ``routes`` where
    packets go. ``on_icmp_error`` and ``on_echo_reply`` are called with what other hosts report and answer.
    """

    def __init__(
        self,
        host_name: str,
        queue: EventQueue,
        *,
        dice: Stream,
        recorder: Recorder | None = None,
        forwarding: bool = False,
    ) -> None:
        self.node = Node(host_name, queue, dice, recorder)
        self.interfaces: list[Interface] = []
        self.routes = RouteTable()
        self._redirects = Redirects(self.routes)
        self.hooks = Hooks()
        self.protocols: dict[int, ProtocolHandler] = {}
        self.express: dict[bytes, Express] = {}
        """Who takes frames of an established flow whole, by both addresses and ports as they stand in the packet. A
        transport fills it. Each gives False for what is to be looked at as any other packet.
        """
        self._own = OwnAddresses()
        self._arps: dict[str, Arp] = {}
        self._receivers: list[Receiver] = []
        self._path_mtus = PathMtus()
        self._sender = Sender(self.node, self.hooks, self.routes, self._path_mtus, self.interfaces, self._own)
        self._icmp = Icmp(self.node, self._sender, self._path_mtus, self._own)
        self._forwarder = Forwarder(self.node, self.hooks, self.routes, self._sender, self._icmp)
        self._arrivals = Arrivals(
            self.node,
            self.hooks,
            self._own,
            self.protocols,
            self._forwarder if forwarding else None,
            self._icmp,
        )
        self._sender.loop_back = self._loop_back
        self.routes.on_change = self.forget_paths
        self.protocols[protocols.PROTOCOL_ICMP] = self._icmp.receive
        self.loopback = self._add_loopback()

    @property
    def on_icmp_error(self) -> list[Callable[[IcmpError], None]]:
        """Who is told of errors about packets that we sent. Path MTUs are brought up to date before."""
        return self._icmp.on_error

    @property
    def on_echo_reply(self) -> list[EchoListener]:
        """Who is told of answers to our echo requests."""
        return self._icmp.on_echo_reply

    @property
    def vouchers(self) -> dict[int, Callable[[IcmpError], bool]]:
        """By protocol, who can say whether an ICMP error may be true, before a path MTU is learned from it."""
        return self._icmp.vouchers

    @property
    def drops(self) -> dict[str, int]:
        """How many packets were dropped here, by reason."""
        return self.node.drops

    @property
    def forwarding(self) -> bool:
        """Whether this host is a router."""
        return self._arrivals.forwarder is not None

    @property
    def sends_redirects(self) -> bool:
        """Whether it tells hosts of a better first hop (RFC 1812 section 5.2.7.2); off at first."""
        return self._forwarder.sends_redirects

    @sends_redirects.setter
    def sends_redirects(self, on: bool) -> None:
        self._forwarder.sends_redirects = on
        self.forget_paths()

    @property
    def accepts_redirects(self) -> bool:
        """Whether it believes routers that name a better first hop; off at first, because anybody can say so."""
        return self._icmp.on_redirect is not None

    @accepts_redirects.setter
    def accepts_redirects(self, on: bool) -> None:
        self._icmp.on_redirect = self._follow_redirect if on else None

    @property
    def icmp_interval_ns(self) -> Nanos:
        """How long until one more ICMP error may go to the same host, after the first few: a second at first (RFC 1812
        section 4.3.2.8).
        """
        return self._icmp.interval_ns

    @icmp_interval_ns.setter
    def icmp_interval_ns(self, interval_ns: Nanos) -> None:
        self._icmp.interval_ns = interval_ns

    # -- Addresses -----------------------------------------------------------------------------------------------------

    def add_interface(
        self, adapter: Adapter, address: bytes | None = None, prefix_length: int = 0, name: str = ""
    ) -> Interface:
        """Let packets flow through an adapter, under that address. ``add_address`` gives it more. Raises ``ValueError``
        for an adapter that carries less than every IPv4 link must (RFC 791 section 3.2).
        """
        if adapter.mtu < LEAST:
            raise ValueError(f"{adapter.name} has an MTU of {adapter.mtu} octets; IPv4 needs at least {LEAST}")
        interface = Interface(name or adapter.name, adapter, self.node)
        interface.neighbours.on_failure = self._neighbour_not_found
        interface.neighbours.on_life = partial(self._neighbour_lives, interface)
        interface.neighbours.other_way = partial(self._goes_another_way, interface)
        self.interfaces.append(interface)
        arp = self._arps[interface.name] = Arp(self.node, interface)
        receiver = Receiver(
            self.node, interface, self.hooks, self.routes, self._own, self.protocols, self._arrivals, self.express
        )
        self._receivers.append(receiver)
        interface.handlers[b"\x08\x00"] = receiver.receive_carefully
        adapter.on_frame = receiver.receive
        adapter.shorten(receiver.arrive)
        interface.handlers[b"\x08\x06"] = arp.receive
        interface.solicitors[4] = arp.ask_for
        interface.join(addresses.ALL_HOSTS)
        if address is not None:
            self.add_address(interface, address, prefix_length)
        return interface

    def add_address(self, interface: Interface, address: bytes, prefix_length: int) -> None:
        """Give an interface an address and a route to the network around it. Raises ``ValueError`` when the host has
        it already, or when it is no address that a host can have.
        """
        self._demand_usable(address)
        own = InterfaceAddress(address, prefix_length)
        is_new_network = all(other.network != own.network for other in interface.addresses)
        self._own.add(interface, own)
        if is_new_network and prefix_length < len(address) * 8:
            self.routes.add(own.network, prefix_length, None, interface)
        self.forget_paths()

    def remove_address(self, interface: Interface, address: bytes) -> None:
        """Take an address away again, and the route that came with it. Raises ``ValueError`` when it is not there."""
        own = next((one for one in interface.addresses if one.address == address), None)
        if own is None:
            raise ValueError(f"{interface.name} does not have the address {addresses.text(address)}")
        self._own.remove(interface, own)
        if all(other.network != own.network for other in interface.addresses):
            way_there = Route(own.network, own.prefix_length, None, interface)
            if way_there in list(self.routes):
                self.routes.remove(way_there)
        self.forget_paths()

    def claim_address(
        self,
        interface: Interface,
        address: bytes,
        prefix_length: int,
        on_settled: Callable[[bool], None] = lambda _: None,
    ) -> None:
        """``add_address`` and ``announce``, but only once it is known that nobody else has it (RFC 5227 section 2.1):
        that takes four to seven seconds. ``on_settled`` is told then whether it is ours, and at once when it turns out
        to be taken; trying another one, or the same again, is up to the caller. Raises ``ValueError`` as
        ``add_address`` does, and while the address is being claimed.
        """
        self._demand_usable(address)
        settle = partial(self._settle_claim, interface, address, prefix_length, on_settled)
        self._arps[interface.name].claims.begin(address, settle)

    def announce(self, interface: Interface, address: bytes) -> None:
        """Tell the neighbours that an address is ours now, and again two seconds later (RFC 5227 section 2.3)."""
        self._arps[interface.name].introduce(address)

    def number_of(self, interface: Interface) -> int:
        """The number of an interface, as Linux counts them: 1 is the loopback interface."""
        return 1 if interface is self.loopback else 2 + self.interfaces.index(interface)

    def is_local(self, address: bytes) -> bool:
        """Whether packets to that address stay in this host."""
        return self._own.is_mine(address)

    # -- Sending -------------------------------------------------------------------------------------------------------

    def send(
        self,
        dst: bytes,
        protocol: int,
        payload: Octets,
        *,
        src: bytes | None = None,
        ttl: int = 64,
        tos: int = 0,
        dont_fragment: bool = False,
        options: bytes = b"",
    ) -> None:
        """Send a packet. ``options``: as they stand in the header, in words of four octets (``ipv4.options.to_send``).

        Raises ``Unreachable`` when there is no route, and its ``PacketTooBig`` when the packet may not be fragmented
        and is larger than ``path_mtu``; ``ValueError`` for a TTL of 0.
        """
        if options:
            self._sender.send_with_options(dst, protocol, payload, src, ttl, tos, dont_fragment, options)
        else:
            self._sender.send(dst, protocol, payload, src, ttl, tos, dont_fragment)

    def ready_path(self, dst: bytes, src: bytes, protocol: int, ttl: int, tos: int) -> Path | None:
        """What ``send`` keeps ready for packets like the last one, for a transport that makes whole frames; None when
        there is nothing, or when all is recorded.
        """
        return self._sender.ready_path(dst, src, protocol, ttl, tos)

    def send_large(
        self,
        dst: bytes,
        protocol: int,
        payload: Octets,
        mss: int,
        *,
        src: bytes,
        ttl: int,
        tos: int,
    ) -> bool:
        """Send a TCP segment that the adapter cuts into pieces of ``mss`` octets of text, none of which may be
        fragmented; its checksum field holds the sum of the pseudo header. False, and nothing was done, if there is no
        such adapter on the way, or somebody wants to see each packet.
        """
        return self._sender.send_large(dst, protocol, payload, mss, src, ttl, tos)

    def cuts_segments(self, dst: bytes) -> bool:
        """Whether the adapter on the way there does that."""
        route = self.routes.lookup(dst)
        adapter = None if route is None else route.interface.adapter
        return adapter is not None and adapter.segmenter is not None and not self.is_local(dst)

    def source_for(self, dst: bytes) -> bytes:
        """The address that packets to that destination are sent from. Raises ``Unreachable``."""
        return self._sender.source_for(dst, self._sender.find_route(dst))

    def path_mtu(self, dst: bytes) -> int:
        """The largest packet that goes there in one piece, as far as is known. Raises ``Unreachable``."""
        return self._sender.path_mtu(dst)

    def confirm(self, dst: bytes) -> None:
        """A transport has seen that what we send there arrives, so the next hop need not be asked whether he is there
        (RFC 1122 section 2.3.2.1).
        """
        route = self.routes.lookup(dst)
        if route is not None:
            route.interface.neighbours.confirm(route.next_hop or dst)

    def doubt(self, dst: bytes) -> None:
        """A transport has heard nothing from there for long, so the next hop is to be asked whether he is still there
        (negative advice, RFC 1122 sections 3.3.1.4 and 4.2.3.5).
        """
        route = self.routes.lookup(dst)
        if route is not None:
            route.interface.neighbours.doubt(route.next_hop or dst)

    def answer_unreachable(self, packet: ipv4.Packet, code: int) -> None:
        """Report to the sender that a transport found nobody for its packet, if reports are allowed about it."""
        self._icmp.unreachable(packet, code)

    def forget_paths(self) -> None:
        """Forget what was kept ready from routes, addresses and MTUs, after one of them has changed."""
        self._sender.forget()
        for receiver in self._receivers:
            receiver.forget()

    # -- Inside --------------------------------------------------------------------------------------------------------

    def _add_loopback(self) -> Interface:
        interface = Interface("lo", None, self.node)
        self._own.add(interface, InterfaceAddress(addresses.LOOPBACK, 8))
        return interface

    def _demand_usable(self, address: bytes) -> None:
        if address in self._own:
            raise ValueError(f"{self.node.host} has the address {addresses.text(address)} already")
        if addresses.is_multicast(address) or addresses.is_reserved(address):
            raise ValueError(f"{addresses.text(address)} is no address that a host can have")

    def _settle_claim(
        self,
        interface: Interface,
        address: bytes,
        prefix_length: int,
        on_settled: Callable[[bool], None],
        is_free: bool,
    ) -> None:
        if is_free and address not in self._own:
            self.add_address(interface, address, prefix_length)
            self.announce(interface, address)
        on_settled(is_free)

    def _loop_back(self, packet: ipv4.Packet) -> None:
        self._arrivals.enter(Passing(packet, self.loopback))

    def _neighbour_lives(self, interface: Interface, address: bytes, lives: bool) -> None:
        """A router that does not answer is left out for a while, if there is another (RFC 1122 section 3.3.1.5)."""
        if lives:
            self.routes.trust(interface, address)
            return
        self._redirects.forget(address, interface)
        if self.routes.avoid(interface, address):
            self.node.queue.call_in(_AVOIDED_NS, partial(self.routes.trust, interface), address)

    def _goes_another_way(self, interface: Interface, failed: bytes, waiting: Waiting) -> bool:
        """A packet waited for a router who does not answer: send it by the one that has taken his place, if any."""
        dst = ipv4.Packet.parse(waiting.octets).dst
        route = self.routes.lookup(dst)
        if route is None or route.next_hop is None or (route.interface is interface and route.next_hop == failed):
            return False
        if len(waiting.octets) > route.interface.mtu:
            return False
        with self.node.acting(waiting.cause):
            route.interface.transmit(route.next_hop, waiting.octets)
        return True

    def _neighbour_not_found(self, waited: list[Waiting]) -> None:
        """Packets waited for a neighbour who does not answer: their senders are told (RFC 1812 section 5.2.7.1)."""
        for waiting in waited:
            packet = ipv4.Packet.parse(waiting.octets)
            if not self._own.is_mine(packet.src):
                self._icmp.unreachable(packet, icmp.HOST_UNREACHABLE)
            elif not packet.offset:
                octets = bytes(packet.payload)[: icmp.LARGEST_QUOTATION]
                self._icmp.tell(
                    IcmpError(
                        icmp.UNREACHABLE,
                        icmp.HOST_UNREACHABLE,
                        packet.src,
                        packet.dst,
                        packet.protocol,
                        octets,
                        reporter=packet.src,
                    )
                )

    def _follow_redirect(self, dst: bytes, gateway: bytes, reporter: bytes) -> None:
        """RFC 1122 section 3.2.2.2: only from the first hop in use, and only to a neighbour."""
        route = self.routes.lookup(dst)
        if route is None or route.next_hop != reporter or self.is_local(gateway):
            return
        if any(own.covers(gateway) for own in route.interface.addresses):
            self._redirects.follow(dst, gateway, route.interface)
