"""Frames with 1,460 octets of TCP payload: building them, and parsing and verifying them.

The bare forms sum by one plain division. The package folds the number first (see ``wire/checksum.py``), so it may well
be faster than bare.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from bench import Measure, best_us
from michinori.trace import Recorder
from michinori.wire import checksum, ethernet, ipv4, tcp

OURS, PEERS = bytes((192, 0, 2, 1)), bytes((198, 51, 100, 2))
OUR_MAC, PEER_MAC = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
#: No run of zeros: they would make the division cheaper than it is.
PAYLOAD = (bytes(range(1, 256)) * 6)[:1460]
TIMESTAMPS = tcp.Options(timestamps=(123_456_789, 987_654_321))

_ALL_HEADERS = struct.Struct(">6s6sHBBHHHBBH4s4sHHIIHHHH")


def bare_build() -> bytes:
    """Three headers and both checksums, written out flat."""
    src, dst = int.from_bytes(OURS, "big"), int.from_bytes(PEERS, "big")
    size = 20 + len(PAYLOAD)
    network = -(0x4500 + size + 20 + 7 + 0x4000 + (64 << 8 | 6) + src + dst) % 0xFFFF
    words = 49_152 + 80 + 1_000 + 2_000 + 0x5010 + 512 + 6 + size + src + dst
    transport = -(words + int.from_bytes(PAYLOAD, "big")) % 0xFFFF
    return (
        _ALL_HEADERS.pack(
            PEER_MAC, OUR_MAC, 0x0800, 0x45, 0, size + 20, 7, 0x4000, 64, 6, network, OURS, PEERS,
            49_152, 80, 1_000, 2_000, 0x5010, 512, transport, 0,
        )
        + PAYLOAD
    )  # fmt: skip


def bare_parse(frame: bytes) -> tuple[object, ...]:
    """All fields and both verifications, written out flat."""
    fields = _ALL_HEADERS.unpack_from(frame)
    if fields[2] != 0x0800 or fields[3] != 0x45 or int.from_bytes(frame[14:34], "big") % 0xFFFF:
        raise ValueError
    total = fields[5]
    segment = frame[34 : 14 + total]
    pseudo = int.from_bytes(fields[11], "big") + int.from_bytes(fields[12], "big") + 6 + len(segment)
    if (int.from_bytes(segment, "big") + pseudo) % 0xFFFF:
        raise ValueError
    return (*fields, segment[20:])


def build() -> bytes:
    """As three values."""
    pseudo = checksum.pseudo(OURS, PEERS, 6)
    segment = tcp.Segment(49_152, 80, 1_000, 2_000, tcp.ACK, 512, PAYLOAD).emit(pseudo)
    packet = ipv4.Packet(OURS, PEERS, 6, segment, identification=7, dont_fragment=True).emit()
    return ethernet.Frame(PEER_MAC, OUR_MAC, ethernet.ETHERTYPE_IPV4, packet).emit()


def parse(frame: bytes) -> tcp.Segment:
    """As three values."""
    packet = ipv4.Packet.parse(ethernet.Frame.parse(frame).payload)
    return tcp.Segment.parse(packet.payload, checksum.pseudo(packet.src, packet.dst, packet.protocol))


def measure() -> Iterator[Measure]:
    frame = build()
    assert frame == bare_build()
    assert parse(frame).payload == bare_parse(frame)[-1] == PAYLOAD

    building, parsing = best_us(bare_build), best_us(lambda: bare_parse(frame))
    yield Measure("build a frame of 1,460 octets of TCP", best_us(build), "us", 4, building)
    yield Measure("parse and verify it", best_us(lambda: parse(frame)), "us", 5, parsing)

    pseudo = checksum.pseudo(OURS, PEERS, 6)
    link = ethernet.header(PEER_MAC, OUR_MAC, ethernet.ETHERTYPE_IPV4)
    template = ipv4.Template(OURS, PEERS, 6, link=link)

    def build_with_template() -> bytes:
        segment = tcp.Segment(49_152, 80, 1_000, 2_000, tcp.ACK, 512, PAYLOAD, TIMESTAMPS)
        return template.emit(segment.emit(pseudo), 7, True)

    stamped = build_with_template()
    yield Measure("build it with timestamps from a ready header", best_us(build_with_template), "us", 4, building)
    yield Measure("parse it with timestamps", best_us(lambda: parse(stamped)), "us", 5, parsing)
    header = int.from_bytes(frame[14:34], "big")
    yield Measure("count its TTL down as a router", best_us(lambda: ipv4.decrease_ttl(header)), "us")
    yield from recording(frame)


def recording(frame: bytes) -> Iterator[Measure]:
    """What it costs that somebody watches."""
    for events, what in ((False, "frames alone"), (True, "frames and their lines")):
        recorder = Recorder(events=events)
        recorder.cause = 1
        tap = recorder.tap("pc", "eth0", OUR_MAC)

        def receive(tap: object = tap) -> None:
            with tap.receiving(5, frame):  # type: ignore[attr-defined]
                pass

        yield Measure(f"record a sent frame, {what}", best_us(lambda tap=tap: tap.sent(5, frame)), "us", 3)
        yield Measure(f"record a received frame, {what}", best_us(receive), "us", 3)
        recorder.close()
