"""Sending: what goes into a segment, and when: MSS, Nagle, silly windows, probes, congestion window."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from lone_connection import OUR_ISN, PacketTest

from michinori.tcp import Connection

TEN_SEGMENTS = """
    +0.00 > . 1:1001(1000) ack 1
    +0.00 > . 1001:2001(1000) ack 1
    +0.00 > . 2001:3001(1000) ack 1
    +0.00 > . 3001:4001(1000) ack 1
    +0.00 > . 4001:5001(1000) ack 1
    +0.00 > . 5001:6001(1000) ack 1
    +0.00 > . 6001:7001(1000) ack 1
    +0.00 > . 7001:8001(1000) ack 1
    +0.00 > . 8001:9001(1000) ack 1
    +0.00 > {last} 9001:10001(1000) ack 1
"""


@pytest.mark.rfc("9293", "MUST-61", "SHLD-28")
@pytest.mark.row("B10")
def test_a_large_write_is_split_at_the_mss(established):
    established.run("""
        +0.00 = write 2500
        +0.00 > . 1:1001(1000) ack 1
        +0.00 > . 1001:2001(1000) ack 1
        +0.10 < . 1:1(0) ack 2001
        +0.00 > P. 2001:2501(500) ack 1
    """)


@pytest.mark.rfc("9293", "SHLD-27", "MUST-60", "SHLD-7")
@pytest.mark.row("B10")
def test_small_writes_are_gathered_while_something_is_under_way(established):
    established.run("""
        +0.00 = write 10
        +0.00 > P. 1:11(10) ack 1
        +0.00 = write 20
        +0.00 = write 30
        +0.00 = write 40
        +0.10 < . 1:1(0) ack 11
        +0.00 > P. 11:101(90) ack 1
    """)


@pytest.mark.rfc("9293", "MUST-17")
@pytest.mark.row("B10")
def test_without_nagle_small_writes_go_out_at_once(open_one):
    open_one(nagle=False).run("""
        +0.00 = write 10
        +0.00 > P. 1:11(10) ack 1
        +0.00 = write 20
        +0.00 > P. 11:31(20) ack 1
        +0.00 = write 1500
        +0.00 > . 31:1031(1000) ack 1
        +0.00 > P. 1031:1531(500) ack 1
    """)


@pytest.mark.rfc("9293", "SHLD-28")
@pytest.mark.row("B10")
def test_nagle_lets_full_segments_go(established):
    established.run("""
        +0.00 = write 10
        +0.00 > P. 1:11(10) ack 1
        +0.00 = write 1995
        +0.00 > . 11:1011(1000) ack 1
        +0.00 = write 5
        +0.00 > P. 1011:2011(1000) ack 1
    """)


@pytest.mark.row("B10")
def test_where_only_small_segments_hold_back_the_end_of_a_write_goes_out(open_one):
    open_one(nagle="minshall").run("""
        +0.00 = write 1500
        +0.00 > . 1:1001(1000) ack 1
        +0.00 > P. 1001:1501(500) ack 1
        +0.00 = write 10
        +0.10 < . 1:1(0) ack 1001
        +0.00 < . 1:1(0) ack 1501
        +0.00 > P. 1501:1511(10) ack 1
    """)


@pytest.mark.row("B10")
def test_events_tell_of_splitting_and_gathering():
    test = PacketTest(watched=True).run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S. 0:0(0) ack 1 <mss 1000>
        +0.00 > . 1:1(0) ack 1
    """)
    for call, size in ((101, 2500), (102, 10), (103, 20)):
        test.connection.note_call(call)
        assert test.connection.write(bytes(size), test.now) == size
    test.run("""
        +0.00 > . 1:1001(1000) ack 1
        +0.00 > . 1001:2001(1000) ack 1
        +0.10 < . 1:1(0) ack 2001
        +0.00 > P. 2001:2531(530) ack 1
    """)
    assert test.events("split") == [{"octets": 2500, "segments": 3, "mss": 1000, "call": 101}]
    assert test.events("gathered") == [{"writes": 3, "octets": 530}]
    assert [data.get("calls") for data in test.events("segment-sent")][2:] == [[101], [101], [101, 102, 103]]


@pytest.mark.rfc("9293", "MUST-61")
@pytest.mark.row("B13")
def test_many_segments_fly_before_an_ack_and_one_ack_covers_many():
    test = PacketTest(watched=True).run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S. 0:0(0) ack 1 <mss 1000>
        +0.00 > . 1:1(0) ack 1
    """)
    test.run("+0.00 = write 10000" + TEN_SEGMENTS.format(last="P."))
    test.run("+0.10 < . 1:1(0) ack 10001")
    flights = [data["in_flight"] for data in test.events("segment-sent") if data["len"]]
    assert flights == list(range(1000, 10_001, 1000))
    assert test.events("acked")[-1]["segments"] == 10
    assert test.events("acked")[-1]["octets"] == 10_000


@pytest.mark.row("B13")
def test_the_window_of_the_peer_bounds_what_flies(open_one):
    open_one(window=2500).run("""
        +0.00 = write 5000
        +0.00 > . 1:1001(1000) ack 1
        +0.00 > . 1001:2001(1000) ack 1
        +0.10 < . 1:1(0) ack 2001 win 2500
        +0.00 > . 2001:3001(1000) ack 1
        +0.00 > . 3001:4001(1000) ack 1
        +0.10 < . 1:1(0) ack 4001 win 2500
        +0.00 > P. 4001:5001(1000) ack 1
    """)


@pytest.mark.rfc("5681", "3.1-1", "3.1-10")
@pytest.mark.rfc("9293", "MUST-19")
def test_slow_start_doubles_the_window_and_avoidance_adds_a_segment(open_one):
    test = open_one(initial_window=2, congestion="reno")
    test.connection._tcb.congestion.ssthresh = 8000
    test.connection.write(bytes(100_000), test.now)
    cwnds, acked = [], 1
    for _ in range(6):
        cwnds.append(test.connection.info().cwnd)
        sent = sorted(int(test.described(segment).split(":")[1].split("(")[0]) for _, segment in test.sent)
        test.sent.clear()
        test.wait(0.1)
        for end in sent:
            test.arrive(test.segment(f". 1:1(0) ack {end}"))
            acked = end
    assert cwnds == [2000, 4000, 8000, 9000, 10000, 11000]
    assert acked > 40_000


def test_a_window_that_the_application_does_not_fill_does_not_grow(established):
    for end in range(101, 2001, 100):
        established.connection.write(bytes(100), established.now)
        established.sent.clear()
        established.run(f"+0.01 < . 1:1(0) ack {end}")
    assert established.connection.info().cwnd == 10_000


@pytest.mark.rfc("5681", "4.1-1")
def test_after_an_idle_time_out_the_window_is_the_initial_one_again(open_one):
    test = open_one()
    test.connection._tcb.congestion.cwnd = 30_000
    test.run("""
        +0.00 = write 10
        +0.00 > P. 1:11(10) ack 1
        +0.10 < . 1:1(0) ack 11
        +0.05 = write 10
        +0.00 > P. 11:21(10) ack 1
        +0.00 = info cwnd 30000
        +0.10 < . 1:1(0) ack 21
        +5.00 = write 10
        +0.00 = info cwnd 10000
        +0.00 > P. 21:31(10) ack 1
    """)


@pytest.mark.rfc("6928", "2-1")
@pytest.mark.rfc("5681", "3.1-3", "3.1-4")
@pytest.mark.parametrize(
    ("mss", "segments", "octets"),
    [(1460, 10, 14600), (9000, 10, 18000), (536, 10, 5360), (500, 0, 2000), (1460, 0, 4380), (4000, 0, 8000)],
)
def test_initial_windows(make, mss, segments, octets):
    make(mss=mss, initial_window=segments).run(f"""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S. 0:0(0) ack 1 <mss {mss}>
        +0.00 > . 1:1(0) ack 1
        +0.00 = info cwnd {octets}
    """)


@pytest.mark.rfc("9293", "MUST-36", "SHLD-30", "MUST-37")
@pytest.mark.row("B11")
def test_a_closed_window_is_probed_with_back_off_for_as_long_as_it_is_answered(open_one):
    test = open_one(window=1000, data_retries=2).run("""
        +0.00 = write 1500
        +0.00 > . 1:1001(1000) ack 1
        +0.10 < . 1:1(0) ack 1001 win 0
        +0.30 > . 1001:1002(1) ack 1
        +0.10 < . 1:1(0) ack 1001 win 0
    """)
    probed = []
    for _ in range(8):
        while not test.sent:
            test.wait(0.01)
        when, segment = test.sent.popleft()
        assert len(segment.payload) == 1
        probed.append(round((when - test.now) / 1e9 + test.now / 1e9, 2))
        test.run("+0.00 < . 1:1(0) ack 1001 win 0")
    gaps = [round(b - a, 1) for a, b in itertools.pairwise(probed)]
    assert all(later >= 1.9 * earlier or later == 120 for earlier, later in itertools.pairwise(gaps))
    assert test.connection.state.value == "ESTABLISHED"
    test.run("""
        +0.10 < . 1:1(0) ack 1001 win 1000
        +0.00 > P. 1001:1501(500) ack 1
        +0.10 < . 1:1(0) ack 1501
    """)


@pytest.mark.rfc("9293", "SHLD-29")
def test_a_probe_that_is_taken_counts_as_sent(open_one):
    open_one(window=1000).run("""
        +0.00 = write 1500
        +0.00 > . 1:1001(1000) ack 1
        +0.10 < . 1:1(0) ack 1001 win 0
        +0.30 > . 1001:1002(1) ack 1
        +0.10 < . 1:1(0) ack 1002 win 3000
        +0.00 > P. 1002:1501(499) ack 1
    """)


def test_probes_that_nobody_answers_are_given_up(open_one):
    test = open_one(window=1000, data_retries=2)
    test.run("""
        +0.00 = write 1500
        +0.00 > . 1:1001(1000) ack 1
        +0.10 < . 1:1(0) ack 1001 win 0
        +0.30 > . 1001:1002(1) ack 1
        +0.60 > . 1001:1002(1) ack 1
        +1.20 = closed ETIMEDOUT
    """)


def test_a_closed_window_is_not_waited_for_when_the_application_is_gone(open_one):
    test = open_one(window=1000, orphan_retries=2).run("""
        +0.00 = write 1500
        +0.00 > . 1:1001(1000) ack 1
        +0.00 = abandon
        +0.10 < . 1:1(0) ack 1001 win 0
        +0.30 > . 1001:1002(1) ack 1
        +0.10 < . 1:1(0) ack 1001 win 0
        +0.50 > . 1001:1002(1) ack 1
        +0.10 < . 1:1(0) ack 1001 win 0
        +1.10 > R. 1001:1001(0) ack 1
        +0.00 = closed ETIMEDOUT
    """)
    assert test.connection.deadline_ns is None


def test_a_fin_into_a_closed_window_is_the_probe(open_one):
    open_one(window=1000).run("""
        +0.00 = write 1000
        +0.00 > P. 1:1001(1000) ack 1
        +0.00 = close
        +0.10 < . 1:1(0) ack 1001 win 0
        +0.30 > F. 1001:1001(0) ack 1
        +0.10 < . 1:1(0) ack 1002 win 0
        +0.00 = state FIN-WAIT-2
    """)


@pytest.mark.rfc("9293", "MUST-60", "MUST-38")
def test_a_silly_window_is_not_filled_until_the_time_out_overrides(open_one):
    open_one(window=2000).run("""
        +0.00 = write 4000
        +0.00 > . 1:1001(1000) ack 1
        +0.00 > . 1001:2001(1000) ack 1
        +0.10 < . 1:1(0) ack 2001 win 300
        +0.30 > . 2001:2301(300) ack 1
        +0.10 < . 1:1(0) ack 2301 win 1200
        +0.00 > . 2301:3301(1000) ack 1
    """)


@pytest.mark.rfc("9293", "MUST-38")
def test_half_of_the_largest_window_is_worth_sending(open_one):
    open_one(window=800).run("""
        +0.00 = write 1600
        +0.00 > . 1:801(800) ack 1
        +0.10 < . 1:1(0) ack 801 win 399
        +0.05 < . 1:1(0) ack 801 win 400
        +0.00 > . 801:1201(400) ack 1
    """)


def test_the_send_buffer_takes_what_it_holds_and_tells_when_there_is_room(open_one):
    test = open_one(send_buffer=4000, send_buffer_max=4000)
    test.run("""
        +0.00 = write 5000 = 4000
        +0.00 = write 100 = 0
        +0.00 > . 1:1001(1000) ack 1
        +0.00 > . 1001:2001(1000) ack 1
        +0.00 > . 2001:3001(1000) ack 1
        +0.00 > P. 3001:4001(1000) ack 1
        +0.10 < . 1:1(0) ack 1001
    """)
    assert "writable" not in test.effects.told
    test.run("+0.00 < . 1:1(0) ack 3001")
    assert test.effects.told[-1] == "writable"
    assert test.connection.send_space == 3000
    assert test.connection.unacked_octets == 1000


def test_the_send_buffer_grows_with_the_congestion_window(open_one):
    test = open_one(send_buffer=4000, send_buffer_max=50_000)
    assert test.connection.send_capacity == 20_000
    test.connection._tcb.congestion.cwnd = 100_000
    assert test.connection.send_capacity == 50_000


def test_text_that_spans_writes_arrives_as_it_was_written(open_one):
    test = open_one(nagle=False)
    written = b""
    for size in (3, 1000, 5000, 7, 4096, 1, 2):
        piece = bytes((len(written) + n) % 251 for n in range(size))
        test.connection.write(bytearray(piece) if size % 2 else memoryview(piece), test.now)
        written += piece
    got = b""
    for _ in range(3):
        for _, segment in list(test.sent):
            got += segment.payload
        test.sent.clear()
        test.run("")
        test.arrive(test.segment(f". 1:1(0) ack {1 + len(got)}"))
    assert got == written


@pytest.mark.rfc("2018", "4-2")
@pytest.mark.rfc("6691", "2-2")
def test_sack_blocks_take_their_room_from_the_text(open_with_sack):
    open_with_sack().run("""
        +0.00 < . 11:21(10) ack 1
        +0.00 > . 1:1(0) ack 1 <sack 11:21>
        +0.00 = write 1000
        +0.00 > . 1:989(988) ack 1 <sack 11:21>
        +0.10 < . 21:21(0) ack 989
        +0.00 > P. 989:1001(12) ack 1 <sack 11:21>
    """)


@pytest.mark.rfc("9293", "MUST-17")
def test_settings_can_change_on_the_way(open_one):
    test = open_one()
    test.run("""
        +0.00 = write 10
        +0.00 > P. 1:11(10) ack 1
        +0.00 = write 20
    """)
    test.connection.configure(msgspec.structs.replace(test.connection.config, nagle=False), test.now)
    test.run("+0.00 > P. 11:31(20) ack 1")


@pytest.mark.rfc("9293", "MUST-24")
def test_keep_alive_can_be_switched_on_and_off_on_the_way(open_one):
    test = open_one(keepalive_idle_ns=10**10)
    connection = test.connection
    connection.configure(msgspec.structs.replace(connection.config, keepalive=True), test.now)
    test.run("+10 > . 0:0(0) ack 1")
    test.run("+0 < . 1:1(0) ack 1")
    connection.configure(msgspec.structs.replace(connection.config, keepalive=False), test.now)
    test.run("+100 = silence")


def test_octets_not_yet_sent_are_told_from_those_under_way(open_one):
    test = open_one(window=1000)
    test.run("""
        +0.00 = write 2500
        +0.00 > . 1:1001(1000) ack 1
    """)
    assert (test.connection.unsent_octets, test.connection.unacked_octets) == (1500, 2500)
    assert (test.connection.info().unsent, test.connection.info().unacked) == (1500, 2500)


@pytest.mark.rfc("9293", "MUST-15", "MUST-67")
def test_between_ipv6_addresses_headers_take_60_octets_and_the_default_mss_is_1220():
    test = PacketTest(mss=1440)
    connection = Connection((bytes(16), 1), (bytes(16), 2), test.config, test.effects, isn=OUR_ISN)
    test.connection = connection
    test.run("""
        +0.00 = connect
        +0.00 > S 0:0(0) <mss 1440>
        +0.10 < S. 0:0(0) ack 1
        +0.00 > . 1:1(0) ack 1
        +0.00 = info mss 1220
        +0.00 = mtu 1060
        +0.00 = info mss 1000
    """)
