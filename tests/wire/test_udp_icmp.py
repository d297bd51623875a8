"""UDP datagrams and ICMP messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from michinori.wire import Malformed, checksum, icmp, ipv4, protocols, udp

Stands = Callable[[Any, bytes], None]
SRC, DST = bytes((192, 168, 1, 10)), bytes((203, 0, 113, 80))
PSEUDO = checksum.pseudo(SRC, DST, protocols.PROTOCOL_UDP)
PORTS = st.integers(0, 0xFFFF)
DATAGRAMS = st.builds(udp.Datagram, PORTS, PORTS, st.binary(max_size=120))
MESSAGES = st.builds(
    icmp.Message,
    st.integers(0, 255),
    st.integers(0, 255),
    st.binary(min_size=4, max_size=4),
    st.binary(max_size=120),
)


@pytest.mark.rfc("768", "0-2", "0-4")
@given(DATAGRAMS, st.integers(1, 0xFFFF))
def test_a_datagram_comes_back(datagram: udp.Datagram, pseudo: int) -> None:
    octets = datagram.emit(pseudo)
    assert udp.Datagram.parse(octets, pseudo) == datagram
    assert udp.Datagram.parse(memoryview(octets), pseudo) == datagram
    assert udp.Datagram.parse(octets + b"behind", pseudo) == datagram
    assert udp.Datagram.parse(octets[:6] + bytes(2) + octets[8:], pseudo) == datagram
    assert checksum.internet(octets, pseudo + len(octets)) == 0
    assert octets[6:8] != bytes(2)


@given(DATAGRAMS, st.binary(max_size=40))
def test_datagrams_stand_anything(stands: Stands, datagram: udp.Datagram, garbage: bytes) -> None:
    for octets in (datagram.emit(PSEUDO), garbage, bytes(4) + len(garbage).to_bytes(2, "big") + bytes(2) + garbage):
        stands(lambda octets: udp.Datagram.parse(octets, PSEUDO), octets)


@pytest.mark.rfc("768", "0-3")
def test_a_checksum_of_zero_is_sent_as_all_ones() -> None:
    bare = udp.Datagram(0, 0, bytes(2)).emit(PSEUDO)
    word = int.from_bytes(bare[6:8], "big")
    octets = udp.Datagram(0, 0, word.to_bytes(2, "big")).emit(PSEUDO)
    assert octets[6:8] == b"\xff\xff"
    assert udp.Datagram.parse(octets, PSEUDO).payload == word.to_bytes(2, "big")


@pytest.mark.rfc("768", "0-1")
@pytest.mark.parametrize(("length", "reason"), [(7, "length"), (0, "length"), (11, "length"), (9, "checksum")])
def test_datagrams_that_are_wrong(length: int, reason: str) -> None:
    octets = bytearray(udp.Datagram(1, 2, b"xy").emit(PSEUDO))
    octets[4:6] = length.to_bytes(2, "big")
    with pytest.raises(Malformed) as raised:
        udp.Datagram.parse(octets, PSEUDO)
    assert (raised.value.layer, raised.value.reason) == ("udp", reason)


@pytest.mark.rfc("792", "0-2")
@given(MESSAGES)
def test_a_message_comes_back(message: icmp.Message) -> None:
    octets = message.emit()
    assert icmp.Message.parse(octets) == message
    assert icmp.Message.parse(memoryview(octets)) == message
    assert checksum.internet(octets) == 0
    assert message.meaning


@given(MESSAGES, st.binary(max_size=40))
def test_messages_stand_anything(stands: Stands, message: icmp.Message, garbage: bytes) -> None:
    def parse_and_look(octets: bytes) -> object:
        found = icmp.Message.parse(octets)
        return found, found.meaning, found.mtu, found.pointer, found.quoted, found.identifier, found.sequence

    for octets in (message.emit(), garbage, icmp.Message(13, 0, bytes(4), garbage).emit()):
        stands(parse_and_look, octets)


@pytest.mark.rfc("792", "0-2", "8-1")
def test_a_known_echo_request() -> None:
    octets = bytes.fromhex("0800 4d56 0001 0005") + b"abcdefghijklmnopqrstuvwabcdefghi"
    message = icmp.Message.parse(octets)
    assert message == icmp.echo_request(1, 5, b"abcdefghijklmnopqrstuvwabcdefghi")
    assert (message.identifier, message.sequence, message.meaning) == (1, 5, "echo request")
    assert message.emit() == octets
    reply = icmp.echo_reply(message)
    assert (reply.type, reply.identifier, reply.sequence, reply.payload) == (0, 1, 5, message.payload)
    assert not reply.is_error


@pytest.mark.rfc("792", "0-3")
@pytest.mark.rfc("1812", "4.3.2.3-1")
def test_errors_quote_as_much_as_fits_into_576_octets() -> None:
    packet = ipv4.Packet(SRC, DST, 17, bytes(1_480)).emit()
    for error in (
        icmp.unreachable(icmp.FRAGMENTATION_NEEDED, packet, 1_454),
        icmp.time_exceeded(icmp.TTL_EXCEEDED, packet),
        icmp.parameter_problem(icmp.POINTER_INDICATES, packet, 20),
        icmp.redirect(icmp.REDIRECT_HOST, SRC, packet),
    ):
        assert error.is_error
        assert len(ipv4.Packet(DST, SRC, 1, error.emit()).emit()) == 576
        quoted = ipv4.Packet.parse_quoted(icmp.Message.parse(error.emit()).quoted)
        assert (quoted.src, quoted.dst, quoted.protocol) == (SRC, DST, 17)


@pytest.mark.rfc("792", "12-1", "0-4")
def test_what_errors_say() -> None:
    quoted = b"quoted"
    assert icmp.unreachable(icmp.FRAGMENTATION_NEEDED, quoted, 1_454).mtu == 1_454
    assert icmp.parameter_problem(icmp.POINTER_INDICATES, quoted, 22).pointer == 22
    assert icmp.redirect(icmp.REDIRECT_HOST, SRC, quoted).gateway == SRC
    assert icmp.time_exceeded(icmp.TTL_EXCEEDED, quoted).rest == bytes(4)
    assert icmp.unreachable(icmp.PORT_UNREACHABLE, quoted).rest == bytes(4)
    assert icmp.unreachable(icmp.PORT_UNREACHABLE, quoted).meaning == "port unreachable"
    meanings = {icmp.meaning(icmp.UNREACHABLE, code) for code in range(16)}
    assert len(meanings) == 16
    assert not any("code" in meaning for meaning in meanings)
    assert icmp.meaning(icmp.UNREACHABLE, 99) == "destination unreachable, code 99"
    assert icmp.meaning(200, 3) == "type 200, code 3"


def test_a_quotation_with_extensions_behind() -> None:
    # RFC 4884: the original datagram, filled up to 128 octets, then the extension structure.
    message = icmp.Message(icmp.TIME_EXCEEDED, 0, bytes((0, 32, 0, 0)), bytes(128) + b"extension")
    assert message.quoted == bytes(128)


def test_names_of_protocols() -> None:
    assert protocols.name(6) == "tcp"
    assert protocols.name(200) == "200"
