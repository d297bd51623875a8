"""The Address Resolution Protocol, RFC 826, with the announcement of an address and its defence against a second owner,
RFC 5227.
"""

from __future__ import annotations

from typing import Final

from michinori.inet import addresses
from michinori.inet.interface import Interface
from michinori.inet.ipv4.claims import Claims
from michinori.inet.node import Node
from michinori.sim import Nanos
from michinori.trace import NS_PER_S
from michinori.wire import arp, ethernet
from michinori.wire.malformed import Malformed

#: RFC 5227 section 1.1: a host does not defend its address more often, or two would shout at each other for ever.
DEFEND_INTERVAL_NS: Final = 10 * NS_PER_S
#: How often an address that is taken into use is announced, and how far apart.
ANNOUNCE_NUM: Final = 2
ANNOUNCE_INTERVAL_NS: Final = 2 * NS_PER_S
_NOBODY: Final = bytes(6)


class Arp:
    """ARP on one interface: asks for others and answers for ourselves. ``claims``: addresses that are wanted."""

    def __init__(self, node: Node, interface: Interface) -> None:
        self._node = node
        self._interface = interface
        self._defended_ns: dict[bytes, Nanos] = {}
        self.claims = Claims(node, interface.mac, interface.name, self._probe)

    def ask_for(self, address: bytes, mac: bytes | None) -> None:
        """Ask everybody, or the neighbour with that MAC, who has the address."""
        interface = self._interface
        own = interface.address_towards(address)
        if own is None:
            return
        if self._node.watched:
            data = {"address": addresses.text(address), "interface": interface.name}
            self._node.note("arp", "asked", data | ({"of": ethernet.text(mac)} if mac else {}))
        self._send(mac or ethernet.BROADCAST, arp.Message(arp.REQUEST, interface.mac, own, _NOBODY, address))

    def introduce(self, address: bytes, times: int = ANNOUNCE_NUM) -> None:
        """Announce an address that is taken into use, and again as long as it is (RFC 5227 section 2.3)."""
        if self._interface.has(address):
            self.announce(address)
            if times > 1:
                self._node.queue.call_in(ANNOUNCE_INTERVAL_NS, self.introduce, address, times - 1)

    def announce(self, address: bytes) -> None:
        """Tell everybody that the address is ours, so that old entries are put right."""
        message = arp.Message(arp.REQUEST, self._interface.mac, address, _NOBODY, address)
        self._node.note("arp", "announced", {"address": addresses.text(address), "interface": self._interface.name})
        self._send(ethernet.BROADCAST, message)

    def receive(self, frame: bytes) -> None:
        """Take a frame with an ARP message."""
        try:
            message = arp.Message.parse(frame[ethernet.HEADER_OCTETS :])
        except Malformed as error:
            self._node.drop(error.reason, layer="arp")
            return
        sender, mac = message.sender_ip, message.sender_mac
        if ethernet.is_group(mac) or addresses.is_multicast(sender) or sender in self._interface.broadcasts:
            self._node.drop("martian", layer="arp")
            return
        if self.claims:
            self.claims.heard(message)
        if self._interface.has(sender):
            if mac != self._interface.mac:
                self._defend(sender, mac)
        else:
            self._take(message)

    def _take(self, message: arp.Message) -> None:
        """The algorithm of RFC 826: merge what is known, and if we are meant, learn and answer."""
        sender, mac = message.sender_ip, message.sender_mac
        is_for_us = self._interface.has(message.target_ip)
        if not addresses.is_unspecified(sender):  # a probe of RFC 5227 does not claim the address yet
            answer = message.operation == arp.REPLY and message.target_mac == self._interface.mac
            self._interface.neighbours.heard(sender, mac, answer=answer, create=is_for_us)
        if is_for_us and message.operation == arp.REQUEST:
            if self._node.watched:
                data = {
                    "address": addresses.text(message.target_ip),
                    "mac": ethernet.text(self._interface.mac),
                    "to": addresses.text(sender),
                    "interface": self._interface.name,
                }
                self._node.note("arp", "answered", data)
            self._send(mac, arp.Message(arp.REPLY, self._interface.mac, message.target_ip, mac, sender))

    def _defend(self, address: bytes, mac: bytes) -> None:
        """Somebody else uses our address: say once that it is ours (RFC 5227 section 2.4, b)."""
        now_ns = self._node.queue.now_ns
        data = {"address": addresses.text(address), "mac": ethernet.text(mac), "interface": self._interface.name}
        self._node.note("arp", "conflict", data)
        last_ns = self._defended_ns.get(address)
        if last_ns is None or now_ns - last_ns >= DEFEND_INTERVAL_NS:
            self._defended_ns[address] = now_ns
            self.announce(address)

    def _probe(self, address: bytes) -> None:
        """Ask for an address that we would like to have, as nobody in particular (RFC 5227 section 2.1.1)."""
        self._send(ethernet.BROADCAST, arp.Message(arp.REQUEST, self._interface.mac, bytes(4), _NOBODY, address))

    def _send(self, dst: bytes, message: arp.Message) -> None:
        frame = ethernet.Frame(dst, self._interface.mac, ethernet.ETHERTYPE_ARP, message.emit())
        self._interface.put(frame.emit())
