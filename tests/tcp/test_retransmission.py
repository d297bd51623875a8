"""When nothing comes back: RTO with back-off and Karn, giving up, smaller paths, keep-alive."""

from __future__ import annotations

import pytest
from lone_connection import PacketTest

from michinori.tcp import HostUnreachable


@pytest.mark.rfc("6298", "5-1", "5-6", "5-7")
@pytest.mark.rfc("9293", "MUST-19")
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


@pytest.mark.rfc("9293", "MUST-20")
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


@pytest.mark.rfc("6928", "12-4")
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


@pytest.mark.rfc("9293", "SHLD-25")
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


@pytest.mark.rfc("6298", "3-1")
@pytest.mark.rfc("9293", "MUST-18")
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


@pytest.mark.rfc("6298", "3-1")
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


@pytest.mark.rfc("6298", "2.3-3")
@pytest.mark.rfc("9293", "MUST-18")
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


def test_the_time_out_is_never_less_than_200_ms_beyond_a_round_trip(make):
    make().run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.001 < S. 0:0(0) ack 1
        +0.00 > . 1:1(0) ack 1
        +0.00 = write 10
        +0.00 > P. 1:11(10) ack 1
        +0.201 > P. 1:11(10) ack 1
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


@pytest.mark.rfc("9293", "MUST-16")
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


@pytest.mark.rfc("9293", "MUST-26", "MUST-27", "SHLD-12")
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
