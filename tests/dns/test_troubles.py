"""Servers that are silent, lame, old, slow or not there."""

from __future__ import annotations

import pytest
from tests.dns.play import HIERARCHY, TWO_SERVERS


@pytest.mark.row("B6")
def test_a_lost_answer_is_asked_for_again(play):
    play(
        HIERARCHY
        + """
    shop 192.0.2.3
      www.shop.example. A -> silent then answer A 203.0.113.80
    ask www.shop.example. A -> 203.0.113.80
    asked
      root tld shop shop www.shop.example. A
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
    ask www.shop.example. A -> 203.0.113.80
    ask web.shop.example. A -> 203.0.113.80
    ask ftp.shop.example. A -> 203.0.113.80
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
    ask big.shop.example. TXT -> "long"
    asked
      root tld shop big.shop.example. TXT
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
    ask www.shop.example. A -> 203.0.113.80
    ask web.shop.example. A -> 203.0.113.80
    asked
      root tld shop www.shop.example. A
      shop www.shop.example. A plain
      shop web.shop.example. A plain
    """
    )
