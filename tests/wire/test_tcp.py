"""TCP segments and their options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from michinori.wire import Malformed, checksum, protocols, tcp
from michinori.wire.tcp_options import parse_options

Stands = Callable[[Any, bytes], None]
SRC, DST = bytes((192, 168, 1, 10)), bytes((203, 0, 113, 80))
PSEUDO = checksum.pseudo(SRC, DST, protocols.PROTOCOL_TCP)
SHORT, LONG = st.integers(0, 0xFFFF), st.integers(0, 0xFFFF_FFFF)

UNKNOWN = st.tuples(st.integers(9, 255).filter(lambda kind: kind not in (28, 34)), st.binary(max_size=12))
#: Known kinds of a length that is not theirs.
ODD = st.sampled_from([(2, b"\x05"), (3, b""), (4, b"x"), (5, b""), (5, b"1234"), (8, b"12345678901")])


@st.composite
def tails(draw: st.DrawFn) -> bytes:
    """The end of an option list that makes no sense: an illegal length, or one beyond the end."""
    kind = draw(st.integers(2, 255))
    body = draw(st.binary(max_size=6))
    length = draw(st.sampled_from([0, 1]) | st.integers(len(body) + 3, 255))
    return bytes((kind, length)) + body


OPTIONS = st.builds(
    tcp.Options,
    mss=st.none() | SHORT,
    window_scale=st.none() | st.integers(0, 255),
    sack_permitted=st.booleans(),
    sack=st.lists(st.tuples(LONG, LONG), max_size=4).map(tuple),
    timestamps=st.none() | st.tuples(LONG, LONG),
    unknown=st.lists(UNKNOWN | ODD, max_size=3).map(tuple),
    malformed=st.just(b"") | tails(),
    fast_open=st.none()
    | st.sampled_from([0, 4, 6, 8, 16]).flatmap(lambda size: st.binary(min_size=size, max_size=size)),
    user_timeout_s=st.none() | st.integers(0, 32767) | st.integers(547, 32767).map(lambda minutes: minutes * 60),
)


def fits(options: tcp.Options) -> bool:
    try:
        return len(options.emit()) <= 40
    except ValueError:
        return False


SEGMENTS = st.builds(
    tcp.Segment,
    SHORT,
    SHORT,
    LONG,
    LONG,
    st.integers(0, 255),
    SHORT,
    st.binary(max_size=120),
    st.just(tcp.NO_OPTIONS) | st.builds(tcp.Options, timestamps=st.tuples(LONG, LONG)) | OPTIONS.filter(fits),
    SHORT,
)


@pytest.mark.rfc("9293", "MUST-2")
@given(SEGMENTS, st.integers(1, 0xFFFF))
def test_a_segment_comes_back(segment: tcp.Segment, pseudo: int) -> None:
    octets = segment.emit(pseudo)
    assert tcp.Segment.parse(octets, pseudo) == segment
    assert tcp.Segment.parse(memoryview(octets), pseudo) == segment
    assert checksum.internet(octets, pseudo + len(octets)) == 0
    assert len(octets) % 4 == len(segment.payload) % 4


@pytest.mark.rfc("9293", "MUST-68", "MUST-64")
@given(OPTIONS.filter(fits))
def test_options_come_back(options: tcp.Options) -> None:
    octets = options.emit()
    assert len(octets) % 4 == 0
    assert parse_options(octets) == options


@given(SEGMENTS)
def test_segments_stand_anything(stands: Stands, segment: tcp.Segment) -> None:
    stands(lambda octets: tcp.Segment.parse(octets, PSEUDO), segment.emit(PSEUDO))


@given(st.binary(max_size=40), st.integers(0, 15), st.binary(max_size=60))
def test_garbage(stands: Stands, garbage: bytes, words: int, behind: bytes) -> None:
    def parse(octets: bytes) -> tcp.Segment:
        return tcp.Segment.parse(octets, PSEUDO)

    stands(parse, garbage)
    octets = bytearray(garbage[:16].ljust(16, b"\0") + bytes(4) + behind)
    octets[12] = words << 4
    octets[16:18] = checksum.internet(octets, PSEUDO + len(octets)).to_bytes(2, "big")
    stands(parse, bytes(octets))


@pytest.mark.rfc("9293", "MUST-7")
@given(st.binary(max_size=40))
def test_no_option_list_is_so_bad_that_it_raises(garbage: bytes) -> None:
    options = parse_options(garbage)
    assert parse_options(memoryview(garbage)) == options
    if fits(options):
        assert parse_options(options.emit()) == options


@pytest.mark.rfc("9293", "MUST-4", "MUST-2")
def test_a_known_syn() -> None:
    # As Linux sends it: MSS, SACK permitted, timestamps, no-operation, window scale.
    octets = bytes.fromhex(
        "c000 0050 00000064 00000000 a002 faf0 0000 0000 020405b4 0402080a 00000001 00000000 01030307"
    )
    total = checksum.internet(octets, PSEUDO + len(octets))
    octets = octets[:16] + total.to_bytes(2, "big") + octets[18:]
    segment = tcp.Segment.parse(octets, PSEUDO)
    assert segment == tcp.Segment(
        49152,
        80,
        100,
        0,
        tcp.SYN,
        64_240,
        options=tcp.Options(mss=1_460, window_scale=7, sack_permitted=True, timestamps=(1, 0)),
    )
    assert segment.emit(PSEUDO) == octets


@pytest.mark.parametrize(
    ("flags", "payload", "length"),
    [
        (tcp.ACK, b"", 0),
        (tcp.SYN, b"", 1),
        (tcp.FIN | tcp.ACK, b"", 1),
        (tcp.SYN | tcp.FIN, b"abc", 5),
        (tcp.RST | tcp.PSH | tcp.URG, b"abc", 3),
    ],
)
def test_syn_and_fin_take_a_number_each(flags: int, payload: bytes, length: int) -> None:
    assert tcp.Segment(1, 2, 3, 4, flags, 5, payload).length == length


@pytest.mark.parametrize("words", [0, 4, 6, 15])
def test_a_data_offset_that_is_wrong(words: int) -> None:
    octets = bytearray(tcp.Segment(1, 2, 3, 4, tcp.ACK, 5).emit(PSEUDO))
    octets[12] = words << 4
    octets[16:18] = bytes(2)
    octets[16:18] = checksum.internet(octets, PSEUDO + len(octets)).to_bytes(2, "big")
    with pytest.raises(Malformed) as raised:
        tcp.Segment.parse(octets, PSEUDO)
    assert raised.value.args == ("tcp", "data-offset", 12)


@pytest.mark.rfc("9293", "MUST-3")
@pytest.mark.row("B11")
@given(SEGMENTS, st.data())
def test_any_one_damaged_bit_is_noticed(segment: tcp.Segment, data: st.DataObject) -> None:
    octets = bytearray(segment.emit(PSEUDO))
    bit = data.draw(st.integers(0, 8 * len(octets) - 1))
    octets[bit // 8] ^= 0x80 >> bit % 8
    with pytest.raises(Malformed) as raised:
        tcp.Segment.parse(octets, PSEUDO)
    assert raised.value.args == ("tcp", "checksum", 16)


def test_reserved_bits_are_passed_over() -> None:
    octets = bytearray(tcp.Segment(1, 2, 3, 4, tcp.ACK, 5, b"x").emit(PSEUDO))
    octets[12] |= 0x0F
    octets[16:18] = bytes(2)
    octets[16:18] = checksum.internet(octets, PSEUDO + len(octets)).to_bytes(2, "big")
    assert tcp.Segment.parse(octets, PSEUDO) == tcp.Segment(1, 2, 3, 4, tcp.ACK, 5, b"x")


@pytest.mark.rfc("9293", "MUST-4", "MUST-6", "MUST-7", "MUST-64")
@pytest.mark.parametrize(
    ("octets", "options"),
    [
        ("", tcp.NO_OPTIONS),
        ("01010101", tcp.NO_OPTIONS),
        ("00020405", tcp.NO_OPTIONS),
        ("0101080a0000000500000006", tcp.Options(timestamps=(5, 6))),
        ("080a00000005000000060000", tcp.Options(timestamps=(5, 6))),
        ("020405b4 02040200", tcp.Options(mss=512)),
        ("020405b4 0200", tcp.Options(mss=1_460, malformed=b"\x02\x00")),
        ("020405b4 0201", tcp.Options(mss=1_460, malformed=b"\x02\x01")),
        ("030307 02", tcp.Options(window_scale=7, malformed=b"\x02")),
        ("030307 0204ff", tcp.Options(window_scale=7, malformed=b"\x02\x04\xff")),
        ("02060102 0304", tcp.Options(unknown=((2, b"\x01\x02\x03\x04"),))),
        ("fd04 1234 1e02 01", tcp.Options(unknown=((0xFD, b"\x12\x34"), (30, b"")))),
        ("0101 050a 00000001 00000002", tcp.Options(sack=((1, 2),))),
        ("0502 0000", tcp.Options(unknown=((5, b""),))),
    ],
)
def test_lists_of_options(octets: str, options: tcp.Options) -> None:
    assert parse_options(bytes.fromhex(octets)) == options


def test_three_blocks_of_sack_fit_beside_timestamps_and_four_do_not() -> None:
    blocks = tuple((n, n + 1) for n in range(4))
    assert len(tcp.Options(sack=blocks[:3], timestamps=(1, 2)).emit()) == 40
    with pytest.raises(ValueError, match="up to 40 octets, not 48"):
        tcp.Segment(1, 2, 3, 4, tcp.ACK, 5, options=tcp.Options(sack=blocks, timestamps=(1, 2))).emit(PSEUDO)


def test_flags_in_words() -> None:
    assert tcp.flag_names(tcp.SYN | tcp.ACK) == "SYN,ACK"
    assert tcp.flag_names(0) == ""
    assert tcp.flag_names(0xFF) == "FIN,SYN,RST,PSH,ACK,URG,ECE,CWR"


@pytest.mark.rfc("5482", "3.3-2", "3.3-3")
@pytest.mark.parametrize(
    ("seconds", "octets"),
    [(100, b"\x1c\x04\x00\x64"), (32_767, b"\x1c\x04\x7f\xff"), (36_000, b"\x1c\x04\x82\x58")],
)
def test_a_user_timeout_is_told_in_seconds_or_minutes(seconds: int, octets: bytes) -> None:
    """RFC 5482 section 3.3: kind, length, a bit for minutes, 15 bits."""
    assert tcp.Options(user_timeout_s=seconds).emit() == octets
    assert parse_options(octets).user_timeout_s == seconds


@pytest.mark.rfc("7413", "4.1.1-1", "4.1.1-2", "9-1")
@pytest.mark.parametrize("length", range(2, 20))
def test_a_cookie_has_an_even_number_of_octets_from_4_to_16_or_none(length: int) -> None:
    """RFC 7413 section 4.1.1; other lengths are passed over."""
    octets = bytes((34, length)) + bytes(range(1, length - 1))
    parsed = parse_options(octets)
    if length % 2 == 0 and (length == 2 or 6 <= length <= 18):
        assert parsed.fast_open == octets[2:]
        assert octets in tcp.Options(fast_open=octets[2:]).emit()
    else:
        assert parsed.fast_open is None
        assert parsed.unknown == ((34, octets[2:]),)
