"""The rules of what stands between: address translation and firewalls, from a scenario's tables."""

from __future__ import annotations

from ipaddress import ip_address

import msgspec

from michinori.host.conntrack import Conntrack
from michinori.host.firewall import Firewall, Rule
from michinori.host.nat import Napt
from michinori.world.machine import Machine
from michinori.world.scenario import Host
from michinori.world.scenario import Napt as NaptTable


def set_rules(machine: Machine, host: Host) -> None:
    """Put a scenario's rules on the hooks of a machine. Raises ``ValueError`` that says what is wrong with them."""
    tracker = Conntrack(machine.internet)
    if host.firewall is not None:
        rules = [Rule(**msgspec.structs.asdict(rule)) for rule in host.firewall.rules]
        Firewall(tracker, rules, forward=host.firewall.default)
    if host.napt is not None:
        _translate(machine, tracker, host.napt)


def _translate(machine: Machine, tracker: Conntrack, table: NaptTable) -> None:
    outside = next(interface for interface in machine.internet.interfaces if interface.name == table.outside)
    napt = Napt(tracker, outside)
    for opened, inside in table.forwards.items():
        protocol, _, port = opened.partition(" ")
        address, _, inside_port = inside.rpartition(":")
        try:
            napt.forward_port(protocol, int(port), ip_address(address).packed, int(inside_port))
        except ValueError as error:
            raise ValueError(
                f'{opened!r} = {inside!r} opens no port ({error}): write "tcp 8080" = "192.168.1.10:80"'
            ) from error
