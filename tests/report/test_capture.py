"""Frames read back from a capture, and how they are kept."""

import random
import zlib
from ipaddress import ip_address

import pytest

from michinori.report.capture import read_frames
from michinori.report.octets import OctetStore, head_length
from michinori.trace import Recorder
from michinori.wire import arp, checksum, ethernet, ipv4, tcp, udp

MAC_A, MAC_B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
A, B = ip_address("192.0.2.1").packed, ip_address("192.0.2.2").packed


def frames_of(tmp_path, *frames, fcs=None):
    """The frames, sent and received in turn, as a capture gives them back."""
    recorder = Recorder()
    tap = recorder.tap("pc", "eth0", MAC_A)
    for number, octets in enumerate(frames):
        if number % 2 == 0:
            tap.sent(number, octets)
        else:
            with tap.receiving(number, octets, fcs):
                pass
    recorder.save_capture(tmp_path / "c.pcapng", "pc")
    recorder.close()
    return list(read_frames((tmp_path / "c.pcapng").read_bytes()))


def in_ip(protocol, emit, **more):
    payload = emit(checksum.pseudo(A, B, protocol))
    return ethernet.Frame(MAC_B, MAC_A, 0x0800, ipv4.Packet(A, B, protocol, payload, **more).emit()).emit()


def test_frames_come_back_as_they_were(tmp_path):
    octets = ethernet.Frame(MAC_B, MAC_A, 0x88B5, b"hello").emit()
    one, two = frames_of(tmp_path, octets, octets)
    assert (one.number, one.octets, one.sent) == (1, octets, True)
    assert (two.number, two.sent, two.comment) == (2, False, "")
    assert two.date_ns - one.date_ns == 1


SEGMENT = tcp.Segment(49152, 80, 1, 2, tcp.ACK, 1000, b"x" * 100, tcp.Options(mss=1460))


@pytest.mark.parametrize(
    ("octets", "head"),
    [
        (in_ip(6, SEGMENT.emit), 14 + 20 + 24),
        (in_ip(17, udp.Datagram(5000, 53, b"x" * 100).emit), 14 + 20 + 8),
        (in_ip(17, udp.Datagram(5000, 53, b"x" * 100).emit, offset=8), 14 + 20),
        (in_ip(1, lambda pseudo: b"x" * 64), 14 + 20),
    ],
    ids=["tcp", "udp", "a later fragment", "icmp"],
)
def test_a_frame_is_cut_where_its_headers_end(octets, head):
    assert head_length(octets) == head
    for size in range(len(octets)):
        assert 0 <= head_length(octets[:size]) <= size


def test_what_is_no_ipv4_is_not_cut():
    asking = ethernet.Frame(ethernet.BROADCAST, MAC_A, 0x0806, arp.Message(arp.REQUEST, MAC_A, A, bytes(6), B).emit())
    assert head_length(asking.emit()) == len(asking.emit())


def test_equal_frames_are_kept_once_and_a_wrong_check_sequence_is_kept_too(tmp_path):
    octets = in_ip(6, SEGMENT.emit)
    wrong = (zlib.crc32(octets) ^ 1).to_bytes(4, "little")
    good, bad = frames_of(tmp_path, octets, octets, fcs=wrong)
    store = OctetStore()
    assert [store.add(good), store.add(good), store.add(bad)] == [1, 1, 2]
    assert zlib.decompress(store.payloads()[1]) == octets[58:] == b"x" * 100
    assert store.head_octets == octets[:58] * 2
    assert store.frames().octets.endswith(wrong)


def test_of_very_much_the_payloads_that_came_last_are_left_out(tmp_path):
    luck = random.Random(1)
    bodies = [luck.randbytes(1000) for _ in range(200)]
    frames = [in_ip(17, udp.Datagram(5000, 53, body).emit) for body in bodies]
    store = OctetStore()
    for frame in frames_of(tmp_path, *frames):
        store.add(frame)
    table, octets = store.payloads(most=100_000)
    kept = table.octets[-(-(-table.rows // 8) * 8) :][: table.rows]
    assert kept == bytes([1] * sum(kept) + [0] * (table.rows - sum(kept)))
    assert 0 < sum(kept) < table.rows
    assert len(octets) < 140_000
    assert zlib.decompress(octets) == b"".join(bodies[: sum(kept) - 1])
