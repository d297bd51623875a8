"""The largest packet that a path takes, learned from routers that refused a larger one: RFC 1191, and RFC 8201 alike.

What was learned is forgotten after ten minutes, when it is looked at, because a path can become better again.
"""

from __future__ import annotations

from typing import Final

from michinori.sim import Nanos
from michinori.trace import NS_PER_S

#: RFC 1191 section 6.3 recommends ten minutes.
LIFETIME_NS: Final = 600 * NS_PER_S
#: A report below this would make us send in crumbs, and anybody can forge one; Linux has the same floor.
FLOOR: Final = 552
#: The smallest MTU that IPv4 allows (RFC 791).
LEAST: Final = 68

#: RFC 1191 section 7: sizes that lines really have, for routers that do not say which.
_PLATEAUS: Final = (65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, LEAST)
_MOST_DESTINATIONS: Final = 4096


class PathMtus:
    """The cache of one host, by destination."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[int, bool, Nanos]] = {}

    def get(self, dst: bytes, now_ns: Nanos) -> tuple[int, bool, Nanos] | None:
        """MTU, whether the path takes no packets of ``FLOOR`` octets so that routers must be allowed to fragment them,
        and until when this holds; None when nothing is known.
        """
        known = self._known.get(dst)
        if known is not None and known[2] <= now_ns:
            del self._known[dst]
            return None
        return known

    def learn(self, dst: bytes, reported: int, refused: int, current: int, now_ns: Nanos) -> int | None:
        """A router refused a packet of ``refused`` octets and reported its MTU (0: an old router that does not).

        Gives the new MTU, or None when the report is not to be believed: a smaller path than ``current`` is learned,
        never a larger one.
        """
        mtu = reported or next((plateau for plateau in _PLATEAUS if plateau < refused), LEAST)
        if mtu < LEAST or mtu >= current:
            return None
        too_narrow = mtu < FLOOR
        mtu = max(mtu, FLOOR)
        if len(self._known) >= _MOST_DESTINATIONS and dst not in self._known:
            del self._known[next(iter(self._known))]
        self._known[dst] = (mtu, too_narrow, now_ns + LIFETIME_NS)
        return mtu
