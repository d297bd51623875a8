"""What stands in front of the frames of a TAP device that leaves checksums and cutting to the kernel."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import closing

import pytest
from tap_bench import OURS, THEIRS, Bench

from michinori.link import offload
from michinori.trace import Recorder
from michinori.wire import checksum, ethernet, ipv4, udp
from michinori.wire.protocols import PROTOCOL_TCP, PROTOCOL_UDP
from michinori.wire.tcp import ACK, FIN, PSH, Options, Segment

A, B = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
NEEDS_CSUM, DATA_VALID, TCPV4 = 1, 2, 1
PSEUDO = checksum.pseudo(A, B, PROTOCOL_TCP)


def header(flags: int = 0, gso: int = 0, headers: int = 0, size: int = 0, start: int = 34, offset: int = 16) -> bytes:
    return struct.pack("=BBHHHH", flags, gso, headers, size, start, offset)


def frame_with(payload: bytes, protocol: int = PROTOCOL_TCP, **fields: object) -> bytes:
    packet = ipv4.Packet(A, B, protocol, payload, **fields)  # type: ignore[arg-type]
    return OURS + THEIRS + ethernet.ETHERTYPE_IPV4.to_bytes(2, "big") + packet.emit()


def segment(octets: int) -> Segment:
    text = bytes(range(256)) * (octets // 256 + 1)
    return Segment(7, 80, 0xFFFF_FF00, 5, ACK | PSH | FIN, 500, text[:octets], Options(timestamps=(1, 2)))


class OffloadBench(Bench):
    """``take``: a frame from the kernel, and whether the device vouches for its checksums."""

    def __init__(self) -> None:
        super().__init__(offload=True)
        self.device.plug_into(self.adapter)
        self.vouched: list[bool] = []
        self.adapter.on_frame = self._got

    def _got(self, frame: bytes) -> None:
        self.got.append(frame)
        self.vouched.append(self.adapter.vouches)

    def take(self, octets: bytes) -> tuple[bytes, bool]:
        self.kernel.send(octets)
        assert self.device.take_in()
        return self.got.pop(), self.vouched.pop()


@pytest.fixture
def bench() -> Iterator[OffloadBench]:
    made = OffloadBench()
    yield made
    made.close()


def test_an_ordinary_frame_has_an_empty_header(bench: OffloadBench) -> None:
    frame = frame_with(segment(100).emit(PSEUDO))
    bench.adapter.send(frame)
    assert bench.kernel.recv(2000) == bytes(10) + frame
    assert bench.take(header() + frame) == (frame, False)
    assert (bench.device.counters.tx_octets, bench.adapter.counters.rx_octets) == (len(frame), len(frame))


def test_a_long_segment_is_sent_with_what_the_kernel_must_know_to_cut_it(bench: OffloadBench) -> None:
    long = segment(60_000)
    frame = frame_with(long.emit_to_be_cut(PSEUDO))
    bench.adapter.send_large(frame, 1448)
    octets = bench.kernel.recv(70_000)
    assert octets == header(NEEDS_CSUM, TCPV4, 14 + 20 + 32, 1448) + frame
    # Completed, the checksum is the one that the segment has by itself.
    assert offload.completed(frame) == frame_with(long.emit(PSEUDO))
    assert bench.adapter.counters.tx_octets == len(frame)


@pytest.mark.parametrize("flags", [NEEDS_CSUM, DATA_VALID])
def test_for_a_segment_of_tcp_the_kernels_word_is_enough(bench: OffloadBench, flags: int) -> None:
    frame = frame_with(segment(60_000).emit_to_be_cut(PSEUDO))
    assert bench.take(header(flags, TCPV4, 66, 1448) + frame) == (frame, True)
    assert not bench.adapter.vouches  # for that frame alone
    assert bench.take(header() + frame) == (frame, False)


def test_a_checksum_is_completed_where_somebody_else_looks_at_it(bench: OffloadBench) -> None:
    pseudo = checksum.pseudo(A, B, PROTOCOL_UDP)
    whole = udp.Datagram(1, 2, b"hello").emit(pseudo)
    partly = whole[:6] + ((pseudo + len(whole)) % 0xFFFF).to_bytes(2, "big") + whole[8:]
    octets = header(NEEDS_CSUM, offset=6) + frame_with(partly, PROTOCOL_UDP)
    assert bench.take(octets) == (frame_with(whole, PROTOCOL_UDP), False)
    # In a fragment of TCP the word could only be about the fragment.
    frame = frame_with(segment(800).emit_to_be_cut(PSEUDO), more_fragments=True)
    assert bench.take(header(NEEDS_CSUM) + frame) == (offload.completed(frame), False)
    # And so that captures can be trusted.
    with closing(Recorder()) as recorder:
        bench.adapter.recorder, bench.adapter.tap = recorder, recorder.tap("host", "eth0", OURS)
        frame = frame_with(segment(800).emit_to_be_cut(PSEUDO))
        assert bench.take(header(NEEDS_CSUM) + frame) == (offload.completed(frame), False)


@pytest.mark.parametrize("start", [0, 34, 60_000, 65_535])
def test_nonsense_in_front_of_a_frame_harms_nobody(bench: OffloadBench, start: int) -> None:
    frame = frame_with(b"\xff" * 30, 250)
    assert len(bench.take(header(NEEDS_CSUM, 77, 9, 9, start, 65_535) + frame)[0]) == len(frame)
    bench.kernel.send(b"\x01")
    assert bench.device.take_in()


def test_cut_here_the_pieces_are_those_that_the_adapter_makes() -> None:
    long = segment(3000)
    pieces = list(long.cut(1448))
    assert [len(piece.payload) for piece in pieces] == [1448, 1448, 104]
    assert [piece.seq for piece in pieces] == [0xFFFF_FF00, 0x4A8, 0xA50]
    assert [piece.flags for piece in pieces] == [ACK, ACK, ACK | PSH | FIN]
    assert b"".join(piece.payload for piece in pieces) == long.payload
