"""A world: machines and lines on one virtual clock, with ordinary asyncio code running on the machines."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Collection, Coroutine, Iterable
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from michinori.aio import HostLoop, VirtualLoop
from michinori.host import HostsTable
from michinori.link import Cable, Plug, Switch
from michinori.sim import Dice, EventQueue, Nanos
from michinori.trace import DEFAULT_EPOCH_NS, Recorder
from michinori.world import plan, units
from michinori.world.line import Line
from michinori.world.machine import Machine

T = TypeVar("T")


class NotRecordedError(RuntimeError):
    """What was asked for was not recorded; the message says how to record it."""


class UnknownNameError(ValueError, KeyError):
    """A name that nothing has; the message names those that are there."""

    __str__ = ValueError.__str__


class World:
    """Machines, switches and lines, all luck from one seed, all time from one clock.

    ``record`` keeps what happens: True all of it, a name or a set of names the packets of these machines alone.
    ``epoch`` is the date at which the world begins.
    """

    def __init__(self, seed: int = 0, *, record: bool | Collection[str] = False, epoch: datetime | None = None) -> None:
        self.seed = seed
        self.queue = EventQueue()
        self.dice = Dice(seed)
        self.epoch_ns = DEFAULT_EPOCH_NS if epoch is None else _nanos_of(epoch)
        everything = record is True
        self.recorder = Recorder(epoch_ns=self.epoch_ns, events=everything) if record else None
        self._recorded = (
            None if isinstance(record, bool) else frozenset([record] if isinstance(record, str) else record)
        )
        self.machines: dict[str, Machine] = {}
        self.switches: dict[str, Switch] = {}
        self.lines: dict[str, Line] = {}
        self._loop: HostLoop | None = None
        self._ports: list[plan.Port] = []
        self._joined: list[tuple[str, str]] = []
        self._addresses = plan.Addresses()
        self._settled = True
        self._closed = False
        self.names = HostsTable()
        """The table of names that machines share which were given none of their own."""

    # -- what there is -------------------------------------------------------------------------------------------------

    def host(self, name: str, **settings: Any) -> Machine:
        """Add a host. For ``settings`` see ``Machine``."""
        return self._add(Machine(self, name, **settings))

    def router(self, name: str, **settings: Any) -> Machine:
        """Add a router: a machine that forwards."""
        return self._add(Machine(self, name, forwarding=True, **settings))

    def switch(self, name: str) -> Switch:
        """Add a learning switch, with as many ports as will be needed."""
        self.demand_new(name)
        recorder = self.recorder if self._recorded is None else None
        self.switches[name] = switch = Switch(name, self.queue, 0, recorder=recorder)
        return switch

    def link(
        self,
        a: Machine | Switch | str,
        b: Machine | Switch | str,
        *,
        rate: str | int = "1Gbit",
        delay: str | int = "5us",
        loss: str | float = 0,
        mtu: int = 1500,
        queue: int = 1000,
        mark: int | None = None,
        faults: str | Iterable[str] = (),
        name: str = "",
    ) -> Line:
        """Plug a full-duplex line into two machines or switches, each given itself, by its name, or as
        ``"machine:interface"``. Where no interface is named, it is the first that is free, or a new one.

        ``queue`` is how many packets wait at each end at most; from ``mark`` packets on, those that come are marked
        (ECN, RFC 3168) where their sender takes part; ``faults`` are rules as ``Line.fault`` takes them.
        Raises ``ValueError`` (``UnitError`` for quantities).
        """
        self._demand_open()
        ends = (self._end(a), self._end(b))
        if ends[0][0] == ends[1][0]:
            raise ValueError(f"a line joins two machines or switches, and both its ends are {ends[0][0]}")
        if isinstance(queue, bool) or not isinstance(queue, int) or queue < 0:
            raise ValueError(f"{queue!r} is no length for a queue: it is a whole number of packets, such as 1000")
        if isinstance(mark, bool) or not (mark is None or (isinstance(mark, int) and mark >= 0)):
            raise ValueError(
                f"{mark!r} is no place in a queue to mark from: it is a whole number of packets, such as 20"
            )
        name = name or self._line_name(ends[0][0], ends[1][0])
        if name in self.lines:
            raise ValueError(f"there is a line {name!r} already; give this one another name")
        cable = Cable(
            self.queue,
            self.dice.stream(f"line/{name}"),
            rate=units.rate(rate),
            delay_ns=units.duration(delay),
            queue_packets=queue,
            mark_packets=mark,
            mtu=units.mtu(mtu),
            name=name,
        )
        plugs = [self._plug(end, name, cable.mtu) for end in ends]
        cable.connect(*plugs)
        line = self.lines[name] = Line(name, (ends[0][0], ends[1][0]), cable, self.queue.call_at)
        if loss:
            line.change(loss=loss)
        for rule in [faults] if isinstance(faults, str) else faults:
            line.fault(rule)
        self._settled = False
        return line

    # -- what happens --------------------------------------------------------------------------------------------------

    @property
    def loop(self) -> HostLoop:
        """The event loop on which everything runs."""
        self._demand_open()
        if self._loop is None:
            self._loop = self._make_loop()
        return self._loop

    @property
    def now_ns(self) -> Nanos:
        """Virtual nanoseconds since the world began."""
        return self.queue.now_ns

    def at(self, when: str | int, happens: Callable[[], object]) -> None:
        """Let that be called at an instant, such as ``"2s"``, after the world began. Raises ``ValueError``."""
        if not callable(happens):
            raise ValueError(
                f"{happens!r} cannot be called at {when}: give the function itself, as in at('2s', line.cut)"
            )
        instant_ns = units.duration(when)
        if instant_ns < self.now_ns:
            raise ValueError(f"{when} is over: this world is at {units.show_duration(self.now_ns)} already")
        self.queue.call_at(instant_ns, happens)

    def run(self, coroutine: Coroutine[Any, Any, T], on: Machine | str, *, limit: str | int | None = "1h") -> T:
        """Run a coroutine on a machine, in virtual time, until it returns; gives what it returns.

        Raises what it raises; ``Stuck`` when nothing can happen any more; ``TimedOut`` after ``limit``.
        """
        try:
            loop, machine = self.loop, self.machine(on)
            limit_ns = None if limit is None else units.duration(limit)
            self.settle()
        except BaseException:
            if asyncio.iscoroutine(coroutine):
                coroutine.close()
            raise
        return loop.run(coroutine, machine, limit_ns=limit_ns)

    def machine(self, name: Machine | str) -> Machine:
        """The machine of that name. Raises ``UnknownNameError`` that names those that are there."""
        found = self.machines.get(name.name if isinstance(name, Machine) else name)
        if found is None or (isinstance(name, Machine) and name is not found):
            others = f"there are {', '.join(self.machines)}" if self.machines else "there are none yet"
            which = f"{name.name!r} of this world" if isinstance(name, Machine) else f"{name!r}"
            raise UnknownNameError(f"there is no machine {which}; {others}")
        return found

    def holds(self, address: str) -> bool:
        """Whether an address lies in one of this world's networks."""
        packed = ip_address(address).packed
        return any(
            own.covers(packed)
            for machine in self.machines.values()
            for interface in machine.internet.interfaces
            for own in interface.addresses
        )

    def settle(self) -> None:
        """Give addresses, routes and names to what has none yet. Done by itself before anything runs."""
        if self._settled:
            return
        self._settled = True
        try:
            self._fill_in()
        except BaseException:
            self._settled = False
            raise

    # -- what is kept --------------------------------------------------------------------------------------------------

    def save_pcapng(self, path: str | Path, host: Machine | str) -> None:
        """Write the packets of a machine. Raises ``NotRecordedError``, ``OSError``."""
        name = self.machine(host).name
        recorder = self._demand_recorder(f"the packets of {name}", f"World(record={{{name!r}}}) or World(record=True)")
        try:
            recorder.save_capture(Path(path), name)
        except KeyError:
            raise NotRecordedError(
                f"the packets of {name} were not recorded: make the world with World(record=True)"
            ) from None

    def save_trace(self, path: str | Path) -> None:
        """Write all events as JSON lines. Raises ``NotRecordedError``, ``OSError``."""
        self._demand_events().save_trace(Path(path))

    def save_har(self, path: str | Path) -> None:
        """Write all HTTP exchanges as HAR 1.2. Raises ``NotRecordedError``, ``OSError``."""
        from michinori.trace import har

        har.save_har(self._demand_events(), Path(path))

    def close(self) -> None:
        """End all tasks and let go of everything; what was saved stays."""
        if self._closed:
            return
        if self._loop is not None:
            self._loop.close()
        self._closed = True
        if self.recorder is not None:
            self.recorder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- inside --------------------------------------------------------------------------------------------------------

    def _make_loop(self) -> HostLoop:
        return VirtualLoop(self.queue, recorder=self.recorder, epoch_ns=self.epoch_ns)

    def recorder_for(self, name: str) -> Recorder | None:
        """The recorder of that machine, if it is recorded."""
        return self.recorder if self._recorded is None or name in self._recorded else None

    def _add(self, machine: Machine) -> Machine:
        machine.internet.node.epoch_ns = self.epoch_ns
        self.machines[machine.name] = machine
        self._settled = False
        return machine

    def demand_new(self, name: str) -> None:
        """Raise ``ValueError`` if something has that name, or if it is no name."""
        self._demand_open()
        if not isinstance(name, str):
            raise ValueError(f"{name!r} is no name for a machine: a name is text")
        if name in self.machines or name in self.switches:
            raise ValueError(f"there is a {name!r} already; give this one another name")
        if name.startswith(".") or not name.isprintable() or not name or set(name) & set(":/\\"):
            # It names a capture file too, and an end of a line as "machine:interface".
            raise ValueError(f"{name!r} is no name for a machine: it needs a letter first, no colon and no slash")

    def _end(self, end: Machine | Switch | str) -> tuple[str, str]:
        """The machine or switch, and the interface if one is named."""
        if isinstance(end, Switch):
            if self.switches.get(end.name) is not end:
                raise UnknownNameError(f"there is no switch {end.name!r} of this world")
            return end.name, ""
        if isinstance(end, str):
            name, _, interface = end.partition(":")
            if name in self.switches and not interface:
                return name, ""
            return self.machine(name).name, interface
        return self.machine(end).name, ""

    def _line_name(self, a: str, b: str) -> str:
        name = f"{a}--{b}"
        again = (f"{name}-{number}" for number in itertools.count(2))
        while name in self.lines:
            name = next(again)
        return name

    def _plug(self, end: tuple[str, str], line: str, mtu: int) -> Plug:
        name, interface = end
        switch = self.switches.get(name)
        if switch is not None:
            self._joined.append((f"switch {name}", f"line {line}"))
            return switch.free_port()
        machine = self.machines[name]
        adapter, given = machine.plug(interface, mtu)
        port = plan.Port(name, adapter.name, f"line {line}", transit=machine.forwarding)
        if given is not None:
            port.address, port.prefix_length = given.packed, given.network.prefixlen
        self._ports.append(port)
        return adapter

    def _fill_in(self) -> None:
        segments = plan.segments(self._ports, self._joined)
        shared = {wire for pair in self._joined for wire in pair}
        for segment in segments:
            self._addresses.fill(segment, shared=any(port.wire in shared for port in segment))
        for port in self._ports:
            self.machines[port.machine].raise_interface(port)
        bare = [machine for machine in self.machines.values() if not machine.has_routes]
        tables = plan.routes(segments, [machine.name for machine in bare])
        for machine in self.machines.values():
            machine.set_routes(tables.get(machine.name, []))
        for machine in self.machines.values():
            self.names[machine.name.lower()] = machine.addresses

    def _demand_open(self) -> None:
        if self._closed:
            raise RuntimeError("this world is closed; make another")

    def _demand_recorder(self, what: str, how: str) -> Recorder:
        if self.recorder is None:
            raise NotRecordedError(f"{what} were not recorded: make the world with {how}")
        return self.recorder

    def _demand_events(self) -> Recorder:
        recorder = self._demand_recorder("events", "World(record=True)")
        if not recorder.events:
            raise NotRecordedError("events were not recorded, only packets: make the world with World(record=True)")
        return recorder


def _nanos_of(date: datetime) -> Nanos:
    whole = date if date.tzinfo is not None else date.replace(tzinfo=UTC)
    since = whole - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000
