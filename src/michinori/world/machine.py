"""A machine of a world: a host with its place in the plan, and tasks that run on it."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Coroutine, Mapping, Sequence
from ipaddress import IPv4Interface, IPv4Network, IPv6Interface, IPv6Network, ip_address, ip_interface, ip_network
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from michinori.host import Host, HostsTable
from michinori.inet import Interface
from michinori.inet.routes import Route
from michinori.link import Adapter
from michinori.tcp import CONTROLS, LARGEST_MSS, TcpConfig
from michinori.world import plan

if TYPE_CHECKING:
    from michinori.world.world import World

_NEVER_EMPTY: Final = ("mss", "send_buffer", "receive_buffer")
#: Switches of TCP that are true, false or a word.
_WORDS: Final = {"ecn": "accept", "fast_open": "never", "nagle": "minshall"}

InterfaceAddress: TypeAlias = IPv4Interface | IPv6Interface


class Machine(Host):
    """A host or a router. Made by ``World.host`` and ``World.router``.

    ``interfaces``: addresses by interface, ``{"eth0": "192.168.1.10/24"}``. ``gateway``: the next hop of the default
    route. ``routes``: next hops by prefix. ``hosts``: its own table of names. ``tcp``: settings of its TCP by the names
    of ``TcpConfig``. Addresses, routes and names that are left out are filled in. ``probe_addresses``: it uses an
    address only after having found out that nobody else has it, some seconds later (RFC 5227). Raises ``ValueError``.
    """

    def __init__(
        self,
        world: World,
        name: str,
        *,
        forwarding: bool = False,
        interfaces: Mapping[str, str | Sequence[str]] | None = None,
        gateway: str = "",
        routes: Mapping[str, str] | None = None,
        hosts: Mapping[str, str] | None = None,
        tcp: Mapping[str, Any] | None = None,
        probe_addresses: bool = False,
    ) -> None:
        world.demand_new(name)
        config = tcp_config(tcp or {})
        super().__init__(
            name, world.queue, world.dice, recorder=world.recorder_for(name), forwarding=forwarding, tcp_config=config
        )
        self.world = world
        self._given = {
            interface: [_with_prefix(address) for address in ([given] if isinstance(given, str) else given)]
            for interface, given in (interfaces or {}).items()
        }
        self._given_routes = {ip_network(prefix): ip_address(hop) for prefix, hop in (routes or {}).items()}
        if gateway:
            self._given_routes[ip_network("0.0.0.0/0")] = ip_address(gateway)
        self._probe_addresses = probe_addresses
        self._networks: dict[str, list[IPv4Network | IPv6Network]] = {}
        """By interface, those that its addresses lie in: it may not have them yet."""
        self._planned: list[Route] = []
        self._raised: dict[str, Interface] = {}
        if hosts is None:
            self.hosts_table = world.names
        else:
            self.hosts_table = HostsTable(name, {known.lower(): [address] for known, address in hosts.items()})

    def spawn(self, coroutine: Coroutine[Any, Any, Any], name: str = "") -> asyncio.Task[Any]:
        """Begin a task of this machine; it runs whenever the world runs, until it ends or the world is closed."""
        try:
            loop = self.world.loop
        except RuntimeError:
            coroutine.close()
            raise
        return loop.spawn(self, coroutine, name or None)

    @property
    def addresses(self) -> list[str]:
        """Its addresses, those of the first interface first."""
        self.world.settle()
        return [str(ip_address(own.address)) for interface in self._raised.values() for own in interface.addresses]

    # What the world asks of it while it is being built.

    @property
    def has_routes(self) -> bool:
        """Whether it was given routes, so that none are filled in."""
        return bool(self._given_routes)

    def plug(self, interface: str, mtu: int, mac: bytes | None = None) -> tuple[Adapter, InterfaceAddress | None]:
        """The adapter for a cable: that of an interface by name, else the first that is free. With the first of its
        addresses, if any was given. Raises ``ValueError``.
        """
        if not interface:
            free = (name for name in self._given if name not in self.adapters)
            interface = next(free, "") or self._new_name()
        if interface in self.adapters:
            raise ValueError(f"{self.name}:{interface} has a cable already; name another interface")
        given = self._given.get(interface)
        return self.add_adapter(interface, mac, mtu=mtu), given[0] if given else None

    def raise_interface(self, port: plan.Port) -> None:
        """Give the adapter of a port its addresses, once."""
        if port.name in self._raised:
            return
        first = (port.address, port.prefix_length)
        wanted = [first, *((more.packed, more.network.prefixlen) for more in self._given.get(port.name, ())[1:])]
        self._networks[port.name] = [ip_network((address, length), strict=False) for address, length in wanted]
        interface = self._raised[port.name] = self.internet.add_interface(self.adapters[port.name], name=port.name)
        for address, length in wanted:
            if self._probe_addresses:
                self.internet.claim_address(interface, address, length)
            else:
                self.internet.add_address(interface, address, length)

    def set_routes(self, hops: Sequence[plan.Hop]) -> None:
        """Enter the given routes, or those of a plan in the place of an earlier plan."""
        table = self.internet.routes
        for route in self._planned:
            table.remove(route)
        if self._given_routes:
            self._planned = [
                table.add(prefix.network_address.packed, prefix.prefixlen, hop.packed, self._towards(hop.packed))
                for prefix, hop in self._given_routes.items()
            ]
        else:
            self._planned = [
                table.add(hop.prefix, hop.length, hop.next_hop, self._raised[hop.port.name]) for hop in hops
            ]

    def _new_name(self) -> str:
        number = len(self.adapters)
        while f"eth{number}" in self.adapters:
            number += 1
        return f"eth{number}"

    def _towards(self, hop: bytes) -> Interface:
        for name, interface in self._raised.items():
            if any(ip_address(hop) in network for network in self._networks[name]):
                return interface
        raise ValueError(f"{self.name} reaches {ip_address(hop)} by none of its interfaces, so it cannot be a next hop")


def _with_prefix(text: str) -> InterfaceAddress:
    if "/" not in str(text):
        raise ValueError(f"{text} lacks the length of its network's prefix: write it as in {text}/24")
    return ip_interface(text)


def tcp_config(settings: Mapping[str, Any]) -> TcpConfig:
    """The settings of a machine's TCP as a scenario has them. Raises ``ValueError`` for one that cannot be."""
    unknown = [name for name in settings if name not in TcpConfig.__struct_fields__]
    if unknown:
        near = difflib.get_close_matches(unknown[0], TcpConfig.__struct_fields__, 1)
        known = f'did you mean "{near[0]}"?' if near else f"there are {', '.join(TcpConfig.__struct_fields__)}"
        raise ValueError(f"TCP has no setting {unknown[0]!r}; {known}")
    try:
        config = msgspec.convert({"mss": LARGEST_MSS, **settings}, TcpConfig)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$.")
        name = where.rstrip("`")
        if name in _WORDS:
            cannot = f"TCP's {name} cannot be {settings[name]!r}"
            raise ValueError(f'{cannot}: it is true, false or "{_WORDS[name]}"') from None
        raise ValueError(f"TCP's {name} is of the wrong kind: {what[:1].lower()}{what[1:]}") from None
    for name in settings:
        least, value = int(name in _NEVER_EMPTY), getattr(config, name)
        if isinstance(value, int) and value < least:
            raise ValueError(f"TCP's {name} cannot be {value}: it is {least} at least")
    if config.congestion not in CONTROLS:
        raise ValueError(f"TCP has no congestion control {config.congestion!r}; there is {', '.join(CONTROLS)}")
    return config
