"""What stands where in a world, for the report: machines and switches with their adapters, and the lines."""

from __future__ import annotations

from typing import Any

from michinori.link.cable import CableEnd
from michinori.wire import ethernet
from michinori.world.machine import Machine
from michinori.world.world import World


def nodes(world: World) -> list[dict[str, Any]]:
    """Machines and switches: ``name``, ``kind`` (``host``, ``router`` or ``switch``), ``adapters`` and ``routes``."""
    machines = [
        {
            "name": machine.name,
            "kind": "router" if machine.forwarding else "host",
            "adapters": _adapters(machine),
            "routes": [route.describe() for route in machine.internet.routes],
        }
        for machine in world.machines.values()
    ]
    return machines + [{"name": name, "kind": "switch", "adapters": [], "routes": []} for name in world.switches]


def lines(world: World) -> list[dict[str, Any]]:
    """The lines: ``name``, ``mtu``, and for both ``ends`` where they are plugged in and how that direction is."""
    return [
        {
            "name": line.name,
            "mtu": line.cable.mtu,
            "faults": line.faults,
            "ends": [_end(name, end) for name, end in zip(line.ends, (line.cable.a, line.cable.b), strict=True)],
        }
        for line in world.lines.values()
    ]


def _adapters(machine: Machine) -> list[dict[str, Any]]:
    addresses = {
        interface.name: [str(address) for address in interface.addresses] for interface in machine.internet.interfaces
    }
    return [
        {"name": name, "mac": ethernet.text(adapter.mac), "mtu": adapter.mtu, "addresses": addresses.get(name, [])}
        for name, adapter in machine.adapters.items()
    ]


def _end(name: str, end: CableEnd) -> dict[str, Any]:
    """``rate`` in bit/s, null if sending takes no time."""
    plug = getattr(end.plug, "name", "")
    return {"node": name, "plug": plug, "delay_ns": end.delay_ns, "rate": end.rate, "queue": end.queue_packets}
