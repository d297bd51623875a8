"""RST, SYN and ACK that should not come: RFC 9293 sections 3.5.2, 3.10.7.1 and RFC 5961."""

from __future__ import annotations

import pytest

from michinori.tcp import answer_closed
from michinori.wire.tcp import ACK, FIN, RST, SYN, Segment


@pytest.mark.rfc("5961", "3.2-2")
@pytest.mark.rfc("9293", "MUST-12")
def test_a_reset_with_exactly_the_next_number_is_believed(established):
    established.run("""
        +0.00 < R 1:1(0)
        +0.00 = closed ECONNRESET
    """)


@pytest.mark.rfc("9293", "SHLD-2")
def test_a_reset_may_carry_text(established):
    established.run("""
        +0.00 < R 1:6(5)
        +0.00 = closed ECONNRESET
    """)
    assert established.connection.readable_octets == 0


@pytest.mark.rfc("5961", "3.2-3", "3.2-4")
def test_a_reset_elsewhere_in_the_window_is_challenged(established):
    established.run("""
        +0.00 < R 2:2(0)
        +0.00 > . 1:1(0) ack 1
        +0.00 = state ESTABLISHED
        +0.10 < R 1:1(0)
        +0.00 = closed ECONNRESET
    """)


@pytest.mark.rfc("5961", "3.2-1")
def test_a_reset_outside_of_the_window_is_passed_over(established):
    established.run("""
        +0.00 < R 0:0(0)
        +0.00 < R 65536:65536(0)
        +0.00 < R 4294967196:4294967196(0)
        +0.00 = state ESTABLISHED
    """)


@pytest.mark.rfc("5961", "4.2-1", "4.2-2")
def test_a_syn_is_challenged_wherever_it_lies(established):
    established.run("""
        +0.00 < S 1:1(0)
        +0.00 > . 1:1(0) ack 1
        +0.00 < S 70000:70000(0)
        +0.00 > . 1:1(0) ack 1
        +0.00 < S. 0:0(0) ack 1
        +0.00 > . 1:1(0) ack 1
        +0.00 = state ESTABLISHED
    """)


@pytest.mark.rfc("5961", "7-1")
def test_challenges_are_not_sent_without_end(established):
    for _ in range(100):
        established.arrive(established.segment("S 1:1(0)"))
    assert len(established.sent) == 10
    established.sent.clear()
    established.wait(5)
    established.arrive(established.segment("R 2:2(0)"))
    assert len(established.sent) == 1


@pytest.mark.rfc("5961", "7-2")
def test_the_number_of_challenges_can_be_set(open_one):
    test = open_one(challenge_acks=3, challenge_period_ns=10**9)
    for _ in range(10):
        test.arrive(test.segment("S 1:1(0)"))
    assert len(test.sent) == 3
    test.wait(1)
    test.arrive(test.segment("S 1:1(0)"))
    assert len(test.sent) == 4


@pytest.mark.rfc("5961", "5.2-1", "5.2-2")
def test_an_ack_of_what_was_never_sent_is_challenged(established):
    established.run("""
        +0.00 < . 1:11(10) ack 2
        +0.00 > . 1:1(0) ack 1
        +0.00 = info unread 0
    """)


@pytest.mark.rfc("5961", "5.2-1", "5.2-2")
def test_an_ack_older_than_any_window_is_challenged(established):
    established.run("""
        +0.00 < . 1:11(10) ack 4294901762
        +0.00 = read 10
        +0.04 > . 1:1(0) ack 11
        +0.00 < . 11:21(10) ack 4294901761
        +0.00 > . 1:1(0) ack 11
        +0.00 = info unread 0
    """)


def test_a_segment_without_ack_is_passed_over(established):
    established.run("""
        +0.00 < P 1:11(10)
        +0.10 = info unread 0
    """)


def test_two_ends_that_disagree_do_not_answer_each_other_for_ever(established):
    for _ in range(100):
        established.arrive(established.segment(". 70000:70000(0) ack 1"))
    assert len(established.sent) == 10


@pytest.mark.rfc("5961", "4.2-1")
def test_land_a_syn_from_ourselves_is_only_challenged(established):
    established.run("""
        +0.00 < S 0:0(0)
        +0.00 > . 1:1(0) ack 1
    """)


def test_what_belongs_to_no_connection_is_reset():
    def segment(flags: int, seq: int = 5, ack: int = 9, payload: bytes = b"") -> Segment:
        return Segment(1, 2, seq, ack, flags, 100, payload)

    assert answer_closed(segment(RST)) is None
    assert answer_closed(segment(RST | ACK)) is None
    assert answer_closed(segment(ACK, payload=b"abc")) == Segment(2, 1, 9, 0, RST, 0)
    assert answer_closed(segment(SYN, ack=0)) == Segment(2, 1, 0, 6, RST | ACK, 0)
    assert answer_closed(segment(FIN, ack=0, payload=b"abc")) == Segment(2, 1, 0, 9, RST | ACK, 0)
    assert answer_closed(segment(SYN | FIN, 0xFFFF_FFFF, 0)) == Segment(2, 1, 0, 1, RST | ACK, 0)
