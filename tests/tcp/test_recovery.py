"""Finding out what was lost: duplicate ACKs, NewReno, SACK, and beginning again after a time-out.

The windows are those of Reno, the loss recovery that of RFC 6582 and RFC 6675, without anything that came later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from lone_connection import PacketTest

CLASSIC = {"congestion": "reno", "hystart": False, "rack": False, "prr": False, "frto": False}


@pytest.fixture
def make(watched: bool) -> Callable[..., PacketTest]:
    def make(**settings: Any) -> PacketTest:
        return PacketTest(watched=watched, **(CLASSIC | settings))

    return make


TEN = "+0.00 = write 10000\n" + "\n".join(
    f"+0.00 > {'P.' if n == 9 else '.'} {1 + n * 1000}:{1001 + n * 1000}(1000) ack 1" for n in range(10)
)


@pytest.mark.rfc("5681", "3.2-3", "3.2-6", "3.2-9", "4.3-3")
@pytest.mark.rfc("6582", "3.2-3")
@pytest.mark.row("B11")
def test_three_duplicate_acks_repair_a_loss_without_waiting(established):
    established.run(TEN).run("""
        +0.10 < . 1:1(0) ack 1001
        +0.00 < . 1:1(0) ack 1001
        +0.00 < . 1:1(0) ack 1001
        +0.00 = info recovery open
        +0.00 < . 1:1(0) ack 1001
        +0.00 > . 1001:2001(1000) ack 1
        +0.00 = info recovery fast
        +0.00 = info ssthresh 4500
        +0.10 < . 1:1(0) ack 10001
        +0.00 = info recovery open
        +0.00 = info cwnd 2000
    """)


@pytest.mark.rfc("5681", "3.2-4", "3.2-5", "3.2-6")
def test_limited_transmit_sends_new_text_for_the_first_two_duplicates(open_one):
    test = open_one()
    test.run(TEN).run("""
        +0.00 = write 5000
        +0.10 < . 1:1(0) ack 1
        +0.00 > . 10001:11001(1000) ack 1
        +0.00 < . 1:1(0) ack 1
        +0.00 > . 11001:12001(1000) ack 1
        +0.00 < . 1:1(0) ack 1
        +0.00 > . 1:1001(1000) ack 1
        +0.00 = info ssthresh 5000
    """)


def test_without_limited_transmit_they_send_nothing(open_one):
    open_one(limited_transmit=False).run(TEN).run("""
        +0.00 = write 5000
        +0.10 < . 1:1(0) ack 1
        +0.00 < . 1:1(0) ack 1
        +0.00 = silence
        +0.00 < . 1:1(0) ack 1
        +0.00 > . 1:1001(1000) ack 1
    """)


@pytest.mark.rfc("5681", "4.3-1")
@pytest.mark.rfc("6582", "3.2-2", "3.2-4", "3.2-5")
@pytest.mark.row("B11")
def test_new_reno_repairs_one_hole_a_round_trip(established):
    # The 2nd, 4th and 6th of ten segments are lost.
    established.run(TEN).run("""
        +0.10 < . 1:1(0) ack 1001
        +0.00 < . 1:1(0) ack 1001
        +0.00 < . 1:1(0) ack 1001
        +0.00 < . 1:1(0) ack 1001
        +0.00 > . 1001:2001(1000) ack 1
        +0.00 < . 1:1(0) ack 1001
        +0.00 < . 1:1(0) ack 1001
        +0.00 < . 1:1(0) ack 1001
        +0.10 < . 1:1(0) ack 3001
        +0.00 > . 3001:4001(1000) ack 1
        +0.10 < . 1:1(0) ack 5001
        +0.00 > . 5001:6001(1000) ack 1
        +0.00 = info recovery fast
        +0.10 < . 1:1(0) ack 10001
        +0.00 = info recovery open
        +0.00 = info retransmitted 3
    """)


@pytest.mark.rfc("5681", "3.2-7", "3.2-8", "3.2-9", "3.2-10")
def test_new_reno_sends_new_text_as_duplicates_tell_that_segments_left_the_network(established):
    established.connection.write(bytes(20_000), established.now)
    established.sent.clear()
    established.run("""
        +0.10 < . 1:1(0) ack 1
        +0.00 > . 10001:11001(1000) ack 1
        +0.00 < . 1:1(0) ack 1
        +0.00 > . 11001:12001(1000) ack 1
        +0.00 < . 1:1(0) ack 1
        +0.00 > . 1:1001(1000) ack 1
        +0.00 < . 1:1(0) ack 1             # window 5000 + 3000 inflated, 12000 in flight
        +0.00 < . 1:1(0) ack 1
        +0.00 < . 1:1(0) ack 1
        +0.00 < . 1:1(0) ack 1
        +0.00 = silence
        +0.00 < . 1:1(0) ack 1
        +0.00 > . 12001:13001(1000) ack 1
        +0.00 < . 1:1(0) ack 1
        +0.00 > . 13001:14001(1000) ack 1
        +0.10 < . 1:1(0) ack 12001
        +0.00 = info recovery open
        +0.00 = info cwnd 3000
        +0.00 > . 14001:15001(1000) ack 1
    """)


@pytest.mark.rfc("6582", "3.2-1", "3.2-6")
def test_duplicates_after_a_time_out_do_not_begin_a_fast_recovery(established):
    established.run(TEN).run("""
        +0.30 > . 1:1001(1000) ack 1
        +0.10 < . 1:1(0) ack 2001
        +0.00 > . 2001:3001(1000) ack 1
        +0.00 > . 3001:4001(1000) ack 1
        +0.10 < . 1:1(0) ack 10001
        +0.00 = info recovery open
        +0.00 = write 5000
        +0.00 > . 10001:11001(1000) ack 1
        +0.00 > . 11001:12001(1000) ack 1
        +0.00 > . 12001:13001(1000) ack 1
        +0.00 < . 1:1(0) ack 10001
        +0.00 > . 13001:14001(1000) ack 1  # limited transmit
        +0.00 < . 1:1(0) ack 10001
        +0.00 > P. 14001:15001(1000) ack 1
        +0.00 < . 1:1(0) ack 10001
        +0.00 = info recovery open
    """)


@pytest.mark.rfc("3465", "2.3-3")
@pytest.mark.rfc("6298", "5-5")
@pytest.mark.rfc("5681", "3.1-11", "3.1-12")
@pytest.mark.row("B11")
def test_after_a_time_out_everything_is_sent_again_in_slow_start(established):
    established.run(TEN).run("""
        +0.30 > . 1:1001(1000) ack 1
        +0.00 = info cwnd 1000
        +0.00 = info ssthresh 5000
        +0.00 = info recovery loss
        +0.10 < . 1:1(0) ack 1001
        +0.00 > . 1001:2001(1000) ack 1
        +0.00 > . 2001:3001(1000) ack 1
        +0.10 < . 1:1(0) ack 3001
        +0.00 > . 3001:4001(1000) ack 1
        +0.00 > . 4001:5001(1000) ack 1
        +0.00 > . 5001:6001(1000) ack 1    # one segment an ACK more: RFC 3465 section 2.3
        +0.10 < . 1:1(0) ack 10001
        +0.00 = info recovery open
    """)


@pytest.mark.rfc("5681", "3.1-11")
def test_a_second_time_out_of_one_segment_leaves_the_threshold(established):
    established.run(TEN).run("""
        +0.30 > . 1:1001(1000) ack 1
        +0.00 = info ssthresh 5000
        +0.60 > . 1:1001(1000) ack 1
        +0.00 = info ssthresh 5000
        +1.20 > . 1:1001(1000) ack 1
        +0.00 = info ssthresh 5000
    """)


@pytest.mark.rfc("6937", "3-3")
@pytest.mark.rfc("8985", "9.3-1")
@pytest.mark.rfc("5681", "4.3-1", "4.3-5")
@pytest.mark.rfc("2018", "5-1", "5.1-2")
@pytest.mark.rfc("6675", "4-3", "5-1", "5-2", "5-4", "5-5")
@pytest.mark.row("B11")
def test_sack_repairs_many_holes_in_one_round_trip(open_with_sack):
    # The 1st, 3rd and 5th of ten segments are lost.
    open_with_sack().run(TEN).run("""
        +0.10 < . 1:1(0) ack 1 <sack 1001:2001>
        +0.00 < . 1:1(0) ack 1 <sack 3001:4001 1001:2001>
        +0.00 = info recovery open
        +0.00 < . 1:1(0) ack 1 <sack 5001:6001 3001:4001 1001:2001>
        +0.00 > . 1:1001(1000) ack 1
        +0.00 = info recovery fast
        +0.00 = info cwnd 5000
        +0.00 < . 1:1(0) ack 1 <sack 5001:7001 3001:4001 1001:2001>
        +0.00 = silence                    # 5000 are thought to be in the network, as much as the window takes
        +0.00 < . 1:1(0) ack 1 <sack 5001:8001 3001:4001 1001:2001>
        +0.00 > . 2001:3001(1000) ack 1
        +0.00 > . 4001:5001(1000) ack 1
        +0.00 < . 1:1(0) ack 1 <sack 5001:9001 3001:4001 1001:2001>
        +0.00 < . 1:1(0) ack 1 <sack 5001:10001 3001:4001 1001:2001>
        +0.10 < . 1:1(0) ack 10001
        +0.00 = info recovery open
        +0.00 = info cwnd 5000
        +0.00 = info ssthresh 5000
        +0.00 = info retransmitted 3
    """)


@pytest.mark.rfc("6675", "5-2")
def test_sack_of_much_above_the_hole_is_enough_without_three_acks(open_with_sack):
    open_with_sack().run(TEN).run("""
        +0.10 < . 1:1(0) ack 1 <sack 1001:10001>
        +0.00 > . 1:1001(1000) ack 1
        +0.00 = info recovery fast
    """)


@pytest.mark.rfc("6675", "5-1")
def test_sack_blocks_of_what_was_never_sent_or_is_acknowledged_are_passed_over(open_with_sack):
    test = (
        open_with_sack()
        .run(TEN)
        .run("""
        +0.10 < . 1:1(0) ack 2001 <sack 10001:12001 500:1500 5001:4001 2001:2001>
    """)
    )
    assert not test.connection._tcb.recovery.scoreboard


@pytest.mark.rfc("6675", "5.1-1", "5.1-2", "5.1-3")
def test_a_time_out_in_recovery_sends_only_what_is_not_sacked(open_with_sack):
    open_with_sack().run(TEN).run("""
        +0.10 < . 1:1(0) ack 1 <sack 1001:2001>
        +0.00 < . 1:1(0) ack 1 <sack 3001:4001 1001:2001>
        +0.00 < . 1:1(0) ack 1 <sack 5001:10001 3001:4001 1001:2001>
        +0.00 > . 1:1001(1000) ack 1
        +0.00 > . 2001:3001(1000) ack 1
        +0.00 > . 4001:5001(1000) ack 1
        +0.30 > . 1:1001(1000) ack 1         # all three were lost again
        +0.10 < . 1:1(0) ack 2001 <sack 5001:10001 3001:4001>
        +0.00 > . 2001:3001(1000) ack 1
        +0.00 > . 4001:5001(1000) ack 1
        +0.10 < . 1:1(0) ack 10001
        +0.00 = info recovery open
    """)


@pytest.mark.rfc("2018", "5-3", "8-3")
def test_a_peer_that_threw_sacked_text_away_gets_it_again(open_with_sack):
    open_with_sack().run(TEN).run("""
        +0.10 < . 1:1(0) ack 1 <sack 1001:2001>
        +0.00 < . 1:1(0) ack 1001
        +0.25 = silence
        +0.05 > . 1001:2001(1000) ack 1
    """)


@pytest.mark.rfc("6675", "4-6", "4-8")
def test_the_last_segment_of_a_recovery_is_rescued(open_with_sack):
    # The 1st and the last two of ten are lost: nothing above tells of the latter.
    open_with_sack().run(TEN).run("""
        +0.10 < . 1:1(0) ack 1 <sack 1001:2001>
        +0.00 < . 1:1(0) ack 1 <sack 1001:3001>
        +0.00 < . 1:1(0) ack 1 <sack 1001:8001>
        +0.00 > . 1:1001(1000) ack 1
        +0.10 < . 1:1(0) ack 8001
        +0.00 > P. 9001:10001(1000) ack 1
    """)
