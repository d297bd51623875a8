"""What a host calls its own: the addresses of all its interfaces, and those that mean everybody in its networks."""

from __future__ import annotations

from michinori.inet import addresses
from michinori.inet.interface import Interface, InterfaceAddress


class OwnAddresses:
    """Kept up to date by ``Internet``, looked at by all the others for every packet that asks for care."""

    __slots__ = ("broadcasts", "interfaces")

    def __init__(self) -> None:
        self.interfaces: dict[bytes, Interface] = {}
        self.broadcasts: set[bytes] = {addresses.LIMITED_BROADCAST}

    def __contains__(self, address: bytes) -> bool:
        return address in self.interfaces

    def add(self, interface: Interface, own: InterfaceAddress) -> None:
        """An interface gets an address."""
        interface.add_address(own)
        self.interfaces[own.address] = interface
        self._gather()

    def remove(self, interface: Interface, own: InterfaceAddress) -> None:
        """An interface loses an address."""
        interface.remove_address(own)
        del self.interfaces[own.address]
        self._gather()

    def is_mine(self, address: bytes) -> bool:
        """Whether packets to that address stay in this host."""
        return address in self.interfaces or addresses.is_loopback(address)

    def is_to_many(self, address: bytes) -> bool:
        """Whether the address means a group, or everybody in one of our networks."""
        return address in self.broadcasts or addresses.is_multicast(address)

    def _gather(self) -> None:
        self.broadcasts = {addresses.LIMITED_BROADCAST}.union(*(one.broadcasts for one in self.interfaces.values()))
