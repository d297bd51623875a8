"""Losing and finding: RTO with back-off and Karn, fast retransmit, NewReno, SACK, and giving up."""

from __future__ import annotations

import pytest
from packetscript import PacketTest

from michinori.tcp import HostUnreachable

TEN = "+0.00 = write 10000\n" + "\n".join(
    f"+0.00 > {'P.' if n == 9 else '.'} {1 + n * 1000}:{1001 + n * 1000}(1000) ack 1" for n in range(10)
)


@pytest.mark.row("B11")
def test_what_is_not_acknowledged_is_sent_again_each_time_after_twice_the_time(established):
    established.run("""
        +0.00 = write 10
        +0.00 > P. 1:11(10) ack 1
        +0.30 > P. 1:11(10) ack 1
        +0.60 > P. 1:11(10) ack 1
        +1.20 > P. 1:11(10) ack 1
        +2.40 > P. 1:11(10) ack 1
        +0.10 < . 1:1(0) ack 11
        +0.00 = info retransmitted 4
    """)


@pytest.mark.row("B11")
def test_after_r2_it_is_given_up_and_the_application_is_told(open_one):
    open_one(data_retries=3).run("""
        +0.00 = write 10
        +0.00 > P. 1:11(10) ack 1
        +0.30 > P. 1:11(10) ack 1
        +0.60 > P. 1:11(10) ack 1
        +1.20 > P. 1:11(10) ack 1
        +2.40 = closed ETIMEDOUT
    """)


@pytest.mark.row("B11")
def test_events_tell_of_retransmissions_doubt_and_giving_up():
    test = PacketTest(watched=True, data_retries=4).run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S. 0:0(0) ack 1 <mss 1000>
        +0.00 > . 1:1(0) ack 1
    """)
    test.connection.write(bytes(10), test.now)
    test.run("+0.00 > P. 1:11(10) ack 1")
    test.wait(60)
    again = test.events("retransmitted")
    assert [(data["why"], data["rel_seq"], data["len"]) for data in again] == [("rto", 1, 10)] * 4
    assert test.events("doubted") == [{"why": "R1", "retries": 3}]
    assert test.events("gave-up") == [{"why": "R2", "retries": 4}]


def test_a_user_time_out_gives_up_by_time(open_one):
    open_one(user_timeout_ns=1_000_000_000).run("""
        +0.00 = write 10
        +0.00 > P. 1:11(10) ack 1
        +0.30 > P. 1:11(10) ack 1
        +0.60 > P. 1:11(10) ack 1
        +1.20 = closed ETIMEDOUT
    """)


def test_what_icmp_told_meanwhile_becomes_the_reason(open_one):
    test = open_one(data_retries=1)
    test.run("""
        +0.00 = write 10
        +0.00 > P. 1:11(10) ack 1
        +0.30 > P. 1:11(10) ack 1
    """)
    test.connection.on_soft_error(HostUnreachable("no way to the host"))
    test.run("+0.60 = closed EHOSTUNREACH")


def test_a_hard_error_counts_only_while_the_handshake_goes_on(make, established):
    error = HostUnreachable("no way to the host")
    established.connection.on_hard_error(error, established.now)
    established.run("+0.00 = state ESTABLISHED")
    opening = make().run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
    """)
    opening.connection.on_hard_error(error, opening.now)
    opening.run("+0.00 = closed EHOSTUNREACH")


def test_only_what_is_under_way_is_quoted(established):
    connection = established.connection
    assert not connection.quotes(0xFFFF_FFF0)
    established.run("""
        +0.00 = write 100
        +0.00 > P. 1:101(100) ack 1
    """)
    assert connection.quotes(0xFFFF_FFF1)
    assert connection.quotes(0xFFFF_FFF0 + 100 - 2**32)
    assert not connection.quotes(0xFFFF_FFF0 + 101 - 2**32)


def test_karn_what_was_sent_twice_is_not_measured(established):
    established.run("""
        +0.00 = write 10
        +0.00 > P. 1:11(10) ack 1
        +0.30 > P. 1:11(10) ack 1
        +0.20 < . 1:1(0) ack 11
        +0.00 = info srtt_ns 100000000
        +0.00 = write 10               # the back-off stays until something is measured
        +0.00 > P. 11:21(10) ack 1
        +0.10 < . 1:1(0) ack 21
        +0.00 = info backoff 0
    """)


def test_with_time_stamps_what_was_sent_twice_is_measured_by_the_echo(make):
    make(timestamps=True).run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S. 0:0(0) ack 1 <mss 1000,TS val 1 ecr 0>
        +0.00 > . 1:1(0) ack 1 <TS val 100 ecr 1>
        +0.00 = write 10
        +0.00 > P. 1:11(10) ack 1 <TS val 100 ecr 1>
        +0.30 > P. 1:11(10) ack 1 <TS val 400 ecr 1>
        +0.10 < . 1:1(0) ack 11 <TS val 1 ecr 400>
        +0.00 = info srtt_ns 100000000
        +0.00 = info backoff 0
    """)


def test_the_time_out_follows_the_variation(open_one):
    test = open_one()
    position = 1
    for rtt in (0.1, 0.2, 0.1, 0.2):
        test.connection.write(b"x", test.now)
        test.sent.clear()
        position += 1
        test.run(f"+{rtt} < . 1:1(0) ack {position}")
    info = test.connection.info()
    assert info.rto_ns == info.srtt_ns + 4 * info.rttvar_ns
    assert 300_000_000 < info.rto_ns < 400_000_000


def test_the_time_out_is_never_less_than_200_ms(make):
    make().run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.001 < S. 0:0(0) ack 1
        +0.00 > . 1:1(0) ack 1
        +0.00 = write 10
        +0.00 > P. 1:11(10) ack 1
        +0.200 > P. 1:11(10) ack 1
    """)


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


def test_duplicates_after_a_time_out_do_not_begin_a_fast_recovery(established):
    established.run(TEN).run("""
        +0.30 > . 1:1001(1000) ack 1
        +0.10 < . 1:1(0) ack 2001
        +0.00 > . 2001:3001(1000) ack 1
        +0.00 > . 3001:4001(1000) ack 1
        +0.00 > . 4001:5001(1000) ack 1
        +0.10 < . 1:1(0) ack 10001
        +0.00 = info recovery open
        +0.00 = write 5000
        +0.00 > . 10001:11001(1000) ack 1
        +0.00 > . 11001:12001(1000) ack 1
        +0.00 > . 12001:13001(1000) ack 1
        +0.00 > . 13001:14001(1000) ack 1
        +0.00 > P. 14001:15001(1000) ack 1
        +0.00 < . 1:1(0) ack 10001
        +0.00 < . 1:1(0) ack 10001
        +0.00 < . 1:1(0) ack 10001
        +0.00 = info recovery open
    """)


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
        +0.00 > . 5001:6001(1000) ack 1
        +0.00 > . 6001:7001(1000) ack 1
        +0.10 < . 1:1(0) ack 10001
        +0.00 = info recovery open
    """)


def test_a_second_time_out_of_one_segment_leaves_the_threshold(established):
    established.run(TEN).run("""
        +0.30 > . 1:1001(1000) ack 1
        +0.00 = info ssthresh 5000
        +0.60 > . 1:1001(1000) ack 1
        +0.00 = info ssthresh 5000
        +1.20 > . 1:1001(1000) ack 1
        +0.00 = info ssthresh 5000
    """)


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
        +0.00 = info retransmitted 3
    """)


def test_sack_of_much_above_the_hole_is_enough_without_three_acks(open_with_sack):
    open_with_sack().run(TEN).run("""
        +0.10 < . 1:1(0) ack 1 <sack 1001:10001>
        +0.00 > . 1:1001(1000) ack 1
        +0.00 = info recovery fast
    """)


def test_sack_blocks_of_what_was_never_sent_or_is_acknowledged_are_passed_over(open_with_sack):
    test = (
        open_with_sack()
        .run(TEN)
        .run("""
        +0.10 < . 1:1(0) ack 2001 <sack 10001:12001 500:1500 5001:4001 2001:2001>
    """)
    )
    assert not test.connection._tcb.recovery.scoreboard


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


def test_a_peer_that_threw_sacked_text_away_gets_it_again(open_with_sack):
    open_with_sack().run(TEN).run("""
        +0.10 < . 1:1(0) ack 1 <sack 1001:2001>
        +0.00 < . 1:1(0) ack 1001
        +0.20 = silence
        +0.05 > . 1001:2001(1000) ack 1
    """)


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


@pytest.mark.row("B11")
def test_a_retransmission_is_what_was_sent(established):
    established.run("""
        +0.00 = write 10
        +0.00 > P. 1:11(10) ack 1
        +0.00 = write 20
        +0.30 > . 1:11(10) ack 1
        +0.10 < . 1:1(0) ack 11
        +0.00 > P. 11:31(20) ack 1
    """)


def test_a_smaller_path_cuts_what_is_under_way_anew(established):
    established.run("""
        +0.00 = write 2000
        +0.00 > . 1:1001(1000) ack 1
        +0.00 > P. 1001:2001(1000) ack 1
        +0.10 = mtu 640
        +0.00 > . 1:601(600) ack 1
        +0.00 > . 601:1201(600) ack 1
        +0.00 > . 1201:1801(600) ack 1
        +0.00 > P. 1801:2001(200) ack 1
        +0.00 = info mss 600
        +0.00 = mtu 700
        +0.00 = info mss 600
        +0.10 < . 1:1(0) ack 2001
        +0.00 = write 700
        +0.00 > . 2001:2601(600) ack 1
        +0.10 < . 1:1(0) ack 2601
        +0.00 > P. 2601:2701(100) ack 1
    """)


def test_a_smaller_path_known_before_the_handshake(make):
    test = make()
    test.connection.on_path_mtu(540, 0)
    test.run("""
        +0.00 = connect
        +0.00 > S 0:0(0) <mss 1000>
        +0.10 < S. 0:0(0) ack 1 <mss 1000>
        +0.00 > . 1:1(0) ack 1
        +0.00 = write 600
        +0.00 > . 1:501(500) ack 1
        +0.10 < . 1:1(0) ack 501
        +0.00 > P. 501:601(100) ack 1
    """)


def test_keep_alive_asks_a_silent_peer_and_gives_it_up(open_one):
    settings = {"keepalive": True, "keepalive_idle_ns": 10**10, "keepalive_interval_ns": 10**9, "keepalive_probes": 2}
    open_one(**settings).run("""
        +5.00 < P. 1:11(10) ack 1
        +0.04 > . 1:1(0) ack 11
        +9.96 > . 0:0(0) ack 11
        +0.10 < . 11:11(0) ack 1
        +10.00 > . 0:0(0) ack 11
        +1.00 > . 0:0(0) ack 11
        +1.00 = closed ETIMEDOUT
    """)


def test_keep_alive_is_answered(established):
    established.run("""
        +100.00 < . 0:0(0) ack 1
        +0.00 > . 1:1(0) ack 1
        +0.00 < . 0:1(1) ack 1
        +0.00 > . 1:1(0) ack 1
    """)
