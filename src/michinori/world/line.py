"""A line of a world: a cable, and what can be done to it while things run."""

from __future__ import annotations

from collections.abc import Callable

from michinori.link import Cable, CableEnd, Direction, Judge, parse_fault
from michinori.link.faults import ArmedRule, LossRule
from michinori.sim import Nanos
from michinori.world import units

At = Callable[[Nanos, Callable[[], object]], object]


class Line:
    """A full-duplex cable between two machines or switches. Made by ``World.link``."""

    def __init__(self, name: str, ends: tuple[str, str], cable: Cable, at: At) -> None:
        self.name = name
        self.ends = ends
        """The machines or switches at its two ends."""
        self.cable = cable
        self._at = at
        self._losses: dict[CableEnd, Judge] = {}
        self._rules: list[str] = []
        self._share = 0.0

    @property
    def faults(self) -> list[str]:
        """The rules for what befalls frames here, as they were given; the loss of the line first."""
        loss = [f"loss {self._share * 100:g}%"] if self._share else []
        return loss + self._rules

    def cut(self) -> None:
        """Cut it: what is on the way is lost, and so is what is sent from now on."""
        self.cable.cut()

    def mend(self) -> None:
        """Make it whole again."""
        self.cable.mend()

    def fault(self, rule: str, *, toward: str = "") -> None:
        """Add a rule for what befalls frames, such as ``"loss 5%"``, ``"drop nth=3,4"`` or ``"cut from=2s until=5s"``.

        ``toward``: only for frames on their way to that end. Raises ``ValueError`` that says what could stand there.
        """
        words = rule.split()
        if words and words[0] == "cut":
            self._cut_for_a_time(rule, words[1:], toward)
        else:
            self.cable.fault(parse_fault(rule, besides=("cut",)), self._direction(toward))
        self._rules.append(f"{rule} > {toward}" if toward else rule)

    def clear_faults(self) -> None:
        """Take all rules away."""
        self.cable.clear_faults()
        self._rules.clear()
        self._share = 0.0

    def change(
        self, *, rate: str | int | None = None, delay: str | int | None = None, loss: str | float | None = None
    ) -> None:
        """Change the line in both directions; what is left out stays. ``loss`` takes the place of the loss that the
        line had before, beside its other faults. Raises ``UnitError``.
        """
        bits = None if rate is None else units.rate(rate)
        nanos = None if delay is None else units.duration(delay)
        share = None if loss is None else units.chance(loss)
        for end in (self.cable.a, self.cable.b):
            if bits is not None:
                end.rate = bits
            if nanos is not None:
                end.delay_ns = nanos
            if share is not None:
                self._set_loss(end, share)
        if share is not None:
            self._share = share

    def _set_loss(self, end: CableEnd, share: float) -> None:
        end.faults[:] = [judge for judge in end.faults if judge is not self._losses.get(end)]
        if share:
            self._losses[end] = judge = ArmedRule(LossRule(share))
            end.faults.append(judge)

    def _cut_for_a_time(self, rule: str, words: list[str], toward: str) -> None:
        named = dict(word.split("=", 1) for word in words if word.count("=") == 1)
        if toward or len(named) != len(words) or not named.keys() <= {"from", "until"}:
            raise ValueError(f'fault rule {rule!r}: a cut is for both directions and may say "from=2s until=5s"')
        begin, end = (units.duration(named[key]) if key in named else None for key in ("from", "until"))
        if end is not None and end <= (begin or 0):
            raise ValueError(f"fault rule {rule!r}: it ends before it begins")
        if begin:
            self._at(begin, self.cut)
        else:
            self.cut()
        if end is not None:
            self._at(end, self.mend)

    def _direction(self, toward: str) -> Direction | None:
        if not toward:
            return None
        if toward not in self.ends:
            raise ValueError(
                f'"{toward}" is no end of the line {self.name}; its ends are {self.ends[0]} and {self.ends[1]}'
            )
        return "a->b" if toward == self.ends[1] else "b->a"
