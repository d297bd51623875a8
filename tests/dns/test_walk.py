"""The walk through the hierarchy: referrals, aliases, and what is remembered of it."""

from __future__ import annotations

import socket

import pytest
from tests.dns.play import HIERARCHY

from michinori.dns.cache import Terms
from michinori.dns.recursive import Conduct


@pytest.mark.row("B6")
def test_the_way_leads_from_the_root_to_the_servers_that_know(play):
    play(
        HIERARCHY
        + """
    shop 192.0.2.3
      www.shop.example. A -> answer A 203.0.113.80
    ask www.shop.example. A -> 203.0.113.80
    asked
      root tld shop www.shop.example. A
    """
    )
    walked = [(event.what, event.data.get("zone")) for event in play.recorder.read()]
    assert walked == [
        ("asked", "."),
        ("answered", "."),
        ("referred", "example."),
        ("asked", "example."),
        ("answered", "example."),
        ("referred", "shop.example."),
        ("asked", "shop.example."),
        ("answered", "shop.example."),
        ("cached", None),
    ]


def test_what_is_known_is_not_asked_again_and_grows_old(play):
    play(
        HIERARCHY
        + """
    shop 192.0.2.3
      www.shop.example. A -> answer A 203.0.113.80
    ask www.shop.example. A -> 203.0.113.80
    wait 100s
    ask www.shop.example. A
      NOERROR
      www.shop.example. 200 A 203.0.113.80
    asked
      root tld shop www.shop.example. A
    wait 200s                          # the record is gone, the delegation is not
    ask www.shop.example. A -> 203.0.113.80
    asked
      shop www.shop.example. A
    wait 3600s
    ask www.shop.example. A -> 203.0.113.80
    asked
      root tld shop www.shop.example. A
    """
    )


def test_a_denial_of_the_name_holds_for_all_types_and_one_of_the_type_for_that_type(play):
    play(
        HIERARCHY
        + """
    shop 192.0.2.3
      no.shop.example. * -> nxdomain shop.example.
      www.shop.example. AAAA -> nodata shop.example.
      www.shop.example. A -> answer A 203.0.113.80
    ask no.shop.example. A
      NXDOMAIN
      ; shop.example. 30 SOA
    ask no.shop.example. AAAA
      NXDOMAIN
      ; shop.example. 30 SOA
    ask www.shop.example. AAAA
      NOERROR
      ; shop.example. 30 SOA
    ask www.shop.example. AAAA
      NOERROR
      ; shop.example. 30 SOA
    ask www.shop.example. A -> 203.0.113.80
    asked
      root tld shop no.shop.example. A
      shop www.shop.example. AAAA
      shop www.shop.example. A
    wait 31s
    ask no.shop.example. A
      NXDOMAIN
      ; shop.example. 30 SOA
    asked
      shop no.shop.example. A
    """
    )


def test_aliases_are_followed_into_other_zones(play):
    play(
        HIERARCHY
        + """
    shop 192.0.2.3
      www.shop.example. A -> answer CNAME web.lab.example.
    lab 192.0.2.4
      web.lab.example. A -> answer CNAME host.lab.example. | host.lab.example. A 203.0.113.81
    ask www.shop.example. A
      NOERROR
      www.shop.example. 300 CNAME web.lab.example.
      web.lab.example. 300 CNAME host.lab.example.
      host.lab.example. 300 A 203.0.113.81
    asked
      root tld shop www.shop.example. A
      tld lab web.lab.example. A
    ask www.shop.example. CNAME
      NOERROR
      www.shop.example. 299 CNAME web.lab.example.
    asked
    """
    )


def test_an_alias_of_a_name_that_does_not_exist(play):
    play(
        HIERARCHY
        + """
    shop 192.0.2.3
      www.shop.example. A -> alias-nxdomain CNAME no.shop.example. @ shop.example.
      web.shop.example. A -> answer CNAME nowhere.example.
    ask www.shop.example. A
      NXDOMAIN
      www.shop.example. 300 CNAME no.shop.example.
      ; shop.example. 30 SOA
    ask web.shop.example. A
      NXDOMAIN
      web.shop.example. 300 CNAME nowhere.example.
      ; example. 30 SOA
    """
    )


def test_a_failure_is_remembered_for_longer_each_time(play):
    resolver = play(
        HIERARCHY
        + """
    shop 192.0.2.3
      www.shop.example. A -> rcode SERVFAIL
    ask www.shop.example. A
      SERVFAIL
    asked
      root tld shop www.shop.example. A
    wait 4s
    ask www.shop.example. A
      SERVFAIL
    asked
    wait 2s
    ask www.shop.example. A
      SERVFAIL
    why
      no server of shop.example helps: ns1.shop.example (192.0.2.3): it answered SERVFAIL
    asked
      tld shop www.shop.example. A
    wait 9s                                            # twice as long this time
    ask www.shop.example. A
      SERVFAIL
    asked
    """
    )
    assert len(resolver.cache) == 0


def test_a_server_without_glue_is_looked_up_only_when_the_others_do_not_help(play):
    play(
        """
    root 192.0.2.1
      ns2.lab.example. A -> answer A 192.0.2.4
      * * -> referral shop.example. ns2.lab.example. ns1.shop.example.=192.0.2.3
    ns1 192.0.2.3
      www.shop.example. A -> answer A 203.0.113.80
      web.shop.example. A -> silent
    ns2 192.0.2.4
      web.shop.example. A -> answer A 203.0.113.81
    ask www.shop.example. A -> 203.0.113.80
    ask web.shop.example. A -> 203.0.113.81
    asked
      root ns1 www.shop.example. A
      ns1 web.shop.example. A
      root ns2.lab.example. A
      ns2 web.shop.example. A
    """
    )


def test_servers_are_reached_over_ipv6_where_that_is_to_be_had(play):
    play(
        """
    root 2001:db8::1
      * * -> referral shop.example. ns1.shop.example.=192.0.2.3 and ns1.shop.example. AAAA 2001:db8::3
    v4 192.0.2.3 closed
    v6 2001:db8::3
      www.shop.example. A -> answer A 203.0.113.80
    ask www.shop.example. A -> 203.0.113.80
    asked
      root v6 www.shop.example. A
    """,
        Conduct(families=(socket.AF_INET6,)),
    )


def test_the_same_question_at_the_same_time_is_walked_once(play):
    play(
        HIERARCHY
        + """
    shop 192.0.2.3
      * A -> late 0.2s answer A 203.0.113.80
    together www.shop.example. A www.shop.example. A WWW.SHOP.example. A
    asked
      root tld shop www.shop.example. A
    """
    )


def test_what_was_true_once_is_served_when_nobody_answers_if_that_is_wanted(play):
    play(
        HIERARCHY
        + """
    shop 192.0.2.3
      www.shop.example. A -> answer A 203.0.113.80 then silent
    ask www.shop.example. A -> 203.0.113.80
    wait 400s
    ask www.shop.example. A
      NOERROR
      www.shop.example. 30 A 203.0.113.80
    """,
        Conduct(terms=Terms(stale_s=86_400)),
    )
    assert "served-stale" in [event.what for event in play.recorder.read()]


def test_records_of_no_duration_are_used_and_not_kept(play):
    play(
        HIERARCHY
        + """
    shop 192.0.2.3
      www.shop.example. A -> answer 0 CNAME web.shop.example. | web.shop.example. 0 A 203.0.113.80
    ask www.shop.example. A
      NOERROR
      www.shop.example. 0 CNAME web.shop.example.
      web.shop.example. 0 A 203.0.113.80
    ask www.shop.example. A
      NOERROR
      www.shop.example. 0 CNAME web.shop.example.
      web.shop.example. 0 A 203.0.113.80
    asked
      root tld shop shop www.shop.example. A
    """
    )


def test_the_same_seed_asks_with_the_same_ids(play):
    from tests.dns.play import Play

    script = (
        HIERARCHY
        + """
    shop 192.0.2.3
      * A -> silent then answer A 203.0.113.80
    ask www.shop.example. A -> 203.0.113.80
    """
    )
    again, other = Play(), Play(seed=1)
    try:
        for one in (play, again, other):
            one(script)
        same = [list(one.recorder.read()) for one in (play, again)]
        assert same[0] == same[1]
        assert [event.data.get("id") for event in other.recorder.read()] != [event.data.get("id") for event in same[0]]
    finally:
        again.close()
        other.close()
