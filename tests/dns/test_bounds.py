"""Circles, endless chains and hostile zones: every walk ends, and soon enough."""

from __future__ import annotations

import pytest
from tests.dns.play import HIERARCHY, TWO_SERVERS

from michinori.dns.recursive import Conduct
from michinori.dns.walk import Bounds


def test_a_circle_of_aliases_is_seen(play):
    play(
        HIERARCHY
        + """
    shop 192.0.2.3
      a.shop.example. A -> answer CNAME b.lab.example.
    lab 192.0.2.4
      b.lab.example. A -> answer CNAME a.shop.example.
    ask a.shop.example. A
      SERVFAIL
    why
      the aliases of a.shop.example lead in a circle, back to a.shop.example
    """
    )


def test_a_circle_within_one_answer_is_seen(play):
    play(
        HIERARCHY
        + """
    shop 192.0.2.3
      a.shop.example. A -> answer CNAME b.shop.example. | b.shop.example. CNAME a.shop.example.
    ask a.shop.example. A
      SERVFAIL
    why
      the aliases of a.shop.example lead in a circle, back to a.shop.example
    """
    )


def test_an_endless_chain_of_aliases_is_cut(play):
    chain = "".join(f"  n{i}.shop.example. A -> answer CNAME n{i + 1}.shop.example.\n" + " " * 4 for i in range(14))
    play(
        HIERARCHY
        + f"""
    shop 192.0.2.3
    {chain}
    ask n0.shop.example. A
      SERVFAIL
    why
      n0.shop.example is an alias of an alias, more than 12 times over
    """
    )


def test_servers_that_need_each_other_are_given_up(play):
    play(
        """
    root 192.0.2.1
      *a.example. * -> referral a.example. ns.b.example.
      *b.example. * -> referral b.example. ns.a.example.
    ask www.a.example. A
      SERVFAIL
    asked
      root www.a.example. A
      root ns.b.example. A
    """
    )


def test_a_server_whose_own_name_lies_in_its_zone_without_glue(play):
    play(
        """
    root 192.0.2.1
      * * -> referral shop.example. ns.shop.example.
    ask www.shop.example. A
      SERVFAIL
    why
      no server of shop.example helps: ns.shop.example: no server of shop.example helps: \
ns.shop.example: to find ns.shop.example A one would first have to know it
    """
    )


def test_a_referral_of_many_servers_without_addresses_cannot_make_us_ask_without_end(play):
    hosts = " ".join(f"h{i}.victim.example." for i in range(60))
    play(
        f"""
    root 192.0.2.1
      *.evil.example. * -> referral evil.example. ns.evil.example.=192.0.2.6
      *.victim.example. * -> referral victim.example. ns.victim.example.=192.0.2.7
    evil 192.0.2.6
      * * -> referral sub.evil.example. {hosts}
    victim 192.0.2.7
      * * -> nxdomain victim.example.
    ask x.sub.evil.example. A
      SERVFAIL
    """
    )
    assert len(play.asked) <= 2 + 1 + 16


def test_a_long_row_of_servers_that_need_servers_is_cut(play):
    rows = "".join(f"      *z{i}.example. * -> referral z{i}.example. ns.z{i + 1}.example.\n" for i in range(9))
    play(
        f"""
    root 192.0.2.1
{rows}
    ask www.z0.example. A
      SERVFAIL
    """
    )
    assert len(play.asked) == 6


def test_a_hostile_zone_cannot_make_the_servers_of_others_unknown(play):
    hosts = " ".join(f"h{i}.nowhere.example." for i in range(15))
    play(
        f"""
    root 192.0.2.1
      *.evil.example. * -> referral evil.example. {hosts} ns1.victim.example.
      *.nowhere.example. * -> nxdomain example.
      *.victim.example. * -> referral victim.example. ns.lab.example.
      ns.lab.example. A -> answer A 192.0.2.7
    victim 192.0.2.7
      ns1.victim.example. A -> answer A 192.0.2.8
    ask x.evil.example. A
      SERVFAIL
    asked
      root x.evil.example. A
{"".join(f"      root h{i}.nowhere.example. A" + chr(10) for i in range(15))}
      root ns1.victim.example. A
    ask ns1.victim.example. A -> 192.0.2.8
    """
    )


def test_the_number_of_queries_of_one_question_is_bounded(play):
    hosts = " ".join(f"ns{i}.shop.example.=192.0.2.{100 + i}" for i in range(20))
    play(
        f"""
    root 192.0.2.1
      * * -> referral shop.example. {hosts}
    ask www.shop.example. A
      SERVFAIL
    why
      it would take more than 10 queries
    """,
        Conduct(bounds=Bounds(queries=10, total_s=60)),
    )


def test_time_is_bounded_and_what_went_wrong_last_is_told(play):
    play(
        TWO_SERVERS
        + """
    ns1 192.0.2.3 down
    ns2 192.0.2.4 down
    ask www.shop.example. A
      SERVFAIL
    """
    )
    assert play.loop.time() == pytest.approx(8.0)
    gave_up = list(play.recorder.read())[-1]
    assert gave_up.why.startswith("not answered within 8 seconds; last, ns")
