"""An IPv4 packet's header as the data of an event."""

from __future__ import annotations

from michinori.inet import addresses
from michinori.wire import ipv4, protocols


def describe(packet: ipv4.Packet) -> dict[str, str | int]:
    """The fields of the header by name."""
    flags = [name for name, is_set in (("DF", packet.dont_fragment), ("MF", packet.more_fragments)) if is_set]
    return {
        "src": addresses.text(packet.src),
        "dst": addresses.text(packet.dst),
        "protocol": protocols.name(packet.protocol),
        "ttl": packet.ttl,
        "id": packet.identification,
        "flags": ",".join(flags),
        "offset": packet.offset,
        "length": packet.header_octets + len(packet.payload),
    }
