"""The report's decoder on IPv6, its extension headers, ICMPv6 and VLAN tags: made by hand, read by tshark too."""

from __future__ import annotations

import struct

import pytest
from dissected import PREAMBLE_OCTETS, compare, decoded, flat, values
from handmade import A4, A6, B4, B6, ICMPV6, TCP, UDP, address, frame, ipv6, summed, written

from michinori.wire import ipv4

pytestmark = pytest.mark.peer

ETHERTYPE = 0x86DD
VLAN, SERVICE_VLAN = 0x8100, 0x88A8
HOP_BY_HOP, ROUTING, FRAGMENT, ESP, AH, NOTHING, DESTINATION = 0, 43, 44, 50, 51, 59, 60
LINK_LOCAL, NEIGHBOUR, EVERY_NODE = address("fe80::200:ff:fe00:1"), address("2001:db8::9"), address("ff02::1")
SOURCE_MAC, TARGET_MAC = b"\1\1\2\0\0\0\0\1", b"\2\1\2\0\0\0\0\2"
FAILED = ipv6(UDP, struct.pack("!HHHH", 4000, 5000, 48, 0x1234) + bytes(40))
ALERT = b"\x05\x02\0\0"


def icmpv6(kind: int, code: int, body: bytes, src: bytes = A6, dst: bytes = B6) -> bytes:
    message = summed(bytes((kind, code, 0, 0)) + body, 2, ICMPV6, src, dst)
    return frame(ETHERTYPE, ipv6(ICMPV6, message, src=src, dst=dst, hop_limit=255))


def listener(kind: int, body: bytes) -> bytes:
    """Behind a router alert, as MLD has it."""
    message = summed(bytes((kind, 0, 0, 0)) + body, 2, ICMPV6, LINK_LOCAL, EVERY_NODE)
    header = bytes((ICMPV6, 0)) + ALERT + b"\1\0"
    return frame(ETHERTYPE, ipv6(HOP_BY_HOP, header + message, src=LINK_LOCAL, dst=EVERY_NODE, hop_limit=1))


def option(kind: int, form: str, *given: object) -> bytes:
    body = struct.pack(form, *given)
    return bytes((kind, (len(body) + 2) // 8)) + body


ADVERTISED = (
    struct.pack("!BBHII", 64, 0xC8, 1800, 30_000, 1_000)
    + SOURCE_MAC
    + option(5, "!HI", 0, 1492)
    + option(3, "!BBIII16s", 64, 0xC0, 86_400, 0xFFFFFFFF, 0, address("2001:db8::"))
    + option(25, "!HI16s", 0, 600, NEIGHBOUR)
    + option(31, "!HI6sH", 0, 600, b"\x04home\0", 0)
)
NEIGHBOURHOOD = {
    "echo request": icmpv6(128, 0, struct.pack("!HH", 7, 1) + b"abcdefgh"),
    "echo reply": icmpv6(129, 0, struct.pack("!HH", 7, 1) + b"abcdefgh"),
    "unreachable": icmpv6(1, 4, bytes(4) + FAILED),
    "too big": icmpv6(2, 0, struct.pack("!I", 1280) + FAILED),
    "time exceeded": icmpv6(3, 0, bytes(4) + FAILED),
    "parameter problem": icmpv6(4, 1, struct.pack("!I", 6) + FAILED),
    "router solicitation": icmpv6(133, 0, bytes(4) + SOURCE_MAC, LINK_LOCAL, address("ff02::2")),
    "router advertisement": icmpv6(134, 0, ADVERTISED, LINK_LOCAL, EVERY_NODE),
    "neighbour solicitation": icmpv6(135, 0, bytes(4) + NEIGHBOUR + SOURCE_MAC + b"\x0e\1nonce!"),
    "neighbour advertisement": icmpv6(136, 0, struct.pack("!I", 0xE0000000) + NEIGHBOUR + TARGET_MAC),
    "redirect": icmpv6(
        137, 0, bytes(4) + LINK_LOCAL + NEIGHBOUR + TARGET_MAC + option(4, "!HI88s", 0, 0, FAILED), LINK_LOCAL
    ),
    "listener report": listener(143, struct.pack("!HHBBH16s", 0, 1, 4, 0, 0, EVERY_NODE)),
    "listener report with auxiliary data": listener(
        143, struct.pack("!HHBBH16s4sBBH16s", 0, 2, 4, 1, 0, EVERY_NODE, b"more", 3, 0, 0, EVERY_NODE)
    ),
    "listener query": listener(130, struct.pack("!HH16sBBH16s", 1000, 0, bytes(16), 2, 125, 1, A6)),
    "old listener query": listener(130, struct.pack("!HH16s", 1000, 0, EVERY_NODE)),
    "old listener report": listener(131, struct.pack("!HH16s", 0, 0, EVERY_NODE)),
    "unknown": icmpv6(200, 0, b"12345678"),
}

SEGMENT = struct.pack("!HHIIBBHHH", 4000, 80, 1, 0, 5 << 4, 2, 100, 0, 0)
DATAGRAM = struct.pack("!HHHH", 4000, 5000, 13, 0) + b"hello"
SOURCE_ROUTE = struct.pack("!BBBBI16s", TCP, 2, 0, 1, 0, NEIGHBOUR)
PACKETS = {
    "datagram": frame(ETHERTYPE, ipv6(UDP, summed(DATAGRAM, 6, UDP))),
    "first fragment": frame(ETHERTYPE, ipv6(FRAGMENT, struct.pack("!BBHI", UDP, 0, 1, 0xCAFE) + DATAGRAM)),
    "last fragment": frame(ETHERTYPE, ipv6(FRAGMENT, struct.pack("!BBHI", UDP, 0, 126 << 3, 0xCAFE) + bytes(40))),
    "tagged": frame(
        ETHERTYPE,
        ipv6(DESTINATION, bytes((ROUTING, 0, 1, 4, 0, 0, 0, 0)) + SOURCE_ROUTE + summed(SEGMENT, 16, TCP)),
        (VLAN, 0x6064),
    ),
    "segment routing": frame(
        ETHERTYPE, ipv6(ROUTING, struct.pack("!BBBBBBH16s", NOTHING, 2, 4, 0, 0, 0, 9, NEIGHBOUR)), (VLAN, 0x7001)
    ),
    "mobile": frame(ETHERTYPE, ipv6(ROUTING, struct.pack("!BBBBI16s", NOTHING, 2, 2, 1, 0, NEIGHBOUR))),
    "two tags": frame(
        ETHERTYPE, ipv6(ROUTING, bytes((NOTHING, 0, 9, 0, 1, 2, 3, 4))), (SERVICE_VLAN, 5), (VLAN, 0xE007)
    ),
    "authentication": frame(ETHERTYPE, ipv6(AH, struct.pack("!BBHII", NOTHING, 4, 0, 77, 3) + b"\x55" * 12)),
    "encrypted": frame(ETHERTYPE, ipv6(ESP, struct.pack("!II", 77, 3) + b"\x55" * 32)),
}
EXTENSIONS = ("ipv6.hopopts", "ipv6.dstopts", "ipv6.routing", "ipv6.fraghdr")


@pytest.mark.row("B14")
@pytest.mark.row("B15")
@pytest.mark.parametrize("frames", [NEIGHBOURHOOD, PACKETS], ids=["icmpv6", "packets"])
def test_every_field_is_what_tshark_says(frames, tmp_path):
    ours = decoded(frames.values())
    layers = {"vlan", "ipv6", *EXTENSIONS, "ah", "esp", "icmpv6", "udp", "tcp"}
    compared = compare(ours, written(tmp_path / "made.pcap", frames.values()), layers)
    needed = {"icmpv6": 120, "ipv6.hopopts": 30} if frames is NEIGHBOURHOOD else {
        "vlan": 12, "ipv6.dstopts": 7, "ipv6.routing": 20, "ipv6.fraghdr": 12, "ah": 6, "esp": 2, "udp": 8, "tcp": 15,
    }  # fmt: skip
    assert not {layer: compared[layer] for layer, least in needed.items() if compared[layer] < least}
    assert not [name for name, frame in zip(frames, ours, strict=True) if any(one["short"] for one in frame["layers"])]


def test_checksums_cover_the_pseudo_header_of_ipv6():
    made = [*NEIGHBOURHOOD.values(), PACKETS["datagram"]]
    broken = [octets[:30] + bytes((octets[30] ^ 1,)) + octets[31:] for octets in made]
    verdicts = [
        field["fits"]
        for frame in decoded([*made, *broken])
        for layer in frame["layers"]
        for field in layer["fields"]
        if not layer["quoted"] and field["key"] in ("icmpv6.checksum", "udp.checksum")
    ]
    assert verdicts == [True] * len(made) + [False] * len(made)


def test_over_ipv6_a_datagram_without_a_checksum_is_wrong_and_of_a_fragment_nobody_can_tell():
    without, fragment, routed = decoded(
        [frame(ETHERTYPE, ipv6(UDP, DATAGRAM)), PACKETS["first fragment"], PACKETS["tagged"]]
    )
    assert values(without)["udp.checksum"]["fits"] is False
    assert "fits" not in values(fragment)["udp.checksum"]
    assert "fits" not in values(routed)["tcp.checksum"]


def test_an_error_quotes_the_packet_that_it_is_about():
    (error,) = decoded([NEIGHBOURHOOD["too big"]])
    assert [(layer["key"], layer["quoted"]) for layer in error["layers"][2:]] == [
        ("ipv6", False), ("icmpv6", False), ("ipv6", True), ("udp", True), ("data", True),
    ]  # fmt: skip
    assert values(error)["icmpv6.mtu"]["value"] == 1280


def test_pad1_is_one_octet_alone():
    (made,) = decoded([frame(ETHERTYPE, ipv6(DESTINATION, bytes((NOTHING, 0, 0, 1, 2, 0, 0, 0))))])
    options = [field for field in flat(made["layers"][-1]["fields"]) if field["key"] == "ipv6.opt"]
    assert [(option["name"], option["bits"] // 8) for option in options] == [("Pad1", 1), ("PadN", 4), ("Pad1", 1)]


def test_padding_lies_behind_the_packet_of_a_tagged_frame():
    (short,) = decoded([PACKETS["two tags"] + bytes(7)])
    assert values(short)["eth.padding"]["value"] == {"octets": "00" * 7}
    assert [layer["to"] for layer in short["layers"] if layer["key"] == "vlan"] == [78, 78]


def test_what_is_announced_but_not_there_is_missed():
    """Three records, of which one came; a list to the end of its header may end anywhere."""
    (few, whole) = decoded(
        [
            listener(143, struct.pack("!HHBBH16s", 0, 3, 4, 0, 0, EVERY_NODE)),
            NEIGHBOURHOOD["listener report"],
        ]
    )
    assert few["layers"][-1]["short"]
    assert not whole["layers"][-1]["short"]


def test_a_packet_that_carries_nothing_is_no_jumbogram():
    (empty,) = decoded([frame(ETHERTYPE, ipv6(NOTHING, b"")) + bytes(6)])
    assert empty["layers"][-1]["key"] == "ipv6"
    assert values(empty)["eth.padding"]["value"] == {"octets": "00" * 6}


def test_behind_an_authentication_header_each_version_of_ip_has_its_own_icmp():
    header = struct.pack("!BBHII", 1, 4, 0, 77, 3) + b"\x55" * 12
    packet = ipv4.Packet(src=A4, dst=B4, protocol=AH, payload=header + struct.pack("!BBHHH", 8, 0, 0xF7FD, 1, 1))
    four, six = decoded(
        [
            frame(0x0800, packet.emit()),
            frame(ETHERTYPE, ipv6(AH, bytes((ICMPV6,)) + header[1:] + struct.pack("!BBHHH", 128, 0, 0, 1, 1))),
        ]
    )
    assert [layer["key"] for layer in four["layers"][2:5]] == ["ip", "ah", "icmp"]
    assert [layer["key"] for layer in six["layers"][2:5]] == ["ipv6", "ah", "icmpv6"]
    assert values(four)["icmp.checksum"]["fits"]


def test_octets_cut_anywhere_give_the_layers_as_far_as_they_go():
    whole = (NEIGHBOURHOOD["router advertisement"], NEIGHBOURHOOD["listener report"], PACKETS["tagged"])
    cuts = [made[:size] for made in whole for size in range(0, len(made), 2)]
    for octets, cut in zip(cuts, decoded(cuts), strict=True):
        ends = [field["bit"] + field["bits"] for layer in cut["layers"] for field in layer["fields"]]
        assert max(ends) <= (PREAMBLE_OCTETS + len(octets) + 4) * 8
        assert all(layer["from"] <= layer["load"] <= layer["to"] for layer in cut["layers"])
