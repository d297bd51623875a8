"""A piece of a run: one world, so many frames, looks at everything in between, and a quiet end."""

from __future__ import annotations

import asyncio
import gc
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from fuzzing import arena, limits
from fuzzing.arena import SWITCHES, Arena
from fuzzing.corpus import frames
from fuzzing.mutating import Mutator

#: Frames that come in at one instant, and in one round: about as long as a healthy transfer takes.
_BATCH, _ROUND = 24, 2_400
#: Through the cables and the switch goes one batch in so many; the others go straight into the adapter.
_ONE_BY_CABLE_IN = 10
_ONE_TO_ROUTER_IN = 5
#: As long as the longest time-out lasts that strangers can set off: R2 of a connection nobody holds.
_QUIET_S = 3_000.0


@dataclass
class Report:
    """What a run came to. ``findings``: what went wrong, with the line that does it again."""

    frames: int = 0
    seconds: float = 0.0
    transfers: int = 0
    drops: Counter[str] = field(default_factory=Counter)
    sizes: dict[str, int] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    slowest_us: float = 0.0
    slowest: str = ""

    def add(self, other: Report) -> None:
        """Count another piece too."""
        self.frames += other.frames
        self.seconds += other.seconds
        self.transfers += other.transfers
        self.drops += other.drops
        self.findings += other.findings
        for what, size in other.sizes.items():
            self.sizes[what] = max(self.sizes.get(what, 0), size)
        if other.slowest_us > self.slowest_us:
            self.slowest_us, self.slowest = other.slowest_us, other.slowest


class Piece:
    """One world under fire. ``seed`` decides everything, the switches of the victim's TCP too."""

    def __init__(self, seed: int, most: int) -> None:
        self._most = most
        self._again = f"tools/fuzz.py --seed {seed} --frames {most} --pieces 1"
        self._dice = Random(seed)
        self._arena = Arena(seed, SWITCHES[seed % len(SWITCHES)])
        self._mutator = Mutator(self._arena, frames(), self._dice)
        self._batches = 0
        self.report = Report()

    def run(self) -> Report:
        """Let it happen."""
        began = time.perf_counter()
        try:
            self._arena.world.run(self._rounds(), on=self._arena.friend, limit=None)
        except Exception:
            self._find("raised out of the stack:\n" + traceback.format_exc())
        finally:
            self._arena.world.close()
        self.report.seconds = time.perf_counter() - began
        drops = self.report.drops
        for host in (self._arena.victim, self._arena.router):
            drops.update(host.internet.drops)
            for adapter in host.adapters.values():
                drops.update(adapter.counters.dropped)
        return self.report

    async def _rounds(self) -> None:
        while self.report.frames < self._most and not self.report.findings:
            healthy = asyncio.create_task(arena.transfer(self._dice.randbytes(arena.HEALTHY_OCTETS)))
            until = self.report.frames + _ROUND
            while self.report.frames < until:
                self._fire()
                await asyncio.sleep(0.001)
            whole = await asyncio.wait_for(healthy, 60)
            self.report.transfers += 1
            if not whole:
                self._find("the healthy transfer was damaged")
            self._look()
            await asyncio.sleep(self._dice.choice((0, 0, 0.05, 0.3, 1, 5, 40, 130)))
        await self._end()

    def _fire(self) -> None:
        """One batch at one instant, and one deed of an application at the victim."""
        dice, mutator = self._dice, self._mutator
        to_router = dice.randrange(_ONE_TO_ROUTER_IN) == 0
        if not self._batches % 8:
            mutator.aim()
        self._batches += 1
        batch = mutator.batch(_BATCH, router=to_router)
        self.report.frames += len(batch)
        began = time.perf_counter()
        if dice.randrange(_ONE_BY_CABLE_IN) == 0:
            send = self._arena.gate.adapters["eth0"].send
            for frame in batch:
                send(frame)
        else:
            adapters = self._arena.router.adapters["eth1"], self._arena.victim.adapters["eth0"]
            mine = adapters[0] if to_router else adapters[1]
            for frame in batch:
                try:
                    mine.receive(frame)
                except Exception:
                    self._find(f"{mine.host} raised at {frame.hex()}\n{traceback.format_exc()}")
                    return
        took_us = (time.perf_counter() - began) / len(batch) * 1e6
        if took_us > self.report.slowest_us:
            self.report.slowest_us, self.report.slowest = took_us, f"{self._again} (batch {self._batches})"
        self._arena.act()

    def _look(self) -> None:
        """Every table within its bounds."""
        found = [*limits.bounds(self._arena.victim), *limits.bounds(self._arena.router)]
        found += limits.bounds_of_middle(self._arena.tracker, self._arena.napt)
        sizes = self.report.sizes
        for bound in found:
            sizes[bound.what] = max(sizes.get(bound.what, 0), bound.size)
            if not bound.holds:
                self._find(f"{bound.what}: {bound.size}, of {bound.most} at most")

    async def _end(self) -> None:
        """The applications let go, and after the longest time-out nothing is left: no connection, no timer."""
        self._arena.end()
        await asyncio.sleep(_QUIET_S)
        self._look()
        left = [flow.name for flow in self._arena.flows]
        if left:
            self._find(f"connections that never end: {left[:3]}")
        if len(self._arena.victim.internet._arrivals.reassembler):
            self._find("fragments that never end")
        timers = len(self._arena.world.queue)
        if timers > 8:
            self._find(f"{timers} things are still going to happen in a world at rest")

    def _find(self, what: str) -> None:
        self.report.findings.append(f"{what}\n  again: {self._again}")


def run(seed: int, count: int, pieces: int) -> Report:
    """So many frames in so many worlds, with seeds from ``seed`` on."""
    report = Report()
    for piece in range(pieces):
        report.add(Piece(seed + piece, count // pieces).run())
        gc.collect()
    return report
