"""What a connection counts: of no consequence for what it does."""

from __future__ import annotations

from enum import Enum

from michinori.sim import Nanos


class Held(Enum):
    """What keeps text from having been delivered yet. Members are compared by identity."""

    __hash__ = object.__hash__  # not by name, which is a call in Python

    NOTHING = "nothing"
    """There is none."""
    PATH = "path"
    """It is under way, or waits for the congestion window."""
    PEER = "peer"
    """It waits for the peer's window."""
    BUFFER = "buffer"
    """Everything is under way, there is room in both windows, and the application waits for room in the buffer."""


_NOTHING_YET = dict.fromkeys(Held, 0)


class Totals:
    """Counts for ``info``."""

    __slots__ = (
        "challenges",
        "dsacks",
        "duplicates",
        "held_by",
        "held_ns",
        "held_since_ns",
        "out_of_order",
        "overtaken",
        "reorderings",
        "retransmitted",
        "retransmitted_octets",
        "segments_in",
        "segments_out",
        "spurious_timeouts",
        "tail_probes",
        "text_in",
        "text_of_syn",
        "text_out",
        "timeout_recoveries",
        "timeouts",
        "timeouts_ns",
        "timeouts_since_ns",
    )

    def __init__(self) -> None:
        self.segments_in = 0
        self.segments_out = 0
        self.retransmitted = 0
        self.retransmitted_octets = 0
        self.text_in = 0
        """Segments with text that came, but for those that came twice."""
        self.text_of_syn = False
        """The peer's SYN had text that was taken."""
        self.text_out = 0
        self.out_of_order = 0
        self.held_by = Held.NOTHING
        self.held_since_ns: Nanos = 0
        self.held_ns: dict[Held, Nanos] = _NOTHING_YET.copy()
        """How long each has held text back, in all, but for what does so since ``held_since_ns``."""
        self.duplicates = 0
        self.challenges = 0
        self.dsacks = 0
        """How often the peer has told of a duplicate (RFC 2883)."""
        self.reorderings = 0
        """How often something has arrived at the peer after what was sent later."""
        self.overtaken = 0
        """By how many segments at most."""
        self.timeouts = 0
        """How often the retransmission timer has expired."""
        self.timeout_recoveries = 0
        """How often it has for something new."""
        self.timeouts_ns: Nanos = 0
        """How long that took until something was acknowledged, in all, but for what goes on."""
        self.timeouts_since_ns: Nanos | None = None
        """Since when it goes on."""
        self.tail_probes = 0
        self.spurious_timeouts = 0

    def hold(self, what: Held, now: Nanos) -> None:
        """From now on, that is what holds text back."""
        self.held_ns[self.held_by] += now - self.held_since_ns
        self.held_by = what
        self.held_since_ns = now

    def time_out(self, now: Nanos) -> None:
        """The retransmission timer has expired, for the first time or again."""
        self.timeouts += 1
        if self.timeouts_since_ns is None:
            self.timeouts_since_ns = now
            self.timeout_recoveries += 1

    def answered(self, now: Nanos) -> None:
        """Something was acknowledged after all."""
        if self.timeouts_since_ns is not None:
            self.timeouts_ns += now - self.timeouts_since_ns
            self.timeouts_since_ns = None
