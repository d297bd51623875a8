"""What an authoritative server answers, to proper questions and to odd ones."""

from __future__ import annotations

import struct

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dns.test_zones import TEXT

from michinori.dns.authoritative import AuthoritativeServer
from michinori.dns.listener import Client
from michinori.dns.zones import Zone

UDP = Client(("198.51.100.7", 4242), "udp", "udp 192.0.2.3:53 198.51.100.7:4242")
TCP = Client(("198.51.100.7", 4242), "tcp", "tcp 192.0.2.3:53 198.51.100.7:4242")

LARGE = TEXT + "".join(f'big TXT "{chr(97 + i) * 200}"\n' for i in range(8))
LARGE += "".join(f"wide NS ns{i}.a-rather-long-label-for-a-server-{i}.wide\n" for i in range(13))
LARGE += "".join(f"ns{i}.a-rather-long-label-for-a-server-{i}.wide A 192.0.2.{i}\n" for i in range(13))
LAB = """
$ORIGIN lab.example.
$TTL 60
@    SOA   ns h 1 1 1 1 1
@    NS    ns
ns   A     192.0.2.4
www  A     203.0.113.90
back CNAME no.shop.example.
"""

SERVER = AuthoritativeServer([Zone.from_text(LARGE), Zone.from_text(LAB)])


def ask(name: str, rdtype: str = "A", client: Client = UDP, **options) -> dns.message.Message:
    query = dns.message.make_query(name, rdtype, **options)
    octets = SERVER.handle(query.to_wire(), client)
    assert isinstance(octets, bytes)
    response = dns.message.from_wire(octets)
    assert query.is_response(response)
    return response


def section(rrsets) -> list[str]:
    return [line for rrset in rrsets for line in rrset.to_text().splitlines()]


def test_an_answer_with_authority():
    response = ask("www.shop.example.")
    assert response.rcode() == dns.rcode.NOERROR
    assert response.flags == dns.flags.QR | dns.flags.AA | dns.flags.RD
    assert section(response.answer) == ["www.shop.example. 300 IN A 203.0.113.80"]
    assert response.authority == []
    assert response.edns == -1


def test_aliases_are_followed_within_their_zone():
    assert section(ask("web.shop.example.", "AAAA").answer) == [
        "web.shop.example. 300 IN CNAME www.shop.example.",
        "www.shop.example. 300 IN AAAA 2001:db8::80",
    ]


def test_an_alias_of_a_name_in_another_zone_is_left_to_the_resolver():
    response = ask("back.lab.example.")
    assert response.rcode() == dns.rcode.NOERROR
    assert section(response.answer) == ["back.lab.example. 60 IN CNAME no.shop.example."]
    assert response.authority == []


def test_the_code_after_aliases_is_about_the_last_name():
    response = ask("y.old.shop.example.")
    assert response.rcode() == dns.rcode.NXDOMAIN
    assert response.flags & dns.flags.AA
    assert len(response.answer) == 2
    assert section(response.authority)[0].startswith("shop.example. 60 IN SOA")


def test_a_circle_of_aliases_ends():
    response = ask("loop1.shop.example.")
    assert len(response.answer) == 2
    assert response.rcode() == dns.rcode.NOERROR


def test_nothing_is_told_with_the_soa():
    response = ask("x.www.shop.example.")
    assert response.rcode() == dns.rcode.NXDOMAIN
    assert response.flags & dns.flags.AA
    assert section(response.authority) == [
        "shop.example. 60 IN SOA ns1.shop.example. hostmaster.shop.example. 1 7200 900 1209600 60"
    ]
    response = ask("www.shop.example.", "TXT")
    assert response.rcode() == dns.rcode.NOERROR
    assert section(response.answer) == []
    assert len(response.authority) == 1


def test_a_referral_has_glue_and_no_authority():
    response = ask("www.sub.shop.example.")
    assert not response.flags & dns.flags.AA
    assert section(response.authority) == [
        "sub.shop.example. 300 IN NS ns.sub.shop.example.",
        "sub.shop.example. 300 IN NS ns.elsewhere.example.",
    ]
    assert section(response.additional) == ["ns.sub.shop.example. 300 IN A 192.0.2.50"]


def test_addresses_are_added_where_they_will_be_asked_for():
    assert section(ask("shop.example.", "MX").additional) == ["mail.shop.example. 300 IN A 192.0.2.25"]


def test_a_dname_comes_with_the_alias_made_from_it():
    assert section(ask("x.old.shop.example.").answer) == [
        "old.shop.example. 300 IN DNAME new.shop.example.",
        "x.old.shop.example. 300 IN CNAME x.new.shop.example.",
        "x.new.shop.example. 300 IN A 192.0.2.60",
    ]


def test_zones_of_others_are_refused_with_a_reason():
    response = ask("www.michinori.example.", use_edns=0)
    assert response.rcode() == dns.rcode.REFUSED
    assert [int(error.code) for error in response.extended_errors()] == [dns.edns.EDECode.NOT_AUTHORITATIVE]


def test_any_is_answered_with_one_set_of_records():
    assert len(ask("www.shop.example.", "ANY").answer) == 1
    assert ask("x.www.shop.example.", "ANY").rcode() == dns.rcode.NXDOMAIN


@pytest.mark.parametrize("rdtype", ["AXFR", "IXFR"])
def test_transfers_are_refused(rdtype):
    octets = SERVER.handle(dns.message.make_query("shop.example.", rdtype).to_wire(), TCP)
    assert isinstance(octets, bytes)
    assert octets[3] & 0xF == dns.rcode.REFUSED


class TestSizes:
    def test_a_client_without_edns_gets_512_octets_at_most(self):
        query = dns.message.make_query("big.shop.example.", "TXT", use_edns=False)
        octets = SERVER.handle(query.to_wire(), UDP)
        assert isinstance(octets, bytes)
        assert len(octets) <= 512
        response = dns.message.from_wire(octets)
        assert response.flags & dns.flags.TC
        assert response.answer == []

    def test_over_tcp_all_of_it_comes(self):
        response = ask("big.shop.example.", "TXT", TCP)
        assert not response.flags & dns.flags.TC
        assert len(response.answer[0]) == 8

    @pytest.mark.parametrize(("payload", "cut"), [(512, True), (0, True), (1000, True), (1232, True), (4096, True)])
    def test_1800_octets_are_never_sent_as_a_datagram(self, payload, cut):
        response = ask("big.shop.example.", "TXT", use_edns=0, payload=payload)
        assert bool(response.flags & dns.flags.TC) is cut
        assert response.payload == 1232

    def test_glue_that_does_not_fit_asks_for_tcp(self):
        assert ask("x.wide.shop.example.").flags & dns.flags.TC
        response = ask("x.wide.shop.example.", client=TCP)
        assert len(response.additional) == 13

    def test_addresses_of_courtesy_are_left_out_first(self):
        server = AuthoritativeServer(
            [
                Zone.from_text(
                    "$ORIGIN e.\n$TTL 60\n@ SOA n h 1 1 1 1 1\n@ NS n\nn A 192.0.2.1\n"
                    + "".join(f"m MX {i} host{i}\nhost{i} A 192.0.2.{i}\n" for i in range(20))
                )
            ]
        )
        octets = server.handle(dns.message.make_query("m.e.", "MX").to_wire(), UDP)
        assert isinstance(octets, bytes)
        response = dns.message.from_wire(octets)
        assert not response.flags & dns.flags.TC
        assert len(response.answer[0]) == 20
        assert response.additional == []


class TestOddRequests:
    def test_a_later_version_of_edns(self):
        response = ask("www.shop.example.", use_edns=1)
        assert response.rcode() == dns.rcode.BADVERS
        assert response.edns == 0
        assert response.answer == []

    def test_the_do_bit_is_copied(self):
        assert ask("www.shop.example.", use_edns=0, ednsflags=dns.flags.DO).ednsflags & dns.flags.DO

    def test_unknown_options_are_ignored(self):
        options = [dns.edns.GenericOption(65001, b"what?")]
        response = ask("www.shop.example.", use_edns=0, options=options)
        assert response.rcode() == dns.rcode.NOERROR
        assert response.options == ()

    @pytest.mark.parametrize(("rdclass", "rdtype"), [("CH", "TXT"), ("ANY", "A"), ("HS", "A")])
    def test_other_classes_are_refused(self, rdclass, rdtype):
        assert ask("version.bind.", rdtype, rdclass=rdclass).rcode() == dns.rcode.REFUSED

    @pytest.mark.parametrize("opcode", [1, 2, 4, 5, 6, 15])
    def test_other_operations_are_not_implemented(self, opcode):
        octets = b"\x12\x34" + bytes([opcode << 3, 0]) + bytes(8)
        answer = SERVER.handle(octets, UDP)
        assert answer == b"\x12\x34" + bytes([0x80 | opcode << 3, dns.rcode.NOTIMP]) + bytes(8)

    @pytest.mark.parametrize("questions", [0, 2])
    def test_there_must_be_one_question(self, questions):
        one = dns.name.from_text("www.shop.example.").to_wire() + struct.pack("!HH", 1, 1)
        octets = struct.pack("!HHHHHH", 7, 0x0100, questions, 0, 0, 0) + one * questions
        assert SERVER.handle(octets, UDP) == struct.pack("!HHHHHH", 7, 0x8101, 0, 0, 0, 0)

    def test_two_opt_records(self):
        query = dns.message.make_query("www.shop.example.", "A", use_edns=0, id=9)
        octets = bytearray(query.to_wire() + b"\0\0\x29\x04\xd0\0\0\0\0\0\0")
        octets[11] = 2
        assert SERVER.handle(bytes(octets), UDP)[3] & 0xF == dns.rcode.FORMERR

    def test_a_signed_question_whose_key_we_do_not_know(self):
        import dns.tsig
        import dns.tsigkeyring

        query = dns.message.make_query("www.shop.example.", "A", id=9)
        query.use_tsig(dns.tsigkeyring.from_text({"key.": "c2VjcmV0"}), "key.")
        assert SERVER.handle(query.to_wire(), UDP)[3] & 0xF == dns.rcode.NOTAUTH

    @pytest.mark.parametrize("rdtype", ["OPT", "TSIG", "TKEY"])
    def test_types_that_nobody_can_ask_for(self, rdtype):
        assert ask("www.shop.example.", rdtype).rcode() == dns.rcode.FORMERR

    def test_responses_are_never_answered(self):
        query = dns.message.make_query("www.shop.example.", "A")
        query.flags |= dns.flags.QR
        assert SERVER.handle(query.to_wire(), UDP) is None

    @pytest.mark.parametrize("size", range(12))
    def test_less_than_a_header_is_not_answered(self, size):
        assert SERVER.handle(bytes(size), UDP) is None


@given(st.binary(max_size=600))
def test_garbage_never_raises(octets):
    for client in (UDP, TCP):
        answer = SERVER.handle(octets, client)
        assert answer is None or answer[2] & 0x80


@settings(max_examples=200)
@given(st.data())
def test_a_damaged_question_never_raises(data):
    octets = bytearray(dns.message.make_query("www.shop.example.", "A", use_edns=0, id=77).to_wire())
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    answer = SERVER.handle(bytes(octets[: data.draw(st.integers(0, len(octets)))]), UDP)
    assert answer is None or (answer[2] & 0x80 and answer[:2] == octets[:2])


def test_an_answer_is_the_same_octets_every_time():
    query = dns.message.make_query("wide.shop.example.", "NS", id=5).to_wire()
    assert len({SERVER.handle(query, TCP) for _ in range(5)}) == 1
