"""The numbers by which IP names what it carries (IANA, "Assigned Internet Protocol Numbers")."""

from __future__ import annotations

from typing import Final

PROTOCOL_ICMP: Final = 1
PROTOCOL_IGMP: Final = 2
PROTOCOL_TCP: Final = 6
PROTOCOL_UDP: Final = 17
PROTOCOL_ICMPV6: Final = 58

NAMES: Final = {
    PROTOCOL_ICMP: "icmp",
    PROTOCOL_IGMP: "igmp",
    PROTOCOL_TCP: "tcp",
    PROTOCOL_UDP: "udp",
    PROTOCOL_ICMPV6: "icmpv6",
}


def name(protocol: int) -> str:
    """The name of a protocol, or its number as text."""
    return NAMES.get(protocol) or str(protocol)
