"""A world in real time, whose machines meet the kernel of this machine through TAP devices.

The same machines, lines and code as in a virtual world. Behind a device there may be one host, or a whole internet.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import secrets
from collections.abc import Collection, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_interface
from typing import Any, Final, TypeVar

from michinori.aio import HostLoop, RealLoop, RealTime
from michinori.link import Adapter, Plug, Switch, TapDevice, TapError, open_tap
from michinori.link.tap import as_root, kernel_address
from michinori.world import plan
from michinori.world.build import set_resolver
from michinori.world.machine import Machine
from michinori.world.world import World

T = TypeVar("T")

#: How long connections that are being closed get to be closed when the world is.
_FAREWELL_STEP_S: Final = 0.005
_FAREWELL_STEPS: Final = 200
#: As many as the secret of sequence numbers has that is drawn from it (RFC 6528 section 4, RFC 4086).
_SEED_BITS: Final = 256
_ENDING: Final = frozenset({"FIN-WAIT-1", "CLOSING", "LAST-ACK"})


class TapWorld(World):
    """Machines on the clock of the machine that we really run on. Linux only.

    Without a ``seed`` its luck is that of the operating system, as whoever guesses sequence numbers in advance can
    speak for others. ``record`` as for ``World``.
    """

    def __init__(self, seed: int | None = None, *, record: bool | Collection[str] = False) -> None:
        super().__init__(secrets.randbits(_SEED_BITS) if seed is None else seed, record=record, epoch=datetime.now(UTC))
        self._driver = RealTime(self.queue)
        self._plugged: list[tuple[Machine, Adapter]] = []
        self.taps: dict[str, TapDevice] = {}

    def tap(self, device: str = "mich0", *, namespace: str = "", offload: bool = False) -> TapDevice:
        """Open a TAP device, in a named network namespace if one is given, to be given to ``link`` (by its name) or to
        ``plug``. One that is not there is made, and is gone when the world is closed. Raises ``TapError``.

        With ``offload``, if the kernel can, checksums and the cutting of long segments are left to it, for the adapter
        that is plugged straight in: frames then have up to 64 kB. It is for hosts, which pass nothing on.
        """
        self.demand_new(device)
        opened = self.taps[device] = open_tap(device, namespace=namespace, offload=offload)
        opened.look_at_clock = self._driver.look_at_clock
        self._driver.listen_to(opened)
        return opened

    def plug(
        self, machine: Machine | str, device: TapDevice, interface: str = "", *, mac: bytes | None = None
    ) -> Adapter:
        """Put an adapter into a machine and plug it straight into a TAP device."""
        owner = self.machine(machine)
        adapter, given = owner.plug(interface, device.mtu, mac)
        device.plug_into(adapter)
        port = plan.Port(owner.name, adapter.name, f"tap {device.name}", transit=owner.forwarding)
        if given is not None:
            port.address, port.prefix_length = given.packed, given.network.prefixlen
        self._ports.append(port)
        self._plugged.append((owner, adapter))
        self._settled = False
        return adapter

    def demand_new(self, name: str) -> None:
        """Raise ``ValueError`` if something has that name, or if it is no name."""
        super().demand_new(name)
        if name in self.taps:
            raise ValueError(f"there is a TAP device {name!r} already; give this one another name")

    def tap_host(
        self,
        name: str = "host",
        *,
        device: str = "mich0",
        address: str = "10.99.0.2/24",
        gateway: str = "",
        resolvers: Sequence[str] = (),
        namespace: str = "",
        offload: bool = False,
        **settings: Any,
    ) -> Machine:
        """A host that is plugged straight into a TAP device, with that address, by default beside the kernel's own
        10.99.0.1. ``resolvers``: name servers to ask. ``offload``: see ``tap``. For more ``settings`` see ``Machine``.
        Raises ``TapError``.
        """
        tap = self.tap(device, namespace=namespace, offload=offload)
        host = self.host(name, interfaces={"eth0": address}, gateway=gateway, **settings)
        self.plug(host, tap, "eth0", mac=_mac_for(device, address))
        if resolvers:
            set_resolver(host, resolvers)
        return host

    def run(self, coroutine: Coroutine[Any, Any, T], on: Machine | str, *, limit: str | int | None = None) -> T:
        """Run a coroutine on a machine, in real time, until it returns; gives what it returns.

        Raises what it raises; ``TimedOut`` after ``limit``; ``KeyboardInterrupt`` after Ctrl-C, which cancels it.
        """
        return super().run(coroutine, on, limit=limit)

    def settle(self) -> None:
        """As ``World.settle``; the kernel and who else is there are told of the addresses."""
        if self._settled:
            return
        super().settle()
        for machine, adapter in self._plugged:
            for interface in machine.internet.interfaces:
                if interface.adapter is adapter:
                    for own in interface.addresses:
                        machine.internet.announce(interface, own.address)

    def close(self) -> None:
        """Let connections that are being closed come to their end, for a second at most, then end everything and close
        the devices.
        """
        if self._closed:
            return
        try:
            if self._loop is not None:
                self._loop.run(self._farewell())
            super().close()
        finally:
            for tap in self.taps.values():
                tap.close()
            if self._loop is None:
                self._driver.close()

    # Inside

    def _make_loop(self) -> HostLoop:
        return RealLoop(self.queue, self._driver, recorder=self.recorder, epoch_ns=self.epoch_ns)

    def _end(self, end: Machine | Switch | str) -> tuple[str, str]:
        return (end, "") if isinstance(end, str) and end in self.taps else super()._end(end)

    def _plug(self, end: tuple[str, str], line: str, mtu: int) -> Plug:
        return self.taps[end[0]] if end[0] in self.taps else super()._plug(end, line, mtu)

    async def _farewell(self) -> None:
        for _ in range(_FAREWELL_STEPS):
            if not any(info.state in _ENDING for machine in self.machines.values() for info in machine.sockets()):
                break
            await asyncio.sleep(_FAREWELL_STEP_S)


@dataclass(frozen=True, slots=True)
class TapHost:
    """A host by what was typed: the device that it is plugged into, and what it is there."""

    device: str = "mich0"
    address: str = "10.99.0.2/24"
    gateway: str = ""
    resolvers: tuple[str, ...] = ()

    def plug_in(self, world: TapWorld, name: str, *, offload: bool = False) -> Machine:
        """Make it in that world and tell the kernel that it is there. Raises ``TapError``, also if the kernel's side
        of the device is down or has that very address; ``ValueError`` for addresses that make no sense.
        """
        host = world.tap_host(
            name,
            device=self.device,
            address=self.address,
            gateway=self.gateway,
            resolvers=self.resolvers,
            offload=offload,
        )
        ours = ip_interface(self.address).ip
        if ours.packed == kernel_address(self.device):
            raise TapError(
                errno.EADDRINUSE,
                f"{ours} is the kernel's own address on {self.device}, at the other end: choose another of its network "
                "with --address",
            )
        world.settle()
        if any("interface-down" in adapter.counters.dropped for adapter in host.adapters.values()):
            raise TapError(
                errno.ENETDOWN,
                f"the kernel's side of {self.device} is not up, so nothing would arrive: let "
                f"`{as_root(f'tap up {self.device}')}` give it an address",
            )
        return host


def _mac_for(device: str, address: str) -> bytes:
    """A locally administered address that is the same in every run: neighbours remember it."""
    return b"\x02" + hashlib.sha256(f"{device} {address}".encode()).digest()[:5]
