"""Ethernet frames and ARP messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from michinori.wire import Malformed, arp, ethernet

Stands = Callable[[Any, bytes], None]
MACS = st.binary(min_size=6, max_size=6)
ADDRESSES = st.binary(min_size=4, max_size=4)
FRAMES = st.builds(ethernet.Frame, MACS, MACS, st.integers(0, 0xFFFF), st.binary(max_size=200))
MESSAGES = st.builds(arp.Message, st.integers(0, 0xFFFF), MACS, ADDRESSES, MACS, ADDRESSES)


@given(FRAMES)
def test_a_frame_comes_back_with_its_padding(frame: ethernet.Frame) -> None:
    octets = frame.emit()
    back = ethernet.Frame.parse(octets)
    assert len(octets) >= 60
    assert (back.dst, back.src, back.ethertype) == (frame.dst, frame.src, frame.ethertype)
    assert back.payload == bytes(frame.payload).ljust(46, b"\0")
    assert ethernet.Frame.parse(back.emit()) == back


@given(FRAMES)
def test_frames_stand_anything(stands: Stands, frame: ethernet.Frame) -> None:
    stands(ethernet.Frame.parse, frame.emit())


@pytest.mark.parametrize("size", range(14))
def test_a_frame_without_a_whole_header(size: int) -> None:
    with pytest.raises(Malformed, match=f"malformed ethernet: too-short at octet {size}"):
        ethernet.Frame.parse(bytes(size))


def test_the_check_sequence_on_the_wire() -> None:
    # The check value of CRC-32 for "123456789" is cbf43926; Ethernet sends it least significant octet first.
    assert ethernet.fcs(b"123456789") == bytes.fromhex("2639f4cb")
    # Over a frame with its check sequence the remainder is always the same.
    assert ethernet.fcs(b"123456789" + ethernet.fcs(b"123456789")) == bytes.fromhex("1cdf4421")


def test_kinds_of_addresses() -> None:
    assert ethernet.is_group(ethernet.BROADCAST)
    assert ethernet.is_group(bytes.fromhex("01005e000001"))
    assert not ethernet.is_group(bytes.fromhex("020000000001"))
    assert ethernet.text(bytes.fromhex("02000000000a")) == "02:00:00:00:00:0a"


@given(MESSAGES)
def test_an_arp_message_comes_back(message: arp.Message) -> None:
    octets = message.emit()
    assert len(octets) == 28
    assert arp.Message.parse(octets) == message
    assert arp.Message.parse(octets + bytes(18)) == message


@given(MESSAGES)
def test_arp_stands_anything(stands: Stands, message: arp.Message) -> None:
    stands(arp.Message.parse, message.emit())


@given(st.binary(max_size=64))
def test_garbage(stands: Stands, garbage: bytes) -> None:
    stands(ethernet.Frame.parse, garbage)
    stands(arp.Message.parse, garbage)


def test_a_known_arp_request() -> None:
    octets = bytes.fromhex("0001 0800 06 04 0001 020000000001 c0a8010a 000000000000 c0a80101")
    message = arp.Message.parse(octets)
    assert message == arp.Message(
        arp.REQUEST, bytes.fromhex("020000000001"), bytes((192, 168, 1, 10)), bytes(6), bytes((192, 168, 1, 1))
    )
    assert message.emit() == octets


@pytest.mark.rfc("826", "0-3")
@pytest.mark.parametrize(
    ("at", "octet", "reason"),
    [
        (1, 6, "hardware-type"),
        (0, 1, "hardware-type"),
        (2, 0x86, "protocol-type"),
        (4, 8, "address-length"),
        (5, 0, "address-length"),
    ],
)
def test_arp_for_something_else(at: int, octet: int, reason: str) -> None:
    octets = bytearray(arp.Message(1, bytes(6), bytes(4), bytes(6), bytes(4)).emit())
    octets[at] = octet
    with pytest.raises(Malformed) as raised:
        arp.Message.parse(octets)
    assert (raised.value.layer, raised.value.reason) == ("arp", reason)
