"""What the peer says it holds beyond the first gap: the sender's scoreboard of RFC 6675."""

from __future__ import annotations

from typing import Final

from michinori.tcp.ranges import Ranges

DUP_THRESH: Final = 3


class Scoreboard(Ranges):
    """The octets above ``snd.una`` that SACK options have named."""

    __slots__ = ()

    def lost_below(self, mss: int) -> int:
        """The position below which all that is not sacked counts as lost; 0 when nothing does.

        IsLost of RFC 6675 section 4: three separate ranges, or more than two segments' octets, are sacked above.
        """
        octets = 0
        starts, ends = self._starts, self._ends
        for count in range(1, len(starts) + 1):
            octets += ends[-count] - starts[-count]
            if count >= DUP_THRESH or octets > (DUP_THRESH - 1) * mss:
                return starts[-count]
        return 0
