"""What a server may say, and what is not believed."""

from __future__ import annotations

from tests.dns.play import HIERARCHY

from michinori.dns.recursive import Conduct


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
    ask mail.shop.example. A -> 203.0.113.82
    ask www.lab.example. A -> 203.0.113.83
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
    ask www.shop.example. A -> 203.0.113.80
    asked
      root tld www.shop.example. A
      root org ns.dns.org. A
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
    ask www.shop.example. A -> 203.0.113.80
    ask ns1.shop.example. A -> 192.0.2.30
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
    ask few.shop.example. A -> 203.0.113.80
    ask many.shop.example. A -> 203.0.113.80
    ask name.shop.example. A -> 203.0.113.80
    asked
      root tld shop few.shop.example. A
      shop many.shop.example. A
      shop many.shop.example. A tcp
      shop shop name.shop.example. A
    """
    )


def test_mixed_case_must_come_back_as_it_went(play):
    play(
        """
    root 192.0.2.1
      honest.example. A -> answer A 203.0.113.80
      * A -> lower-case answer A 192.0.2.66
    ask honest.example. A -> 203.0.113.80
    ask a-name-with-letters.example. A
      SERVFAIL
    """,
        Conduct(mixed_case=True),
    )
