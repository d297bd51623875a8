"""Other addresses and ports for a packet, with every checksum that covers them patched: RFC 1624, RFC 3022 section 4.1.

The patch keeps a wrong checksum wrong: a translator must not make a damaged segment look whole.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from msgspec.structs import replace

from michinori.wire import checksum, icmp, ipv4, protocols
from michinori.wire.malformed import Malformed

#: An address and a port; of ICMP queries the identifier serves as the port of who asks, and 0 as that of the other.
Endpoint: TypeAlias = tuple[bytes, int]

_CHECKSUM_AT: Final = {protocols.PROTOCOL_TCP: 16, protocols.PROTOCOL_UDP: 6, protocols.PROTOCOL_ICMP: 2}
_QUERIES: Final = frozenset({icmp.ECHO_REQUEST, icmp.TIMESTAMP_REQUEST})
_ANSWERS: Final = frozenset({icmp.ECHO_REPLY, icmp.TIMESTAMP_REPLY})


def endpoints(packet: ipv4.Packet) -> tuple[Endpoint, Endpoint] | None:
    """Source and destination with their ports; None when the packet is too short to say, or an ICMP message that
    belongs to no exchange. Protocols without ports have 0.
    """
    payload = packet.payload
    if packet.protocol in (protocols.PROTOCOL_TCP, protocols.PROTOCOL_UDP):
        if len(payload) < 8:
            return None
        return (packet.src, payload[0] << 8 | payload[1]), (packet.dst, payload[2] << 8 | payload[3])
    if packet.protocol == protocols.PROTOCOL_ICMP:
        if len(payload) < icmp.HEADER_OCTETS or payload[0] not in _QUERIES | _ANSWERS:
            return None
        identifier = payload[4] << 8 | payload[5]
        if payload[0] in _QUERIES:
            return (packet.src, identifier), (packet.dst, 0)
        return (packet.src, 0), (packet.dst, identifier)
    return (packet.src, 0), (packet.dst, 0)


def quoted(packet: ipv4.Packet) -> ipv4.Packet | None:
    """The packet that an ICMP error is about, as far as it is quoted; None if this is no error, or makes no sense."""
    if packet.protocol != protocols.PROTOCOL_ICMP or not packet.payload or packet.payload[0] not in icmp.ERRORS:
        return None
    try:
        return ipv4.Packet.parse_quoted(icmp.Message.parse(packet.payload).quoted)
    except Malformed:
        return None


def with_endpoints(packet: ipv4.Packet, *, src: Endpoint | None = None, dst: Endpoint | None = None) -> ipv4.Packet:
    """The packet with another source or destination. It has ``endpoints``, or is a quotation of a packet that has."""
    before = endpoints(packet)
    assert before is not None
    after = (src or before[0], dst or before[1])
    if after == before:
        return packet
    return replace(packet, src=after[0][0], dst=after[1][0], payload=_patch(packet, before, after))


def with_quoted(
    packet: ipv4.Packet, inner: ipv4.Packet, *, src: bytes | None = None, dst: bytes | None = None
) -> ipv4.Packet:
    """The ICMP error with another quotation, and other addresses of its own."""
    message = icmp.Message.parse(packet.payload)
    old = message.payload
    octets = bytearray(old)
    header = inner.emit()[: inner.header_octets]
    # Only addresses and ports have changed: length, TTL and checksum of the quotation stay what they were, or patched.
    words = int.from_bytes(octets[12:20], "big"), int.from_bytes(header[12:20], "big")
    octets[10:12] = checksum.update(octets[10] << 8 | octets[11], *words).to_bytes(2, "big")
    octets[12:20] = header[12:20]
    octets[inner.header_octets : inner.header_octets + len(inner.payload)] = inner.payload
    payload = replace(message, payload=bytes(octets)).emit()
    return replace(packet, src=src or packet.src, dst=dst or packet.dst, payload=payload)


def _patch(packet: ipv4.Packet, before: tuple[Endpoint, Endpoint], after: tuple[Endpoint, Endpoint]) -> bytes:
    """The payload with the new ports and the checksum that goes with them and the new addresses."""
    protocol = packet.protocol
    octets = bytearray(packet.payload)
    at = _CHECKSUM_AT.get(protocol)
    if at is None:
        return bytes(octets)
    (_, old_src), (_, old_dst) = before
    (_, new_src), (_, new_dst) = after
    if protocol == protocols.PROTOCOL_ICMP:
        # One of the two ports is the identifier, the other 0; ICMP's checksum does not cover the addresses.
        old, new = old_src + old_dst, new_src + new_dst
        octets[4:6] = new.to_bytes(2, "big")
    else:
        old, new = _sum(*before), _sum(*after)
        octets[0:4] = (new_src << 16 | new_dst).to_bytes(4, "big")
    has_checksum = at + 2 <= len(octets) and not (protocol == protocols.PROTOCOL_UDP and octets[at : at + 2] == b"\0\0")
    if has_checksum:
        patched = checksum.update(octets[at] << 8 | octets[at + 1], old, new)
        if protocol == protocols.PROTOCOL_UDP:
            patched = patched or 0xFFFF
        octets[at : at + 2] = patched.to_bytes(2, "big")
    return bytes(octets)


def _sum(src: Endpoint, dst: Endpoint) -> int:
    return int.from_bytes(src[0], "big") + int.from_bytes(dst[0], "big") + src[1] + dst[1]
