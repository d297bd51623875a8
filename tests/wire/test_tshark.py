"""What we emit, read by tshark: it finds the same values, right sums and nothing malformed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tshark

from michinori.trace import Recorder
from michinori.wire import arp, checksum, ethernet, icmp, ipv4, protocols, tcp, udp
from michinori.wire.ipv4_options import (
    LOOSE_SOURCE_ROUTE,
    PRESPECIFIED,
    RECORD_ROUTE,
    STRICT_SOURCE_ROUTE,
    TIMESTAMPS_ONLY,
    WITH_ADDRESSES,
    NoOperation,
    Option,
    Route,
    RouterAlert,
    Timestamp,
    UnknownOption,
)

pytestmark = pytest.mark.peer

OUR_MAC, PEER_MAC = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
OURS, PEERS, THIRD = bytes((192, 0, 2, 1)), bytes((198, 51, 100, 2)), bytes((203, 0, 113, 3))

Save = Callable[[list[bytes]], Path]


@pytest.fixture
def save(tmp_path: Path) -> Iterator[Save]:
    recorder = Recorder(events=False)

    def write(frames: list[bytes]) -> Path:
        tap = recorder.tap("pc", "eth0", OUR_MAC)
        for instant, frame in enumerate(frames):
            tap.sent(instant, frame)
        recorder.save_capture(tmp_path / "pc.pcapng", "pc")
        return tmp_path / "pc.pcapng"

    yield write
    recorder.close()


def framed(packet: ipv4.Packet) -> bytes:
    return ethernet.Frame(PEER_MAC, OUR_MAC, ethernet.ETHERTYPE_IPV4, packet.emit()).emit()


def pseudo(protocol: int, dst: bytes = PEERS) -> int:
    return checksum.pseudo(OURS, dst, protocol)


def text(address: bytes) -> str:
    return ".".join(map(str, address))


def number(values: list[str]) -> int:
    return int(values[0], 0)


def test_arp(save: Save) -> None:
    request = arp.Message(arp.REQUEST, OUR_MAC, OURS, bytes(6), PEERS)
    reply = arp.Message(arp.REPLY, PEER_MAC, PEERS, OUR_MAC, OURS)
    path = save(
        [
            ethernet.Frame(ethernet.BROADCAST, OUR_MAC, ethernet.ETHERTYPE_ARP, request.emit()).emit(),
            ethernet.Frame(OUR_MAC, PEER_MAC, ethernet.ETHERTYPE_ARP, reply.emit()).emit(),
        ]
    )
    assert tshark.complaints(path) == []
    asked, answered = tshark.fields(
        path, "arp.opcode", "arp.src.hw_mac", "arp.src.proto_ipv4", "arp.dst.proto_ipv4", "eth.dst", "eth.padding"
    )
    assert asked == {
        "arp.opcode": ["1"],
        "arp.src.hw_mac": ["02:00:00:00:00:01"],
        "arp.src.proto_ipv4": ["192.0.2.1"],
        "arp.dst.proto_ipv4": ["198.51.100.2"],
        "eth.dst": ["ff:ff:ff:ff:ff:ff"],
        "eth.padding": ["00" * 18],
    }
    assert answered["arp.src.hw_mac"] == ["02:00:00:00:00:02"]


@pytest.mark.row("B14")
def test_ipv4_headers(save: Save) -> None:
    dice = random.Random(1)
    packets = [
        ipv4.Packet(
            src=OURS,
            dst=PEERS,
            protocol=254,  # for experiments
            payload=dice.randbytes(dice.randrange(0, 100) * 8),
            ttl=dice.randrange(1, 256),
            identification=dice.randrange(1 << 16),
            dont_fragment=dice.random() < 0.5,
            more_fragments=index % 2 == 0,
            offset=dice.randrange(0, 100) * 8,
            tos=dice.randrange(256),
        )
        for index in range(100)
    ]
    path = save([framed(packet) for packet in packets])
    assert tshark.complaints(path, tshark.ERROR) == []
    names = (
        "ip.ttl",
        "ip.id",
        "ip.flags.df",
        "ip.flags.mf",
        "ip.frag_offset",
        "ip.dsfield",
        "ip.len",
        "ip.checksum.status",
    )
    for packet, frame in zip(packets, tshark.fields(path, *names), strict=True):
        assert [number(frame[name]) for name in names] == [
            packet.ttl,
            packet.identification,
            packet.dont_fragment,
            packet.more_fragments,
            packet.offset // 8,
            packet.tos,
            20 + len(packet.payload),
            1,
        ]


IP_OPTIONS: list[tuple[Option, ...]] = [
    (Route(RECORD_ROUTE, (bytes(4),) * 9),),
    (Route(RECORD_ROUTE, (OURS, THIRD, bytes(4)), 12),),
    (NoOperation(), Route(LOOSE_SOURCE_ROUTE, (THIRD, PEERS))),
    (Route(STRICT_SOURCE_ROUTE, (OURS, PEERS), 8), NoOperation()),
    (Timestamp(TIMESTAMPS_ONLY, ((b"", 1), (b"", 0)), 9),),
    (Timestamp(WITH_ADDRESSES, ((OURS, 7), (bytes(4), 0)), 13, 2),),
    (Timestamp(PRESPECIFIED, ((THIRD, 0), (PEERS, 0)), 5),),
    (RouterAlert(), NoOperation(), NoOperation(), RouterAlert(5)),
    (UnknownOption(30, b"\x01\x02"),),
]


def final_destination(options: tuple[Option, ...]) -> bytes:
    """Transport protocols sum the address where a source route ends (RFC 1122 sections 4.1.3.4 and 4.2.3.8)."""
    for option in options:
        if isinstance(option, Route) and option.kind != RECORD_ROUTE:
            return option.addresses[-1]
    return PEERS


def test_ipv4_options(save: Save) -> None:
    frames = []
    for options in IP_OPTIONS:
        datagram = udp.Datagram(50_007, 50_008, b"xyz").emit(pseudo(17, final_destination(options)))
        frames.append(framed(ipv4.Packet(OURS, PEERS, 17, datagram, options=ipv4.emit_options(options))))
    path = save(frames)
    assert tshark.complaints(path) == []
    names = (
        "ip.opt.type", "ip.opt.ptr", "ip.rec_rt", "ip.src_rt", "ip.opt.time_stamp", "ip.opt.time_stamp_addr",
        "ip.opt.overflow", "ip.opt.flag", "ip.opt.ra", "udp.checksum.status",
    )  # fmt: skip
    got = tshark.fields(path, *names)
    assert [frame["udp.checksum.status"] for frame in got] == [["1"]] * len(IP_OPTIONS)
    assert [number(frame["ip.opt.ptr"]) for frame in got[:7]] == [4, 12, 4, 8, 9, 13, 5]
    assert got[1]["ip.rec_rt"] == [text(OURS), text(THIRD)]
    assert got[2]["ip.opt.type"] == ["1", "131"]
    assert got[2]["ip.src_rt"] == [text(THIRD)]
    assert got[4]["ip.opt.time_stamp"] == ["1", "0"]
    assert got[5]["ip.opt.time_stamp_addr"] == [text(OURS), "0.0.0.0"]
    assert (number(got[5]["ip.opt.overflow"]), number(got[5]["ip.opt.flag"])) == (2, 1)
    assert [int(value, 0) for value in got[7]["ip.opt.ra"]] == [0, 5]


@pytest.mark.row("B21")
def test_icmp_messages_and_the_packets_that_they_quote(save: Save) -> None:
    inner = udp.Datagram(50_007, 50_008, bytes(1_400)).emit(checksum.pseudo(PEERS, OURS, 17))
    quoted = ipv4.Packet(PEERS, OURS, protocols.PROTOCOL_UDP, inner, ttl=1, dont_fragment=True).emit()
    request = icmp.echo_request(7, 8, b"abcdefghijklmnopqrstuvwabcdefghi")
    messages = [
        request,
        icmp.echo_reply(request),
        *(icmp.unreachable(code, quoted, 1_454 if code == icmp.FRAGMENTATION_NEEDED else 0) for code in range(16)),
        icmp.time_exceeded(icmp.TTL_EXCEEDED, quoted),
        icmp.time_exceeded(icmp.REASSEMBLY_TIME_EXCEEDED, quoted),
        icmp.parameter_problem(icmp.POINTER_INDICATES, quoted, 20),
        icmp.redirect(icmp.REDIRECT_HOST, THIRD, quoted[:28]),
    ]
    path = save([framed(ipv4.Packet(OURS, PEERS, 1, message.emit())) for message in messages])
    assert tshark.complaints(path) == []
    names = (
        "icmp.type", "icmp.code", "icmp.checksum.status", "icmp.ident", "icmp.seq", "icmp.mtu", "icmp.pointer",
        "icmp.redir_gw", "ip.src", "ip.checksum.status", "ip.len",
    )  # fmt: skip
    got = tshark.fields(path, *names)
    for message, frame in zip(messages, got, strict=True):
        assert (number(frame["icmp.type"]), number(frame["icmp.code"])) == (message.type, message.code)
        assert frame["icmp.checksum.status"] == ["1"]
        assert set(frame["ip.checksum.status"]) == {"1"}
        if message.is_error:
            assert frame["ip.src"] == [text(OURS), text(PEERS)]
            assert number(frame["ip.len"]) <= 576
    assert (number(got[0]["icmp.ident"]), number(got[0]["icmp.seq"])) == (7, 8)
    assert number(got[2 + icmp.FRAGMENTATION_NEEDED]["icmp.mtu"]) == 1_454
    assert number(got[-2]["icmp.pointer"]) == 20
    assert got[-1]["icmp.redir_gw"] == [text(THIRD)]


def test_udp_datagrams(save: Save) -> None:
    dice = random.Random(2)
    datagrams = [udp.Datagram(50_007, 50_008, dice.randbytes(size)) for size in range(100)]
    bare = udp.Datagram(50_007, 50_008, bytes(2)).emit(pseudo(17))
    datagrams.append(udp.Datagram(50_007, 50_008, bare[6:8]))  # its checksum comes out as zero
    path = save([framed(ipv4.Packet(OURS, PEERS, 17, datagram.emit(pseudo(17)))) for datagram in datagrams])
    assert tshark.complaints(path) == []
    got = tshark.fields(path, "udp.length", "udp.checksum", "udp.checksum.status", "udp.srcport", "udp.dstport")
    assert [number(frame["udp.length"]) for frame in got] == [8 + len(datagram.payload) for datagram in datagrams]
    assert {frame["udp.checksum.status"][0] for frame in got} == {"1"}
    assert got[-1]["udp.checksum"] == ["0xffff"]


def some_options(dice: random.Random) -> tcp.Options:
    def sometimes() -> bool:
        return dice.random() < 0.5

    def long() -> int:
        return dice.randrange(1 << 32)

    timestamps = (long(), long()) if sometimes() else None
    blocks = dice.randrange(4) if sometimes() else 0
    edges = [long() for _ in range(blocks)]
    if blocks > 1 or (blocks and timestamps):
        return tcp.Options(sack=tuple((edge, (edge + 1_448) % (1 << 32)) for edge in edges), timestamps=timestamps)
    return tcp.Options(
        mss=dice.randrange(536, 1_461) if sometimes() else None,
        window_scale=dice.randrange(15) if sometimes() else None,
        sack_permitted=sometimes(),
        timestamps=timestamps,
        unknown=((200, b"\x01\x02\x03"),) if sometimes() else (),
    )


@pytest.mark.row("B9")
def test_tcp_segments_and_their_options(save: Save) -> None:
    dice = random.Random(3)
    segments = [
        tcp.Segment(
            src_port=50_000 + index,  # each its own conversation, so that tshark compares none with another
            dst_port=60_000,
            seq=dice.randrange(1 << 32),
            ack=dice.randrange(1 << 32),
            flags=tcp.ACK | dice.choice([0, tcp.PSH, tcp.SYN, tcp.FIN, tcp.ECE | tcp.CWR]),
            window=dice.randrange(1 << 16),
            payload=dice.randbytes(dice.randrange(200)),
            options=some_options(dice),
        )
        for index in range(300)
    ]
    path = save([framed(ipv4.Packet(OURS, PEERS, 6, segment.emit(pseudo(6)))) for segment in segments])
    assert tshark.complaints(path, tshark.ERROR) == []
    numbers = ("tcp.seq_raw", "tcp.ack_raw", "tcp.flags", "tcp.window_size_value", "tcp.len", "tcp.checksum.status")
    names = (
        "tcp.options.mss_val", "tcp.options.wscale.shift", "tcp.options.sack_perm", "tcp.options.sack_le",
        "tcp.options.sack_re", "tcp.options.timestamp.tsval", "tcp.options.timestamp.tsecr",
        "tcp.options.unknown.payload",
    )  # fmt: skip
    for segment, frame in zip(segments, tshark.fields(path, *numbers, *names), strict=True):
        size = len(segment.payload)
        assert [number(frame[name]) for name in numbers] == [
            segment.seq, segment.ack, segment.flags, segment.window, size, 1,
        ]  # fmt: skip
        options = segment.options
        found = [[int(value, 0) for value in frame.get(name, [])] for name in (*names[:2], *names[3:7])]
        sack_le, sack_re = [left for left, _ in options.sack], [right for _, right in options.sack]
        tsval, tsecr = ([value] for value in options.timestamps) if options.timestamps else ([], [])
        mss = [] if options.mss is None else [options.mss]
        scale = [] if options.window_scale is None else [options.window_scale]
        assert found == [mss, scale, sack_le, sack_re, tsval, tsecr]
        assert ("tcp.options.sack_perm" in frame) == options.sack_permitted
        assert frame.get("tcp.options.unknown.payload", []) == [body.hex() for _, body in options.unknown]


@pytest.mark.row("B18")
def test_a_packet_that_routers_have_patched(save: Save) -> None:
    dice = random.Random(4)
    frames = []
    for _ in range(50):
        segment = tcp.Segment(50_000, 60_000, 1, 1, tcp.ACK, 1, dice.randbytes(dice.randrange(100)))
        octets = ipv4.Packet(OURS, PEERS, 6, segment.emit(pseudo(6)), identification=dice.randrange(1 << 16)).emit()
        for _ in range(dice.randrange(1, 64)):
            octets = ipv4.decrease_ttl(int.from_bytes(octets[:20], "big")) + octets[20:]
        frames.append(ethernet.header(PEER_MAC, OUR_MAC, ethernet.ETHERTYPE_IPV4) + octets)
    path = save(frames)
    assert [number(frame["ip.checksum.status"]) for frame in tshark.fields(path, "ip.checksum.status")] == [1] * 50
    assert not [complaint for complaint in tshark.complaints(path) if "wrong" in complaint.what]


def test_the_checker_notices_what_is_wrong_and_where(save: Save) -> None:
    good = udp.Datagram(50_007, 50_008, b"good").emit(pseudo(17))
    damaged = good[:-1] + b"?"
    cut_off = ipv4.Packet(OURS, PEERS, 17, good[:6])
    frames = [framed(ipv4.Packet(OURS, PEERS, 17, octets)) for octets in (good, damaged)]
    wrong_header = bytearray(frames[0])
    wrong_header[22] -= 1
    path = save([*frames, bytes(wrong_header), framed(cut_off)])
    found = {(complaint.frame, complaint.what) for complaint in tshark.complaints(path)}
    assert {(2, "wrong udp.checksum.status"), (3, "wrong ip.checksum.status")} <= found
    assert {frame for frame, _ in found} == {2, 3, 4}
