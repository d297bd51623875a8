"""SYN cookies: answering SYNs without remembering them, RFC 4987 section 3.6.

While the queue of half-open connections is full, all that has to be known about a SYN goes into the numbers of its
SYN,ACK and comes back with the ACK. The initial sequence number holds a count of minutes (8 bits) and an index into a
table of MSS values under a keyed hash (24 bits), as D. J. Bernstein has devised it and Linux does it. The low bits of
the time stamp hold the window scale, SACK and ECN; a peer without time stamps goes without these.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

import msgspec

from michinori.sim import Nanos
from michinori.tcp.config import DEFAULT_SEND_MSS_V4, DEFAULT_SEND_MSS_V6, TcpConfig
from michinori.tcp.effects import Endpoint
from michinori.tcp.isn import IsnClock
from michinori.tcp.sides import LARGEST_FIELD, shift_for
from michinori.wire.sequence import MASK
from michinori.wire.tcp import ACK, CWR, ECE, SYN, Options, Segment

#: What is remembered of the peer's MSS: the largest of these that it reaches.
MSS_TABLE: Final = (64, 512, 536, 1024, 1440, 1460, 4312, 8960)
_MINUTE_NS: Final = 60_000_000_000
#: How many minutes a cookie holds, the current one included.
_MINUTES: Final = 2
LIFETIME_NS: Final = _MINUTES * _MINUTE_NS

_HASHED_BITS: Final = 24
_HASHED: Final = (1 << _HASHED_BITS) - 1
_STAMP_BITS: Final = 6
_SCALE: Final = 0x0F
_NO_SCALE: Final = 0x0F
_SACK: Final = 0x10
_ECN: Final = 0x20


class SynCookies:
    """Makes and reads the cookies of one host, under its secret."""

    __slots__ = ("_isns",)

    def __init__(self, isns: IsnClock) -> None:
        self._isns = isns

    def answer(self, syn: Segment, local: Endpoint, remote: Endpoint, config: TcpConfig, now: Nanos) -> Segment:
        """The SYN,ACK for that SYN, of which nothing needs to be kept."""
        theirs = syn.options
        isn = self._cookie(syn.seq, _index_of(theirs.mss, len(local[0])), local, remote, now // _MINUTE_NS)
        if not (config.timestamps and theirs.timestamps is not None):
            options, has_ecn = Options(mss=config.mss), False
        else:
            is_scaled = config.window_scale and theirs.window_scale is not None
            has_sack = config.sack and theirs.sack_permitted
            has_ecn = config.ecn is not False and syn.flags & (ECE | CWR) == ECE | CWR
            scale = min(theirs.window_scale or 0, 14) if is_scaled else _NO_SCALE
            bits = scale | _SACK * has_sack | _ECN * has_ecn
            options = Options(
                mss=config.mss,
                window_scale=shift_for(config.receive_buffer_max) if is_scaled else None,
                sack_permitted=has_sack,
                timestamps=(self._stamp(bits, local, remote, now), theirs.timestamps[0]),
            )
        flags = SYN | ACK | ECE if has_ecn else SYN | ACK
        window = min(config.receive_buffer, LARGEST_FIELD)
        return Segment(local[1], remote[1], isn, (syn.seq + 1) & MASK, flags, window, b"", options)

    def syn_of(self, ack: Segment, local: Endpoint, remote: Endpoint, now: Nanos) -> Segment | None:
        """The SYN that somebody must have sent to whom that ACK belongs, as far as it was remembered; None when its
        acknowledgment number is no cookie, or too old.
        """
        seq, cookie = (ack.seq - 1) & MASK, (ack.ack - 1) & MASK
        index = self._index(cookie, seq, local, remote, now // _MINUTE_NS)
        if index is None:
            return None
        flags, options = SYN, Options(mss=MSS_TABLE[index])
        stamps = ack.options.timestamps
        if stamps is not None:
            bits = stamps[1]
            scale = bits & _SCALE
            options = Options(
                mss=MSS_TABLE[index],
                window_scale=None if scale == _NO_SCALE else scale,
                sack_permitted=bool(bits & _SACK),
                timestamps=(stamps[0], 0),
            )
            if bits & _ECN:
                flags |= ECE | CWR
        return Segment(remote[1], local[1], seq, 0, flags, ack.window, b"", options)

    def _cookie(self, seq: int, index: int, local: Endpoint, remote: Endpoint, minute: int) -> int:
        whose = self._isns.hash(b"cookie", local, remote)
        when = self._isns.hash(b"minute%d" % minute, local, remote)
        return (whose + seq + (minute << _HASHED_BITS) + ((when + index) & _HASHED)) & MASK

    def _index(self, cookie: int, seq: int, local: Endpoint, remote: Endpoint, minute: int) -> int | None:
        rest = (cookie - seq - self._isns.hash(b"cookie", local, remote)) & MASK
        age = (minute - (rest >> _HASHED_BITS)) & 0xFF
        if age >= _MINUTES:
            return None
        index = (rest - self._isns.hash(b"minute%d" % (minute - age), local, remote)) & _HASHED
        return index if index < len(MSS_TABLE) else None

    def _stamp(self, bits: int, local: Endpoint, remote: Endpoint, now: Nanos) -> int:
        """A time stamp with these low bits that is not ahead of the clock of the connection to come."""
        clock = now // 1_000_000 + self._isns.timestamp_offset(local, remote)
        stamp = clock >> _STAMP_BITS << _STAMP_BITS | bits
        return (stamp if stamp <= clock else stamp - (1 << _STAMP_BITS)) & MASK


def without_echo(ack: Segment) -> Segment:
    """The ACK of a cookie without the echo of its time stamp, of which the low bits are not time."""
    stamps = ack.options.timestamps
    if stamps is None:
        return ack
    return msgspec.structs.replace(ack, options=msgspec.structs.replace(ack.options, timestamps=(stamps[0], 0)))


def _index_of(mss: int | None, address_octets: int) -> int:
    """Where the table holds the largest MSS that is not above the peer's."""
    if mss is None:
        mss = DEFAULT_SEND_MSS_V4 if address_octets == 4 else DEFAULT_SEND_MSS_V6
    return max(bisect_right(MSS_TABLE, mss) - 1, 0)
