"""Closing: RFC 9293 section 3.6, from either side, at once, by half and by force."""

from __future__ import annotations

import pytest
from lone_connection import PacketTest

from michinori.tcp import ConnectionClosing, State


@pytest.mark.rfc("9293", "MUST-13")
@pytest.mark.row("B25")
def test_we_close_first_and_wait_for_two_lifetimes(established):
    established.run("""
        +0.00 = close
        +0.00 = state FIN-WAIT-1
        +0.00 > F. 1:1(0) ack 1
        +0.10 < . 1:1(0) ack 2
        +0.00 = state FIN-WAIT-2
        +1.00 < F. 1:1(0) ack 2
        +0.00 > . 2:2(0) ack 2
        +0.00 = state TIME-WAIT
        +59.90 = state TIME-WAIT
        +0.10 = closed
    """)
    assert established.effects.told == ["established", "readable", "closed"]


@pytest.mark.rfc("9293", "MUST-12")
@pytest.mark.row("B25")
def test_the_peer_closes_first(established):
    established.run("""
        +0.00 < F. 1:1(0) ack 1
        +0.00 > . 1:1(0) ack 2
        +0.00 = state CLOSE-WAIT
        +0.00 = eof
        +1.00 = close
        +0.00 = state LAST-ACK
        +0.00 > F. 1:1(0) ack 2
        +0.10 < . 2:2(0) ack 2
        +0.00 = closed
    """)


@pytest.mark.row("B25")
def test_both_close_at_once(established):
    established.run("""
        +0.00 = close
        +0.00 > F. 1:1(0) ack 1
        +0.05 < F. 1:1(0) ack 1
        +0.00 = state CLOSING
        +0.00 > . 2:2(0) ack 2
        +0.05 < . 2:2(0) ack 2
        +0.00 = state TIME-WAIT
        +60.00 = closed
    """)


@pytest.mark.row("B25")
def test_the_fin_of_the_peer_acknowledges_ours(established):
    established.run("""
        +0.00 = close
        +0.00 > F. 1:1(0) ack 1
        +0.05 < F. 1:1(0) ack 2
        +0.00 = state TIME-WAIT
        +0.00 > . 2:2(0) ack 2
        +60.00 = closed
    """)


@pytest.mark.row("B25")
def test_the_end_is_told_in_events():
    test = PacketTest(watched=True).run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S. 0:0(0) ack 1
        +0.00 > . 1:1(0) ack 1
        +0.00 = close
        +0.00 > F. 1:1(0) ack 1
        +0.10 < F. 1:1(0) ack 2
        +0.00 > . 2:2(0) ack 2
    """)
    assert [data["to"] for data in test.events("state-changed")][2:] == ["FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT"]
    assert test.events("time-wait") == [{"until_ns": 60_200_000_000}]


@pytest.mark.row("B25")
def test_half_closed_we_go_on_receiving(established):
    established.run("""
        +0.00 = close
        +0.00 > F. 1:1(0) ack 1
        +0.10 < . 1:1(0) ack 2
        +0.10 < P. 1:11(10) ack 2
        +0.00 = read b'bcdefghijk'
        +0.04 > . 2:2(0) ack 11
        +0.10 < FP. 11:16(5) ack 2
        +0.00 > . 2:2(0) ack 17
        +0.00 = read 5
        +0.00 = eof
        +0.00 = state TIME-WAIT
    """)


@pytest.mark.row("B25")
def test_half_closed_by_the_peer_we_go_on_sending(established):
    established.run("""
        +0.00 < F. 1:1(0) ack 1
        +0.00 > . 1:1(0) ack 2
        +0.10 = write 10
        +0.00 > P. 1:11(10) ack 2
        +0.10 < . 2:2(0) ack 11
        +0.00 = close
        +0.00 > F. 11:11(0) ack 2
    """)


def test_a_fin_follows_what_was_written_and_rides_on_its_last_segment(established):
    established.run("""
        +0.00 = write 12500
        +0.00 > . 1:1001(1000) ack 1
        +0.00 > . 1001:2001(1000) ack 1
        +0.00 > . 2001:3001(1000) ack 1
        +0.00 > . 3001:4001(1000) ack 1
        +0.00 > . 4001:5001(1000) ack 1
        +0.00 > . 5001:6001(1000) ack 1
        +0.00 > . 6001:7001(1000) ack 1
        +0.00 > . 7001:8001(1000) ack 1
        +0.00 > . 8001:9001(1000) ack 1
        +0.00 > . 9001:10001(1000) ack 1
        +0.00 = close
        +0.00 = state FIN-WAIT-1
        +0.10 < . 1:1(0) ack 10001
        +0.00 > . 10001:11001(1000) ack 1
        +0.00 > . 11001:12001(1000) ack 1
        +0.00 > FP. 12001:12501(500) ack 1
        +0.10 < . 1:1(0) ack 12501
        +0.00 = state FIN-WAIT-1
        +0.00 < . 1:1(0) ack 12502
        +0.00 = state FIN-WAIT-2
    """)


def test_a_full_last_segment_carries_the_fin(open_one):
    open_one().run("""
        +0.00 = write 1000
        +0.00 > P. 1:1001(1000) ack 1
        +0.00 = write 1000
        +0.00 > P. 1001:2001(1000) ack 1
        +0.00 = close
        +0.00 > F. 2001:2001(0) ack 1
    """)
    make = open_one(window=1000)
    make.run("""
        +0.00 = write 2000
        +0.00 > . 1:1001(1000) ack 1
        +0.00 = close
        +0.10 < . 1:1(0) ack 1001 win 2000
        +0.00 > FP. 1001:2001(1000) ack 1
    """)


def test_a_lost_fin_is_sent_again(established):
    established.run("""
        +0.00 = close
        +0.00 > F. 1:1(0) ack 1
        +0.30 > F. 1:1(0) ack 1
        +0.60 > F. 1:1(0) ack 1
        +0.10 < . 1:1(0) ack 2
        +0.00 = state FIN-WAIT-2
    """)


def test_in_time_wait_the_fin_of_the_peer_is_acknowledged_again_and_the_wait_begins_anew(established):
    established.run("""
        +0.00 = close
        +0.00 > F. 1:1(0) ack 1
        +0.10 < F. 1:1(0) ack 2
        +0.00 > . 2:2(0) ack 2
        +30.00 < F. 1:1(0) ack 2
        +0.00 > . 2:2(0) ack 2
        +59.90 = state TIME-WAIT
        +0.10 = closed
    """)


def test_in_time_wait_a_reset_changes_nothing(established):
    established.run("""
        +0.00 = close
        +0.00 > F. 1:1(0) ack 1
        +0.10 < F. 1:1(0) ack 2
        +0.00 > . 2:2(0) ack 2
        +0.10 < R 2:2(0)
        +0.00 = state TIME-WAIT
    """)


def _in_time_wait(open_one, **settings) -> PacketTest:
    return open_one(**settings).run("""
        +0.00 = close
        +0.00 > F. 1:1(0) ack 1
        +0.10 < F. 1:1(0) ack 2
        +0.00 > . 2:2(0) ack 2
    """)


def test_in_time_wait_a_syn_with_later_numbers_opens_anew(open_one):
    test = _in_time_wait(open_one)
    reopened = []
    test.connection.on_reopen = lambda segment, isn, now: reopened.append((segment.seq, isn, now))
    syn = test.segment("S 1000:1000(0) win 100")
    least = (0xFFFF_FFF0 + 2 + 65537) & 0xFFFF_FFFF
    test.arrive(syn)
    assert reopened == [(syn.seq, least, test.now)]
    assert test.effects.told[-1] == "closed"
    assert test.effects.error is None


def test_in_time_wait_an_old_syn_is_answered_by_an_ack(open_one):
    test = _in_time_wait(open_one)
    test.connection.on_reopen = lambda *_: pytest.fail("opened by an old SYN")
    test.run("""
        +0.00 < S 4294966296:4294966296(0)
        +0.00 > . 2:2(0) ack 2
        +0.00 = state TIME-WAIT
    """)


def test_a_fin_ahead_of_what_is_missing_waits_for_it(established):
    established.run("""
        +0.00 < F. 21:21(0) ack 1
        +0.00 > . 1:1(0) ack 1
        +0.00 < FP. 11:21(10) ack 1
        +0.00 > . 1:1(0) ack 1
        +0.00 = state ESTABLISHED
        +0.00 < . 1:11(10) ack 1
        +0.00 > . 1:1(0) ack 22
        +0.00 = state CLOSE-WAIT
        +0.00 = read 20
        +0.00 = eof
    """)


def test_a_fin_alone_ahead_of_what_is_missing_waits_for_it(established):
    established.run("""
        +0.00 < F. 11:11(0) ack 1
        +0.00 > . 1:1(0) ack 1
        +0.00 < P. 1:11(10) ack 1
        +0.00 > . 1:1(0) ack 12
        +0.00 = state CLOSE-WAIT
    """)


def test_what_nobody_waits_for_is_given_up_earlier(open_one):
    open_one(orphan_retries=1).run("""
        +0.00 = abandon
        +0.00 > F. 1:1(0) ack 1
        +0.30 > F. 1:1(0) ack 1
        +0.60 = closed ETIMEDOUT
    """)


@pytest.mark.rfc("9293", "SHLD-3")
@pytest.mark.row("B25")
def test_abandoning_with_unread_text_resets(established):
    established.run("""
        +0.00 < P. 1:11(10) ack 1
        +0.00 = abandon
        +0.00 > R. 1:1(0) ack 11
        +0.00 = closed
    """)


@pytest.mark.rfc("9293", "SHLD-3")
@pytest.mark.row("B25")
def test_text_for_an_application_that_is_gone_resets(established):
    established.run("""
        +0.00 = abandon
        +0.00 > F. 1:1(0) ack 1
        +0.10 < . 1:1(0) ack 2
        +0.00 = state FIN-WAIT-2
        +0.10 < P. 1:11(10) ack 2
        +0.00 > R 2:2(0)
        +0.00 = closed
    """)


@pytest.mark.rfc("9293", "SHLD-3")
def test_the_reset_for_text_that_nobody_reads_has_the_number_that_the_peer_waits_for(established):
    established.run("""
        +0.00 = write 10
        +0.00 > P. 1:11(10) ack 1
        +0.00 = abandon
        +0.00 > F. 11:11(0) ack 1
        +0.10 < P. 1:11(10) ack 1     # neither text nor FIN has arrived there
        +0.00 > R 1:1(0)
        +0.00 = closed
    """)


def test_a_peer_that_never_closes_is_left_when_the_application_is_gone(established):
    established.run("""
        +0.00 = abandon
        +0.00 > F. 1:1(0) ack 1
        +0.10 < . 1:1(0) ack 2
        +59.90 = state FIN-WAIT-2
        +0.10 = closed
    """)


def test_closing_and_then_abandoning_in_fin_wait_2(established):
    established.run("""
        +0.00 = close
        +0.00 > F. 1:1(0) ack 1
        +0.10 < . 1:1(0) ack 2
        +100 = state FIN-WAIT-2
        +0.00 = abandon
        +60 = closed
    """)


def test_abort_sends_a_reset(established):
    established.run("""
        +0.00 = write 10
        +0.00 > P. 1:11(10) ack 1
        +0.00 = abort
        +0.00 > R. 11:11(0) ack 1
        +0.00 = closed ECONNABORTED
    """)


def test_writing_after_the_close_is_an_error_of_the_caller(established):
    established.run("""
        +0.00 = close
        +0.00 > F. 1:1(0) ack 1
    """)
    with pytest.raises(ConnectionClosing):
        established.connection.write(b"x", established.now)


def test_after_a_reset_what_was_received_can_be_read_and_nothing_be_written(established):
    established.run("""
        +0.00 < P. 1:11(10) ack 1
        +0.00 < R 11:11(0)
        +0.00 = closed ECONNRESET
        +0.00 = read 10
        +0.00 = eof
    """)
    with pytest.raises(ConnectionResetError):
        established.connection.write(b"x", established.now)
    assert established.connection.deadline_ns is None


def test_a_reset_while_closing_is_no_error_when_all_text_has_arrived(established):
    established.run("""
        +0.00 < F. 1:1(0) ack 1
        +0.00 > . 1:1(0) ack 2
        +0.00 = close
        +0.00 > F. 1:1(0) ack 2
        +0.10 < R. 2:2(0) ack 1
        +0.00 = closed
    """)


def test_a_reset_while_closing_is_one_when_text_is_missing(established):
    established.run("""
        +0.00 < F. 1:1(0) ack 1
        +0.00 > . 1:1(0) ack 2
        +0.00 = write 10
        +0.00 > P. 1:11(10) ack 2
        +0.00 = close
        +0.00 > F. 11:11(0) ack 2
        +0.10 < R. 2:2(0) ack 1
        +0.00 = closed ECONNRESET
    """)


def test_text_after_the_fin_is_passed_over(established):
    established.run("""
        +0.00 < F. 1:1(0) ack 1
        +0.00 > . 1:1(0) ack 2
        +0.00 < P. 2:12(10) ack 1
        +0.00 = state CLOSE-WAIT
    """)
    assert established.connection.readable_octets == 0


def test_close_twice_is_like_once(established):
    established.run("""
        +0.00 = close
        +0.00 > F. 1:1(0) ack 1
        +0.00 = close
    """)
    assert established.connection.state is State.FIN_WAIT_1


@pytest.mark.rfc("9293", "SHLD-4")
@pytest.mark.parametrize(("stamp", "opens"), [(51, True), (49, False), (50, False)])
def test_in_time_wait_a_syn_with_a_later_time_stamp_opens_anew_whatever_its_number(make, stamp, opens):
    test = make(timestamps=True).run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S. 0:0(0) ack 1 <TS val 50 ecr 0>
        +0.00 > . 1:1(0) ack 1
        +0.00 = close
        +0.00 > F. 1:1(0) ack 1
        +0.10 < F. 1:1(0) ack 2 <TS val 50 ecr 100>
        +0.00 > . 2:2(0) ack 2
    """)
    reopened = []
    test.connection.on_reopen = lambda segment, isn, now: reopened.append(segment)
    test.arrive(test.segment(f"S 4294962296:4294962296(0) <TS val {stamp} ecr 0>"))
    assert bool(reopened) == opens
    assert test.connection.state is (State.CLOSED if opens else State.TIME_WAIT)
