"""``ping`` as asyncio code on a host: ICMP echo questions at an interval, and what came of them."""

from __future__ import annotations

import asyncio
import errno
import math

import msgspec

from michinori.host import Answer, Host
from michinori.host.addresses import text
from michinori.inet import Unreachable
from michinori.sim import Nanos


class PingReport(msgspec.Struct, frozen=True):
    """What came of a series of echo questions."""

    address: str
    sent: int
    answers: tuple[Answer, ...]

    @property
    def received(self) -> int:
        """How many were answered by the host itself."""
        return sum(not answer.error for answer in self.answers)

    @property
    def lost(self) -> int:
        """How many were not."""
        return self.sent - self.received

    @property
    def round_trips_ns(self) -> tuple[Nanos, ...]:
        """How long each answer took."""
        return tuple(answer.round_trip_ns for answer in self.answers if not answer.error)

    def __str__(self) -> str:
        loss = 100 * self.lost / self.sent if self.sent else 0
        line = f"{self.address}: {self.sent} sent, {self.received} received, {loss:g}% lost"
        trips = [trip / 1e6 for trip in self.round_trips_ns]
        if trips:
            mean = math.fsum(trips) / len(trips)
            line += f", round trip min/avg/max {min(trips):.3f}/{mean:.3f}/{max(trips):.3f} ms"
        errors = dict.fromkeys(
            f"{answer.error} (from {text(answer.source)})" for answer in self.answers if answer.error
        )
        return ", ".join([line, *errors])


async def ping(
    host: Host,
    address: bytes,
    *,
    count: int = 4,
    interval_s: float = 1.0,
    timeout_s: float = 1.0,
    size: int = 56,
    ttl: int = 64,
    dont_fragment: bool = False,
) -> PingReport:
    """Ask the packed address ``count`` times from that host, ``size`` octets each; wait ``timeout_s`` for the last
    answer. Raises ``OSError`` when there is no route.
    """
    loop = asyncio.get_running_loop()
    answers: list[Answer] = []
    all_answered = asyncio.Event()

    def on_answer(answer: Answer) -> None:
        answers.append(answer)
        if len(answers) == count:
            loop.call_soon(all_answered.set)

    series = host.echoes.open(address, on_answer)
    payload = bytes(index & 0xFF for index in range(size))
    try:
        for sequence in range(1, count + 1):
            try:
                series.ask(sequence, payload, ttl=ttl, dont_fragment=dont_fragment)
            except Unreachable as error:
                raise OSError(*_no_route(error)) from error
            if sequence < count:
                await asyncio.sleep(interval_s)
        try:
            async with asyncio.timeout(timeout_s):
                await all_answered.wait()
        except TimeoutError:
            pass
    finally:
        series.close()
    return PingReport(text(address), count, tuple(sorted(answers, key=lambda answer: answer.sequence)))


def _no_route(error: Unreachable) -> tuple[int, str]:
    return errno.EMSGSIZE if error.reason == "too-big" else errno.ENETUNREACH, str(error)
