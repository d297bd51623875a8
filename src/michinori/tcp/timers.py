"""The timers of a connection: instants, not objects, because most of them are moved before they ever come.

``next_ns`` is never later than the earliest of them, and may be earlier: moving a timer later is then one write, and
whoever waits for ``next_ns`` finds nothing due now and then, looks again and goes on waiting.
"""

from __future__ import annotations

from typing import Final

from michinori.sim import Nanos

NEVER: Final = 1 << 62


class Timers:
    """When each of the timers is due; ``NEVER`` when it does not run."""

    __slots__ = (
        "delayed_ack_ns",
        "keepalive_ns",
        "linger_ns",
        "next_ns",
        "persist_ns",
        "probe_ns",
        "reorder_ns",
        "retransmit_ns",
    )

    def __init__(self) -> None:
        self.retransmit_ns: Nanos = NEVER
        self.persist_ns: Nanos = NEVER
        """Runs instead of the retransmission timer when there is text and no window to send it into."""
        self.probe_ns: Nanos = NEVER
        """The probe time-out, PTO of RFC 8985: it may come early and is looked at then."""
        self.reorder_ns: Nanos = NEVER
        """When what was overtaken counts as lost (RFC 8985 section 6.2 step 5)."""
        self.delayed_ack_ns: Nanos = NEVER
        self.keepalive_ns: Nanos = NEVER
        self.linger_ns: Nanos = NEVER
        """The end of TIME-WAIT, or of FIN-WAIT-2 when the application is gone."""
        self.next_ns: Nanos = NEVER

    def at_retransmit(self, when_ns: Nanos) -> None:
        self.retransmit_ns = when_ns
        if when_ns < self.next_ns:
            self.next_ns = when_ns

    def at_persist(self, when_ns: Nanos) -> None:
        self.persist_ns = when_ns
        if when_ns < self.next_ns:
            self.next_ns = when_ns

    def at_probe(self, when_ns: Nanos) -> None:
        self.probe_ns = when_ns
        if when_ns < self.next_ns:
            self.next_ns = when_ns

    def at_reorder(self, when_ns: Nanos) -> None:
        self.reorder_ns = when_ns
        if when_ns < self.next_ns:
            self.next_ns = when_ns

    def at_delayed_ack(self, when_ns: Nanos) -> None:
        self.delayed_ack_ns = when_ns
        if when_ns < self.next_ns:
            self.next_ns = when_ns

    def at_keepalive(self, when_ns: Nanos) -> None:
        self.keepalive_ns = when_ns
        if when_ns < self.next_ns:
            self.next_ns = when_ns

    def at_linger(self, when_ns: Nanos) -> None:
        self.linger_ns = when_ns
        if when_ns < self.next_ns:
            self.next_ns = when_ns

    def earliest_ns(self) -> Nanos:
        """When the earliest of them is due."""
        return min(
            self.retransmit_ns,
            self.probe_ns,
            self.reorder_ns,
            self.persist_ns,
            self.delayed_ack_ns,
            self.keepalive_ns,
            self.linger_ns,
        )

    def settle(self) -> None:
        """Make ``next_ns`` exact."""
        self.next_ns = self.earliest_ns()

    def stop(self) -> None:
        """None runs any more."""
        self.retransmit_ns = self.persist_ns = self.delayed_ack_ns = NEVER
        self.probe_ns = self.reorder_ns = NEVER
        self.keepalive_ns = self.linger_ns = self.next_ns = NEVER
