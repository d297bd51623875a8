"""What is to be sent again, and how much is in flight: the data of loss recovery, without any sending.

One of three phases at a time:

- OPEN: nothing is missing, or not enough hints at it.
- FAST: a loss was found without a time-out. With SACK, RACK (RFC 8985) or the scoreboard (RFC 6675) tells what is lost;
  without it one segment a round trip is (NewReno, RFC 6582).
- LOSS: the retransmission timer expired, so what was in flight and is not sacked counts as lost and is sent again in
  slow start.

The phase ends when ``recover`` is acknowledged: all that had been sent when it began. With SACK, every octet in flight
is in one of three places: sacked (``scoreboard``), lost and to be sent again (``lost``), or in the network.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

import msgspec

from michinori.sim import Nanos
from michinori.tcp.config import TcpConfig
from michinori.tcp.prr import Prr
from michinori.tcp.rack import Rack
from michinori.tcp.ranges import Ranges
from michinori.tcp.scoreboard import DUP_THRESH, Scoreboard


class Phase(Enum):
    """How loss recovery stands."""

    OPEN = "open"
    FAST = "fast"
    LOSS = "loss"


class Doubt(Enum):
    """How far F-RTO (RFC 5682) has come after a time-out."""

    NONE = "none"
    """It is not going on: the time-out is believed."""
    ASKED = "asked"
    """Step 1 is done: the first segment was sent again."""
    SENDING = "sending"
    """Step 2b: its ACK has come, up to two new segments are to be sent."""
    WATCHING = "watching"
    """Step 3: the next ACK decides."""


# By themselves for the same reason as some members of ``State``.
OPEN: Final = Phase.OPEN
FAST: Final = Phase.FAST
LOSS: Final = Phase.LOSS
NO_DOUBT: Final = Doubt.NONE


class Resent(msgspec.Struct, frozen=True, gc=False):
    """What was sent again and is thought to be in the network."""

    start: int
    end: int
    sent_ns: Nanos
    nxt: int
    """SND.NXT at that time: of all that was sent first at one instant, what lies below left before it."""
    turn: int
    """Which retransmission it was: of two at one instant the lower left first."""

    @property
    def left(self) -> tuple[Nanos, int, int]:
        """Its place in the order of sending, as RACK compares it (RACK_sent_after, RFC 8985 section 6.1)."""
        return self.sent_ns, self.nxt, self.turn


class Recovery:
    """RecoveryPoint and RescueRxt of RFC 6675; ``recover`` and the inflation of the window of RFC 6582."""

    __slots__ = (
        "cut_ns",
        "cut_turn",
        "doubt",
        "doubtful_to",
        "duplicates",
        "inflation",
        "lost",
        "lost_to",
        "maybe_in_vain",
        "phase",
        "probe_end",
        "probe_is_again",
        "probe_samples",
        "probed_to",
        "probes_tail",
        "prr",
        "rack",
        "recover",
        "rescue_rxt",
        "resent",
        "resent_ever",
        "sack",
        "scoreboard",
        "turn",
        "why",
    )

    def __init__(self) -> None:
        self.phase = Phase.OPEN
        self.why = ""
        self.sack = False
        """Whether SACK was agreed upon."""
        self.scoreboard = Scoreboard()
        self.rack: Rack | None = None
        """Time tells what is lost (RFC 8985); None: the scoreboard does (RFC 6675)."""
        self.prr: Prr | None = None
        """Spreads what is sent in this fast recovery (RFC 6937)."""
        self.lost = Ranges()
        """What is lost and was not sent again since."""
        self.lost_to = 0
        """Below it, no first transmission is in the network: each is sacked, lost, or was lost and sent again."""
        self.resent: list[Resent] = []
        """What was sent again and is in the network, or has arrived and was not looked at since; in the order of
        time.
        """
        self.maybe_in_vain: Ranges | None = None
        """What the last fast recovery sent again and the peer did not yet tell to have come twice; None: its cut of the
        window cannot be taken back.
        """
        self.cut_ns: Nanos = 0
        """When this fast recovery has cut the window."""
        self.turn = 0
        """How many retransmissions there were."""
        self.cut_turn = 0
        """How many there were when this fast recovery last cut the window."""
        self.resent_ever = Ranges()
        """What was sent more than once."""
        self.probed_to = 0
        """Behind what was sent again last without being lost: a probe, or a rescue."""
        self.duplicates = 0
        """Duplicate ACKs in a row."""
        self.recover = 0
        """RecoveryPoint: what ends the phase; afterwards the end of the last one."""
        self.doubtful_to = 0
        """Below it, what may be lost was sent again too, though it is not known to be lost: it is in the network twice
        (RFC 6675, rule 3 of NextSeg).
        """
        self.rescue_rxt = 0
        """RescueRxt: as RFC 6675, rule 4 of NextSeg."""
        self.inflation = 0
        """Without SACK: octets that have left the network, as duplicate ACKs tell."""
        self.probe_end = 0
        """TLP.end_seq of RFC 8985: SND.NXT when a tail-loss probe was sent whose fate is not known; otherwise 0."""
        self.probe_is_again = False
        """TLP.is_retrans: that probe was nothing new."""
        self.probe_samples = 0
        """How many round trips had been measured when the last probe was sent."""
        self.probes_tail = False
        """Whether tail-loss probes are sent at all."""
        self.doubt = Doubt.NONE

    def agree(self, config: TcpConfig, *, sack: bool) -> None:
        """The handshake has settled whether there is SACK: without it neither RACK nor its probes can work."""
        self.sack = sack
        self.rack = Rack() if sack and config.rack else None
        self.probes_tail = self.rack is not None and config.tlp

    @property
    def calm(self) -> bool:
        """Nothing is missing and nothing hints at it."""
        return (
            self.phase is OPEN
            and not self.duplicates
            and not self.scoreboard.octets
            and not self.resent_ever.octets
            and not self.probe_end
        )

    def pipe(self, una: int, nxt: int) -> int:
        """How much is thought to be in the network: SetPipe of RFC 6675; without SACK the flight less inflation."""
        if self.phase is not LOSS and not self.sack:
            return nxt - una - self.inflation
        pipe = nxt - una - self.scoreboard.octets - self.lost.octets
        if self.doubtful_to > self.lost_to:
            start, board = max(self.lost_to, una), self.scoreboard
            if start < self.doubtful_to:
                pipe += self.doubtful_to - start - (board.below(self.doubtful_to) - board.below(start))
        return pipe

    def finds_loss(self, una: int, mss: int) -> bool:
        """Whether something is lost by now (RFC 8985; RFC 6675 section 5; RFC 6582 section 3.2 step 2)."""
        if self.phase is not OPEN:
            return False
        if self.rack is not None:
            return self.lost.octets > 0
        if self.sack:
            return self.seems_lost(una, mss)
        return self.duplicates >= DUP_THRESH and una > self.recover

    def seems_lost(self, una: int, mss: int) -> bool:
        """Whether enough is sacked or acknowledged twice for the octet at ``una`` to be lost, with DupThresh of 3."""
        return self.duplicates >= DUP_THRESH or self.scoreboard.lost_below(mss) > una

    def begin(self, phase: Phase, una: int, nxt: int, why: str) -> None:
        """A loss was found, by what ``why`` says, with everything up to ``nxt`` sent."""
        self.phase = phase
        self.why = why
        self.cut_turn = self.turn
        self.recover = nxt
        self.doubtful_to = self.rescue_rxt = una
        self.inflation = 0
        self.probe_end = 0
        self.prr = None
        self.maybe_in_vain = None

    def end(self) -> None:
        """``recover`` was acknowledged."""
        self.phase = Phase.OPEN
        self.duplicates = 0
        self.inflation = 0
        self.prr = None
        self.doubt = Doubt.NONE
        if self.rack is not None:
            self.rack.recovered()

    # What becomes of the octets in flight

    def lose_below(self, bound: int, una: int) -> None:
        """What was sent once only, is below the position and is not sacked, is lost."""
        start = max(self.lost_to, una)
        if bound <= start:
            return
        self.lost_to = bound
        for low, high in self.scoreboard.gaps(max(start, self.doubtful_to), bound):
            self.lost.add(low, high)
        if self.probed_to > start:
            for again in self.resent:
                self.lost.remove(again.start, again.end)  # it is in the network nevertheless

    def lose_again(self, start: int, end: int) -> None:
        """What was sent again has been lost once more, except for what is sacked of it."""
        for low, high in self.scoreboard.gaps(start, end):
            self.lost.add(low, high)

    def sent_again(self, start: int, end: int, nxt: int, now: Nanos) -> None:
        """These octets have left once more; new ones were sent up to ``nxt``."""
        if self.lost.octets:
            self.lost.remove(start, end)
        if end > self.lost_to:
            self.probed_to = end
        self.turn += 1
        if self.maybe_in_vain is not None and self.maybe_in_vain.add(start, end) < end - start:
            self.maybe_in_vain = None  # sent three times: who knows of which two the peer tells
        self.resent.append(Resent(start, end, now, nxt, self.turn))
        self.resent_ever.add(start, end)

    def last_resent(self, below: int) -> Resent | None:
        """What was sent again last of all below the position, of what may be in the network."""
        for again in reversed(self.resent):
            if again.start < below:
                return again
        return None

    def sacked(self, start: int, end: int) -> None:
        """The peer holds these octets."""
        self.scoreboard.add(start, end)
        if self.lost.octets:
            self.lost.remove(start, end)

    def acknowledged(self, una: int) -> None:
        """Everything below is acknowledged."""
        if self.scoreboard.octets:
            self.scoreboard.acknowledged(una)
        if self.lost.octets:
            self.lost.acknowledged(una)
        if self.resent_ever.octets:
            self.resent_ever.acknowledged(una)
            while self.resent and self.resent[0].end <= una:
                del self.resent[0]

    def news(self, una: int, ack: int, blocks: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """What an ACK with these SACK blocks delivers that was not known to be delivered: first what it
        acknowledges, then what each block tells, sorted within each.
        """
        board = self.scoreboard
        found = board.gaps(una, ack) if ack > una else []
        for start, end in blocks:
            if not board.has_all(start, end):
                found += board.gaps(max(start, ack), end)
        return found

    def forget(self) -> None:
        """Nothing is in flight any more."""
        self.scoreboard.clear()
        self.lost.clear()
        self.resent.clear()
        self.resent_ever.clear()

    # What to send

    def doubtful_gap(self, mss: int) -> tuple[int, int] | None:
        """What to send again when there is nothing better to do: below the highest sacked octet (NextSeg, rule 3)."""
        start, end = self.scoreboard.gap(max(self.lost_to, self.doubtful_to), mss)
        if start >= self.scoreboard.highest:
            return None
        return start, end

    def rescue_gap(self, una: int, nxt: int, mss: int) -> tuple[int, int] | None:
        """Once a recovery, the last outstanding octets (NextSeg, rule 4), lest the timer has to be waited for."""
        if una <= self.rescue_rxt:
            return None
        start = max(self.scoreboard.highest, una, nxt - mss)
        return (start, nxt) if start < nxt else None
