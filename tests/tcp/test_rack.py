"""Losses found by time, probes for a lost tail, sending in recovery, and time-outs for nothing: by hand from the RFCs.

Windows are Reno's, so that the numbers are round; the round trip of the handshake took 100 ms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from lone_connection import PacketTest
from tcp_ends import Ends, Line

from michinori.tcp.prr import Prr
from michinori.tcp.rack import Rack

MS = 1_000_000
TEN = "+0.00 = write 10000\n" + "\n".join(
    f"+0.00 > {'P.' if n == 9 else '.'} {1 + n * 1000}:{1001 + n * 1000}(1000) ack 1" for n in range(10)
)
ONE_LATE = """
    +0.10 < . 1:1(0) ack 1 <sack 1001:2001>
    +0.01 < . 1:1(0) ack 2001
"""


@pytest.fixture
def make(watched: bool) -> Callable[..., PacketTest]:
    def make(**settings: Any) -> PacketTest:
        return PacketTest(watched=watched, **({"congestion": "reno", "hystart": False} | settings))

    return make


# RACK, RFC 8985 section 6


@pytest.mark.rfc("8985", "3.3.2-1")
def test_three_sacked_segments_are_enough_as_long_as_nothing_was_reordered(open_with_sack):
    open_with_sack().run(TEN).run("""
        +0.10 < . 1:1(0) ack 1 <sack 1001:2001>
        +0.00 < . 1:1(0) ack 1 <sack 1001:3001>
        +0.00 = info recovery open
        +0.00 < . 1:1(0) ack 1 <sack 1001:4001>
        +0.00 > . 1:1001(1000) ack 1
        +0.00 = info recovery fast
        +0.00 = info ssthresh 5000
    """)


@pytest.mark.rfc("8985", "3.3.2-2", "6.2-2")
def test_one_sacked_segment_is_enough_after_a_quarter_of_the_round_trip(open_with_sack):
    open_with_sack().run(TEN).run("""
        +0.10 < . 1:1(0) ack 1 <sack 1001:2001>
        +0.02 = info recovery open
        +0.005 > . 1:1001(1000) ack 1
        +0.00 = info recovery fast
    """)


@pytest.mark.rfc("8985", "3.3.2-2", "9.2-1")
def test_a_segment_that_comes_late_is_not_sent_again(open_with_sack):
    """Once reordering was seen, a quarter of the least round trip is left for those that were overtaken."""
    open_with_sack().run(TEN).run(ONE_LATE).run("""
        +0.00 = info reordering_seen True
        +0.00 < . 1:1(0) ack 2001 <sack 3001:6001>
        +0.01 < . 1:1(0) ack 6001
        +0.10 < . 1:1(0) ack 10001
        +0.00 = info retransmitted 0
        +0.00 = info cwnd 16000
    """)


def test_three_duplicate_acks_would_have_sent_it(open_with_sack):
    open_with_sack(rack=False).run(TEN).run(ONE_LATE).run("""
        +0.00 < . 1:1(0) ack 2001 <sack 3001:6001>
        +0.00 > . 2001:3001(1000) ack 1
        +0.00 = info recovery fast
    """)


@pytest.mark.rfc("8985", "4-2", "9.3-2")
def test_a_lost_retransmission_is_found_without_the_timer(open_with_sack):
    test = open_with_sack().run(TEN)
    test.connection.write(bytes(10_000), test.now)
    test.run("""
        +0.10 < . 1:1(0) ack 1 <sack 1001:5001>
        +0.00 > . 1:1001(1000) ack 1
        +0.00 = info pipe 6000              # PRR: 5000 besides, as many as are allowed, but one has to go
        +0.01 < . 1:1(0) ack 1 <sack 1001:9001>
        +0.00 > . 10001:11001(1000) ack 1   # 2000 in the network, 5000 are allowed
        +0.00 > . 11001:12001(1000) ack 1
        +0.00 > . 12001:13001(1000) ack 1
        +0.10 < . 1:1(0) ack 1 <sack 10001:12001 1001:9001>
        +0.00 > . 1:1001(1000) ack 1        # what left 10 ms after it has arrived
        +0.00 > . 9001:10001(1000) ack 1
        +0.00 > . 13001:14001(1000) ack 1
        +0.00 > . 14001:15001(1000) ack 1
        +0.00 = info recovery fast
    """)


@pytest.mark.rfc("8985", "3.3.2-1", "3.3.2-3", "3.3.2-4", "3.3.2-5")
def test_the_reordering_window_grows_with_dsacks_once_a_round_trip_and_shrinks_after_16_recoveries():
    rack = Rack()
    window = {"least_rtt_ns": 100 * MS, "srtt_ns": 120 * MS}
    assert rack.window_ns(**window, recovering=False, seems_lost=False) == 25 * MS
    assert rack.window_ns(**window, recovering=True, seems_lost=False) == 0
    assert rack.window_ns(**window, recovering=False, seems_lost=True) == 0
    rack.reordering_seen = True
    assert rack.window_ns(**window, recovering=True, seems_lost=True) == 25 * MS
    rack.duplicated(1000, 9000)
    rack.duplicated(2000, 9500)  # the same round trip
    assert rack.window_ns(**window, recovering=True, seems_lost=True) == 50 * MS
    rack.duplicated(9000, 20_000)
    assert rack.window_ns(**window, recovering=True, seems_lost=True) == 75 * MS
    for una in (20_000, 30_000, 40_000):
        rack.duplicated(una, una + 10_000)
    assert rack.window_ns(**window, recovering=True, seems_lost=True) == 120 * MS  # never more than SRTT
    for _ in range(15):
        rack.recovered()
    assert rack.window_ns(**window, recovering=True, seems_lost=True) == 120 * MS
    rack.recovered()
    assert rack.window_ns(**window, recovering=True, seems_lost=True) == 25 * MS


# Tail-loss probes, RFC 8985 section 7


@pytest.mark.rfc("8985", "7.2-1", "7.2-3", "7.3-4", "7.3-5")
def test_a_lost_tail_is_repaired_after_two_round_trips(open_with_sack):
    # The 8th to 10th are lost. RTO: 100 + 4 * 50 = 300 ms at first, 250 ms after the second sample.
    open_with_sack().run(TEN).run("""
        +0.10 < . 1:1(0) ack 7001
        +0.20 > P. 9001:10001(1000) ack 1
        +0.00 = info tail_probes 1
        +0.10 < . 1:1(0) ack 7001 <sack 9001:10001>
        +0.00 > . 7001:8001(1000) ack 1
        +0.00 = info recovery fast
        +0.10 < . 1:1(0) ack 8001 <sack 9001:10001>
        +0.00 > . 8001:9001(1000) ack 1
        +0.10 < . 1:1(0) ack 10001
        +0.00 = info recovery open
        +0.00 = info retransmitted 3
    """)


def test_without_probes_the_timer_has_to_be_waited_for(open_with_sack):
    open_with_sack(tlp=False).run(TEN).run("""
        +0.10 < . 1:1(0) ack 7001
        +0.29 = silence
        +0.01 > . 7001:8001(1000) ack 1
        +0.00 = info recovery loss
    """)


@pytest.mark.rfc("8985", "7.3-3")
def test_a_probe_takes_new_text_if_there_is_any(open_with_sack):
    open_with_sack(initial_window=2).run("""
        +0.00 = write 3000
        +0.00 > . 1:1001(1000) ack 1
        +0.00 > . 1001:2001(1000) ack 1
        +0.20 > P. 2001:3001(1000) ack 1
        +0.00 = info retransmitted 0
        +0.10 < . 1:1(0) ack 3001
        +0.00 = info cwnd 4000
    """)


@pytest.mark.rfc("8985", "7.4.2-1", "7.4.2-2")
def test_a_probe_that_repaired_the_loss_cuts_the_window_nevertheless(open_with_sack):
    open_with_sack().run(TEN).run("""
        +0.10 < . 1:1(0) ack 9001
        +0.30 > P. 9001:10001(1000) ack 1
        +0.10 < . 1:1(0) ack 10001
        +0.00 = info cwnd 13000
        +0.00 = write 2000
        +0.00 > . 10001:11001(1000) ack 1
        +0.00 > P. 11001:12001(1000) ack 1
        +0.10 < . 1:1(0) ack 12001
        +0.00 = info cwnd 2000
    """)


@pytest.mark.rfc("8985", "7.4.2-1")
def test_a_probe_for_nothing_is_told_by_its_dsack_and_costs_nothing(open_with_sack):
    open_with_sack().run(TEN).run("""
        +0.10 < . 1:1(0) ack 9001
        +0.30 > P. 9001:10001(1000) ack 1
        +0.01 < . 1:1(0) ack 10001
        +0.10 < . 1:1(0) ack 10001 <sack 9001:10001>
        +0.00 = info dsacks 1
        +0.00 = write 2000
        +0.00 > . 10001:11001(1000) ack 1
        +0.00 > P. 11001:12001(1000) ack 1
        +0.10 < . 1:1(0) ack 12001
        +0.00 = info cwnd 13000
    """)


@pytest.mark.rfc("8985", "7.3-1", "7.3-6")
def test_after_a_probe_the_timer_runs_anew(open_with_sack):
    open_with_sack().run(TEN).run("""
        +0.20 > P. 9001:10001(1000) ack 1
        +0.29 = silence
        +0.01 > . 1:1001(1000) ack 1
        +0.00 = info recovery loss
    """)


@pytest.mark.rfc("8985", "7.3-1", "7.3-2")
def test_there_is_no_second_probe_before_a_round_trip_was_measured(open_with_sack):
    open_with_sack().run(TEN).run("""
        +0.10 < . 1:1(0) ack 9001
        +0.30 > P. 9001:10001(1000) ack 1
        +0.10 < . 1:1(0) ack 10001             # of which of the two, nobody knows
        +0.00 = write 1000
        +0.00 > P. 10001:11001(1000) ack 1
        +0.10 < . 1:1(0) ack 11001
        +0.00 = write 2000
        +0.00 > . 11001:12001(1000) ack 1
        +0.00 > P. 12001:13001(1000) ack 1
        +0.29 = silence
        +0.01 > . 11001:12001(1000) ack 1
        +0.00 = info tail_probes 1
    """)


# Proportional rate reduction, RFC 6937


@pytest.mark.rfc("6937", "3-1")
@pytest.mark.rfc("5681", "4.3-4")
def test_prr_sends_one_segment_for_two_delivered_when_the_window_is_halved():
    prr = Prr(20_000)
    sent = []
    for pipe in range(19_000, 10_000, -1000):
        allowed = prr.allowed(1000, pipe, 10_000, 1000, progress=False) // 1000 * 1000
        prr.sent(allowed)
        sent.append(allowed)
    assert sent == [0, 1000, 0, 1000, 0, 1000, 0, 1000, 0]


@pytest.mark.rfc("6937", "3-2")
def test_prr_below_the_threshold_sends_what_was_delivered_or_a_segment_more():
    cautious, brisk = Prr(20_000), Prr(20_000)
    assert cautious.allowed(1000, 4000, 10_000, 1000, progress=False) == 1000
    assert brisk.allowed(1000, 4000, 10_000, 1000, progress=True) == 2000
    assert Prr(20_000).allowed(5000, 9000, 10_000, 1000, progress=True) == 1000  # no further than the threshold


# F-RTO, RFC 5682


@pytest.mark.rfc("5682", "3.1-1")
def test_a_time_out_because_of_a_delay_is_taken_back(open_with_sack):
    """All ten were under way all the time; their ACKs come 400 ms late."""
    test = open_with_sack(tlp=False).run(TEN)
    test.connection.write(bytes(10_000), test.now)
    test.run("""
        +0.30 > . 1:1001(1000) ack 1
        +0.00 = info cwnd 1000
        +0.10 < . 1:1(0) ack 1001
        +0.00 > . 10001:11001(1000) ack 1
        +0.00 > . 11001:12001(1000) ack 1
        +0.00 < . 1:1(0) ack 2001
        +0.00 = info spurious_timeouts 1
        +0.00 = info recovery open
        +0.00 = info cwnd 11000
        +0.00 > . 12001:13001(1000) ack 1
    """)
    assert test.connection.info().retransmitted == 1
    assert test.connection.info().rto_ns > 500 * MS  # the delay was measured


def test_without_f_rto_everything_is_sent_again(open_with_sack):
    open_with_sack(tlp=False, frto=False).run(TEN).run("""
        +0.30 > . 1:1001(1000) ack 1
        +0.10 < . 1:1(0) ack 1001
        +0.00 > . 1001:2001(1000) ack 1
        +0.00 > . 2001:3001(1000) ack 1
    """)


@pytest.mark.rfc("5682", "3.1-1")
def test_a_real_loss_is_believed_when_the_new_text_is_sacked(open_with_sack):
    test = open_with_sack(tlp=False).run(TEN)
    test.connection.write(bytes(10_000), test.now)
    test.run("""
        +0.30 > . 1:1001(1000) ack 1
        +0.10 < . 1:1(0) ack 1001
        +0.00 > . 10001:11001(1000) ack 1
        +0.00 > . 11001:12001(1000) ack 1
        +0.10 < . 1:1(0) ack 1001 <sack 10001:11001>
        +0.00 = info spurious_timeouts 0
        +0.00 = info recovery loss
        +0.00 > . 1001:2001(1000) ack 1
    """)


@pytest.mark.rfc("5682", "2.1-4")
def test_text_of_the_peer_says_nothing_about_the_time_out(open_with_sack):
    test = open_with_sack(tlp=False).run(TEN)
    test.connection.write(bytes(10_000), test.now)
    test.run("""
        +0.30 > . 1:1001(1000) ack 1
        +0.05 < P. 1:11(10) ack 1
        +0.04 > . 10001:10001(0) ack 11
        +0.01 < . 11:11(0) ack 1001
        +0.00 > . 10001:11001(1000) ack 11
        +0.00 > . 11001:12001(1000) ack 11
        +0.00 < . 11:11(0) ack 2001
        +0.00 > . 12001:13001(1000) ack 11
        +0.00 = info spurious_timeouts 1
    """)


@pytest.mark.rfc("5682", "2.1-3")
def test_a_time_out_within_a_recovery_is_believed(open_with_sack):
    test = open_with_sack(tlp=False).run(TEN)
    test.connection.write(bytes(10_000), test.now)
    test.arrive(test.segment(". 1:1(0) ack 1 <sack 1001:4001>"))
    assert test.connection.info().recovery == "fast"
    while test.connection.info().recovery == "fast":
        test.wait(0.05)
    test.sent.clear()
    test.arrive(test.segment(". 1:1(0) ack 4001"))
    assert test.described(test.sent[0][1]).split()[1] == "4001:5001(1000)"


def test_a_delay_in_the_middle_of_a_transfer_costs_little():
    """Half a second in which nothing arrives, then everything does."""
    came = {}
    for frto in (True, False):
        ends = Ends(line=Line(delay_ns=50 * MS), client={"frto": frto, "tlp": False})
        ends.client.closes_when_done = ends.server.closes_when_done = False
        ends.client.todo = [bytes(1 << 16)] * 40
        ends.open().run(1)
        ends.line = Line(delay_ns=550 * MS)
        ends.run(0.05)
        ends.line = Line(delay_ns=50 * MS)
        ends.run(1.5)
        info = ends.client.connection.info()
        came[frto] = (info.spurious_timeouts, info.retransmitted)
        assert len(ends.server.got) == 40 << 16
    assert came[False][0] == 0
    assert came[True][1] <= came[False][1]


# The events


def test_events_tell_why_something_counts_as_lost():
    test = PacketTest(watched=True, sack=True)
    test.run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S. 0:0(0) ack 1 win 65535 <mss 1000,sackOK>
        +0.00 > . 1:1(0) ack 1
    """)
    test.connection.write(bytes(10_000), test.now)
    test.sent.clear()
    test.run("""
        +0.10 < . 1:1(0) ack 7001
        +0.20 > P. 9001:10001(1000) ack 1
        +0.10 < . 1:1(0) ack 7001 <sack 9001:10001>
        +0.00 > . 7001:8001(1000) ack 1
        +0.10 < . 1:1(0) ack 8001 <sack 9001:10001>
        +0.00 > . 8001:9001(1000) ack 1
    """)
    assert test.events("probe-sent") == [{"rel_seq": 9001, "new": False}]
    assert test.events("loss-detected")[0] == {"octets": 2000, "ranges": [[7001, 9001]], "why": "rack"}
    assert [again["why"] for again in test.events("retransmitted")] == ["tlp", "rack", "rack"]
