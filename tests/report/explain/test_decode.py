"""The report's decoder: every field of every frame is where tshark has it and says what tshark says."""

from __future__ import annotations

from collections import Counter

import node
import pytest
from dissected import PREAMBLE_OCTETS, compare, decoded, flat, values
from journeys import Walked, walk

from michinori.report.capture import read_frames
from michinori.wire import arp, checksum, ethernet, icmp, ipv4, ipv4_options, tcp, tcp_options, udp

pytestmark = pytest.mark.peer

JOURNEYS = {
    "home": {},
    "lossy": {"seed": 7, "loss": "10%", "delay": "80ms"},
    "fragments": {"scenario": "fragments"},
}


@pytest.fixture(scope="module", params=JOURNEYS)
def walked(request, tmp_path_factory) -> Walked:
    folder = tmp_path_factory.mktemp(request.param) / "journey"
    return walk(folder, "http://www.michinori.example/", no_report=True, **JOURNEYS[request.param])


@pytest.mark.row("B14")
@pytest.mark.row("B15")
def test_every_field_of_every_frame_is_what_tshark_says(walked):
    compared: Counter[str] = Counter()
    # The client's, before all; the provider's router has ICMP errors and fragments, its resolver questions and answers.
    for capture in (walked.folder / "packets.pcapng", *sorted((walked.folder / "captures").glob("isp-r*.pcapng"))):
        frames = decoded(frame.octets for frame in read_frames(capture.read_bytes()))
        compared += compare(frames, capture, {"eth", "arp", "ip", "icmp", "udp", "tcp", "dns"}, {"http"})
    assert compared["tcp"] > 5_000
    assert min(compared[layer] for layer in ("eth", "arp", "ip", "udp", "dns", "http")) > 20


def test_all_checksums_of_a_journey_fit(walked):
    capture = (walked.folder / "captures/isp-router.pcapng").read_bytes()
    verdicts: Counter[tuple[str, bool]] = Counter()
    for frame in decoded(frame.octets for frame in read_frames(capture)):
        for layer in frame["layers"]:
            for field in layer["fields"]:
                if "fits" in field:
                    verdicts[field["key"], field["fits"]] += 1
    assert {fits for _, fits in verdicts} == {True}
    assert {"eth.fcs", "ip.checksum", "udp.checksum", "tcp.checksum"} <= {key for key, _ in verdicts}


A, B = bytes((192, 0, 2, 1)), bytes((198, 51, 100, 7))
MAC_A, MAC_B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")


def framed(protocol, payload, **fields):
    packet = ipv4.Packet(src=A, dst=B, protocol=protocol, payload=payload, **fields)
    return ethernet.Frame(MAC_B, MAC_A, ethernet.ETHERTYPE_IPV4, packet.emit()).emit()


def read(frame, fcs=None):
    (found,) = node.call("explain/decode.js", [("decodeFrame", *map(node.octets, (frame, fcs) if fcs else (frame,)))])
    return found


def test_the_options_of_tcp_are_read_as_the_wire_floor_wrote_them():
    options = tcp_options.Options(
        mss=1414, window_scale=7, sack_permitted=True, timestamps=(17, 4_000_000_000), unknown=((34, b"\x01" * 8),)
    )
    segment = tcp.Segment(49152, 80, seq=0xFFFFFFFE, ack=5, flags=tcp.SYN, window=1, options=options)
    found = values(read(framed(6, segment.emit(checksum.pseudo(A, B, 6)))))
    expected = {
        "tcp.options.mss_val": 1414,
        "tcp.options.wscale.shift": 7,
        "tcp.options.timestamp.tsval": 17,
        "tcp.options.timestamp.tsecr": 4_000_000_000,
        "tcp.options.tfo.cookie": node.octets(b"\x01" * 8),
        "tcp.seq_raw": 0xFFFFFFFE,
        "tcp.flags.syn": 1,
        "tcp.flags.ack": 0,
    }
    assert {key: found[key]["value"] for key in expected} == expected
    assert found["tcp.checksum"]["fits"]
    assert found["tcp.options.sack_perm"]["bits"] == 16


def test_sack_blocks_and_ip_options_are_read_as_the_wire_floor_wrote_them():
    route = ipv4_options.Route(ipv4_options.RECORD_ROUTE, (A, bytes(4)), 8)
    options = ipv4_options.emit_options((ipv4_options.RouterAlert(), route))
    blocks = tcp_options.Options(sack=((100, 200), (300, 400)))
    segment = tcp.Segment(80, 49152, seq=1, ack=2, flags=tcp.ACK, window=3, options=blocks)
    frame = read(framed(6, segment.emit(checksum.pseudo(A, B, 6)), options=options))
    every = [(field["key"], field["value"]) for layer in frame["layers"] for field in flat(layer["fields"])]
    assert [value for key, value in every if key in ("tcp.options.sack_le", "tcp.options.sack_re")] == [
        100,
        200,
        300,
        400,
    ]
    assert [value for key, value in every if key == "ip.rec_rt"] == ["192.0.2.1", "0.0.0.0"]
    assert dict(every)["ip.opt.ra"] == 0
    assert values(frame)["tcp.checksum"]["fits"]


def test_an_icmp_error_quotes_the_packet_that_it_is_about():
    quoted = ipv4.Packet(src=B, dst=A, protocol=17, payload=udp.Datagram(53, 4000, b"x" * 600).emit(0), ttl=3).emit()[
        :28
    ]
    error = icmp.Message(icmp.UNREACHABLE, icmp.FRAGMENTATION_NEEDED, bytes((0, 0, 5, 0xAE)), quoted)
    frame = read(framed(1, error.emit()))
    assert [(layer["key"], layer["quoted"]) for layer in frame["layers"]] == [
        ("phy", False), ("eth", False), ("ip", False), ("icmp", False), ("ip", True), ("udp", True),
    ]  # fmt: skip
    found = values(frame)
    assert (found["icmp.mtu"]["value"], found["icmp.checksum"]["fits"]) == (1454, True)
    assert found["icmp.code"]["note"]["en"] == "fragmentation needed and DF set"
    assert (found["ip.ttl"]["value"], found["udp.srcport"]["value"]) == (3, 53)


def test_the_check_sequence_is_that_of_the_wire_floor_and_a_wrong_one_is_told():
    frame = ethernet.Frame(
        MAC_B, MAC_A, ethernet.ETHERTYPE_ARP, arp.Message(arp.REQUEST, MAC_A, A, bytes(6), B).emit()
    ).emit()
    right = values(read(frame))["eth.fcs"]
    assert (right["value"], right["fits"]) == (node.octets(ethernet.fcs(frame)), True)
    wrong = values(read(frame, b"\xde\xad\xbe\xef"))["eth.fcs"]
    assert (wrong["value"], wrong["fits"]) == (node.octets(b"\xde\xad\xbe\xef"), False)


def test_bits_that_fell_over_are_seen_in_the_checksum():
    segment = tcp.Segment(80, 49152, seq=1, ack=2, flags=tcp.ACK, window=3, payload=b"hello, hello")
    frame = bytearray(framed(6, segment.emit(checksum.pseudo(A, B, 6))))
    frame[-1] ^= 1
    frame[8 + 14] ^= 1  # the TTL
    found = values(read(bytes(frame)))
    assert (found["tcp.checksum"]["fits"], found["ip.checksum"]["fits"]) == (False, False)


@pytest.mark.parametrize("kind", ["tcp", "udp-dns", "icmp", "arp"])
def test_octets_cut_anywhere_give_the_layers_as_far_as_they_go(kind):
    options = tcp_options.Options(mss=1460, timestamps=(1, 2))
    name = b"\x03www\x09michinori\x07example\x00\x00\x01\x00\x01"
    whole = {
        "tcp": framed(6, tcp.Segment(1, 80, 1, 2, 16, 3, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", options).emit(1)),
        "udp-dns": framed(17, udp.Datagram(9, 53, bytes((0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0)) + name).emit(1)),
        "icmp": framed(1, icmp.echo_request(7, 1, b"abc").emit()),
        "arp": ethernet.Frame(MAC_B, MAC_A, 0x0806, arp.Message(arp.REPLY, MAC_A, A, MAC_B, B).emit()).emit(),
    }[kind]
    frames = node.call(
        "explain/decode.js", [("decodeFrame", node.octets(whole[:size])) for size in range(len(whole) + 1)]
    )
    for size, frame in enumerate(frames):
        bits = (PREAMBLE_OCTETS + size + 4) * 8
        for layer in frame["layers"]:
            assert all(0 <= field["bit"] <= field["bit"] + field["bits"] <= bits for field in flat(layer["fields"]))
    assert not any(layer["short"] for layer in frames[-1]["layers"])


def test_a_name_that_points_at_itself_ends():
    loop = bytes((0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0)) + b"\xc0\x0c\x00\x01\x00\x01"
    frame = read(framed(17, udp.Datagram(9, 53, loop).emit(1)))
    assert frame["layers"][-1]["key"] == "dns"
    assert frame["layers"][-1]["short"]
