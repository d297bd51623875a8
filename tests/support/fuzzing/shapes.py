"""What the mutator chooses from: flags, sizes and steps where edges are, options of every shape."""

from __future__ import annotations

from typing import Final

from michinori.wire.tcp import ACK, ECE, FIN, PSH, RST, SYN, URG

_ODD_FLAGS: Final = (ACK | FIN, RST, RST | ACK, SYN, SYN | ACK, FIN, 0, URG | ACK, 0xFF, ACK | ECE)
FLAGS: Final = (ACK,) * 14 + (ACK | PSH,) * 5 + _ODD_FLAGS
SYN_FLAGS: Final = (SYN, SYN, SYN, SYN, SYN | 0xC0, SYN | FIN, SYN | ACK, SYN | URG)
SIZES: Final = (0, 0, 0, 1, 1, 2, 7, 100, 536, 1448, 1460)
WINDOWS: Final = (0, 0, 1, 2, 100, 1000, 8192, 65535)
STEPS: Final = (0, 0, 0, 1, -1, 2, 7, 1448, -1448, 1 << 15, 1 << 16, 1 << 30, 1 << 31, -(1 << 31), (1 << 31) - 1)

#: Of TCP: of kinds that are known and not, too short, too long, of length zero, cut off.
OPTIONS: Final = tuple(
    map(
        bytes.fromhex,
        (
            *("020405b4", "02040000", "02040001", "0202", "0200", "03030e", "0303ff", "0402", "0502"),
            *("050a" + "ff" * 8, "080a" + "00" * 8, "080a" + "ff" * 8, "08ff", "080a01"),
            *("2202", "220a" + "00" * 8, "1c048001", "1c040000", "01" * 7, "00", "fd047a7a", "1e00"),
        ),
    )
)
#: Those of an ordinary SYN.
SYN_OPTIONS: Final = bytes.fromhex("020405b40402080a000000010000000001030307")
#: Of IP: record route, time stamps, both source routes, router alert, security; whole and broken.
IP_OPTIONS: Final = tuple(
    map(
        bytes.fromhex,
        (
            *("0707040000000000", "440c0500" + "00" * 8, "8307040000000000", "94040000", "07000000", "44ff0000"),
            *("89030400", "01010101", "072704" + "00" * 37, "820b" + "00" * 10),
        ),
    )
)
#: Where the fields of an Ethernet frame with IPv4 and TCP begin whose edges hurt most, and their sizes.
FIELDS: Final = ((14, 1), (16, 2), (20, 2), (22, 1), (23, 1), (38, 4), (42, 4), (46, 2), (48, 2), (52, 2))
#: Types and codes of ICMP.
MESSAGES: Final = (
    *((3, 4), (3, 4), (3, 0), (3, 1), (3, 3), (4, 0), (5, 1), (11, 0), (12, 0), (8, 0), (0, 0), (13, 0), (77, 7)),
)
#: The four octets behind the checksum of an ICMP message: an MTU, a gateway, a pointer.
RESTS: Final = (bytes(4), b"\0\0\0\x44", b"\0\0\x02\x40", b"\0\0\0\1", b"\0\0\xff\xff", b"\x0a\x09\0\4")
