"""Packets as a script writes them."""

from __future__ import annotations

import re
from typing import Any, Final, Literal

from michinori.testing.packetscript.scanner import Scanner
from michinori.testing.packetscript.script import (
    ECN,
    FLAGS,
    IcmpPacket,
    Marks,
    Option,
    TcpPacket,
    UdpPacket,
)
from michinori.wire import icmp

_FLAGS: Final = re.compile(r"-(?=\s)|[FSRPUEW.]+(?=\s)")
_SEQ: Final = re.compile(r"(\d+):(\d+)\((\d+)\)")
_NUMBER: Final = re.compile(r"0x[0-9a-fA-F]+|\d+")
_PORTS: Final = re.compile(r"(\d+)\s*>\s*(\d+)(?=\s)")
_WORD: Final = re.compile(r"[a-zA-Z_][a-zA-Z_0-9]*")
_HEX: Final = re.compile(r"[0-9a-fA-F]+(?=[,>\s])")
_BLOCK: Final = re.compile(r"(\d+):(\d+)")
_KEYWORD: Final = re.compile(r"(ack|win|urg)\s+(\d+)")
_MTU: Final = re.compile(r"mtu\s+(\d+)")
_ICMP_CODE: Final = re.compile(r"(?!mtu\b)[a-z_]+")
_U16: Final = 0xFFFF

_ICMP_TYPES: Final = {
    "unreachable": icmp.UNREACHABLE,
    "time_exceeded": icmp.TIME_EXCEEDED,
    "source_quench": icmp.SOURCE_QUENCH,
    "parameter_problem": icmp.PARAMETER_PROBLEM,
}
_ICMP_CODES: Final = {
    "": 0,
    "net_unreachable": icmp.NET_UNREACHABLE,
    "host_unreachable": icmp.HOST_UNREACHABLE,
    "protocol_unreachable": icmp.PROTOCOL_UNREACHABLE,
    "port_unreachable": icmp.PORT_UNREACHABLE,
    "frag_needed": icmp.FRAGMENTATION_NEEDED,
    "source_route_failed": icmp.SOURCE_ROUTE_FAILED,
    "net_unknown": icmp.NET_UNKNOWN,
    "host_unknown": icmp.HOST_UNKNOWN,
    "source_host_isolated": icmp.SOURCE_HOST_ISOLATED,
    "net_prohibited": icmp.NET_PROHIBITED,
    "host_prohibited": icmp.HOST_PROHIBITED,
    "net_unreachable_for_tos": icmp.NET_UNREACHABLE_FOR_TOS,
    "host_unreachable_for_tos": icmp.HOST_UNREACHABLE_FOR_TOS,
    "packet_filtered": icmp.ADMINISTRATIVELY_PROHIBITED,
    "precedence_violation": icmp.HOST_PRECEDENCE_VIOLATION,
    "precedence_cutoff": icmp.PRECEDENCE_CUTOFF,
}
#: Names of options with one number behind them.
_WITH_NUMBER: Final = {"mss", "wscale"}
_WITHOUT: Final = {"nop", "eol", "sackOK"}
_COOKIES: Final = {"FO", "FOEXP"}


def parse_packet(scanner: Scanner, inbound: bool) -> TcpPacket | UdpPacket | IcmpPacket:
    """What stands behind ``<`` or ``>``."""
    marks = _marks(scanner)
    if scanner.literal("icmp"):
        return _icmp(scanner, inbound)
    is_udp = scanner.literal("udp")
    ports = None
    if (match := scanner.take(_PORTS)) is not None:
        ports = int(match[1]), int(match[2])
    if is_udp:
        scanner.expect("(")
        length = _number(scanner, _U16, "a length")
        scanner.expect(")")
        return UdpPacket(inbound, length, marks, ports)
    return _tcp(scanner, inbound, marks, ports)


def _tcp(scanner: Scanner, inbound: bool, marks: Marks, ports: tuple[int, int] | None) -> TcpPacket:
    letters = scanner.need(_FLAGS, "the flags of a segment (F S R P U E W . or -)")[0]
    flags = sum({FLAGS[letter] for letter in letters if letter != "-"})
    seq, length = _seq(scanner)
    found: dict[str, int] = {}
    while (match := scanner.take(_KEYWORD)) is not None:
        if match[1] in found:
            raise scanner.error(f"{match[1]} is there twice", match.start())
        found[match[1]] = int(match[2])
        if match[1] != "ack" and found[match[1]] > _U16:
            raise scanner.error("a window and an urgent pointer have 16 bits", match.start(2))
    return TcpPacket(
        inbound,
        flags,
        seq,
        length,
        found.get("ack"),
        found.get("win"),
        found.get("urg", 0),
        _options(scanner, inbound),
        marks,
        ports,
    )


def _seq(scanner: Scanner) -> tuple[int, int]:
    match = scanner.need(_SEQ, "first:last(octets)")
    first, last, length = int(match[1]), int(match[2]), int(match[3])
    if (first + length - last) & 0xFFFF_FFFF:
        raise scanner.error(f"{first} and {length} octets end at {first + length}, not at {last}", match.start())
    return first, length


def _marks(scanner: Scanner) -> Marks:
    end = "]" if scanner.literal("[") else ")" if scanner.literal("(") else ""
    if not end:
        return Marks()
    word = scanner.need(_WORD, "ect0, ect1, ect01, ce, noecn, tos or ttl")[0]
    if word == "ect01":
        marks = Marks(ecn=frozenset({1, 2}))
    elif word in ECN:
        marks = Marks(ecn=frozenset({ECN[word]}))
    elif word == "tos":
        marks = Marks(tos=_number(scanner, 0xFF, "a type of service"))
    elif word == "ttl":
        marks = Marks(ttl=_number(scanner, 0xFF, "a time to live"))
    else:
        raise scanner.error(f"{word} is no mark of an IP header that is known here")
    scanner.expect(end)
    return marks


def _icmp(scanner: Scanner, inbound: bool) -> IcmpPacket:
    at = scanner.at
    kind = scanner.need(_WORD, "the type of an ICMP message")[0]
    code_match = scanner.take(_ICMP_CODE)
    code = code_match[0] if code_match is not None else ""
    if kind not in _ICMP_TYPES or code not in _ICMP_CODES:
        raise scanner.error(f"icmp {kind} {code} is not known here", at)
    mtu_match = scanner.take(_MTU)
    mtu = int(mtu_match[1]) if mtu_match is not None else 0
    quoted: tuple[int, int] | None = None
    protocol: Literal["tcp", "udp"] = "tcp"
    if scanner.literal("["):
        if scanner.literal("udp"):
            scanner.expect("(")
            protocol, quoted = "udp", (0, _number(scanner, _U16, "a length"))
            scanner.expect(")")
        else:
            quoted = _seq(scanner)
        scanner.expect("]")
    return IcmpPacket(inbound, _ICMP_TYPES[kind], _ICMP_CODES[code], mtu, quoted, protocol)


def _options(scanner: Scanner, inbound: bool) -> tuple[Option, ...] | None:
    if not scanner.literal("<"):
        return ()
    if scanner.literal("..."):
        if inbound:
            raise scanner.error("<...> can only stand in a packet that is sent")
        scanner.expect(">")
        return None
    options = [_option(scanner)]
    while scanner.literal(","):
        options.append(_option(scanner))
    scanner.expect(">")
    return tuple(options)


def _option(scanner: Scanner) -> Option:
    scanner.skip()
    at = scanner.at
    name = scanner.need(_WORD, "a TCP option")[0]
    if name in _WITHOUT:
        return name, ()
    if name in _WITH_NUMBER:
        return name, (_number(scanner, 0xFF if name == "wscale" else _U16, "a number"),)
    if name == "TS":
        numbers: list[Any] = []
        for word in ("val", "ecr"):
            scanner.expect(word)
            numbers.append(_number(scanner, 0xFFFF_FFFF, "a time stamp"))
        return name, tuple(numbers)
    if name == "sack":
        blocks = []
        while (match := scanner.take(_BLOCK)) is not None:
            blocks.append((int(match[1]), int(match[2])))
        if not blocks:
            raise scanner.error("a block first:last is missing")
        return name, tuple(blocks)
    if name in _COOKIES:
        if scanner.literal("TFO_COOKIE"):
            return name, (None,)
        match = scanner.take(_HEX)
        cookie = "" if match is None else match[0]
        if len(cookie) % 2:
            raise scanner.error("a cookie has two digits for each octet", at)
        return name, (bytes.fromhex(cookie),)
    raise scanner.error(f"the TCP option {name} is not known here", at)


def _number(scanner: Scanner, largest: int, what: str) -> int:
    match = scanner.need(_NUMBER, what)
    value = int(match[0], 0) if match[0].startswith("0x") else int(match[0])
    if value > largest:
        raise scanner.error(f"{what} is at most {largest}", match.start())
    return value
