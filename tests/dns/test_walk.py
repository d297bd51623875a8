"""The walk through the hierarchy, and everything that can be in its way."""

from __future__ import annotations

import socket

import pytest

from michinori.dns.cache import Terms
from michinori.dns.recursive import Conduct
from michinori.dns.walk import Bounds

HIERARCHY = """
    root 192.0.2.1
      * * -> referral example. ns.example.=192.0.2.2
    tld 192.0.2.2
      *shop.example. * -> referral shop.example. ns1.shop.example.=192.0.2.3
      *lab.example. * -> referral lab.example. ns1.lab.example.=192.0.2.4
      *.example. * -> nxdomain example.
"""


@pytest.mark.row("B6")
def test_the_way_leads_from_the_root_to_the_servers_that_know(play):
    play(
        HIERARCHY
        + """
    shop 192.0.2.3
      www.shop.example. A -> answer A 203.0.113.80
    ask www.shop.example. A
      NOERROR
      www.shop.example. 300 A 203.0.113.80
    asked
      root www.shop.example. A
      tld www.shop.example. A
      shop www.shop.example. A
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
    ]


def test_what_is_known_is_not_asked_again_and_grows_old(play):
    play(
        HIERARCHY
        + """
    shop 192.0.2.3
      www.shop.example. A -> answer A 203.0.113.80
    ask www.shop.example. A
      NOERROR
      www.shop.example. 300 A 203.0.113.80
    wait 100s
    ask www.shop.example. A
      NOERROR
      www.shop.example. 200 A 203.0.113.80
    asked
      root www.shop.example. A
      tld www.shop.example. A
      shop www.shop.example. A
    wait 200s                          # the record is gone, the delegation is not
    ask www.shop.example. A
      NOERROR
      www.shop.example. 300 A 203.0.113.80
    asked
      shop www.shop.example. A
    wait 3600s
    ask www.shop.example. A
      NOERROR
      www.shop.example. 300 A 203.0.113.80
    asked
      root www.shop.example. A
      tld www.shop.example. A
      shop www.shop.example. A
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
    ask www.shop.example. A
      NOERROR
      www.shop.example. 300 A 203.0.113.80
    asked
      root no.shop.example. A
      tld no.shop.example. A
      shop no.shop.example. A
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
      root www.shop.example. A
      tld www.shop.example. A
      shop www.shop.example. A
      tld web.lab.example. A
      lab web.lab.example. A
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


def test_what_a_server_says_about_foreign_names_is_not_believed(play):
    play(
        HIERARCHY
        + """
    shop 192.0.2.3
      www.shop.example. A -> answer CNAME web.lab.example. | web.lab.example. A 192.0.2.66
      mail.shop.example. A -> answer A 203.0.113.82 and www.lab.example. A 192.0.2.66
    lab 192.0.2.4
      web.lab.example. A -> answer A 203.0.113.81
      www.lab.example. A -> answer A 203.0.113.83
    ask www.shop.example. A
      NOERROR
      www.shop.example. 300 CNAME web.lab.example.
      web.lab.example. 300 A 203.0.113.81
    ask mail.shop.example. A
      NOERROR
      mail.shop.example. 300 A 203.0.113.82
    ask www.lab.example. A
      NOERROR
      www.lab.example. 300 A 203.0.113.83
    """
    )


def test_glue_from_outside_the_zone_is_looked_up_instead(play):
    play(
        """
    root 192.0.2.1
      *.org. * -> referral org. ns.org.=192.0.2.5
      * * -> referral example. ns.example.=192.0.2.2
    org 192.0.2.5
      ns.dns.org. A -> answer A 192.0.2.3
    tld 192.0.2.2
      * * -> referral shop.example. ns.dns.org.=192.0.2.66
    shop 192.0.2.3
      www.shop.example. A -> answer A 203.0.113.80
    ask www.shop.example. A
      NOERROR
      www.shop.example. 300 A 203.0.113.80
    asked
      root www.shop.example. A
      tld www.shop.example. A
      root ns.dns.org. A
      org ns.dns.org. A
      shop www.shop.example. A
    """
    )


def test_glue_never_answers_a_question(play):
    play(
        HIERARCHY
        + """
    shop 192.0.2.3
      www.shop.example. A -> answer A 203.0.113.80
      ns1.shop.example. A -> answer A 192.0.2.30
    ask www.shop.example. A
      NOERROR
      www.shop.example. 300 A 203.0.113.80
    ask ns1.shop.example. A
      NOERROR
      ns1.shop.example. 300 A 192.0.2.30
    """
    )


@pytest.mark.row("B6")
def test_a_lost_answer_is_asked_for_again(play):
    play(
        HIERARCHY
        + """
    shop 192.0.2.3
      www.shop.example. A -> silent then answer A 203.0.113.80
    ask www.shop.example. A
      NOERROR
      www.shop.example. 300 A 203.0.113.80
    asked
      root www.shop.example. A
      tld www.shop.example. A
      shop www.shop.example. A
      shop www.shop.example. A
    """
    )
    waited = [event.data["waited_ns"] for event in play.recorder.read() if event.what == "timed-out"]
    assert waited == [800_000_000]


@pytest.mark.row("B6")
def test_a_silent_server_is_given_up_after_three_ever_longer_waits(play):
    play(
        HIERARCHY
        + """
    shop 192.0.2.3 down
    ask www.shop.example. A
      SERVFAIL
    why
      no server of shop.example helps: ns1.shop.example (192.0.2.3) did not answer, asked 3 times
    """
    )
    events = list(play.recorder.read())
    assert [event.data["waited_ns"] for event in events if event.what == "timed-out"] == [
        800_000_000,
        1_600_000_000,
        3_200_000_000,
    ]
    assert events[-1].what == "gave-up"
    assert events[-1].data == {"name": "www.shop.example.", "type": "A", "known": False, "queries": 5}


def test_a_dead_server_is_asked_only_once_next_time(play):
    play(
        HIERARCHY
        + """
    shop 192.0.2.3 down
    ask www.shop.example. A
      SERVFAIL
    wait 1s
    ask web.shop.example. A
      SERVFAIL
    why
      no server of shop.example helps: ns1.shop.example (192.0.2.3) did not answer, asked once
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
      root www.shop.example. A
      tld www.shop.example. A
      shop www.shop.example. A
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
      tld www.shop.example. A
      shop www.shop.example. A
    wait 9s                                            # twice as long this time
    ask www.shop.example. A
      SERVFAIL
    asked
    """
    )
    assert len(resolver.cache) == 0


TWO_SERVERS = """
    root 192.0.2.1
      * * -> referral shop.example. ns1.shop.example.=192.0.2.3 ns2.shop.example.=192.0.2.4
"""


@pytest.mark.parametrize(
    "trouble", ["silent", "empty", "rcode SERVFAIL", "rcode REFUSED", "garbage", "wrong-id answer", "truncated silent"]
)
def test_another_server_is_asked_when_one_does_not_help(play, trouble):
    play(
        TWO_SERVERS
        + f"""
    ns1 192.0.2.3
      * * -> {trouble}{" A 192.0.2.66" if trouble.endswith("answer") else ""}
    ns2 192.0.2.4
      * A -> answer A 203.0.113.80
    ask www.shop.example. A
      NOERROR
      www.shop.example. 300 A 203.0.113.80
    ask web.shop.example. A
      NOERROR
      web.shop.example. 300 A 203.0.113.80
    ask ftp.shop.example. A
      NOERROR
      ftp.shop.example. 300 A 203.0.113.80
    """
    )


@pytest.mark.parametrize(
    "answer",
    ["empty", "rcode REFUSED", "unauthoritative answer A 192.0.2.66", "referral . root.", "referral shop.example. x."],
)
def test_a_lame_server_is_known_by_its_answer_and_left_alone(play, answer):
    play(
        TWO_SERVERS
        + f"""
    ns1 192.0.2.3
      * * -> {answer}
    ns2 192.0.2.4 closed
    ask a.shop.example. A
      SERVFAIL
    ask b.shop.example. A
      SERVFAIL
    ask c.shop.example. A
      SERVFAIL
    """
    )
    assert len([line for line in play.asked if line.startswith("ns1")]) == 1
    assert "lame" in [event.what for event in play.recorder.read()]


def test_a_port_where_nobody_listens_costs_no_wait(play):
    play(
        TWO_SERVERS
        + """
    ns1 192.0.2.3 closed
    ns2 192.0.2.4 closed
    ask www.shop.example. A
      SERVFAIL
    """
    )
    assert play.loop.time() < 0.1
    reasons = [event.why for event in play.recorder.read() if event.what == "unreachable"]
    assert reasons == ["nothing listens at its port"] * 2


def test_the_faster_server_is_preferred_once_both_are_known(play):
    play.loop.delays = {"192.0.2.3": 0.100, "192.0.2.4": 0.005}
    questions = "\n".join(
        f"    ask n{i}.shop.example. A\n      NOERROR\n      n{i}.shop.example. 300 A 1.2.3.4" for i in range(12)
    )
    play(
        TWO_SERVERS
        + "    ns1 192.0.2.3\n      * A -> answer A 1.2.3.4\n    ns2 192.0.2.4\n      * A -> answer A 1.2.3.4\n"
        + questions
    )
    assert [line.split()[0] for line in play.asked][-6:] == ["ns2"] * 6


@pytest.mark.row("B6")
def test_an_answer_cut_short_is_asked_for_over_tcp(play):
    play(
        HIERARCHY
        + """
    shop 192.0.2.3
      big.shop.example. TXT -> truncated answer TXT "long"
    ask big.shop.example. TXT
      NOERROR
      big.shop.example. 300 TXT "long"
    asked
      root big.shop.example. TXT
      tld big.shop.example. TXT
      shop big.shop.example. TXT
      shop big.shop.example. TXT tcp
    """
    )
    assert "truncated" in [event.what for event in play.recorder.read()]


def test_a_server_that_stumbles_over_edns_is_asked_without_and_remembered(play):
    play(
        HIERARCHY
        + """
    shop 192.0.2.3
      * A -> no-edns answer A 203.0.113.80
    ask www.shop.example. A
      NOERROR
      www.shop.example. 300 A 203.0.113.80
    ask web.shop.example. A
      NOERROR
      web.shop.example. 300 A 203.0.113.80
    asked
      root www.shop.example. A
      tld www.shop.example. A
      shop www.shop.example. A
      shop www.shop.example. A plain
      shop web.shop.example. A plain
    """
    )


def test_forged_answers_are_ignored_and_many_of_them_lead_to_tcp(play):
    play(
        HIERARCHY
        + """
    shop 192.0.2.3
      few.shop.example. A -> forgeries 3 answer A 203.0.113.80
      many.shop.example. A -> forgeries 50 answer A 203.0.113.80
      name.shop.example. A -> wrong-name answer A 192.0.2.66 then answer A 203.0.113.80
    ask few.shop.example. A
      NOERROR
      few.shop.example. 300 A 203.0.113.80
    ask many.shop.example. A
      NOERROR
      many.shop.example. 300 A 203.0.113.80
    ask name.shop.example. A
      NOERROR
      name.shop.example. 300 A 203.0.113.80
    asked
      root few.shop.example. A
      tld few.shop.example. A
      shop few.shop.example. A
      shop many.shop.example. A
      shop many.shop.example. A tcp
      shop name.shop.example. A
      shop name.shop.example. A
    """
    )


def test_mixed_case_must_come_back_as_it_went(play):
    play(
        """
    root 192.0.2.1
      honest.example. A -> answer A 203.0.113.80
      * A -> lower-case answer A 192.0.2.66
    ask honest.example. A
      NOERROR
      honest.example. 300 A 203.0.113.80
    ask a-name-with-letters.example. A
      SERVFAIL
    """,
        Conduct(mixed_case=True),
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
    ask www.shop.example. A
      NOERROR
      www.shop.example. 300 A 203.0.113.80
    ask web.shop.example. A
      NOERROR
      web.shop.example. 300 A 203.0.113.81
    asked
      root www.shop.example. A
      ns1 www.shop.example. A
      ns1 web.shop.example. A
      root ns2.lab.example. A
      ns2 web.shop.example. A
    """
    )


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


def test_servers_are_reached_over_ipv6_where_that_is_to_be_had(play):
    play(
        """
    root 2001:db8::1
      * * -> referral shop.example. ns1.shop.example.=192.0.2.3 and ns1.shop.example. AAAA 2001:db8::3
    v4 192.0.2.3 closed
    v6 2001:db8::3
      www.shop.example. A -> answer A 203.0.113.80
    ask www.shop.example. A
      NOERROR
      www.shop.example. 300 A 203.0.113.80
    asked
      root www.shop.example. A
      v6 www.shop.example. A
    """,
        Conduct(families=(socket.AF_INET6,)),
    )


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
    ask ns1.victim.example. A
      NOERROR
      ns1.victim.example. 300 A 192.0.2.8
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


def test_the_same_question_at_the_same_time_is_walked_once(play):
    play(
        HIERARCHY
        + """
    shop 192.0.2.3
      * A -> late 0.2s answer A 203.0.113.80
    together www.shop.example. A www.shop.example. A WWW.SHOP.example. A
    asked
      root www.shop.example. A
      tld www.shop.example. A
      shop www.shop.example. A
    """
    )


def test_what_was_true_once_is_served_when_nobody_answers_if_that_is_wanted(play):
    play(
        HIERARCHY
        + """
    shop 192.0.2.3
      www.shop.example. A -> answer A 203.0.113.80 then silent
    ask www.shop.example. A
      NOERROR
      www.shop.example. 300 A 203.0.113.80
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
      root www.shop.example. A
      tld www.shop.example. A
      shop www.shop.example. A
      shop www.shop.example. A
    """
    )


def test_the_same_seed_asks_with_the_same_ids(play):
    from tests.dns.play import Play

    script = (
        HIERARCHY
        + """
    shop 192.0.2.3
      * A -> silent then answer A 203.0.113.80
    ask www.shop.example. A
      NOERROR
      www.shop.example. 300 A 203.0.113.80
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
