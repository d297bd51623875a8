"""IPv4 packets, their options, and the shortcuts of hosts and routers."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from michinori.wire import Malformed, checksum, ethernet, ipv4
from michinori.wire.ipv4_options import (
    LOOSE_SOURCE_ROUTE,
    PRESPECIFIED,
    RECORD_ROUTE,
    ROUTER_ALERT,
    STRICT_SOURCE_ROUTE,
    TIMESTAMP,
    TIMESTAMPS_ONLY,
    WITH_ADDRESSES,
    NoOperation,
    Option,
    Route,
    RouterAlert,
    Timestamp,
    UnknownOption,
)

Stands = Callable[[Any, bytes], None]
KNOWN = {0, 1, RECORD_ROUTE, TIMESTAMP, LOOSE_SOURCE_ROUTE, STRICT_SOURCE_ROUTE, ROUTER_ALERT}
A, B, C = (bytes((192, 0, 2, n)) for n in (1, 2, 3))

ADDRESSES = st.binary(min_size=4, max_size=4)
INSTANTS = st.integers(0, 0xFFFF_FFFF)


@st.composite
def routes(draw: st.DrawFn) -> Route:
    addresses = tuple(draw(st.lists(ADDRESSES, max_size=9)))
    kind = draw(st.sampled_from([RECORD_ROUTE, LOOSE_SOURCE_ROUTE, STRICT_SOURCE_ROUTE]))
    pointers = [4 + 4 * index for index in range(len(addresses) + 1)]
    return Route(kind, addresses, draw(st.sampled_from(pointers) | st.integers(pointers[-1], 255)))


@st.composite
def timestamps(draw: st.DrawFn) -> Timestamp:
    flag = draw(st.sampled_from([TIMESTAMPS_ONLY, WITH_ADDRESSES, PRESPECIFIED]))
    address = st.just(b"") if flag == TIMESTAMPS_ONLY else ADDRESSES
    width = 4 if flag == TIMESTAMPS_ONLY else 8
    entries = tuple(draw(st.lists(st.tuples(address, INSTANTS), max_size=36 // width)))
    pointers = [5 + width * index for index in range(len(entries) + 1)]
    pointer = draw(st.sampled_from(pointers) | st.integers(pointers[-1], 255))
    return Timestamp(flag, entries, pointer, draw(st.integers(0, 15)))


UNKNOWN = st.builds(UnknownOption, st.integers(2, 255).filter(lambda kind: kind not in KNOWN), st.binary(max_size=10))
OPTIONS = st.lists(
    st.just(NoOperation()) | routes() | timestamps() | st.builds(RouterAlert, st.integers(0, 0xFFFF)) | UNKNOWN,
    max_size=6,
).filter(lambda options: sum(len(option.emit()) for option in options) <= 40)


@st.composite
def packets(draw: st.DrawFn) -> ipv4.Packet:
    offset = draw(st.just(0) | st.integers(0, 8_000).map(lambda blocks: blocks * 8))
    return ipv4.Packet(
        src=draw(ADDRESSES),
        dst=draw(ADDRESSES),
        protocol=draw(st.integers(0, 255)),
        payload=draw(st.binary(max_size=120)),
        ttl=draw(st.integers(0, 255)),
        identification=draw(st.integers(0, 0xFFFF)),
        dont_fragment=draw(st.booleans()),
        more_fragments=draw(st.booleans()),
        offset=offset,
        tos=draw(st.integers(0, 255)),
        options=ipv4.emit_options(tuple(draw(OPTIONS))),
    )


def fixed(octets: bytes | bytearray) -> bytes:
    """The packet with a header checksum that is right."""
    header = (octets[0] & 15) * 4
    zeroed = octets[:10] + bytes(2) + octets[12:header]
    return bytes(zeroed[:10] + checksum.internet(zeroed).to_bytes(2, "big") + octets[12:])


@given(packets())
def test_a_packet_comes_back(packet: ipv4.Packet) -> None:
    octets = packet.emit()
    assert len(octets) == packet.header_octets + len(packet.payload)
    assert ipv4.Packet.parse(octets) == packet
    assert ipv4.Packet.parse(memoryview(octets)) == packet
    assert ipv4.Packet.parse(octets + b"padding") == packet
    assert ipv4.Packet.parse_quoted(octets) == packet
    assert checksum.internet(octets[: packet.header_octets]) == 0


@given(packets())
def test_packets_stand_anything(stands: Stands, packet: ipv4.Packet) -> None:
    octets = packet.emit()
    stands(ipv4.Packet.parse, octets)
    stands(ipv4.Packet.parse_quoted, octets)


@given(st.binary(max_size=80), st.integers(0x40, 0x4F), st.integers(0, 80))
def test_garbage_with_a_right_checksum(stands: Stands, garbage: bytes, first: int, total: int) -> None:
    stands(ipv4.Packet.parse, garbage)
    octets = bytes((first, 0)) + struct.pack(">H", total) + garbage
    if len(octets) >= max((first & 15) * 4, 20):
        stands(ipv4.Packet.parse, fixed(octets))
    stands(ipv4.Packet.parse_quoted, octets)


@pytest.mark.rfc("791", "3.1-12")
def test_a_known_packet() -> None:
    octets = bytes.fromhex("4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7") + bytes(95)
    packet = ipv4.Packet.parse(octets)
    assert packet == ipv4.Packet(bytes((192, 168, 0, 1)), bytes((192, 168, 0, 199)), 17, bytes(95), dont_fragment=True)
    assert packet.emit() == octets


@pytest.mark.rfc("1122", "3.2.1.1-1")
@pytest.mark.parametrize(
    ("change", "reason", "offset"),
    [
        ({0: 0x65}, "version", 0),
        ({0: 0x44}, "header-length", 0),
        ({0: 0x4F}, "header-length", 0),
        ({3: 19}, "total-length", 2),
        ({3: 29}, "total-length", 2),
        ({6: 0x3F, 7: 0xFF}, "fragment-offset", 6),
    ],
)
def test_headers_that_are_wrong(change: dict[int, int], reason: str, offset: int) -> None:
    octets = bytearray(ipv4.Packet(A, B, 17, bytes(8)).emit())
    for at, octet in change.items():
        octets[at] = octet
    with pytest.raises(Malformed) as raised:
        ipv4.Packet.parse(fixed(octets))
    assert raised.value.args == ("ipv4", reason, offset)


@pytest.mark.rfc("791", "3.1-1")
def test_a_wrong_header_checksum_is_the_reason_whatever_else_is_wrong() -> None:
    octets = bytearray(ipv4.Packet(A, B, 17, bytes(8)).emit())
    octets[3] = 200
    with pytest.raises(Malformed) as raised:
        ipv4.Packet.parse(octets)
    assert raised.value.args == ("ipv4", "checksum", 10)


def test_the_reserved_bit_is_passed_over() -> None:
    octets = bytearray(ipv4.Packet(A, B, 17, b"").emit())
    octets[6] |= 0x80
    packet = ipv4.Packet.parse(fixed(octets))
    assert not packet.dont_fragment
    assert not packet.is_fragment


@pytest.mark.parametrize(
    "packet",
    [
        ipv4.Packet(A, B, 17, b"", offset=4),
        ipv4.Packet(A, B, 17, b"", options=b"\x01"),
        ipv4.Packet(A, B, 17, b"", options=bytes(44)),
        ipv4.Packet(A, B, 17, bytes(65_516)),
    ],
)
def test_what_the_format_cannot_carry_is_refused(packet: ipv4.Packet) -> None:
    with pytest.raises(ValueError, match="octets"):
        packet.emit()


@given(ADDRESSES, ADDRESSES, st.integers(0, 255), st.integers(0, 255), st.binary(max_size=80), st.integers(0, 0xFFFF))
def test_a_template_gives_what_the_packet_gives(
    src: bytes, dst: bytes, protocol: int, tos: int, payload: bytes, identification: int
) -> None:
    packet = ipv4.Packet(src, dst, protocol, payload, 33, identification, True, tos=tos)
    template = ipv4.Template(src, dst, protocol, ttl=33, tos=tos)
    assert template.emit(payload, identification, True) == packet.emit()
    link = ethernet.header(bytes(6), bytes(6), ethernet.ETHERTYPE_IPV4)
    template = ipv4.Template(src, dst, protocol, ttl=33, tos=tos, link=link)
    frame = ethernet.Frame(bytes(6), bytes(6), ethernet.ETHERTYPE_IPV4, packet.emit())
    assert template.emit(payload, identification, True) == frame.emit()


@pytest.mark.rfc("791", "3.1-2")
@pytest.mark.row("B18")
@given(packets())
def test_a_hop_patches_what_summing_again_gives(packet: ipv4.Packet) -> None:
    if packet.ttl == 0:
        return
    octets = packet.emit()
    patched = ipv4.decrease_ttl(int.from_bytes(octets[:20], "big")) + octets[20:]
    expected = ipv4.Packet(
        packet.src, packet.dst, packet.protocol, packet.payload, packet.ttl - 1, packet.identification,
        packet.dont_fragment, packet.more_fragments, packet.offset, packet.tos, packet.options,
    )  # fmt: skip
    assert patched == expected.emit()


@given(packets())
def test_a_mark_patches_what_summing_again_gives(packet: ipv4.Packet) -> None:
    octets = packet.emit()
    marked = ipv4.mark_congestion(b"link" + octets, at=4)
    if packet.tos & 3 == 0:
        assert marked is None
    else:
        assert marked == b"link" + msgspec.structs.replace(packet, tos=packet.tos | 3).emit()


def test_a_quotation_may_be_cut_off_and_counted_down() -> None:
    octets = bytearray(ipv4.Packet(A, B, 6, bytes(range(100)), ttl=9).emit())
    octets[8] = 0
    packet = ipv4.Packet.parse_quoted(octets[:28])
    assert (packet.src, packet.dst, packet.ttl, packet.payload) == (A, B, 0, bytes(range(8)))
    octets[2:4] = b"\0\0"
    assert ipv4.Packet.parse_quoted(octets[:28]).payload == b""


@pytest.mark.rfc("791", "3.1-7", "3.1-8")
@given(OPTIONS)
def test_options_come_back(options: list[Option]) -> None:
    octets = ipv4.emit_options(tuple(options))
    assert len(octets) % 4 == 0
    assert ipv4.parse_options(octets) == tuple(options)


@given(OPTIONS, st.binary(max_size=40))
def test_options_stand_anything(stands: Stands, options: list[Option], garbage: bytes) -> None:
    for octets in (ipv4.emit_options(tuple(options)), garbage):
        stands(ipv4.parse_options, octets)
        stands(ipv4.options_for_fragments, octets)


@pytest.mark.parametrize(
    ("octets", "reason", "offset"),
    [
        ("07", "option-length", 1),
        ("0700", "option-length", 1),
        ("0701", "option-length", 1),
        ("0102070b04", "option-length", 2),
        ("070804000000000000", "option-length", 1),
        ("0702", "option-length", 1),
        ("01070703 00000000", "option-pointer", 3),
        ("07070500000000", "option-pointer", 2),
        ("4404", "option-length", 1),
        ("4403050000", "option-length", 1),
        ("44040500", None, 0),
        ("440405020000", "timestamp-flag", 3),
        ("4408040000000000", "option-pointer", 2),
        ("4408050100000000", "option-length", 1),
        ("9403000000", "option-length", 1),
    ],
)
def test_options_that_are_wrong(octets: str, reason: str | None, offset: int) -> None:
    if reason is None:
        ipv4.parse_options(bytes.fromhex(octets))
        return
    with pytest.raises(Malformed) as raised:
        ipv4.parse_options(bytes.fromhex(octets))
    assert raised.value.args == ("ipv4", reason, offset)


@pytest.mark.rfc("791", "3.1-8")
def test_what_stands_behind_the_end_of_the_list_is_passed_over() -> None:
    assert ipv4.parse_options(bytes.fromhex("01000700")) == (NoOperation(),)


def test_options_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="up to 40 octets, not 43"):
        ipv4.emit_options((Route(RECORD_ROUTE, (A,) * 10),))


@pytest.mark.rfc("791", "3.1-9")
def test_a_route_is_recorded_until_it_is_full() -> None:
    route = Route(RECORD_ROUTE, (bytes(4), bytes(4)))
    route = route.record(A)
    assert route == Route(RECORD_ROUTE, (A, bytes(4)), 8)
    route = route.record(B)
    assert route.used_up
    assert route.record(C) == route == Route(RECORD_ROUTE, (A, B), 12)


def test_a_source_route_leads_from_hop_to_hop() -> None:
    route = Route(LOOSE_SOURCE_ROUTE, (B, C))
    assert route.next_address == B
    route = route.record(A)
    assert (route.next_address, route.addresses) == (C, (A, C))
    assert route.record(A).next_address is None


@pytest.mark.rfc("791", "3.1-10")
def test_instants_are_stamped_until_there_is_no_room() -> None:
    plain = Timestamp(TIMESTAMPS_ONLY, ((b"", 0),)).stamp(A, 5)
    assert plain == Timestamp(TIMESTAMPS_ONLY, ((b"", 5),), 9)
    assert plain.stamp(B, 6).missed == 1
    for _ in range(20):
        plain = plain.stamp(B, 6)
    assert plain.missed == 15
    addressed = Timestamp(WITH_ADDRESSES, ((bytes(4), 0),)).stamp(A, 5)
    assert addressed == Timestamp(WITH_ADDRESSES, ((A, 5),), 13)
    asked = Timestamp(PRESPECIFIED, ((B, 0), (A, 0)))
    assert asked.stamp(A, 5) == asked
    assert asked.stamp(B, 5) == Timestamp(PRESPECIFIED, ((B, 5), (A, 0)), 13)


@pytest.mark.rfc("791", "3.2-2")
def test_later_fragments_carry_the_copied_options_alone() -> None:
    loose, alert, unknown = Route(LOOSE_SOURCE_ROUTE, (A,)), RouterAlert(), UnknownOption(30, b"x")
    record = Route(RECORD_ROUTE, (A, B))
    octets = ipv4.emit_options((NoOperation(), record, loose, unknown, alert))
    assert ipv4.parse_options(ipv4.options_for_fragments(octets)) == (loose, alert)
    assert ipv4.options_for_fragments(b"") == b""
