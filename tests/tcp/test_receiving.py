"""Receiving: the checks of each segment, delayed ACKs, text out of order, windows, urgent text."""

from __future__ import annotations

import pytest
from lone_connection import PacketTest


@pytest.mark.rfc("5681", "4.2-1", "4.2-4")
@pytest.mark.rfc("9293", "SHLD-18", "MUST-40")
@pytest.mark.row("B22")
def test_text_is_read_and_acknowledged_within_40_ms(established):
    established.run("""
        +0.00 < P. 1:11(10) ack 1
        +0.00 = read b'bcdefghijk'
        +0.04 > . 1:1(0) ack 11
    """)
    assert established.effects.told == ["established", "readable"]


@pytest.mark.row("B22")
def test_what_was_read_is_told_in_events():
    test = PacketTest(watched=True).run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S. 0:0(0) ack 1
        +0.00 > . 1:1(0) ack 1
        +0.00 < P. 1:11(10) ack 1
        +0.00 = read 4 = b'bcde'
        +0.00 = read 6
        +0.04 > . 1:1(0) ack 11
    """)
    assert test.events("delivered") == [{"octets": 4, "left": 6}, {"octets": 6, "left": 0}]


@pytest.mark.rfc("5681", "4.2-1", "4.2-3")
@pytest.mark.rfc("9293", "MUST-58", "SHLD-19")
@pytest.mark.row("B13")
def test_every_second_full_segment_is_acknowledged_at_once(established):
    established.run("""
        +0.00 < . 1:1001(1000) ack 1
        +0.00 < . 1001:2001(1000) ack 1
        +0.00 > . 1:1(0) ack 2001
        +0.00 < . 2001:3001(1000) ack 1
        +0.00 < . 3001:4001(1000) ack 1
        +0.00 > . 1:1(0) ack 4001
        +0.00 < . 4001:5001(1000) ack 1
        +0.04 > . 1:1(0) ack 5001
    """)


def test_without_delay_every_segment_is_acknowledged(open_one):
    open_one(delayed_ack_ns=0).run("""
        +0.00 < . 1:11(10) ack 1
        +0.00 > . 1:1(0) ack 11
        +0.00 < . 11:21(10) ack 1
        +0.00 > . 1:1(0) ack 21
    """)


@pytest.mark.rfc("9293", "MUST-58")
def test_an_answer_carries_the_ack(established):
    established.run("""
        +0.00 < P. 1:11(10) ack 1
        +0.01 = write 20
        +0.00 > P. 1:21(20) ack 11
        +0.10 = silence
        +0.00 < . 11:11(0) ack 21
    """)


def test_an_answer_from_within_the_callback_carries_the_ack(established):
    connection = established.connection

    def answer() -> None:
        connection.read(100, established.now)
        connection.write(b"x" * 5, established.now)

    established.effects.on_readable = answer
    established.run("""
        +0.00 < P. 1:11(10) ack 1
        +0.00 > P. 1:6(5) ack 11
        +0.10 < P. 11:21(10) ack 6
        +0.00 > P. 6:11(5) ack 21
        +0.10 < . 21:21(0) ack 11
    """)


def test_aborting_from_within_the_callback(established):
    established.effects.on_readable = lambda: established.connection.abort(established.now)
    established.run("""
        +0.00 < P. 1:11(10) ack 1
        +0.00 > R. 1:1(0) ack 11
        +0.00 = closed ECONNABORTED
    """)


@pytest.mark.rfc("5681", "3.2-1", "3.2-2")
@pytest.mark.rfc("9293", "SHLD-31", "MUST-59")
@pytest.mark.row("B11")
def test_text_out_of_order_is_acknowledged_at_once_and_delivered_when_the_gap_is_filled(established):
    established.run("""
        +0.00 < . 11:21(10) ack 1
        +0.00 > . 1:1(0) ack 1
        +0.00 < . 31:41(10) ack 1
        +0.00 > . 1:1(0) ack 1
        +0.00 < . 1:11(10) ack 1
        +0.00 > . 1:1(0) ack 21
        +0.00 = read b'bcdefghijklmnopqrstu'
        +0.00 < . 21:31(10) ack 1
        +0.00 > . 1:1(0) ack 41
        +0.00 = read 20
    """)


@pytest.mark.rfc("2018", "4-2", "4-3", "4-4", "4-5", "4-6")
@pytest.mark.row("B11")
def test_sack_tells_what_has_come_the_most_recent_first(open_with_sack):
    open_with_sack().run("""
        +0.00 < . 11:21(10) ack 1
        +0.00 > . 1:1(0) ack 1 <sack 11:21>
        +0.00 < . 31:41(10) ack 1
        +0.00 > . 1:1(0) ack 1 <sack 31:41 11:21>
        +0.00 < . 51:61(10) ack 1
        +0.00 > . 1:1(0) ack 1 <sack 51:61 31:41 11:21>
        +0.00 < . 21:31(10) ack 1
        +0.00 > . 1:1(0) ack 1 <sack 11:41 51:61>
        +0.00 < . 71:81(10) ack 1
        +0.00 > . 1:1(0) ack 1 <sack 71:81 11:41 51:61>
        +0.00 < . 91:101(10) ack 1
        +0.00 > . 1:1(0) ack 1 <sack 91:101 71:81 11:41 51:61>
        +0.00 < . 111:121(10) ack 1
        +0.00 > . 1:1(0) ack 1 <sack 111:121 91:101 71:81 11:41>
        +0.00 < . 1:11(10) ack 1
        +0.00 > . 1:1(0) ack 41 <sack 111:121 91:101 71:81 51:61>
    """)


@pytest.mark.rfc("2018", "4-5")
def test_beside_time_stamps_there_is_room_for_three_blocks(make):
    make(sack=True, timestamps=True).run("""
        +0.00 = connect
        +0.00 > S 0:0(0) <mss 1000,sackOK,TS val 0 ecr 0>
        +0.10 < S. 0:0(0) ack 1 <mss 1000,sackOK,TS val 7 ecr 0>
        +0.00 > . 1:1(0) ack 1 <TS val 100 ecr 7>
        +0.00 < . 11:21(10) ack 1 <TS val 7 ecr 100>
        +0.00 > . 1:1(0) ack 1 <TS val 100 ecr 7, sack 11:21>
        +0.00 < . 31:41(10) ack 1 <TS val 7 ecr 100>
        +0.00 > . 1:1(0) ack 1 <TS val 100 ecr 7, sack 31:41 11:21>
        +0.00 < . 51:61(10) ack 1 <TS val 7 ecr 100>
        +0.00 > . 1:1(0) ack 1 <TS val 100 ecr 7, sack 51:61 31:41 11:21>
        +0.00 < . 71:81(10) ack 1 <TS val 7 ecr 100>
        +0.00 > . 1:1(0) ack 1 <TS val 100 ecr 7, sack 71:81 51:61 31:41>
    """)


@pytest.mark.row("B11")
def test_a_duplicate_is_acknowledged_again(established):
    established.run("""
        +0.00 < . 1:11(10) ack 1
        +0.00 = read b'bcdefghijk'
        +0.04 > . 1:1(0) ack 11
        +0.10 < . 1:11(10) ack 1      # our ACK was lost
        +0.00 > . 1:1(0) ack 11
    """)
    assert established.connection.readable_octets == 0


@pytest.mark.rfc("2883", "4-1", "4-2", "4-3")
def test_a_duplicate_is_told_by_sack(open_with_sack):
    open_with_sack().run("""
        +0.00 < . 1:11(10) ack 1
        +0.04 > . 1:1(0) ack 11
        +0.10 < . 1:11(10) ack 1
        +0.00 > . 1:1(0) ack 11 <sack 1:11>
        +0.10 < . 21:31(10) ack 1
        +0.00 > . 1:1(0) ack 11 <sack 21:31>
        +0.10 < . 26:36(10) ack 1
        +0.00 > . 1:1(0) ack 11 <sack 26:31 21:36>
    """)


def test_text_that_begins_before_what_is_missing_is_cut(established):
    established.run("""
        +0.00 < . 1:11(10) ack 1
        +0.04 > . 1:1(0) ack 11
        +0.00 < . 6:16(10) ack 1
        +0.00 = read b'bcdefghijklmnop'
        +0.00 > . 1:1(0) ack 16
    """)


def test_text_that_ends_behind_the_window_is_cut(open_one):
    open_one(receive_buffer=2000).run("""
        +0.00 < . 1:1001(1000) ack 1
        +0.00 < . 1001:2501(1500) ack 1
        +0.00 > . 1:1(0) ack 2001 win 0
        +0.00 = read 2000
        +0.00 > . 1:1(0) ack 2001 win 2000
    """)


def test_text_behind_the_window_is_not_taken(open_one):
    open_one(receive_buffer=2000).run("""
        +0.00 < . 3001:4001(1000) ack 1
        +0.00 > . 1:1(0) ack 1 win 2000
    """)


def test_a_probe_of_the_closed_window_is_answered_and_its_ack_counts(open_one):
    open_one(receive_buffer=2000).run("""
        +0.00 = write 100
        +0.00 > P. 1:101(100) ack 1
        +0.00 < . 1:1001(1000) ack 1
        +0.00 < . 1001:2001(1000) ack 1
        +0.00 > . 101:101(0) ack 2001 win 0
        +0.10 < . 2001:2002(1) ack 101
        +0.00 > . 101:101(0) ack 2001 win 0
        +0.00 = info in_flight 0
    """)


@pytest.mark.rfc("9293", "MUST-39")
@pytest.mark.row("B13")
def test_the_window_opens_only_in_steps_worth_the_while(open_one):
    open_one(receive_buffer=4000).run("""
        +0.00 < . 1:1001(1000) ack 1
        +0.00 < . 1001:2001(1000) ack 1
        +0.00 > . 1:1(0) ack 2001 win 2000
        +0.00 < . 2001:3001(1000) ack 1
        +0.00 < . 3001:4001(1000) ack 1
        +0.00 > . 1:1(0) ack 4001 win 0
        +0.00 = read 999 = 999        # less than a segment: silence
        +0.00 = silence
        +0.00 = read 1 = 1
        +0.00 > . 1:1(0) ack 4001 win 1000
        +0.00 = read 500 = 500
        +0.00 = silence
        +0.00 = read 2500
        +0.00 > . 1:1(0) ack 4001 win 4000
    """)


@pytest.mark.rfc("7323", "2.4-2", "2.4-3")
@pytest.mark.rfc("9293", "SHLD-14", "MUST-39")
def test_the_right_edge_never_moves_back(open_one):
    open_one(receive_buffer=4000).run("""
        +0.00 < . 1:1001(1000) ack 1
        +0.04 > . 1:1(0) ack 1001 win 3000
        +0.00 < . 1001:1501(500) ack 1
        +0.04 > . 1:1(0) ack 1501 win 2500
        +0.00 = read 500 = 500
        +0.00 < . 1501:1601(100) ack 1
        +0.04 > . 1:1(0) ack 1601 win 2400
    """)


def test_the_window_grows_while_the_peer_fills_it_within_a_round_trip(open_one):
    test = open_one(receive_buffer=4000, receive_buffer_max=16000)
    connection, position = test.connection, 1
    test.effects.on_readable = lambda: connection.read(1 << 20, test.now)
    windows = []
    for _ in range(5):
        edge = connection._tcb.rcv.edge
        while position + 1000 <= edge:
            test.arrive(test.segment(f". {position}:{position + 1000}(1000) ack 1"))
            position += 1000
        windows.append(test.sent[-1][1].window)
        test.sent.clear()
        test.wait(0.1)
        test.sent.clear()
    assert windows == [8000, 16000, 16000, 16000, 16000]


def test_the_window_does_not_grow_for_a_slow_peer(open_one):
    test = open_one(receive_buffer=4000, receive_buffer_max=16000)
    connection = test.connection
    test.effects.on_readable = lambda: connection.read(1 << 20, test.now)
    for position in range(1, 20_001, 500):
        test.arrive(test.segment(f". {position}:{position + 500}(500) ack 1"))
        test.wait(0.1)
    assert max(segment.window for _, segment in test.sent) == 4000


@pytest.mark.rfc("9293", "MUST-30", "MUST-62")
def test_the_urgent_pointer_moves_ahead_and_its_text_stays_in_line(open_one):
    test = open_one()
    test.run("""
        +0.00 < U. 1:11(10) ack 1 urg 4
        +0.00 = read b'bcdefghijk'
        +0.04 > . 1:1(0) ack 11
        +0.00 < U. 11:21(10) ack 1 urg 30
        +0.04 > . 1:1(0) ack 21
        +0.00 < U. 21:31(10) ack 1 urg 5
        +0.04 > . 1:1(0) ack 31
    """)
    assert test.connection._tcb.rcv.up == 41
    if test.watched:
        assert test.events("urgent") == [{"rel_seq": 5}, {"rel_seq": 41}]


@pytest.mark.rfc("9293", "MUST-30", "MUST-62")
def test_urgent_text_of_ours_is_marked(established):
    established.connection.write(b"abc", established.now, urgent=True)
    established.run("""
        +0.00 > UP. 1:4(3) ack 1 urg 3
        +0.10 < . 1:1(0) ack 4
        +0.00 = write 5
        +0.00 > P. 4:9(5) ack 1
    """)


@pytest.mark.rfc("7323", "5.3-1", "5.2-1", "5.2-5")
def test_old_time_stamps_are_dropped_and_acknowledged(make):
    make(timestamps=True).run("""
        +0.00 = connect
        +0.00 > S 0:0(0) <mss 1000,TS val 0 ecr 0>
        +0.10 < S. 0:0(0) ack 1 <mss 1000,TS val 5000 ecr 0>
        +0.00 > . 1:1(0) ack 1 <TS val 100 ecr 5000>
        +0.00 < . 1:11(10) ack 1 <TS val 5010 ecr 100>
        +0.04 > . 1:1(0) ack 11 <TS val 140 ecr 5010>
        +0.00 < . 11:21(10) ack 1 <TS val 5009 ecr 100>
        +0.00 > . 1:1(0) ack 11 <TS val 140 ecr 5010>
        +0.00 < . 11:21(10) ack 1 <TS val 5010 ecr 100>
        +0.04 > . 1:1(0) ack 21 <TS val 180 ecr 5010>
        +0.00 < R 21:21(0)
        +0.00 = closed ECONNRESET
    """)


@pytest.mark.rfc("7323", "5.3-1", "5.5-1")
def test_time_stamps_compare_around_the_wrap_and_expire_after_24_days(make):
    make(timestamps=True).run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S. 0:0(0) ack 1 <mss 1000,TS val 4294967290 ecr 0>
        +0.00 > . 1:1(0) ack 1
        +0.00 < . 1:11(10) ack 1 <TS val 5 ecr 100>
        +0.04 > . 1:1(0) ack 11 <TS val 140 ecr 5>
        +2073700 < . 11:21(10) ack 1 <TS val 4294967290 ecr 100>
        +0.04 > . 1:1(0) ack 21
    """)


@pytest.mark.rfc("7323", "4.3-1", "4.3-2", "4.3-3")
def test_the_stamp_that_is_echoed_is_that_of_the_first_segment_of_a_delayed_ack(make):
    make(timestamps=True).run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S. 0:0(0) ack 1 <mss 1000,TS val 10 ecr 0>
        +0.00 > . 1:1(0) ack 1
        +0.00 < . 1:989(988) ack 1 <TS val 20 ecr 100>
        +0.00 < . 989:1977(988) ack 1 <TS val 30 ecr 100>
        +0.00 > . 1:1(0) ack 1977 <TS val 100 ecr 20>
        +0.00 < . 2965:3953(988) ack 1 <TS val 50 ecr 100>
        +0.00 > . 1:1(0) ack 1977 <TS val 100 ecr 20>
        +0.00 < . 1977:2965(988) ack 1 <TS val 60 ecr 100>
        +0.00 > . 1:1(0) ack 3953 <TS val 100 ecr 60>
    """)


@pytest.mark.rfc("7323", "3.2-4")
def test_a_segment_that_lacks_the_agreed_time_stamps_is_dropped_in_silence(make):
    make(timestamps=True).run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S. 0:0(0) ack 1 <mss 1000,TS val 10 ecr 0>
        +0.00 > . 1:1(0) ack 1
        +0.00 < . 1:11(10) ack 1
        +1.00 = info unread 0
    """)


def test_an_ack_from_the_very_edge_of_the_window_counts(open_one):
    """The peer has filled our window, but for a gap: from its edge it still acknowledges what we send."""
    open_one(receive_buffer=2000).run("""
        +0.00 = write 100
        +0.00 > P. 1:101(100) ack 1
        +0.00 < . 1001:2001(1000) ack 1
        +0.00 > . 101:101(0) ack 1 win 2000
        +0.00 < . 2001:2001(0) ack 101
        +0.00 = info in_flight 0
    """)


def test_a_fin_right_behind_a_full_window_is_taken(open_one):
    """It takes a number beyond the edge: the window that is offered then is empty, not less than that."""
    test = open_one(receive_buffer=2000, receive_buffer_max=2000, window_scale=False).run("""
        +0.00 < . 1:1001(1000) ack 1
        +0.00 < F. 1001:2001(1000) ack 1
        +0.00 > . 1:1(0) ack 2002 win 0
        +0.10 < . 2002:2002(0) ack 1
        +0.00 = read 2000
    """)
    assert test.connection.state.value == "CLOSE-WAIT"


@pytest.mark.parametrize(
    ("segment", "acked", "again", "ahead"),
    [
        ("1:1001(1000)", 1001, {"rel_seq": 1, "len": 1000}, None),
        ("501:1501(1000)", 1501, {"rel_seq": 501, "len": 500}, None),
        ("2001:2501(500)", 1001, {"rel_seq": 2001, "len": 500}, None),
        ("1501:2501(1000)", 1001, {"rel_seq": 2001, "len": 500}, {"rel_seq": 1501, "len": 1000}),
    ],
    ids=["all", "begins with it", "behind the gap", "ahead of its turn, in part"],
)
def test_what_came_before_is_told_wherever_it_stands(segment, acked, again, ahead):
    test = PacketTest(watched=True).run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S. 0:0(0) ack 1
        +0.00 > . 1:1(0) ack 1
        +0.00 < . 1:1001(1000) ack 1
        +0.00 < . 2001:3001(1000) ack 1
        +0.00 > . 1:1(0) ack 1001
    """)
    before = len(test.events("out-of-order"))
    test.run(f"""
        +0.00 < . {segment} ack 1
        +0.00 > . 1:1(0) ack {acked}
    """)
    assert test.events("duplicate-received") == [again]
    assert test.events("out-of-order")[before:] == ([] if ahead is None else [{**ahead, "expected": 1001}])


def test_the_octet_of_a_keep_alive_is_no_text_that_came_twice():
    test = PacketTest(watched=True, sack=True).run("""
        +0.00 = connect
        +0.00 > S 0:0(0) <mss 1000,sackOK>
        +0.10 < S. 0:0(0) ack 1 <mss 1000,sackOK>
        +0.00 > . 1:1(0) ack 1
        +0.00 < . 0:1(1) ack 1
        +0.00 > . 1:1(0) ack 1
    """)
    assert test.events("duplicate-received") == []
    assert "sack" not in test.events("segment-sent")[-1]
