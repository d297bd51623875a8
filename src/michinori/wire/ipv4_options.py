"""The options of IPv4: RFC 791 section 3.1, RFC 1122 section 3.2.1.8 and, for the router alert, RFC 2113.

``Malformed.offset`` counts from the first octet of the options; an ICMP parameter problem points 20 further.
"""

from __future__ import annotations

import struct
from typing import Final, TypeAlias

import msgspec

from michinori.wire.malformed import Malformed, Octets

END_OF_LIST: Final = 0
NO_OPERATION: Final = 1
RECORD_ROUTE: Final = 7
TIMESTAMP: Final = 68
LOOSE_SOURCE_ROUTE: Final = 131
STRICT_SOURCE_ROUTE: Final = 137
ROUTER_ALERT: Final = 148

#: Set in the kinds that every fragment carries, not the first alone.
COPIED: Final = 0x80

TIMESTAMPS_ONLY: Final = 0
WITH_ADDRESSES: Final = 1
PRESPECIFIED: Final = 3

_LARGEST_OPTIONS: Final = 40
_MOST_MISSED: Final = 15


class NoOperation(msgspec.Struct, frozen=True, gc=False):
    """An octet between options."""

    def emit(self) -> bytes:
        return b"\x01"


class Route(msgspec.Struct, frozen=True, gc=False):
    """A route to be recorded (``RECORD_ROUTE``) or to be followed and recorded (loose or strict source route).

    ``pointer`` counts octets from the option's first as 1, so the first address is at 4; behind the last address, it
    says that the route is full, or used up.
    """

    kind: int
    addresses: tuple[bytes, ...]
    pointer: int = 4

    @property
    def used_up(self) -> bool:
        """Whether there is no slot left to record in, or no hop left to follow."""
        return self.pointer > 3 + 4 * len(self.addresses)

    @property
    def next_address(self) -> bytes | None:
        """The slot that the pointer points at: of a source route, where to go next."""
        return None if self.used_up else self.addresses[(self.pointer - 4) // 4]

    def record(self, address: bytes) -> Route:
        """The route after a host put in its own address; unchanged when it is full."""
        if self.used_up:
            return self
        index = (self.pointer - 4) // 4
        addresses = (*self.addresses[:index], address, *self.addresses[index + 1 :])
        return Route(self.kind, addresses, self.pointer + 4)

    def emit(self) -> bytes:
        return bytes((self.kind, 3 + 4 * len(self.addresses), self.pointer)) + b"".join(self.addresses)


class Timestamp(msgspec.Struct, frozen=True, gc=False):
    """Instants (milliseconds since midnight UT) at the hosts on the way, and their addresses by ``flag``.

    With ``TIMESTAMPS_ONLY`` an entry's address is empty. ``pointer`` counts like that of a route, from 5. ``missed``
    is the number of hosts that found no room.
    """

    flag: int
    entries: tuple[tuple[bytes, int], ...]
    pointer: int = 5
    missed: int = 0

    @property
    def full(self) -> bool:
        return self.pointer > 4 + self._entry_octets * len(self.entries)

    @property
    def _entry_octets(self) -> int:
        return 4 if self.flag == TIMESTAMPS_ONLY else 8

    def stamp(self, address: bytes, milliseconds: int) -> Timestamp:
        """The option after a host with that address was passed. When it is full, the host counts as missed."""
        if self.full:
            return Timestamp(self.flag, self.entries, self.pointer, min(self.missed + 1, _MOST_MISSED))
        index = (self.pointer - 5) // self._entry_octets
        if self.flag == PRESPECIFIED and self.entries[index][0] != address:
            return self
        entry = (b"" if self.flag == TIMESTAMPS_ONLY else address, milliseconds)
        entries = (*self.entries[:index], entry, *self.entries[index + 1 :])
        return Timestamp(self.flag, entries, self.pointer + self._entry_octets, self.missed)

    def emit(self) -> bytes:
        size = 4 + self._entry_octets * len(self.entries)
        head = bytes((TIMESTAMP, size, self.pointer, self.missed << 4 | self.flag))
        return head + b"".join(address + instant.to_bytes(4, "big") for address, instant in self.entries)


class RouterAlert(msgspec.Struct, frozen=True, gc=False):
    """Routers on the way are to look into the packet (RFC 2113); the value 0 says just that."""

    value: int = 0

    def emit(self) -> bytes:
        return struct.pack(">BBH", ROUTER_ALERT, 4, self.value)


class UnknownOption(msgspec.Struct, frozen=True, gc=False):
    """An option that is passed on as it is; ``body`` is what stands behind its kind and length."""

    kind: int
    body: bytes

    def emit(self) -> bytes:
        return bytes((self.kind, 2 + len(self.body))) + self.body


Option: TypeAlias = NoOperation | Route | Timestamp | RouterAlert | UnknownOption


def parse_options(options: Octets) -> tuple[Option, ...]:
    """The options in their order, up to the end of the list. Raises ``Malformed``."""
    found: list[Option] = []
    for kind, at, body in _walk(bytes(options)):
        found.append(NoOperation() if kind == NO_OPERATION else _parse_option(kind, body, at))
    return tuple(found)


def emit_options(options: tuple[Option, ...]) -> bytes:
    """The octets of these options, filled up to a multiple of 4. Raises ``ValueError`` when they are more than 40."""
    octets = b"".join([option.emit() for option in options])
    if len(octets) > _LARGEST_OPTIONS:
        raise ValueError(f"IPv4 options take up to 40 octets, not {len(octets)}")
    return octets + bytes(-len(octets) % 4)


def options_for_fragments(options: Octets) -> bytes:
    """Of raw options, what the second and later fragments carry (RFC 791 section 3.2). Raises ``Malformed``."""
    raw = bytes(options)
    kept = b"".join(raw[at : at + 2 + len(body)] for kind, at, body in _walk(raw) if kind & COPIED)
    return kept + bytes(-len(kept) % 4)


def _walk(options: bytes) -> list[tuple[int, int, bytes]]:
    """Kind, offset and body of each option; a no-operation has an empty body."""
    found: list[tuple[int, int, bytes]] = []
    at, size = 0, len(options)
    while at < size:
        kind = options[at]
        if kind == END_OF_LIST:
            break
        if kind == NO_OPERATION:
            found.append((kind, at, b""))
            at += 1
            continue
        length = options[at + 1] if at + 1 < size else 0
        if length < 2 or at + length > size:
            raise Malformed("ipv4", "option-length", min(at + 1, size))
        found.append((kind, at, options[at + 2 : at + length]))
        at += length
    return found


def _parse_option(kind: int, body: bytes, at: int) -> Option:
    if kind in (RECORD_ROUTE, LOOSE_SOURCE_ROUTE, STRICT_SOURCE_ROUTE):
        return _parse_route(kind, body, at)
    if kind == TIMESTAMP:
        return _parse_timestamp(body, at)
    if kind == ROUTER_ALERT:
        if len(body) != 2:
            raise Malformed("ipv4", "option-length", at + 1)
        return RouterAlert(body[0] << 8 | body[1])
    return UnknownOption(kind, body)


def _parse_route(kind: int, body: bytes, at: int) -> Route:
    if not body or len(body) % 4 != 1:
        raise Malformed("ipv4", "option-length", at + 1)
    pointer = body[0]
    # Any pointer behind the last slot says "full"; before it, it points at the first octet of a slot.
    if pointer < 4 or (pointer < len(body) + 3 and pointer % 4):
        raise Malformed("ipv4", "option-pointer", at + 2)
    return Route(kind, tuple(body[i : i + 4] for i in range(1, len(body), 4)), pointer)


def _parse_timestamp(body: bytes, at: int) -> Timestamp:
    if len(body) < 2:
        raise Malformed("ipv4", "option-length", at + 1)
    pointer, missed, flag = body[0], body[1] >> 4, body[1] & 0x0F
    if flag not in (TIMESTAMPS_ONLY, WITH_ADDRESSES, PRESPECIFIED):
        raise Malformed("ipv4", "timestamp-flag", at + 3)
    width = 4 if flag == TIMESTAMPS_ONLY else 8
    if (len(body) - 2) % width:
        raise Malformed("ipv4", "option-length", at + 1)
    if pointer < 5 or (pointer < len(body) + 3 and (pointer - 5) % width):
        raise Malformed("ipv4", "option-pointer", at + 2)
    entries = tuple(
        (body[i : i + width - 4], int.from_bytes(body[i + width - 4 : i + width], "big"))
        for i in range(2, len(body), width)
    )
    return Timestamp(flag, entries, pointer, missed)
