"""Answers to segments that should not have come are rationed: RFC 5961 section 7."""

from __future__ import annotations

import msgspec

from michinori.sim import Nanos


class Challenges(msgspec.Struct, gc=False):
    """How many ACKs one connection may spend on such segments."""

    most: int
    """In one period."""
    period_ns: Nanos
    spent: int = 0
    since_ns: Nanos = 0
    """When this period began."""

    def allow(self, now: Nanos) -> bool:
        """Whether one more may be spent."""
        if now - self.since_ns >= self.period_ns:
            self.since_ns, self.spent = now, 0
        self.spent += 1
        return self.spent <= self.most
