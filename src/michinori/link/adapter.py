"""A network adapter: the place where frames leave a machine and enter it.

Its address stands in its ROM and is read by the driver at boot. It takes what is sent to that address, to everybody, or
to a group that it was told to listen to, and holds the check sequence of what a link has damaged against the octets.
Everything else is dropped, with a reason.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from michinori.link.cable import CableEnd
from michinori.link.counters import Counters
from michinori.link.offload import Segmenter
from michinori.link.plug import Lead
from michinori.link.tap import TapDevice
from michinori.sim import EventQueue
from michinori.trace import Recorder, Tap
from michinori.wire import ethernet

_UNREAD = bytes(6)


class Adapter:
    """One network adapter of the machine called ``host``, with its six octets of address in ROM.

    ``on_frame`` is called with each frame that is for this machine, and ``on_foreign_frame``, while ``promiscuous``,
    with each that is not. ``tap`` records what passes; it is set together with ``recorder``.
    """

    def __init__(
        self,
        name: str,
        rom_mac: bytes,
        queue: EventQueue,
        *,
        mtu: int = 1500,
        host: str = "",
        recorder: Recorder | None = None,
    ) -> None:
        if len(rom_mac) != 6 or ethernet.is_group(rom_mac):
            raise ValueError(f"an adapter's address is six octets and no group address, not {rom_mac.hex(':')}")
        self.name = name
        self.host = host
        self.mtu = mtu
        self.mac = _UNREAD
        self.promiscuous = False
        self.groups: set[bytes] = set()
        self.counters = Counters()
        self.segmenter: Segmenter | None = None
        """Who cuts long TCP segments, where somebody does."""
        self.vouches = False
        """The frame that is being received comes from somebody who has seen to the checksum of its TCP segment."""
        self.on_foreign_frame: Callable[[bytes], None] | None = None
        self._on_frame: Callable[[bytes], None] | None = None
        self._short_way: Callable[[bytes], None] | None = None
        self._cable_end: Lead | None = None
        self._recorder = recorder
        self._tap: Tap | None = None
        self._rom_mac = rom_mac
        self._queue = queue
        self._find_ways()

    @property
    def on_frame(self) -> Callable[[bytes], None] | None:
        """Who takes the frames that are for this machine."""
        return self._on_frame

    @on_frame.setter
    def on_frame(self, take: Callable[[bytes], None] | None) -> None:
        self._on_frame = take
        self._short_way = None
        self._find_ways()

    def shorten(self, take: Callable[[bytes], None]) -> None:
        """Let whole frames go straight to ``take`` while no events are recorded, until ``on_frame`` is another. It
        counts those that are known to be for this machine, and gives all others to ``admit``.
        """
        self._short_way = take
        self._find_ways()

    @property
    def cable_end(self) -> Lead | None:
        """What is plugged in."""
        return self._cable_end

    @cable_end.setter
    def cable_end(self, end: Lead | None) -> None:
        self._cable_end = end
        self._find_ways()

    @property
    def recorder(self) -> Recorder | None:
        """Where drops and events are written down."""
        return self._recorder

    @recorder.setter
    def recorder(self, recorder: Recorder | None) -> None:
        self._recorder = recorder
        self._find_ways()

    @property
    def tap(self) -> Tap | None:
        """Where frames are."""
        return self._tap

    @tap.setter
    def tap(self, tap: Tap | None) -> None:
        self._tap = tap
        self._find_ways()

    def _find_ways(self) -> None:
        """Which ways frames take depends on who watches and on what is plugged in."""
        end, recorder, tap = self._cable_end, self._recorder, self._tap
        self.put: Callable[[bytes], object] = self.send
        """Like ``send``, by the shortest way that there is now. Not to be kept."""
        if not isinstance(end, CableEnd | TapDevice):
            return
        arrive: Callable[[bytes], None] = self.receive
        if recorder is None or not recorder.events:
            self._carry = end.short_way(self)
            self.put = self._carry if tap is None else self._put_and_keep
            if self._short_way is not None:
                arrive = self._short_way if tap is None else self._keep_and_take
        way_out = end.other if isinstance(end, CableEnd) else end
        way_out.lead_to(arrive)

    def _put_and_keep(self, frame: bytes) -> None:
        """``put`` while frames alone are recorded: nobody asks what caused their arrival at the other end."""
        if self._carry(frame):
            assert self._tap is not None
            self._tap.sent(self._queue.now_ns, frame)

    def _keep_and_take(self, frame: bytes) -> None:
        """``receive`` while frames alone are recorded, for a whole one."""
        assert self._tap is not None
        assert self._short_way is not None
        with self._tap.receiving(self._queue.now_ns, frame):
            self._short_way(frame)

    @property
    def booted(self) -> bool:
        """Whether the address has been read."""
        return self.mac is not _UNREAD

    @property
    def has_carrier(self) -> bool:
        """Whether a whole cable with something at its other end is plugged in."""
        end = self.cable_end
        return end is not None and end.has_carrier

    def boot(self) -> None:
        """Read the address from the ROM, as a driver does when the machine starts."""
        self.mac = self._rom_mac
        if self.recorder is not None and self.recorder.events:
            data = {"interface": self.name, "mac": ethernet.text(self.mac)}
            self.recorder.event(self._queue.now_ns, self.host, "link", "mac-read", data=data)

    def send(self, frame: bytes) -> None:
        """Give a frame to the cable. Whether it arrives, nobody here will know."""
        end = self.cable_end
        recorder = self.recorder
        if recorder is not None and (self.tap is not None or recorder.events):
            why = end.send(frame, self._tell) if end is not None else self._refuse(frame)
        else:
            why = end.send(frame) if end is not None else "no-cable"
        self._count(frame, why)

    def send_large(self, frame: bytes, mss: int) -> None:
        """The same for a frame that ``segmenter`` is to cut."""
        assert self.segmenter is not None
        recorder = self.recorder
        is_watched = self.tap is not None or (recorder is not None and recorder.events)
        self._count(frame, self.segmenter.send_large(frame, mss, self._tell if is_watched else None))

    def _count(self, frame: bytes, why: str) -> None:
        counters = self.counters
        if why:
            counters.drop(why)
            if not why.startswith("fault:"):
                return
        counters.tx_frames += 1
        counters.tx_octets += len(frame)

    def receive(self, frame: bytes, fcs: bytes | None = None, cause: int = 0) -> None:
        """Called by the cable with a frame whose last bit has arrived; see ``Plug``."""
        recorder = self._recorder
        if recorder is None and frame[:6] == self.mac and fcs is None and self._on_frame is not None:
            counters = self.counters
            counters.rx_frames += 1
            counters.rx_octets += len(frame)
            self._on_frame(frame)
        elif self.tap is not None:
            with self.tap.receiving(self._queue.now_ns, frame, fcs, cause):
                self.admit(frame, fcs)
        elif recorder is not None and recorder.events:
            with recorder.acting(cause):
                self.admit(frame, fcs)
        else:
            self.admit(frame, fcs)

    def marked(self, frame: bytes) -> None:  # noqa: ARG002
        """A frame was marked in the queue of this adapter."""
        recorder = self.recorder
        if recorder is not None and recorder.events:
            recorder.event(self._queue.now_ns, self.host, "link", "marked", data={"interface": self.name})

    def lost(self, frame: bytes, why: str, cause: int) -> None:  # noqa: ARG002
        """A frame that was on its way is lost, because the cable was cut."""
        with nullcontext() if self.recorder is None else self.recorder.acting(cause):
            self._drop(why)

    def admit(self, frame: bytes, fcs: bytes | None = None) -> None:
        """``receive``, once it is recorded: whole frames that are for this machine go on, all others are dropped."""
        if fcs is not None and ethernet.fcs(frame) != fcs:
            self._drop("fcs")
            return
        dst = frame[:6]
        mine = dst in (self.mac, ethernet.BROADCAST) or dst in self.groups
        on_frame = self.on_frame if mine else self.on_foreign_frame if self.promiscuous else None
        if on_frame is None:
            self._drop("no-driver" if mine else "not-my-mac")
            return
        self.counters.rx_frames += 1
        self.counters.rx_octets += len(frame)
        on_frame(frame)

    def _refuse(self, frame: bytes) -> str:
        self._tell(frame, "no-cable")
        return "no-cable"

    def _tell(self, frame: bytes, why: str) -> int:
        """Write down what became of a frame that was given to the cable; gives the number that caused its arrival."""
        if self.tap is not None:
            return self.tap.sent(self._queue.now_ns, frame, why)
        if why:
            self._note_drop(why)
        return 0 if self.recorder is None else self.recorder.cause

    def _drop(self, why: str) -> None:
        self.counters.drop(why)
        recorder = self.recorder
        if recorder is not None:
            recorder.drop(why)
            if recorder.events and (self.tap is None or why == "cut"):
                self._note_drop(why)

    def _note_drop(self, why: str) -> None:
        if self.recorder is not None:
            data = {"interface": self.name}
            self.recorder.event(self._queue.now_ns, self.host, "link", "dropped", why=why, data=data)
