"""Capture files: block for block, and as tshark reads them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tshark

from michinori.trace import DEFAULT_EPOCH_NS, Recorder, pcapng

MAC = b"\x02\0\0\0\0\x01"
FRAME = b"\xff" * 6 + MAC + b"\x88\xb5" + bytes(46)  # EtherType for local experiments


@pytest.mark.parametrize("size", range(60, 65))
def test_blocks_are_filled_up_to_four_octets(tmp_path: Path, size: int, blocks: Callable[..., Any]) -> None:
    path = tmp_path / "x.pcapng"
    frame = bytes(range(size))
    date_ns = DEFAULT_EPOCH_NS + 123_456_789
    head = pcapng.section_header() + pcapng.interface_description("eth0", MAC, "pc")
    path.write_bytes(head + pcapng.enhanced_packet(0, date_ns, frame, sent=True, comment="why" * (size - 59)))
    (_, section), (_, interface), (kind, packet) = blocks(path)
    assert struct.unpack_from("<IHHq", section) == (0x1A2B3C4D, 1, 0, -1)
    assert struct.unpack_from("<HHI", interface) == (1, 0, 0)
    assert b"\x09\x00\x01\x00\x09\0\0\0" in interface  # if_tsresol: nanoseconds
    index, high, low, captured, original = struct.unpack_from("<IIIII", packet)
    assert (kind, index, high << 32 | low, captured, original) == (6, 0, date_ns, size, size)
    assert packet[20 : 20 + size] == frame


def tap_and_save(recorder: Recorder, path: Path) -> None:
    tap = recorder.tap("pc", "eth0", MAC)
    other = recorder.tap("pc", "eth1", MAC)
    tap.sent(1, FRAME)
    with tap.receiving(1_000_000_002, FRAME):
        recorder.drop("firewall:rule-3")
    with other.receiving(1_000_000_003, FRAME, bytes(4)):
        recorder.drop("fcs")
    with other.receiving(1_000_000_004, FRAME, zlib.crc32(FRAME).to_bytes(4, "little")):
        pass
    recorder.save_capture(path, "pc")


@pytest.mark.peer
def test_tshark_reads_instants_interfaces_directions_and_reasons(recorder: Recorder, tmp_path: Path) -> None:
    tap_and_save(recorder, tmp_path / "pc.pcapng")
    fields = (
        "frame.time_epoch",
        "frame.interface_name",
        "frame.interface_description",
        "frame.packet_flags_direction",
        "frame.packet_flags_fcs_length",
        "frame.packet_flags_crc_error",
        "frame.comment",
        "frame.len",
    )
    frames = tshark.fields(tmp_path / "pc.pcapng", *fields)
    epoch_s = DEFAULT_EPOCH_NS // 1_000_000_000
    assert [frame["frame.time_epoch"] for frame in frames] == [
        [f"{epoch_s}.000000001"],
        [f"{epoch_s + 1}.000000002"],
        [f"{epoch_s + 1}.000000003"],
        [f"{epoch_s + 1}.000000004"],
    ]
    assert [frame["frame.interface_name"] for frame in frames] == [["eth0"], ["eth0"], ["eth1"], ["eth1"]]
    assert frames[2]["frame.interface_description"] == ["pc/eth1"]
    directions = [int(frame["frame.packet_flags_direction"][0], 0) for frame in frames]
    assert directions == [2, 1, 1, 1]
    assert [frame.get("frame.comment") for frame in frames] == [None, ["firewall:rule-3"], ["fcs"], None]
    assert [int(frame["frame.packet_flags_fcs_length"][0], 0) for frame in frames] == [0, 0, 4, 4]
    assert [frame["frame.packet_flags_crc_error"][0] in ("1", "True") for frame in frames] == [
        False,
        False,
        True,
        False,
    ]
    assert [frame["frame.len"] for frame in frames] == [["60"], ["60"], ["64"], ["64"]]


@pytest.mark.peer
def test_tshark_finds_check_sequences_where_they_are_and_nowhere_else(recorder: Recorder, tmp_path: Path) -> None:
    tap_and_save(recorder, tmp_path / "pc.pcapng")
    frames = tshark.fields(tmp_path / "pc.pcapng", "eth.fcs", "eth.fcs.status")
    statuses = [frame.get("eth.fcs.status") for frame in frames]
    assert statuses == [None, None, ["0"], ["1"]]  # none, none, bad, good


@pytest.mark.peer
def test_tshark_reads_a_capture_of_many_adapters(recorder: Recorder, tmp_path: Path) -> None:
    taps = [recorder.tap("switch", f"port{i}", MAC) for i in range(48)]
    for instant, tap in enumerate(taps * 4):
        tap.sent(instant, FRAME)
    recorder.save_capture(tmp_path / "switch.pcapng", "switch")
    frames = tshark.fields(tmp_path / "switch.pcapng", "frame.interface_name")
    assert [frame["frame.interface_name"] for frame in frames] == [[f"port{i}"] for i in range(48)] * 4
