"""Whole frames of plain segments: the octets that the values of each layer make."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from michinori.wire import checksum, ethernet, ipv4, protocols, tcp
from michinori.wire.tcp_frame import DONT_FRAGMENT, Template, sack_option, words_of_options

SRC, DST = bytes((192, 168, 1, 10)), bytes((203, 0, 113, 80))
PSEUDO = checksum.pseudo(SRC, DST, protocols.PROTOCOL_TCP)
LINK = ethernet.header(b"\x02" * 6, b"\x04" * 6, ethernet.ETHERTYPE_IPV4)
SHORT, LONG = st.integers(0, 0xFFFF), st.integers(0, 0xFFFF_FFFF)


@given(
    ports=st.tuples(SHORT, SHORT),
    numbers=st.tuples(LONG, LONG),
    flags=st.integers(0, 255),
    window=SHORT,
    stamps=st.tuples(LONG, LONG),
    sack=st.lists(st.tuples(LONG, LONG), max_size=3).map(tuple),
    text=st.binary(max_size=50),
    identification=SHORT,
    ttl=st.integers(1, 255),
    tos=st.integers(0, 255),
)
def test_a_frame_made_at_one_go_is_that_of_the_three_layers(
    ports, numbers, flags, window, stamps, sack, text, identification, ttl, tos
):
    template = Template(LINK, SRC, DST, ports, PSEUDO, ttl=ttl, protocol=protocols.PROTOCOL_TCP, tos=tos)
    behind = sack_option(sack) if sack else b""
    frame = template.emit(
        identification,
        DONT_FRAGMENT,
        *numbers,
        flags | words_of_options(behind),
        window,
        stamps,
        behind + text,
    )
    segment = tcp.Segment(*ports, *numbers, flags, window, text, tcp.Options(sack=sack, timestamps=stamps))
    packet = ipv4.Packet(
        SRC, DST, protocols.PROTOCOL_TCP, segment.emit(PSEUDO), ttl, identification, dont_fragment=True, tos=tos
    )
    assert frame == LINK + packet.emit()
    assert tcp.Segment.parse(frame[34:], PSEUDO) == segment
