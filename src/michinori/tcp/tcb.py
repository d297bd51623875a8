"""The transmission control block: everything a connection remembers, in parts that change together.

Its two directions, and how positions are counted, are in ``sides.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from michinori.sim import Nanos
from michinori.tcp.challenges import Challenges
from michinori.tcp.config import DEFAULT_SEND_MSS_V4, DEFAULT_SEND_MSS_V6, TcpConfig
from michinori.tcp.congestion import CongestionControl
from michinori.tcp.controls import control_for
from michinori.tcp.effects import Effects, Endpoint, PlainSender
from michinori.tcp.flight import Flight
from michinori.tcp.opening import Opening
from michinori.tcp.recovery import Recovery
from michinori.tcp.rtt import RoundTrips
from michinori.tcp.sides import ReceiveSide, SendSide
from michinori.tcp.states import CLOSED, State
from michinori.tcp.timers import Timers
from michinori.tcp.totals import Totals
from michinori.tcp.user_timeout import UserTimeout
from michinori.wire.sequence import MASK
from michinori.wire.tcp import ACK, NO_OPTIONS, Options, Segment

if TYPE_CHECKING:
    from michinori.tcp.ecn import Ecn
    from michinori.tcp.errors import TcpError
    from michinori.tcp.path_probing import PathSearch
    from michinori.tcp.watch import Watch


class Tcb:
    """One connection."""

    __slots__ = (
        "abandoned",
        "ack_flags",
        "born",
        "challenges",
        "config",
        "congestion",
        "ecn",
        "ect",
        "effects",
        "error",
        "flight",
        "full_to",
        "heard_at_ns",
        "keepalives",
        "local",
        "most_at_once",
        "on_reopen",
        "opening",
        "options",
        "options_key",
        "path_mss",
        "path_search",
        "plain_sender",
        "rcv",
        "recovery",
        "remote",
        "rtt",
        "scaled",
        "slow_to",
        "snd",
        "soft_error",
        "stamp_offset",
        "stamped",
        "state",
        "timers",
        "totals",
        "user_timeout",
        "watch",
    )

    def __init__(
        self, local: Endpoint, remote: Endpoint, config: TcpConfig, effects: Effects, iss: int, stamp_offset: int
    ) -> None:
        self.local = local
        self.remote = remote
        self.config = config
        self.effects = effects
        self.plain_sender: PlainSender | None = None
        """A shorter way out than ``effects.send``, if there is one."""
        self.state = State.CLOSED
        self.opening = Opening()
        default_mss = DEFAULT_SEND_MSS_V4 if len(local[0]) == 4 else DEFAULT_SEND_MSS_V6
        self.snd = SendSide(iss, default_mss)
        self.rcv = ReceiveSide(config)
        self.recovery = Recovery()
        self.flight = Flight()
        self.rtt = RoundTrips(config)
        self.congestion: CongestionControl = control_for(config, default_mss)
        self.full_to = 0
        """Behind what had been sent when the congestion window was last used up: only what acknowledges text before it
        lets the window grow (RFC 2861 section 3, RFC 7661).
        """
        self.slow_to = 0
        """How far slow start goes with a window that was not: to twice what was under way (RFC 7661 section 4.2, and as
        in Linux).
        """
        self.ecn: Ecn | None = None
        """Explicit congestion notification, once it was agreed upon."""
        self.ect = 0
        """The ECN field of packets with new text."""
        self.ack_flags = ACK
        """ACK, and ECE while a mark has to be echoed."""
        self.timers = Timers()
        self.most_at_once = 0
        """Text of full segments that may go down in one piece, to be cut there; 0: one segment at a time."""
        self.abandoned = False
        """The application has let go of it: nobody will read any more."""
        self.error: TcpError | None = None
        self.soft_error: TcpError | None = None
        self.path_mss = config.mss
        """What the path takes: our MTU or a smaller one that was found, less the headers."""
        self.path_search: PathSearch | None = None
        """What the path takes is being looked for, after a black hole."""
        self.user_timeout = UserTimeout() if config.user_timeout_option else None
        """The option of RFC 5482, where it is switched on."""
        self.stamped = False
        """Time stamps were agreed upon."""
        self.scaled = False
        """Window scaling was agreed upon."""
        self.stamp_offset = stamp_offset
        self.options = NO_OPTIONS
        """The options of a plain segment as of ``options_key``: the time stamps are equal for a millisecond."""
        self.options_key: tuple[int, int] = (-1, -1)
        self.heard_at_ns: Nanos = 0
        """When a segment last arrived."""
        self.keepalives = 0
        """Keep-alive probes since."""
        self.challenges = Challenges(config.challenge_acks, config.challenge_period_ns)
        self.born = False
        """Established, and nobody has been told yet."""
        self.totals = Totals()
        self.on_reopen: Callable[[Segment, int, Nanos], None] | None = None
        """Where a SYN goes that ends our TIME-WAIT, with the least initial sequence number for the answer."""
        self.watch: Watch | None = None

    @property
    def gone(self) -> bool:
        """There is no connection any more (or none yet)."""
        return self.state is CLOSED

    def window_was_cut(self) -> None:
        """For whatever reason: with ECN, the next new text tells the peer (RFC 3168 section 6.1.2)."""
        if self.ecn is not None:
            self.ecn.cwr_due = True

    def plain_options(self, now: Nanos) -> Options:
        """The options that every segment carries once the connection is synchronized."""
        if not self.stamped:
            return NO_OPTIONS
        key = (now // 1_000_000, self.rcv.stamp)
        if key != self.options_key:
            self.options_key = key
            # Positional: mss, window_scale, sack_permitted, sack, timestamps.
            self.options = Options(None, None, False, (), ((key[0] + self.stamp_offset) & MASK, key[1]))
        return self.options

    def stamp_now(self, now: Nanos) -> int:
        """TSval: milliseconds, from a beginning that nobody can guess (RFC 7323 section 5.4)."""
        return (now // 1_000_000 + self.stamp_offset) & MASK
