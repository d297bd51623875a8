"""Whatever a server sends back, those who ask neither raise nor wait longer than they should."""

from __future__ import annotations

import asyncio

import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dns.play import Play

from michinori.dns.errors import LookupFailed
from michinori.dns.judgement import judge, read_recursive
from michinori.dns.messages import Garbled, read
from michinori.dns.recursive import RecursiveResolver
from michinori.dns.stub import StubResolver
from michinori.dns.told import Question

QUESTION = Question(dns.name.from_text("www.example."), dns.rdatatype.A)

NAMES = st.sampled_from(
    ["www.example.", "example.", ".", "ns.example.", "www.lab.", "a.www.example.", "x" * 60 + ".example."]
)
RECORDS = st.one_of(
    st.builds("{} {} IN A 192.0.2.{}".format, NAMES, st.integers(0, 2**31 - 1), st.integers(0, 255)),
    st.builds("{} 60 IN CNAME {}".format, NAMES, NAMES),
    st.builds("{} 60 IN NS {}".format, NAMES, NAMES),
    st.builds("{} 60 IN DNAME {}".format, NAMES, NAMES),
    st.builds("{} 60 IN SOA ns.lab. root.lab. 1 2 3 4 {}".format, NAMES, st.integers(0, 2**32 - 1)),
    st.builds("{} 60 IN AAAA 2001:db8::1".format, NAMES),
)


@st.composite
def answers(draw) -> str:
    """A message that is well formed and may say anything."""
    lines = ["id 0", "opcode QUERY", f"rcode {draw(st.sampled_from(['NOERROR', 'NXDOMAIN', 'SERVFAIL', 'REFUSED']))}"]
    lines.append(f"flags QR {draw(st.sampled_from(['', 'AA', 'RA', 'AA TC']))}")
    lines += [";QUESTION", "www.example. IN A"]
    for section in ("ANSWER", "AUTHORITY", "ADDITIONAL"):
        lines += [f";{section}", *draw(st.lists(RECORDS, max_size=4))]
    return "\n".join(lines)


@given(st.binary(max_size=400))
def test_reading_raises_one_error_and_no_other(octets):
    try:
        message = read(octets)
    except Garbled:
        return
    judge(message, dns.name.root, QUESTION)
    read_recursive(message, QUESTION)


@settings(max_examples=200)
@given(answers(), NAMES)
def test_anything_well_formed_can_be_judged(text, zone):
    message = dns.message.from_wire(dns.message.from_text(text).to_wire())
    judge(message, dns.name.from_text(zone), QUESTION)
    read_recursive(message, QUESTION)


class _Liar(asyncio.DatagramProtocol):
    """Answers every question with the id and question asked for, and then what it was given."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts

    def connection_made(self, transport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr) -> None:
        query = dns.message.from_wire(data)
        lie = dns.message.from_text(self._texts[query.id % len(self._texts)])
        lie.id = query.id
        lie.question = query.question
        self._transport.sendto(lie.to_wire(), addr)


def run_against_liar(texts: list[str], coroutine_of):
    play = Play()

    async def main():
        for address in ("192.0.2.1", "192.0.2.66"):
            await play.loop.create_datagram_endpoint(lambda: _Liar(texts), local_addr=(address, 53))
        return await coroutine_of()

    try:
        return play.run(main()), play.loop.time()
    finally:
        play.close()


@settings(max_examples=60)
@given(st.lists(answers(), min_size=1, max_size=4))
def test_a_resolver_among_liars_ends_within_its_bounds(texts):
    resolver = RecursiveResolver({"a.root.": ["192.0.2.1"]})
    resolution, took_s = run_against_liar(texts, lambda: resolver.resolve(QUESTION))
    assert resolution.rcode in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN, dns.rcode.SERVFAIL)
    assert took_s <= 8.01


@settings(max_examples=60)
@given(st.lists(answers(), min_size=1, max_size=4))
def test_a_stub_among_liars_gets_addresses_or_a_clear_failure(texts):
    stub = StubResolver(["192.0.2.1"])

    async def lookup():
        try:
            return await stub.lookup("www.example")
        except LookupFailed as error:
            return str(error)

    outcome, took_s = run_against_liar(texts, lookup)
    assert outcome
    assert took_s <= 20.01
