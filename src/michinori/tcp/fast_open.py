"""TCP Fast Open, RFC 7413: text in the SYN, for a client that has shown before that it is where it says.

A client without a cookie asks for one in its SYN; the server's SYN,ACK brings it. With the next SYN the cookie goes
back and text beside it, which the server hands on and may answer before the handshake is complete. Where the cookie or
the text is not taken, all goes on as ever: the text is sent again.
"""

from __future__ import annotations

from typing import Final

import msgspec

from michinori.sim import Nanos
from michinori.tcp.effects import Endpoint
from michinori.tcp.isn import IsnClock
from michinori.tcp.tcb import Tcb
from michinori.wire.tcp import Options

_COOKIE_OCTETS: Final = 8
_MOST_PEERS: Final = 1024
#: As much as a header can hold: whoever adds options to a SYN on its way does not make it too long then (as in Linux).
_ROOM_FOR_OPTIONS: Final = 40
#: Where it comes to nothing it is not tried again for an hour (RFC 7413 section 4.1.3.1 wants that remembered).
_SULK_NS: Final = 3600 * 1_000_000_000


class FastOpen:
    """What an active OPEN with Fast Open remembers."""

    __slots__ = ("asked", "granted", "outcome", "peer_mss", "taken", "text_most")

    def __init__(self, asked: bytes | None, text_most: int) -> None:
        self.asked = asked
        """The cookie that goes into the SYN; empty to ask for one; None for text without one (section 7.3)."""
        self.text_most = text_most
        """How much text the SYN may carry beside its options."""
        self.granted = b""
        """The cookie that came back."""
        self.peer_mss = 0
        """What the server announced."""
        self.taken = 0
        """How much text of the SYN was taken."""
        self.outcome = ""
        """``taken`` or ``not-taken`` by the server, or ``lost``: the SYN with the option was not answered."""


class FastOpenCookies:
    """Makes the cookies of one host: a keyed hash of both addresses, 8 octets (section 4.1.2)."""

    __slots__ = ("_isns",)

    def __init__(self, isns: IsnClock) -> None:
        self._isns = isns

    def cookie(self, local: Endpoint, remote: Endpoint) -> bytes:
        """The cookie of that client; its ports do not count."""
        ends = (local[0], 0), (remote[0], 0)
        halves = (self._isns.hash(purpose, *ends) for purpose in (b"fast-open-1", b"fast-open-2"))
        return b"".join(half.to_bytes(_COOKIE_OCTETS // 2, "big") for half in halves)


class Peer(msgspec.Struct, frozen=True, gc=False):
    """What a client remembers of a server."""

    cookie: bytes = b""
    mss: int = 0
    """What the server last announced; 0 when not known."""
    sulks_until_ns: Nanos = 0


class FastOpenCache:
    """What the servers have granted to a host (section 4.1.3), the latest ones."""

    __slots__ = ("_peers",)

    def __init__(self) -> None:
        self._peers: dict[bytes, Peer] = {}

    def look_up(self, address: bytes, now: Nanos) -> Peer | None:
        """What is known of that server, if only that nothing is; None when Fast Open is not to be tried."""
        peer = self._peers.get(address, Peer())
        return peer if now >= peer.sulks_until_ns else None

    def learn(self, address: bytes, cookie: bytes, mss: int) -> None:
        """The server has granted a cookie."""
        self._keep(address, Peer(cookie, mss))

    def learn_mss(self, address: bytes, mss: int) -> None:
        """The server takes so much now; the cookie that it granted before is good still."""
        self._keep(address, msgspec.structs.replace(self._peers.get(address, Peer()), mss=mss))

    def failed(self, address: bytes, now: Nanos) -> None:
        """A SYN with the option was not answered, one without it was; or its text was not taken, and no cookie came
        that would do better (section 4.1.3.1).
        """
        self._keep(address, Peer(sulks_until_ns=now + _SULK_NS))

    def clear(self) -> None:
        """Forget all of them."""
        self._peers.clear()

    def _keep(self, address: bytes, peer: Peer) -> None:
        self._peers.pop(address, None)
        if len(self._peers) >= _MOST_PEERS:
            del self._peers[next(iter(self._peers))]
        self._peers[address] = peer


def room_in_syn(tcb: Tcb) -> int:
    """How much text our SYN may carry."""
    opening = tcb.opening.fast
    if opening is None or opening.asked == b"":
        return 0
    return max(min(opening.text_most, tcb.path_mss) - _ROOM_FOR_OPTIONS, 0)


def syn_was_answered(tcb: Tcb, options: Options) -> None:
    """The SYN,ACK to our SYN has come: what has become of the cookie and the text (section 4.2.1)."""
    opening, snd = tcb.opening.fast, tcb.snd
    if opening is None:
        return
    opening.peer_mss = snd.peer_mss
    if options.fast_open and opening.asked is not None:
        opening.granted = options.fast_open
    text = snd.max - 1
    opening.taken = snd.una - 1
    if snd.nxt > snd.una:
        # As if it had never been sent: nothing was lost, it was only not accepted.
        snd.nxt = snd.una
    if text and snd.una > 1:
        opening.outcome = "taken"  # even if it was the answer to a later SYN: only the first was lost
    elif text and not opening.outcome:
        opening.outcome = "not-taken"
    if tcb.watch is not None:
        tcb.watch.tell("fast-open", cookie=opening.granted.hex(), text=text, why=opening.outcome)
