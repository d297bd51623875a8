"""How much may be under way, and how many ACKs answer what comes: RFC 5681 sections 3.1, 4.2 and 4.3."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lone_connection import PacketTest

HANDSHAKE = """
    +0.00 = connect
    +0.00 > S 0:0(0)
    +0.10 < S. 0:0(0) ack 1 win 65535 <mss 1000>
    +0.00 > . 1:1(0) ack 1
"""


@pytest.mark.rfc("5681", "2-1")
def test_the_smaller_of_both_windows_bounds_what_is_under_way(open_one):
    for window, under_way in ((4000, 4000), (65535, 10_000)):
        test = open_one(window=window)
        test.connection.write(bytes(30_000), test.now)
        assert test.connection.info().in_flight == under_way


@pytest.mark.rfc("5681", "3.1-7")
def test_nothing_is_known_of_the_path_in_the_beginning(established):
    assert established.connection.info().ssthresh > 1 << 30


@pytest.mark.rfc("5681", "3.1-6")
def test_a_smaller_path_found_at_the_beginning_makes_the_initial_window_smaller(established):
    assert established.connection.info().cwnd == 10_000
    established.run("+0 = mtu 540")
    info = established.connection.info()
    assert (info.mss, info.cwnd) == (500, 5000)


@pytest.mark.rfc("5681", "4.3-2")
def test_losses_in_two_successive_windows_count_twice(open_one):
    test = open_one(congestion="reno", limited_transmit=False)
    test.connection.write(bytes(60_000), test.now)
    thresholds, una = [], 1
    for _ in range(2):
        for _ in range(4):
            test.arrive(test.segment(f". 1:1(0) ack {una}"))
        info = test.connection.info()
        assert info.recovery == "fast"
        thresholds.append(info.ssthresh)
        test.wait(0.1)
        una += info.in_flight
        test.arrive(test.segment(f". 1:1(0) ack {una}"))  # the end of the recovery
        una += 1000
        test.arrive(test.segment(f". 1:1(0) ack {una}"))
    assert thresholds[0] == 5000
    assert thresholds[1] < thresholds[0]


@pytest.mark.rfc("5681", "4.2-2")
@given(
    st.lists(st.tuples(st.integers(-2, 12), st.integers(0, 4), st.booleans()), max_size=30),
    st.booleans(),
)
def test_no_segment_is_answered_by_more_than_one_ack(arrivals, watched):
    test = PacketTest(watched=watched, sack=True, receive_buffer=8000).run(HANDSHAKE)
    for place, size, reads in arrivals:
        start, end = 1 + 500 * place, 1 + 500 * (place + size)
        if start < 1:
            start, end = 1, max(end, 1)
        test.arrive(test.segment(f". {start}:{end}({end - start}) ack 1"))
        assert len(test.sent) <= 1
        test.sent.clear()
        if reads:
            test.connection.read(1 << 20, test.now)
            assert len(test.sent) <= 1  # to tell of the room
            test.sent.clear()
