"""ICMP messages for IPv4: RFC 792, RFC 950, RFC 1122 section 3.2.2, RFC 1191, RFC 1812 section 4.3 and RFC 4884."""

from __future__ import annotations

import struct
from typing import Final

import msgspec

from michinori.wire.checksum import internet, partial
from michinori.wire.malformed import Malformed, Octets

ECHO_REPLY: Final = 0
UNREACHABLE: Final = 3
SOURCE_QUENCH: Final = 4
REDIRECT: Final = 5
ECHO_REQUEST: Final = 8
ROUTER_ADVERTISEMENT: Final = 9
ROUTER_SOLICITATION: Final = 10
TIME_EXCEEDED: Final = 11
PARAMETER_PROBLEM: Final = 12
TIMESTAMP_REQUEST: Final = 13
TIMESTAMP_REPLY: Final = 14

#: Codes of ``UNREACHABLE``.
NET_UNREACHABLE: Final = 0
HOST_UNREACHABLE: Final = 1
PROTOCOL_UNREACHABLE: Final = 2
PORT_UNREACHABLE: Final = 3
FRAGMENTATION_NEEDED: Final = 4
SOURCE_ROUTE_FAILED: Final = 5
NET_UNKNOWN: Final = 6
HOST_UNKNOWN: Final = 7
SOURCE_HOST_ISOLATED: Final = 8
NET_PROHIBITED: Final = 9
HOST_PROHIBITED: Final = 10
NET_UNREACHABLE_FOR_TOS: Final = 11
HOST_UNREACHABLE_FOR_TOS: Final = 12
ADMINISTRATIVELY_PROHIBITED: Final = 13
HOST_PRECEDENCE_VIOLATION: Final = 14
PRECEDENCE_CUTOFF: Final = 15

#: Codes of ``TIME_EXCEEDED``.
TTL_EXCEEDED: Final = 0
REASSEMBLY_TIME_EXCEEDED: Final = 1

#: Codes of ``PARAMETER_PROBLEM``.
POINTER_INDICATES: Final = 0
OPTION_MISSING: Final = 1
BAD_LENGTH: Final = 2

#: Codes of ``REDIRECT``.
REDIRECT_NET: Final = 0
REDIRECT_HOST: Final = 1
REDIRECT_NET_FOR_TOS: Final = 2
REDIRECT_HOST_FOR_TOS: Final = 3

#: The types that tell of an error and so are never answered by one (RFC 1122 section 3.2.2).
ERRORS: Final = frozenset({UNREACHABLE, SOURCE_QUENCH, REDIRECT, TIME_EXCEEDED, PARAMETER_PROBLEM})

HEADER_OCTETS: Final = 8
#: An error quotes as much as fits into a packet of 576 octets with a header of 20 (RFC 1812 section 4.3.2.3).
LARGEST_QUOTATION: Final = 576 - 20 - HEADER_OCTETS

_MEANINGS: Final[dict[tuple[int, int], str]] = {
    (UNREACHABLE, NET_UNREACHABLE): "network unreachable",
    (UNREACHABLE, HOST_UNREACHABLE): "host unreachable",
    (UNREACHABLE, PROTOCOL_UNREACHABLE): "protocol unreachable",
    (UNREACHABLE, PORT_UNREACHABLE): "port unreachable",
    (UNREACHABLE, FRAGMENTATION_NEEDED): "fragmentation needed",
    (UNREACHABLE, SOURCE_ROUTE_FAILED): "source route failed",
    (UNREACHABLE, NET_UNKNOWN): "destination network unknown",
    (UNREACHABLE, HOST_UNKNOWN): "destination host unknown",
    (UNREACHABLE, SOURCE_HOST_ISOLATED): "source host isolated",
    (UNREACHABLE, NET_PROHIBITED): "network administratively prohibited",
    (UNREACHABLE, HOST_PROHIBITED): "host administratively prohibited",
    (UNREACHABLE, NET_UNREACHABLE_FOR_TOS): "network unreachable for this type of service",
    (UNREACHABLE, HOST_UNREACHABLE_FOR_TOS): "host unreachable for this type of service",
    (UNREACHABLE, ADMINISTRATIVELY_PROHIBITED): "communication administratively prohibited",
    (UNREACHABLE, HOST_PRECEDENCE_VIOLATION): "host precedence violation",
    (UNREACHABLE, PRECEDENCE_CUTOFF): "precedence cutoff in effect",
    (REDIRECT, REDIRECT_NET): "redirect for the network",
    (REDIRECT, REDIRECT_HOST): "redirect for the host",
    (REDIRECT, REDIRECT_NET_FOR_TOS): "redirect for the type of service and network",
    (REDIRECT, REDIRECT_HOST_FOR_TOS): "redirect for the type of service and host",
    (TIME_EXCEEDED, TTL_EXCEEDED): "time to live exceeded in transit",
    (TIME_EXCEEDED, REASSEMBLY_TIME_EXCEEDED): "fragment reassembly time exceeded",
    (PARAMETER_PROBLEM, POINTER_INDICATES): "parameter problem: the pointer indicates the error",
    (PARAMETER_PROBLEM, OPTION_MISSING): "parameter problem: a required option is missing",
    (PARAMETER_PROBLEM, BAD_LENGTH): "parameter problem: bad length",
}

_TYPE_NAMES: Final[dict[int, str]] = {
    ECHO_REPLY: "echo reply",
    UNREACHABLE: "destination unreachable",
    SOURCE_QUENCH: "source quench",
    REDIRECT: "redirect",
    ECHO_REQUEST: "echo request",
    ROUTER_ADVERTISEMENT: "router advertisement",
    ROUTER_SOLICITATION: "router solicitation",
    TIME_EXCEEDED: "time exceeded",
    PARAMETER_PROBLEM: "parameter problem",
    TIMESTAMP_REQUEST: "timestamp request",
    TIMESTAMP_REPLY: "timestamp reply",
}

_HEAD: Final = struct.Struct(">BBH4s")
_TWO_WORDS: Final = struct.Struct(">HH")


class Message(msgspec.Struct, frozen=True, gc=False):
    """An ICMP message. ``rest`` is the second half of the header; the properties say what it means for which type."""

    type: int
    code: int
    rest: bytes
    payload: Octets

    @classmethod
    def parse(cls, data: Octets) -> Message:
        """Raises ``Malformed`` when it is too short or its checksum is wrong. Unknown types and codes are kept."""
        size = len(data)
        if size < HEADER_OCTETS:
            raise Malformed("icmp", "too-short", size)
        if internet(data):
            raise Malformed("icmp", "checksum", 2)
        kind, code, _, rest = _HEAD.unpack_from(data)
        return cls(kind, code, rest, data[HEADER_OCTETS:])

    def emit(self) -> bytes:
        """The octets of the message."""
        total = (self.type << 8) + self.code + int.from_bytes(self.rest, "big") + partial(self.payload)
        checksum = -total % 0xFFFF if total else 0xFFFF
        return _HEAD.pack(self.type, self.code, checksum, self.rest) + self.payload

    @property
    def meaning(self) -> str:
        """Type and code in words."""
        return meaning(self.type, self.code)

    @property
    def is_error(self) -> bool:
        """Whether it tells of an error, so that no error may be sent about it."""
        return self.type in ERRORS

    @property
    def identifier(self) -> int:
        """Of echo and timestamp messages: whose they are."""
        return self.rest[0] << 8 | self.rest[1]

    @property
    def sequence(self) -> int:
        """Of echo and timestamp messages: which one."""
        return self.rest[2] << 8 | self.rest[3]

    @property
    def mtu(self) -> int:
        """Of "fragmentation needed": the next hop's MTU; 0 from a router older than RFC 1191."""
        return self.rest[2] << 8 | self.rest[3]

    @property
    def gateway(self) -> bytes:
        """Of a redirect: the better next hop."""
        return self.rest

    @property
    def pointer(self) -> int:
        """Of a parameter problem: which octet of the quoted packet is wrong."""
        return self.rest[0]

    @property
    def quoted(self) -> Octets:
        """Of an error: the beginning of the packet that it is about, without extensions (RFC 4884 section 4)."""
        words = self.rest[1] if self.type in (UNREACHABLE, TIME_EXCEEDED, PARAMETER_PROBLEM) else 0
        return self.payload[: words * 4] if words else self.payload


def meaning(kind: int, code: int) -> str:
    """Type and code of a message in words; for unknown ones their numbers."""
    words = _MEANINGS.get((kind, code))
    if words is not None:
        return words
    words = _TYPE_NAMES.get(kind) or f"type {kind}"
    return f"{words}, code {code}" if code else words


def echo_request(identifier: int, sequence: int, payload: Octets = b"") -> Message:
    """A question whether somebody is there."""
    return Message(ECHO_REQUEST, 0, _TWO_WORDS.pack(identifier, sequence), payload)


def echo_reply(request: Message) -> Message:
    """The answer to such a question: the same, turned around."""
    return Message(ECHO_REPLY, 0, request.rest, request.payload)


def unreachable(code: int, quoted: Octets, mtu: int = 0) -> Message:
    """The packet that begins with ``quoted`` could not go on. ``mtu``: with the code "fragmentation needed"."""
    return Message(UNREACHABLE, code, _TWO_WORDS.pack(0, mtu), quoted[:LARGEST_QUOTATION])


def time_exceeded(code: int, quoted: Octets) -> Message:
    """The packet that begins with ``quoted`` lived too long, or its fragments waited too long."""
    return Message(TIME_EXCEEDED, code, bytes(4), quoted[:LARGEST_QUOTATION])


def parameter_problem(code: int, quoted: Octets, pointer: int = 0) -> Message:
    """Octet ``pointer`` of the packet that begins with ``quoted`` is wrong."""
    return Message(PARAMETER_PROBLEM, code, bytes((pointer, 0, 0, 0)), quoted[:LARGEST_QUOTATION])


def redirect(code: int, gateway: bytes, quoted: Octets) -> Message:
    """Packets like the one that begins with ``quoted`` had better go by that next hop."""
    return Message(REDIRECT, code, gateway, quoted[:LARGEST_QUOTATION])
