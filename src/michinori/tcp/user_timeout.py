"""How long text may stay unacknowledged, and telling the peer of it: USER TIMEOUT of RFC 9293 section 3.9.1, RFC 5482.

What the application asks for comes first. Without that, where the option is switched on, the peer's wish counts; else
R2 decides (section 3.8.3 of RFC 9293).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from michinori.sim import Nanos
from michinori.tcp.config import TcpConfig
from michinori.wire.tcp import Options

if TYPE_CHECKING:
    from michinori.tcp.effects import Effects
    from michinori.tcp.tcb import Tcb

_NS_PER_S: Final = 1_000_000_000
#: L_LIMIT as RFC 5482 section 3.1 recommends it, and U_LIMIT: the bounds of what the peer may ask for.
_LEAST_NS: Final = 100 * _NS_PER_S
_MOST_NS: Final = 3600 * _NS_PER_S
#: Those of our own application: what the option can tell.
_LEAST_TOLD_NS: Final = _NS_PER_S
_MOST_TOLD_NS: Final = 0x7FFF * 60 * _NS_PER_S


class UserTimeout:
    """What a connection remembers of it, where the option is switched on."""

    __slots__ = ("is_due", "peers_ns")

    def __init__(self) -> None:
        self.is_due = False
        """The next segment tells how long we wait."""
        self.peers_ns: Nanos | None = None
        """REMOTE_UTO: how long the peer wishes to wait."""

    def heed(self, theirs: Options, effects: Effects) -> None:
        """A segment of the peer's may tell of its wish; a time of zero means nothing (section 3.4)."""
        peers_ns = (theirs.user_timeout_s or 0) * _NS_PER_S
        if peers_ns and peers_ns != self.peers_ns:
            self.peers_ns = peers_ns
            effects.report("peer-timeout")


def patience_ns(tcb: Tcb) -> Nanos | None:
    """USER_TIMEOUT: how long text may stay unacknowledged; None: R2 decides. Our own wish comes first, that of the peer
    holds within bounds (RFC 5482 section 3.1).
    """
    ours_ns = _ours_ns(tcb.config)
    theirs_ns = None if tcb.user_timeout is None else tcb.user_timeout.peers_ns
    if ours_ns is not None or theirs_ns is None:
        return ours_ns
    return min(max(theirs_ns, _LEAST_NS), _MOST_NS)


def told_s(config: TcpConfig) -> int | None:
    """ADV_UTO, what the option tells: only where a time was asked for (section 3)."""
    ours_ns = _ours_ns(config)
    return None if ours_ns is None or not config.user_timeout_option else ours_ns // _NS_PER_S


def _ours_ns(config: TcpConfig) -> Nanos | None:
    """What the application asks for; where the peer is told of it, within what it can be told."""
    ours_ns = config.user_timeout_ns
    if ours_ns is None or not config.user_timeout_option:
        return ours_ns
    return min(max(ours_ns, _LEAST_TOLD_NS), _MOST_TOLD_NS)
