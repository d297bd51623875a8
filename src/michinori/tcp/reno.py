"""Reno: a segment more a round trip, half the window at a loss. RFC 5681, counting octets as RFC 3465 does."""

from __future__ import annotations

from typing import Any, ClassVar

from michinori.sim import Nanos
from michinori.tcp.congestion import CongestionControl


class Reno(CongestionControl):
    """Additive increase, multiplicative decrease."""

    name: ClassVar[str] = "reno"
    __slots__ = ("_credit",)

    def __init__(self, mss: int, segments: int, *, hystart: bool, limit: int = 0) -> None:
        super().__init__(mss, segments, hystart=hystart, limit=limit)
        self._credit = 0

    def _avoid(self, octets: int, rtt_ns: Nanos, now: Nanos) -> None:  # noqa: ARG002 - others need the times
        # RFC 3465 section 2.1: a segment for each window's worth of octets.
        self._credit += octets
        if self._credit >= self.cwnd:
            self._credit -= self.cwnd
            self.cwnd += self._mss

    def _reduced(self, flight: int) -> int:
        self._credit = 0
        return flight // 2

    def _memory(self) -> tuple[Any, ...]:
        return (self._credit,)

    def _remember(self, memory: list[Any]) -> None:
        (self._credit,) = memory
