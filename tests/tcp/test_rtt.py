"""The retransmission time-out: the formulas of RFC 6298 section 2, and when the timer of section 5 runs."""

from __future__ import annotations

import pytest

from michinori.tcp import TcpConfig
from michinori.tcp.rtt import RoundTrips

MS = 1_000_000


def rtt(**settings: int) -> RoundTrips:
    return RoundTrips(TcpConfig(**({"rto_min_ns": 0} | settings)))


@pytest.mark.rfc("6298", "2.1-1")
def test_before_anything_is_measured_it_is_a_second_and_backs_off():
    trips = rtt()
    assert trips.timeout_ns() == 1000 * MS
    trips.expired()
    assert trips.timeout_ns() == 2000 * MS


@pytest.mark.rfc("6298", "2.2-1")
def test_the_first_measurement_sets_both_averages():
    trips = rtt()
    trips.sample(80 * MS, 0)
    assert (trips.srtt_ns, trips.var_ns) == (80 * MS, 40 * MS)
    assert trips.timeout_ns() == (80 + 4 * 40) * MS


@pytest.mark.rfc("6298", "2.3-1", "2.3-2", "2.3-3")
def test_later_ones_change_the_variation_first_and_then_the_average():
    trips = rtt()
    for sample in (80, 160, 40):
        trips.sample(sample * MS, 0)
    # 1: 80, 40. 2: 3/4 * 40 + 1/4 * |80 - 160| = 50, 7/8 * 80 + 1/8 * 160 = 90. 3: 3/4 * 50 + 1/4 * 50 = 50, 83.75.
    assert trips.var_ns == 50 * MS
    assert trips.srtt_ns == 83.75 * MS
    assert trips.timeout_ns() == (83.75 + 200) * MS


@pytest.mark.rfc("6298", "4-1")
def test_the_clock_s_granularity_counts_when_nothing_varies():
    trips = rtt()
    for _ in range(200):
        trips.sample(80 * MS, 0)
    assert trips.var_ns < 1000
    assert trips.timeout_ns() == trips.srtt_ns + MS


@pytest.mark.rfc("6298", "2.5-1")
@pytest.mark.parametrize(("sample_ms", "rto_ms"), [(1, 1000), (100_000, 120_000)])
def test_it_lies_between_its_bounds(sample_ms, rto_ms):
    trips = rtt(rto_min_ns=1000 * MS)
    trips.sample(sample_ms * MS, 0)
    assert trips.timeout_ns() == rto_ms * MS
    for _ in range(20):
        trips.expired()
    assert trips.timeout_ns() == 120_000 * MS


@pytest.mark.parametrize(("rto_min_ms", "rto_ms"), [(20, 100), (200, 280), (1000, 1000)])
def test_where_nothing_varies_an_ack_that_is_delayed_is_not_too_late(rto_min_ms: int, rto_ms: int) -> None:
    trips = rtt(rto_min_ns=rto_min_ms * MS)
    for _ in range(200):
        trips.sample(80 * MS, 0)
    assert trips.timeout_ns() == rto_ms * MS


@pytest.mark.rfc("8985", "6.2-1")
def test_the_least_round_trip_is_that_of_the_last_minutes() -> None:
    trips = rtt()
    trips.sample(10 * MS, 0)
    least = []
    for second in range(1, 601):
        trips.sample((50 if second < 400 else 40) * MS, second * 1000 * MS)
        least.append(trips.least_ns // MS)
    # For 150 s at least, and for 300 at most, it is remembered.
    assert least[:150] == [10] * 150
    assert least[300:398] == [50] * 98
    assert least[399:] == [40] * 201


def test_a_measurement_ends_the_back_off():
    trips = rtt()
    trips.sample(80 * MS, 0)
    for _ in range(3):
        trips.expired()
    assert trips.timeout_ns() == 240 * 8 * MS
    trips.sample(80 * MS, 0)
    assert trips.backoff == 0


@pytest.mark.rfc("6298", "5-8")
def test_after_a_lost_syn_text_begins_with_three_seconds():
    trips = rtt()
    trips.expired()
    trips.syn_was_lost()
    assert trips.timeout_ns() == 3000 * MS


@pytest.mark.rfc("6298", "5-3")
def test_the_timer_stops_when_all_is_acknowledged(established):
    established.run("""
        +0.00 = write 10
        +0.00 > P. 1:11(10) ack 1
        +0.10 < . 1:1(0) ack 11
        +100 = silence
        +0.00 = info retransmitted 0
    """)


@pytest.mark.rfc("6298", "5-1", "5-4")
def test_the_timer_begins_anew_when_something_new_is_acknowledged(established):
    established.run("""
        +0.00 = write 2000
        +0.00 > . 1:1001(1000) ack 1
        +0.00 > P. 1001:2001(1000) ack 1
        +0.20 < . 1:1(0) ack 1001
        +0.32 = silence                          # sent 520 ms ago
        +0.0425 > P. 1001:2001(1000) ack 1       # SRTT 112.5 ms, RTTVAR 62.5 ms after the second sample: 362.5 ms
        +0.00 = silence
    """)


@pytest.mark.rfc("6298", "5-2")
def test_text_sent_while_it_runs_leaves_the_timer_as_it_is(open_one):
    open_one(nagle=False).run("""
        +0.00 = write 10
        +0.00 > P. 1:11(10) ack 1
        +0.20 = write 10
        +0.00 > P. 11:21(10) ack 1
        +0.10 > P. 1:21(20) ack 1
    """)


@pytest.mark.rfc("7323", "4.2-1")
@pytest.mark.rfc("6298", "3-2")
def test_a_round_trip_is_measured_at_least_once_in_each(established):
    position = 1
    for number in range(10):
        established.connection.write(bytes(4000), established.now)
        established.sent.clear()
        established.wait(0.1 + number / 100)
        before = established.connection.info().srtt_ns
        for _ in range(4):
            position += 1000
            established.arrive(established.segment(f". 1:1(0) ack {position}"))
        after = established.connection.info().srtt_ns
        assert (after > before) == (number > 0)


@pytest.mark.rfc("6298", "3-1")
@pytest.mark.rfc("9293", "MUST-18")
def test_what_a_fast_retransmit_has_sent_twice_is_not_measured(established):
    established.connection.write(bytes(5000), established.now)
    established.sent.clear()
    established.wait(0.1)
    for _ in range(3):
        established.arrive(established.segment(". 1:1(0) ack 1"))
    assert established.connection.info().retransmitted == 1
    established.wait(0.15)
    established.arrive(established.segment(". 1:1(0) ack 5001"))
    assert established.connection.info().srtt_ns == 100_000_000  # as the handshake has measured it
