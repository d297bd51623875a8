"""What a recursive resolver says to its clients."""

from __future__ import annotations

import asyncio

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dns.play import serve_script

from michinori.dns.listener import Client
from michinori.dns.messages import explanation
from michinori.dns.recursive import RecursiveResolver
from michinori.dns.service import Service

UDP = Client(("192.168.1.10", 4242), "udp", "")
TCP = Client(("192.168.1.10", 4242), "tcp", "")

BIG = " | ".join(f'TXT "{chr(97 + i) * 200}"' for i in range(8))
SCRIPT = f"""
root 192.0.2.1
  www.example. A -> answer A 203.0.113.80
  no.example. A -> nxdomain example.
  big.example. TXT -> truncated answer {BIG}
  * * -> silent
"""


@pytest.fixture
def ask(play):
    resolver = RecursiveResolver({"a.root.example.": ["192.0.2.1"]})
    service = Service(resolver)

    async def one(name: str, rdtype: str, client: Client, options) -> dns.message.Message:
        if not play.servers:
            await serve_script(play, SCRIPT)
        query = dns.message.make_query(name, rdtype, **options)
        octets = service.handle(query.to_wire(), client)
        if not isinstance(octets, bytes):
            assert octets is not None
            octets = await octets
        assert octets is not None
        response = dns.message.from_wire(octets)
        assert query.is_response(response)
        return response

    return lambda name, rdtype="A", client=UDP, **options: play.run(one(name, rdtype, client, options))


def test_an_answer_says_that_recursion_is_to_be_had(ask):
    response = ask("www.example.")
    assert response.flags == dns.flags.QR | dns.flags.RD | dns.flags.RA
    assert str(response.answer[0]) == "www.example. 300 IN A 203.0.113.80"


def test_the_name_comes_back_as_it_was_written(ask):
    assert str(ask("www.example.").answer[0].name) == "www.example."
    assert str(ask("WWW.Example.").answer[0].name) == "WWW.Example."


def test_a_denial_carries_the_soa(ask):
    response = ask("no.example.")
    assert response.rcode() == dns.rcode.NXDOMAIN
    assert response.authority[0].ttl == 30


def test_a_failure_is_explained_to_those_who_speak_edns(ask):
    response = ask("silent.example.", use_edns=0)
    assert response.rcode() == dns.rcode.SERVFAIL
    assert explanation(response) == (
        "no server of the root helps: a.root.example (192.0.2.1) did not answer, asked 3 times"
    )
    assert ask("silent.example.").edns == -1


def test_a_long_answer_is_cut_for_datagrams_alone(ask):
    assert ask("big.example.", "TXT").flags & dns.flags.TC
    assert ask("big.example.", "TXT", use_edns=0, payload=4096).flags & dns.flags.TC
    assert len(ask("big.example.", "TXT", TCP).answer[0]) == 8


def test_without_recursion_only_the_cache_answers(ask):
    assert ask("www.example.", flags=0, use_edns=0).rcode() == dns.rcode.REFUSED
    ask("www.example.")
    response = ask("www.example.", flags=0)
    assert response.rcode() == dns.rcode.NOERROR
    assert len(response.answer) == 1


def test_any_is_answered_with_one_made_up_record(ask):
    assert str(ask("www.example.", "ANY").answer[0]) == 'www.example. 3600 IN HINFO "RFC8482" ""'


def test_both_sides_are_told_in_the_trace(ask, play):
    ask("www.example.")
    told = [event.what for event in play.recorder.read()]
    assert told == ["query-received", "asked", "answered", "cached", "query-answered"]


@given(st.binary(max_size=300))
def test_garbage_never_raises(octets):
    service = Service(RecursiveResolver({"a.root.example.": ["192.0.2.1"]}))
    answer = service.handle(octets, UDP)
    if asyncio.iscoroutine(answer):
        answer.close()
    else:
        assert answer is None or answer[2] & 0x80
