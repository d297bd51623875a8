"""What is to be sent again, and how much is in flight: the data of loss recovery, without any sending.

One of three phases at a time:

- OPEN: nothing is missing, or fewer than three duplicate ACKs hint at it.
- FAST: a loss was found by duplicate ACKs. With SACK the scoreboard tells what is lost (RFC 6675), without it one
  segment a round trip is (NewReno, RFC 6582).
- LOSS: the retransmission timer expired, so everything that was in flight and is not sacked counts as lost and is sent
  again in slow start.

The phase ends when ``recover`` is acknowledged: all that had been sent when it began.
"""

from __future__ import annotations

from enum import Enum

from michinori.tcp.scoreboard import DUP_THRESH, Scoreboard


class Phase(Enum):
    """How loss recovery stands."""

    OPEN = "open"
    FAST = "fast"
    LOSS = "loss"


class Recovery:
    """RecoveryPoint, HighRxt, RescueRxt of RFC 6675; ``recover`` and the inflation of the window of RFC 6582."""

    __slots__ = ("duplicates", "high_rxt", "inflation", "phase", "recover", "rescue_rxt", "sack", "scoreboard", "why")

    def __init__(self) -> None:
        self.phase = Phase.OPEN
        self.why = ""
        self.sack = False
        """Whether SACK was agreed upon."""
        self.scoreboard = Scoreboard()
        self.duplicates = 0
        """Duplicate ACKs in a row."""
        self.recover = 0
        """RecoveryPoint: what ends the phase; afterwards the end of the last one."""
        self.high_rxt = 0
        """HighRxt: behind the highest octet that was sent again in this phase."""
        self.rescue_rxt = 0
        """RescueRxt: as RFC 6675, rule 4 of NextSeg."""
        self.inflation = 0
        """Without SACK: octets that have left the network, as duplicate ACKs tell."""

    @property
    def calm(self) -> bool:
        """Nothing is missing and nothing hints at it."""
        return self.phase is Phase.OPEN and not self.duplicates and not self.scoreboard.octets

    def pipe(self, una: int, nxt: int, mss: int) -> int:
        """How much is thought to be in the network: SetPipe of RFC 6675; without SACK the flight less inflation."""
        if self.phase is not Phase.LOSS and not self.sack:
            return nxt - una - self.inflation
        board = self.scoreboard
        if self.phase is Phase.LOSS:
            lost = max(self.recover, una)
        else:
            lost = max(board.lost_below(mss), una)
        again = max(self.high_rxt, una)
        sacked_above = board.octets - board.sacked_below(lost)
        return (nxt - lost - sacked_above) + (again - una - board.sacked_below(again))

    def finds_loss(self, una: int, mss: int) -> bool:
        """Whether the octet at ``una`` is lost by now (RFC 6675 section 5; RFC 6582 section 3.2 step 2)."""
        if self.phase is not Phase.OPEN:
            return False
        if self.sack:
            return self.duplicates >= DUP_THRESH or self.scoreboard.lost_below(mss) > una
        return self.duplicates >= DUP_THRESH and una > self.recover

    def begin(self, phase: Phase, una: int, nxt: int, why: str = "rto") -> None:
        """A loss was found, by what ``why`` says, with everything up to ``nxt`` sent."""
        self.phase = phase
        self.why = why
        self.recover = nxt
        self.high_rxt = self.rescue_rxt = una
        self.inflation = 0

    def end(self) -> None:
        """``recover`` was acknowledged."""
        self.phase = Phase.OPEN
        self.duplicates = 0
        self.inflation = 0

    def lost_gap(self, una: int, mss: int) -> tuple[int, int] | None:
        """What to send again next because it is lost (NextSeg, rule 1): start and end, at most one segment."""
        board = self.scoreboard
        bound = self.recover if self.phase is Phase.LOSS else board.lost_below(mss)
        start, end = board.gap(max(self.high_rxt, una), mss)
        if start >= bound:
            return None
        return start, min(end, bound)

    def doubtful_gap(self, una: int, mss: int) -> tuple[int, int] | None:
        """What to send again when there is nothing better to do: below the highest sacked octet (NextSeg, rule 3)."""
        start, end = self.scoreboard.gap(max(self.high_rxt, una), mss)
        if start >= self.scoreboard.highest:
            return None
        return start, end

    def rescue_gap(self, una: int, nxt: int, mss: int) -> tuple[int, int] | None:
        """Once a recovery, the last outstanding octets (NextSeg, rule 4), lest the timer has to be waited for."""
        if una <= self.rescue_rxt:
            return None
        start = max(self.scoreboard.highest, una, nxt - mss)
        return (start, nxt) if start < nxt else None
