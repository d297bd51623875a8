"""A learning switch (IEEE 802.1D clause 7): it carries a frame to the port behind which its destination was last heard.

It keeps a table of source addresses, forgets each after 300 seconds of silence (when it looks, not by a timer), and
floods what it does not know and what is for many. It stores a frame whole before it sends it on, so a damaged one is
found out and goes no further.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

import msgspec

from michinori.link.counters import Counters
from michinori.link.plug import Lead
from michinori.sim import EventQueue, Nanos
from michinori.trace import NS_PER_S, Recorder
from michinori.wire import ethernet

#: IEEE 802.1D table 7-5.
AGEING_NS: Final = 300 * NS_PER_S
#: As many addresses as a small switch holds.
TABLE_SIZE: Final = 8192

#: Frames to these are for bridges themselves and never carried on (IEEE 802.1D table 7-10).
_RESERVED: Final = bytes.fromhex("0180c20000")
_UNRECORDED: Final = nullcontext()


class MacEntry(msgspec.Struct, frozen=True, gc=False):
    """A line of the table: behind which port an address was last heard, and when."""

    mac: bytes
    port: str
    seen_ns: Nanos


class SwitchPort:
    """One port; a cable plugs into it as into an adapter."""

    def __init__(self, switch: Switch, name: str) -> None:
        self.switch = switch
        self.name = name
        self.cable_end: Lead | None = None
        self.counters = Counters()

    def send(self, frame: bytes) -> None:
        """Give a frame to the cable, if there is one."""
        if self.cable_end is None:
            return
        counters = self.counters
        # Nothing of its own is recorded here: what arrives behind it was caused by what arrived in front of it.
        why = self.cable_end.send(frame, self._tell_cause if self.switch.recorder is not None else None)
        if why:
            self.drop(why)
            if not why.startswith("fault:"):
                return
        counters.tx_frames += 1
        counters.tx_octets += len(frame)

    def receive(self, frame: bytes, fcs: bytes | None = None, cause: int = 0) -> None:
        """Called by the cable with a frame whose last bit has arrived; see ``Plug``."""
        with self.switch.acting(cause):
            if fcs is not None and ethernet.fcs(frame) != fcs:
                self.drop("fcs")
                return
            self.counters.rx_frames += 1
            self.counters.rx_octets += len(frame)
            self.switch.carry(self, frame)

    def marked(self, frame: bytes) -> None:  # noqa: ARG002
        """A frame was marked in the queue of this port."""
        self.switch.note("marked", {"port": self.name})

    def lost(self, frame: bytes, why: str, cause: int) -> None:  # noqa: ARG002
        """A frame that was on its way is lost, because the cable was cut."""
        with self.switch.acting(cause):
            self.drop(why)

    def drop(self, why: str) -> None:
        """Drop a frame that came in here or should leave here, for this reason."""
        self.counters.drop(why)
        self.switch.note("dropped", {"port": self.name}, why=why)

    def _tell_cause(self, _frame: bytes, _why: str) -> int:
        recorder = self.switch.recorder
        return 0 if recorder is None else recorder.cause


class Switch:
    """A switch with that many ports, numbered from 1; ``add_port`` gives it more."""

    def __init__(self, name: str, queue: EventQueue, ports: int = 8, *, recorder: Recorder | None = None) -> None:
        self.name = name
        self.recorder = recorder
        self.ports: list[SwitchPort] = []
        self._queue = queue
        self._table: dict[bytes, tuple[SwitchPort, Nanos]] = {}
        for _ in range(ports):
            self.add_port()

    def add_port(self) -> SwitchPort:
        """One more port."""
        port = SwitchPort(self, f"port{len(self.ports) + 1}")
        self.ports.append(port)
        return port

    def free_port(self) -> SwitchPort:
        """The first port without a cable; a new one when all are taken."""
        return next((port for port in self.ports if port.cable_end is None), None) or self.add_port()

    def mac_table(self) -> list[MacEntry]:
        """What it knows now, in the order of the addresses."""
        oldest_ns = self._queue.now_ns - AGEING_NS
        return [
            MacEntry(mac, port.name, seen_ns)
            for mac, (port, seen_ns) in sorted(self._table.items(), key=lambda entry: entry[0])
            if seen_ns >= oldest_ns
        ]

    def forget(self) -> None:
        """Empty the table."""
        self._table.clear()

    def carry(self, port: SwitchPort, frame: bytes) -> None:
        """Learn from a frame that came in at a port, and carry it to where it should go."""
        dst, src = frame[:6], frame[6:12]
        if len(frame) < ethernet.HEADER_OCTETS or ethernet.is_group(src):
            port.drop("malformed")
            return
        self._learn(src, port)
        known = self._table.get(dst)
        if known is not None and self._queue.now_ns - known[1] <= AGEING_NS:
            if known[0] is port:
                port.drop("same-port")
            else:
                self.note("switched", {"dst": ethernet.text(dst), "port": known[0].name})
                known[0].send(frame)
        elif dst[:5] == _RESERVED and dst[5] <= 0x0F:
            port.drop("reserved-group")
        else:
            self.note("flooded", {"dst": ethernet.text(dst)})
            for other in self.ports:
                if other is not port:
                    other.send(frame)

    def note(self, what: str, data: dict[str, Any], *, why: str = "") -> None:
        """Record an event, when somebody watches."""
        recorder = self.recorder
        if recorder is not None and recorder.events:
            recorder.event(self._queue.now_ns, self.name, "link", what, why=why, data=data)

    def acting(self, cause: int) -> AbstractContextManager[None]:
        """To be entered around what is done because of that event."""
        return _UNRECORDED if self.recorder is None else self.recorder.acting(cause)

    def _learn(self, mac: bytes, port: SwitchPort) -> None:
        now_ns = self._queue.now_ns
        table = self._table
        known = table.get(mac)
        if known is None and len(table) >= TABLE_SIZE:
            oldest_ns = now_ns - AGEING_NS
            self._table = table = {mac: entry for mac, entry in table.items() if entry[1] >= oldest_ns}
            if len(table) >= TABLE_SIZE:
                return  # full: frames to this address will be flooded
        if known is None or known[0] is not port:
            self.note("learned", {"mac": ethernet.text(mac), "port": port.name})
        table[mac] = (port, now_ns)
