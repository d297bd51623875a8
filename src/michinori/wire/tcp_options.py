"""The options of TCP: RFC 9293 section 3.2, RFC 7323 (window scale, timestamps), RFC 2018 (SACK), RFC 7413 (Fast Open)
and RFC 5482 (user time-out).

What to make of a bad list is left open by the RFC: it MUST cope with an illegal length and suggests to reset the
connection (RFC 9293, MUST-7). Here, as in the stacks in use, a list is read up to where it stops making sense: the
options before that count, the tail is kept in ``malformed`` for whoever wants to be stricter, and the segment itself
stands. A known kind with a length that is not its own is kept among the unknown ones, so it has no effect.
"""

from __future__ import annotations

import struct
from typing import Final

import msgspec

from michinori.wire.malformed import Octets

END_OF_LIST: Final = 0
NO_OPERATION: Final = 1
MAXIMUM_SEGMENT_SIZE: Final = 2
WINDOW_SCALE: Final = 3
SACK_PERMITTED: Final = 4
SACK: Final = 5
TIMESTAMPS: Final = 8
USER_TIMEOUT: Final = 28
FAST_OPEN: Final = 34

LARGEST_OPTIONS: Final = 40

_MSS: Final = struct.Struct(">BBH")
_TIMESTAMPS: Final = struct.Struct(">HII")
_KIND_AND_LENGTH_OF_TIMESTAMPS: Final = TIMESTAMPS << 8 | 10
_BLOCK: Final = struct.Struct(">II")
_USER_TIMEOUT: Final = struct.Struct(">BBH")
_IN_MINUTES: Final = 0x8000
_MOST_SECONDS: Final = 0x7FFF
#: Octets of a cookie of Fast Open, or none (RFC 7413 section 4.1.1).
_COOKIES: Final = (0, 4, 6, 8, 10, 12, 14, 16)
#: No-operations in front keep 32-bit fields at 32-bit boundaries (RFC 7323 appendix A).
_SACK_PERMITTED_ALONE: Final = bytes((NO_OPERATION, NO_OPERATION, SACK_PERMITTED, 2))
_SACK_PERMITTED: Final = bytes((SACK_PERMITTED, 2))
_TWO_NO_OPERATIONS: Final = bytes((NO_OPERATION, NO_OPERATION))


class Options(msgspec.Struct, frozen=True, gc=False):
    """The options of a segment. ``sack``: blocks of left edge and right edge; ``timestamps``: TSval and TSecr;
    ``fast_open``: the cookie, empty to ask for one; ``user_timeout_s``: in seconds, from 32,768
    on whole minutes; ``unknown``: kind and body of every other option, in order.
    """

    mss: int | None = None
    window_scale: int | None = None
    sack_permitted: bool = False
    sack: tuple[tuple[int, int], ...] = ()
    timestamps: tuple[int, int] | None = None
    unknown: tuple[tuple[int, bytes], ...] = ()
    malformed: bytes = b""
    fast_open: bytes | None = None
    user_timeout_s: int | None = None

    def emit(self) -> bytes:
        """The octets of the list, a multiple of 4, in the order in which Linux sends them. Raises ``ValueError`` when
        they are more than 40.
        """
        pieces: list[bytes] = []
        if self.mss is not None:
            pieces.append(_MSS.pack(MAXIMUM_SEGMENT_SIZE, 4, self.mss))
        if self.timestamps is not None:
            pieces.append(_SACK_PERMITTED if self.sack_permitted else _TWO_NO_OPERATIONS)
            pieces.append(_TIMESTAMPS.pack(_KIND_AND_LENGTH_OF_TIMESTAMPS, *self.timestamps))
        elif self.sack_permitted:
            pieces.append(_SACK_PERMITTED_ALONE)
        if self.window_scale is not None:
            pieces.append(bytes((NO_OPERATION, WINDOW_SCALE, 3, self.window_scale)))
        if self.sack:
            pieces.append(bytes((NO_OPERATION, NO_OPERATION, SACK, 2 + 8 * len(self.sack))))
            pieces += [_BLOCK.pack(left, right) for left, right in self.sack]
        if self.user_timeout_s is not None:
            pieces.append(_USER_TIMEOUT.pack(USER_TIMEOUT, 4, _timeout_field(self.user_timeout_s)))
        if self.fast_open is not None:
            # The no-operations stand in front, as Linux has them.
            pieces.append(bytes((NO_OPERATION,)) * (-(2 + len(self.fast_open)) % 4))
            pieces.append(bytes((FAST_OPEN, 2 + len(self.fast_open))) + self.fast_open)
        for kind, body in self.unknown:
            pieces.append(bytes((kind, 2 + len(body))) + body)
        octets = b"".join(pieces)
        if self.malformed:
            # It reaches to the end of the header, so what fills up goes in front of it.
            filling = -(len(octets) + len(self.malformed)) % 4
            octets += bytes((NO_OPERATION,)) * filling + self.malformed
        if len(octets) > LARGEST_OPTIONS:
            raise ValueError(f"TCP options take up to 40 octets, not {len(octets)}")
        return octets + bytes(-len(octets) % 4)


NO_OPTIONS: Final = Options()


def _timeout_field(seconds: int) -> int:
    """RFC 5482 section 3: seconds, or minutes with the highest bit set."""
    if seconds <= _MOST_SECONDS:
        return seconds
    return _IN_MINUTES | min(-(-seconds // 60), _MOST_SECONDS)


def parse_options(octets: Octets) -> Options:
    """The options in these octets; nothing is so bad that it raises."""
    raw = bytes(octets)
    mss: int | None = None
    window_scale: int | None = None
    sack_permitted = False
    sack: tuple[tuple[int, int], ...] = ()
    timestamps: tuple[int, int] | None = None
    unknown: list[tuple[int, bytes]] = []
    malformed = b""
    fast_open: bytes | None = None
    user_timeout_s: int | None = None
    at, size = 0, len(raw)
    while at < size:
        kind = raw[at]
        if kind == NO_OPERATION:
            at += 1
            continue
        if kind == END_OF_LIST:
            break
        length = raw[at + 1] if at + 1 < size else 0
        if length < 2 or at + length > size:
            malformed = raw[at:]
            break
        if kind == MAXIMUM_SEGMENT_SIZE and length == 4:
            mss = raw[at + 2] << 8 | raw[at + 3]
        elif kind == WINDOW_SCALE and length == 3:
            window_scale = raw[at + 2]
        elif kind == SACK_PERMITTED and length == 2:
            sack_permitted = True
        elif kind == SACK and length > 2 and length % 8 == 2:
            sack = tuple(_BLOCK.iter_unpack(raw[at + 2 : at + length]))
        elif kind == TIMESTAMPS and length == 10:
            timestamps = _BLOCK.unpack_from(raw, at + 2)
        elif kind == FAST_OPEN and length - 2 in _COOKIES:
            fast_open = raw[at + 2 : at + length]
        elif kind == USER_TIMEOUT and length == 4:
            field = raw[at + 2] << 8 | raw[at + 3]
            user_timeout_s = (field & _MOST_SECONDS) * (60 if field & _IN_MINUTES else 1)
        else:
            unknown.append((kind, raw[at + 2 : at + length]))
        at += length
    return Options(
        mss, window_scale, sack_permitted, sack, timestamps, tuple(unknown), malformed, fast_open, user_timeout_s
    )
