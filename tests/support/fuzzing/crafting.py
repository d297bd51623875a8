"""Octets of frames, made without the values of ``michinori.wire``: whatever is wrong is wrong on purpose."""

from __future__ import annotations

import struct

from michinori.wire import checksum

IPV4, ARP = b"\x08\x00", b"\x08\x06"
TCP, UDP, ICMP = 6, 17, 1
_IP = struct.Struct(">BBHHHBBH4s4s")
_TCP = struct.Struct(">HHIIBBHHH")


def frame(dst_mac: bytes, src_mac: bytes, packet: bytes, ethertype: bytes = IPV4) -> bytes:
    """A packet in an Ethernet frame, padded to the least size."""
    return (dst_mac + src_mac + ethertype + packet).ljust(60, b"\0")


def ip(
    src: bytes,
    dst: bytes,
    protocol: int,
    payload: bytes,
    *,
    identification: int = 1,
    fragment: int = 0,
    ttl: int = 64,
    tos: int = 0,
    options: bytes = b"",
) -> bytes:
    """An IPv4 packet. ``fragment``: the 16 bits of flags and offset, the latter in units of 8 octets."""
    words = 5 + len(options) // 4
    head = _IP.pack(
        0x40 | words, tos, words * 4 + len(payload), identification, fragment, ttl, protocol, 0, src, dst
    ) + options  # fmt: skip
    total = checksum.internet(head)
    return head[:10] + total.to_bytes(2, "big") + head[12:] + payload


def tcp(
    src: tuple[bytes, int],
    dst: tuple[bytes, int],
    seq: int,
    ack: int,
    flags: int,
    *,
    window: int = 65535,
    text: bytes = b"",
    options: bytes = b"",
    urgent: int = 0,
) -> bytes:
    """A segment with its checksum; ``options`` are filled up to whole words."""
    options += bytes(-len(options) % 4)
    offset = (20 + len(options)) << 2
    seq, ack = seq & 0xFFFFFFFF, ack & 0xFFFFFFFF
    octets = _TCP.pack(src[1], dst[1], seq, ack, offset, flags, window, 0, urgent) + options + text
    total = checksum.internet(octets, checksum.pseudo(src[0], dst[0], TCP) + len(octets))
    return octets[:16] + total.to_bytes(2, "big") + octets[18:]


def udp(src: tuple[bytes, int], dst: tuple[bytes, int], payload: bytes) -> bytes:
    """A datagram with its checksum."""
    size = 8 + len(payload)
    octets = struct.pack(">HHHH", src[1], dst[1], size, 0) + payload
    total = checksum.internet(octets, checksum.pseudo(src[0], dst[0], UDP) + size) or 0xFFFF
    return octets[:6] + total.to_bytes(2, "big") + octets[8:]


def icmp(kind: int, code: int, rest: bytes, payload: bytes) -> bytes:
    """A message with its checksum; ``rest`` are the four octets behind it."""
    octets = bytes((kind, code, 0, 0)) + rest + payload
    return octets[:2] + checksum.internet(octets).to_bytes(2, "big") + octets[4:]


def arp(operation: int, sender_mac: bytes, sender_ip: bytes, target_mac: bytes, target_ip: bytes) -> bytes:
    """An ARP message for Ethernet and IPv4."""
    head = bytes.fromhex("000108000604") + operation.to_bytes(2, "big")
    return b"".join((head, sender_mac, sender_ip, target_mac, target_ip))


def mend(octets: bytearray) -> None:
    """Put the checksums of a frame right, as far as its (perhaps nonsensical) lengths allow."""
    if octets[12:14] != IPV4 or len(octets) < 34:
        return
    header = (octets[14] & 15) * 4
    if header < 20 or 14 + header > len(octets):
        return
    octets[24:26] = b"\0\0"
    octets[24:26] = checksum.internet(octets[14 : 14 + header]).to_bytes(2, "big")
    start, end = 14 + header, 14 + min(octets[16] << 8 | octets[17], len(octets) - 14)
    protocol, fragment = octets[23], (octets[20] << 8 | octets[21]) & 0x3FFF
    at = {TCP: 16, UDP: 6, ICMP: 2}.get(protocol)
    if at is None or fragment or end < start + at + 2:
        return
    at += start
    octets[at : at + 2] = b"\0\0"
    body = octets[start:end]
    initial = 0
    if protocol != ICMP:
        initial = checksum.pseudo(bytes(octets[26:30]), bytes(octets[30:34]), protocol) + len(body)
    octets[at : at + 2] = checksum.internet(body, initial).to_bytes(2, "big")
