"""An interface: an adapter together with the addresses that a host has there, and its table of neighbours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from michinori.inet import addresses
from michinori.inet.neighbours import Neighbours
from michinori.inet.node import Node
from michinori.link import Adapter
from michinori.wire import ethernet

#: What a host says to itself fits into the largest packet there is.
LOOPBACK_MTU: Final = 65535
_ETHERTYPES: Final = {4: ethernet.ETHERTYPE_IPV4, 16: ethernet.ETHERTYPE_IPV6}


class InterfaceAddress(msgspec.Struct, frozen=True, gc=False):
    """An address of ours and how many of its bits name the network that is reached without a router."""

    address: bytes
    prefix_length: int

    @property
    def network(self) -> bytes:
        return addresses.network(self.address, self.prefix_length)

    def covers(self, address: bytes) -> bool:
        """Whether that address is in the same network."""
        return len(address) == len(self.address) and addresses.network(address, self.prefix_length) == self.network

    def __str__(self) -> str:
        return f"{addresses.text(self.address)}/{self.prefix_length}"


class Interface:
    """One interface of a host. Without an adapter it is the loopback interface.

    ``handlers`` says who takes frames of which EtherType, ``solicitors`` who can ask for the neighbours of which length
    of address.
    """

    def __init__(self, name: str, adapter: Adapter | None, node: Node) -> None:
        self.name = name
        self.adapter = adapter
        self.addresses: list[InterfaceAddress] = []
        self.broadcasts = {addresses.LIMITED_BROADCAST}
        self.handlers: dict[bytes, Callable[[bytes], None]] = {}
        self.solicitors: dict[int, Callable[[bytes, bytes | None], None]] = {}
        self.neighbours = Neighbours(node, self)
        self._node = node
        if adapter is not None:
            if not adapter.booted:
                adapter.boot()
            adapter.on_frame = self.receive

    @property
    def mtu(self) -> int:
        """The largest packet that leaves here in one piece, in octets."""
        return LOOPBACK_MTU if self.adapter is None else self.adapter.mtu

    @property
    def mac(self) -> bytes:
        return bytes(6) if self.adapter is None else self.adapter.mac

    def address_towards(self, dst: bytes) -> bytes | None:
        """Our address here that suits a destination: one of its network, else the first of its family."""
        mine = [own for own in self.addresses if len(own.address) == len(dst)]
        return next((own.address for own in mine if own.covers(dst)), mine[0].address if mine else None)

    def has(self, address: bytes) -> bool:
        """Whether that is our address here."""
        return any(own.address == address for own in self.addresses)

    def is_broadcast(self, address: bytes) -> bool:
        """Whether everybody here is meant."""
        return address in self.broadcasts

    def add_address(self, own: InterfaceAddress) -> None:
        """To be called by ``Internet.add_address``, which tells the others too."""
        self.addresses.append(own)
        self._find_broadcasts()

    def remove_address(self, own: InterfaceAddress) -> None:
        """To be called by ``Internet.remove_address``, which tells the others too."""
        self.addresses.remove(own)
        self._find_broadcasts()

    def _find_broadcasts(self) -> None:
        directed = {addresses.directed_broadcast(own.address, own.prefix_length) for own in self.addresses}
        self.broadcasts = {addresses.LIMITED_BROADCAST, *(address for address in directed if address is not None)}

    def join(self, group: bytes) -> None:
        """Listen to what is sent to that group."""
        if self.adapter is not None:
            self.adapter.groups.add(addresses.group_mac(group))

    def leave(self, group: bytes) -> None:
        """Listen no more."""
        if self.adapter is not None:
            self.adapter.groups.discard(addresses.group_mac(group))

    def receive(self, frame: bytes) -> None:
        """Called by the adapter: the EtherType says whose frame it is."""
        handler = self.handlers.get(frame[12:14])
        if handler is not None:
            handler(frame)
        else:
            self._node.drop("unknown-ethertype", {"ethertype": frame[12:14].hex()}, layer="link")

    def transmit(self, next_hop: bytes, octets: bytes) -> None:
        """Send a packet to a neighbour, or to all or some of them if the next hop names many."""
        if next_hop not in self.neighbours:
            if next_hop in self.broadcasts:
                self.neighbours.set_permanent(next_hop, ethernet.BROADCAST)
            elif addresses.is_multicast(next_hop):
                self.neighbours.set_permanent(next_hop, addresses.group_mac(next_hop))
        self.neighbours.send(next_hop, octets)

    # What its table of neighbours asks of it.

    def ask_for(self, address: bytes, mac: bytes | None) -> None:
        solicit = self.solicitors.get(len(address))
        if solicit is not None:
            solicit(address, mac)

    def header_to(self, address: bytes, mac: bytes) -> bytes:
        return ethernet.header(mac, self.mac, _ETHERTYPES[len(address)])

    def put(self, frame: bytes) -> None:
        assert self.adapter is not None
        self.adapter.send(frame)
