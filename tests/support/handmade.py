"""Frames made by hand, of protocols that the stack does not speak, and captures of them."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from ipaddress import IPv6Address
from pathlib import Path

from michinori.wire import checksum, ipv4, tcp

MAC_A, MAC_B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
A4, B4 = bytes((192, 0, 2, 1)), bytes((198, 51, 100, 7))


def address(text: str) -> bytes:
    return IPv6Address(text).packed


A6, B6 = address("2001:db8::1"), address("2001:db8:1::7")
TCP, UDP, ICMPV6 = 6, 17, 58


def frame(ethertype: int, packet: bytes, *tags: tuple[int, int]) -> bytes:
    """A frame from A to B; each tag is an EtherType and its control information."""
    tagged = b"".join(struct.pack("!HH", *tag) for tag in tags)
    return MAC_B + MAC_A + tagged + struct.pack("!H", ethertype) + packet


def ipv6(next_header: int, payload: bytes, *, src: bytes = A6, dst: bytes = B6, hop_limit: int = 64) -> bytes:
    """A packet of traffic class 0xb9 and flow label 0x12345, RFC 8200 section 3."""
    return struct.pack("!IHBB", 0x6B912345, len(payload), next_header, hop_limit) + src + dst + payload


def summed(message: bytes, at: int, protocol: int, src: bytes = A6, dst: bytes = B6) -> bytes:
    """The message with the checksum that stands at that octet."""
    total = checksum.internet(message, checksum.pseudo(src, dst, protocol) + len(message))
    return message[:at] + struct.pack("!H", total) + message[at + 2 :]


def segments(stream: bytes, ports: tuple[int, int], *, size: int = 1400, seq: int = 1, ack: int = 1) -> list[bytes]:
    """The frames of a stream over TCP and IPv4, from A (or, with the lower port first, from B)."""
    src, dst = (A4, B4) if ports[0] > ports[1] else (B4, A4)
    found = []
    for at in range(0, len(stream), size):
        segment = tcp.Segment(*ports, seq=seq + at, ack=ack, flags=tcp.ACK, window=500, payload=stream[at : at + size])
        packet = ipv4.Packet(src=src, dst=dst, protocol=TCP, payload=segment.emit(checksum.pseudo(src, dst, TCP)))
        found.append(frame(0x0800, packet.emit()))
    return found


def written(path: Path, frames: Iterable[bytes]) -> Path:
    """A capture of them, in the old format."""
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    blocks = (struct.pack("<IIII", at, 0, len(one), len(one)) + one for at, one in enumerate(frames))
    path.write_bytes(head + b"".join(blocks))
    return path
