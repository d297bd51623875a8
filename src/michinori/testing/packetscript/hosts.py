"""The host that a script drives: one made for it, or somebody's own."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final

from michinori.host import Host
from michinori.link import Adapter
from michinori.sim import Dice, EventQueue
from michinori.testing.packetscript.settings import Settings

LOCAL: Final = IPv4Address("192.168.0.1").packed
_PREFIX: Final = 24
_IPV4_OCTETS: Final = 4
_MTU: Final = 1500


def way_out(host: Host) -> tuple[Adapter, bytes]:
    """The first adapter that has an IPv4 address, and that address. Raises ``ValueError`` when there is none."""
    for interface in host.internet.interfaces:
        for own in interface.addresses:
            if interface.adapter is not None and len(own.address) == _IPV4_OCTETS:
                return interface.adapter, own.address
    raise ValueError(
        f"the host {host.name} has no adapter with an IPv4 address (a world gives it one when it first runs)"
    )


def made_host(settings: Settings) -> Host:
    """A host with one adapter, behind which everything else is."""
    host = Host("host", EventQueue(), Dice(0))
    adapter = host.add_adapter("eth0", mtu=settings.mtu or _MTU)
    local = settings.local or LOCAL
    interface = host.add_interface(adapter, local, _PREFIX)
    gateway = local[:3] + bytes([2 if local[3] != 2 else 1])  # any neighbour: all of them answer
    host.internet.routes.add(bytes(4), 0, gateway, interface)
    return host
