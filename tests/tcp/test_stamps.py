"""Time stamps at their edges: RFC 7323 sections 3.2 and 4.1."""

from __future__ import annotations

import pytest
from lone_connection import PacketTest

STAMPED = """
    +0.00 = connect
    +0.00 > S 0:0(0) <mss 1000,TS val 0 ecr 0>
    +0.10 < S. 0:0(0) ack 1 <mss 1000,TS val 1000 ecr 0>
    +0.00 > . 1:1(0) ack 1 <TS val 100 ecr 1000>
"""


@pytest.mark.rfc("7323", "3.2-6")
def test_a_stamp_that_was_not_agreed_upon_is_passed_over(established):
    established.run("""
        +0.00 < P. 1:11(10) ack 1 <TS val 5 ecr 6>
        +0.04 > . 1:1(0) ack 11
        +0.00 < P. 11:21(10) ack 1 <TS val 4 ecr 6>   # PAWS does not see it
        +0.04 > . 1:1(0) ack 21
        +0.00 = read 20
    """)
    assert not established.connection.info().timestamps


@pytest.mark.rfc("7323", "4.1-1")
def test_an_echo_measures_only_when_it_comes_with_news(make):
    test = make(timestamps=True).run(STAMPED)
    test.run("""
        +0.00 = write 10
        +0.00 > P. 1:11(10) ack 1
        +0.30 > P. 1:11(10) ack 1
    """)
    before = test.connection.info().srtt_ns
    for _ in range(2):
        test.wait(0.05)
        test.arrive(test.segment(". 1:1(0) ack 1 <TS val 1000 ecr 100>"))
    assert test.connection.info().srtt_ns == before
    test.wait(0.05)
    test.arrive(test.segment(". 1:1(0) ack 11 <TS val 1000 ecr 400>"))
    assert test.connection.info().srtt_ns == before + (150_000_000 - before) // 8


@pytest.mark.rfc("7323", "3.2-7")
def test_the_echo_of_a_segment_without_ack_means_nothing(make):
    test = make(timestamps=True).run("""
        +0.00 = connect
        +0.00 > S 0:0(0) <mss 1000,TS val 0 ecr 0>
        +0.10 < S 0:0(0) <mss 1000,TS val 1000 ecr 77>
        +0.00 > S. 0:0(0) ack 1 <mss 1000,TS val 100 ecr 1000>
    """)
    assert test.connection.info().srtt_ns == 0


@pytest.mark.rfc("7323", "3.2-5")
def test_missing_or_old_stamps_end_no_connection(make):
    test = make(timestamps=True).run(STAMPED)
    for number in range(50):
        test.arrive(test.segment(f". 1:{number + 2}({number + 1}) ack 1"))
        test.arrive(test.segment(f". 1:{number + 2}({number + 1}) ack 1 <TS val 900 ecr 100>"))
    assert test.connection.state.value == "ESTABLISHED"
    test.sent.clear()
    test.run("""
        +0.00 < P. 1:11(10) ack 1 <TS val 1000 ecr 100>
        +0.04 > . 1:1(0) ack 11
    """)


@pytest.mark.rfc("7323", "5.2-1")
def test_a_reset_is_not_held_against_its_stamp(make):
    make(timestamps=True).run(STAMPED).run("""
        +0.00 < R 1:1(0) <TS val 3 ecr 100>
        +0.00 = closed ECONNRESET
    """)


@pytest.mark.rfc("7323", "2.4-1")
def test_what_was_in_the_window_when_sent_is_sent_again_though_scaling_has_shrunk_it(make):
    """The peer cannot say 3,001 in units of 8: its edge moves back by up to 7 octets."""
    make(window_scale=True).run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S. 0:0(0) ack 1 win 3001 <mss 1000,wscale 3>
        +0.00 > . 1:1(0) ack 1
        +0.00 = write 3001
        +0.00 > . 1:1001(1000) ack 1
        +0.00 > . 1001:2001(1000) ack 1
        +0.00 > . 2001:3001(1000) ack 1
        +0.10 < . 1:1(0) ack 1001 win 249
        +0.30 > . 1001:2001(1000) ack 1
        +0.10 < . 1:1(0) ack 2001 win 124
        +0.00 > . 2001:3001(1000) ack 1
        +0.10 < . 1:1(0) ack 3001 win 375
        +0.00 > P. 3001:3002(1) ack 1
    """)


@pytest.mark.rfc("7323", "5.2-2")
def test_a_reset_leaves_the_stamps_alone(make):
    make(timestamps=True).run(STAMPED).run("""
        +0.00 < R 2:2(0) <TS val 5000 ecr 100>
        +0.00 > . 1:1(0) ack 1 <TS val 100 ecr 1000>   # the challenge
    """)


@pytest.mark.rfc("7323", "5.3-2")
def test_an_old_stamp_is_looked_at_before_the_window():
    test = PacketTest(watched=True, timestamps=True).run(STAMPED)
    test.run("""
        +0.00 < . 900001:900011(10) ack 1 <TS val 999 ecr 100>
        +0.00 > . 1:1(0) ack 1 <TS val 100 ecr 1000>
    """)
    assert test.events("dropped") == [{"why": "paws"}]


@pytest.mark.rfc("7323", "5.3-3")
def test_what_waits_behind_a_gap_is_not_held_against_later_stamps(make):
    make(timestamps=True).run(STAMPED).run("""
        +0.00 < P. 11:21(10) ack 1 <TS val 1010 ecr 100>
        +0.00 > . 1:1(0) ack 1 <TS val 100 ecr 1000>
        +0.00 < . 1:11(10) ack 1 <TS val 2000 ecr 100>
        +0.00 > . 1:1(0) ack 21 <TS val 100 ecr 2000>
        +0.00 = read 20
    """)


@pytest.mark.rfc("5961", "4.2-1")
def test_a_syn_without_a_stamp_is_challenged_nevertheless(make):
    """From a peer that was started anew with other settings; forged ones are answered ten times in five seconds."""
    test = make(timestamps=True).run(STAMPED)
    test.run("""
        +0.00 < S 70000:70000(0)
        +0.00 > . 1:1(0) ack 1
    """)
    for number in range(100):
        test.arrive(test.segment(f"S {70_000 + number}:{70_000 + number}(0)"))
    assert len(test.sent) == 9
