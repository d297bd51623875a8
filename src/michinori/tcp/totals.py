"""What a connection counts: of no consequence for what it does."""

from __future__ import annotations

from michinori.sim import Nanos


class Totals:
    """Counts for ``info``."""

    __slots__ = (
        "busy_ns",
        "busy_since_ns",
        "challenges",
        "dsacks",
        "duplicates",
        "out_of_order",
        "reorderings",
        "retransmitted",
        "retransmitted_octets",
        "segments_in",
        "segments_out",
        "spurious_timeouts",
        "tail_probes",
        "text_in",
        "text_out",
    )

    def __init__(self) -> None:
        self.segments_in = 0
        self.segments_out = 0
        self.retransmitted = 0
        self.retransmitted_octets = 0
        self.text_in = 0
        """Segments with text that came, but for those that came twice."""
        self.text_out = 0
        self.out_of_order = 0
        self.busy_ns: Nanos = 0
        """How long anything was under way, in all, up to when last nothing was."""
        self.busy_since_ns: Nanos | None = None
        """Since when something is under way."""
        self.duplicates = 0
        self.challenges = 0
        self.dsacks = 0
        """How often the peer has told of a duplicate (RFC 2883)."""
        self.reorderings = 0
        """How often something has arrived at the peer after what was sent later."""
        self.tail_probes = 0
        self.spurious_timeouts = 0

    def work(self, now: Nanos) -> None:
        """Something is under way, maybe since before."""
        if self.busy_since_ns is None:
            self.busy_since_ns = now

    def rest(self, now: Nanos) -> None:
        """Everything was acknowledged."""
        if self.busy_since_ns is not None:
            self.busy_ns += now - self.busy_since_ns
            self.busy_since_ns = None
