"""The fuzzer itself, and a bounded run of it with fixed seeds; the long ones are ``tools/fuzz.py``."""

from __future__ import annotations

import pytest
from fuzzing import crafting
from fuzzing.arena import SWITCHES
from fuzzing.corpus import frames
from fuzzing.running import Piece
from hypothesis import given
from hypothesis import strategies as st

from michinori.wire import Malformed, ipv4
from michinori.wire.checksum import pseudo
from michinori.wire.tcp import Segment


@pytest.mark.parametrize("seed", range(len(SWITCHES)))
def test_nothing_raises_nothing_grows_and_the_healthy_transfer_is_whole(seed: int) -> None:
    report = Piece(seed, 6_000).run()
    assert report.findings == []
    assert report.frames >= 6_000
    assert report.transfers >= 2
    assert len(report.drops) > 15, "what is refused is refused for a reason"


def test_one_seed_does_the_same_again() -> None:
    first, second = (Piece(77, 3_000).run() for _ in range(2))
    assert (first.frames, first.drops, first.sizes) == (second.frames, second.drops, second.sizes)


def test_the_corpus_has_every_kind_of_frame() -> None:
    ethertypes = {frame[12:14] for frame in frames()}
    assert ethertypes == {crafting.IPV4, crafting.ARP}
    packets = [ipv4.Packet.parse(frame[14:]) for frame in frames() if frame[12:14] == crafting.IPV4]
    assert {packet.protocol for packet in packets} == {crafting.TCP, crafting.UDP, crafting.ICMP}
    assert any(packet.is_fragment for packet in packets)
    assert {packet.tos & 3 for packet in packets} >= {0, 2, 3}, "ECN: not capable, capable, marked"
    segments = [
        Segment.parse(packet.payload, pseudo(packet.src, packet.dst, crafting.TCP))
        for packet in packets
        if packet.protocol == crafting.TCP
    ]
    assert any(segment.options.sack for segment in segments)
    assert any(segment.options.fast_open for segment in segments)
    assert any(segment.flags & 4 for segment in segments), "a reset"


@given(st.sampled_from(frames()), st.data())
def test_mended_frames_have_the_checksums_that_let_them_in(frame: bytes, data: st.DataObject) -> None:
    octets = bytearray(frame)
    at = data.draw(st.integers(14, len(octets) - 1))
    octets[at] = data.draw(st.integers(0, 255))
    crafting.mend(octets)
    if octets[12:14] != crafting.IPV4:
        return
    packet = bytes(octets[14:])
    try:
        parsed = ipv4.Packet.parse(packet)
    except Malformed as malformed:
        why = malformed.reason
    else:
        why = _why_not_taken(parsed)
    assert why != "checksum"


def _why_not_taken(packet: ipv4.Packet) -> str:
    if packet.protocol == crafting.TCP and not packet.is_fragment:
        try:
            Segment.parse(packet.payload, pseudo(packet.src, packet.dst, crafting.TCP))
        except Malformed as malformed:
            return malformed.reason
    return ""
