"""Where the time of an exchange went: the phases of HAR 1.2, measured on the scope's clock."""

from __future__ import annotations

from typing import Final

from michinori.trace import Clock

PHASES: Final = ("blocked", "dns", "connect", "ssl", "send", "wait", "receive")


class Stopwatch:
    """Exactly one phase runs at any time, so their sum is the whole. A phase entered again goes on adding."""

    __slots__ = ("_clock", "_since_ns", "ended_ns", "intervals_ns", "phase", "spent_ns", "started_ns")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.started_ns = self._since_ns = self.ended_ns = clock.now_ns()
        self.phase = "blocked"
        self.spent_ns: dict[str, int] = {"blocked": 0}
        """How long each phase took in all."""
        self.intervals_ns: dict[str, list[int]] = {"blocked": [self.started_ns, self.started_ns]}
        """When each phase began and ended, the last time."""

    def enter(self, phase: str) -> None:
        """End the running phase and begin this one. Of no effect if it runs already."""
        if phase == self.phase:
            return
        self.stop()
        self.phase = phase
        self.spent_ns.setdefault(phase, 0)
        self.intervals_ns[phase] = [self._since_ns, self._since_ns]

    def stop(self) -> None:
        """Count the running phase up to now."""
        now_ns = self._clock.now_ns()
        self.spent_ns[self.phase] += now_ns - self._since_ns
        self.intervals_ns[self.phase][1] = self._since_ns = self.ended_ns = now_ns

    def forget_connecting(self) -> None:
        """A new attempt begins: what the first one did was done in vain, and counts as waiting."""
        self.enter("blocked")
        for phase in ("dns", "connect", "ssl", "send", "wait"):
            self.spent_ns["blocked"] += self.spent_ns.pop(phase, 0)
            self.intervals_ns.pop(phase, None)
        self.intervals_ns["blocked"][0] = self.started_ns

    def har_ns(self) -> dict[str, int]:
        """Nanoseconds in each phase, -1 where there was none; ``connect`` includes ``ssl``, as HAR 1.2 wants it."""
        spent = {phase: self.spent_ns.get(phase, -1) for phase in PHASES}
        if spent["ssl"] >= 0:
            spent["connect"] += spent["ssl"]
        return spent

    def har_intervals_ns(self) -> dict[str, list[int] | None]:
        """``{dns_ns, connect_ns, ssl_ns, send_ns: [begin, end] or None}``; ``connect`` includes ``ssl``."""
        intervals = {f"{phase}_ns": self.intervals_ns.get(phase) for phase in ("dns", "connect", "ssl", "send")}
        connect, ssl = intervals["connect_ns"], intervals["ssl_ns"]
        if connect is not None and ssl is not None:
            intervals["connect_ns"] = [connect[0], ssl[1]]
        return intervals
