"""Opening: RFC 9293 section 3.5, in both roles and at once."""

from __future__ import annotations

import pytest
from lone_connection import PacketTest


@pytest.mark.rfc("9293", "MUST-14", "SHLD-5")
@pytest.mark.row("B9")
def test_the_active_side_sends_syn_gets_syn_ack_and_sends_ack(make):
    test = make()
    test.run("""
        +0.00 = connect
        +0.00 = state SYN-SENT
        +0.00 > S 0:0(0) win 65535 <mss 1000>
        +0.10 < S. 0:0(0) ack 1 win 30000 <mss 1400>
        +0.00 = state ESTABLISHED
        +0.00 > . 1:1(0) ack 1 win 65535
    """)
    assert test.effects.told == ["established"]
    info = test.connection.info()
    assert (info.mss, info.snd_wnd, info.srtt_ns) == (1000, 30000, 100_000_000)


@pytest.mark.rfc("9293", "MUST-14", "SHLD-5")
@pytest.mark.row("B9")
def test_the_passive_side_answers_syn_by_syn_ack(server):
    server.run("""
        +0.00 < S 0:0(0) win 30000 <mss 1400>
        +0.00 > S. 0:0(0) ack 1 win 65535 <mss 1000>
        +0.00 = state SYN-RECEIVED
        +0.10 < . 1:1(0) ack 1 win 30000
        +0.00 = state ESTABLISHED
    """)
    assert server.effects.told == ["established", "acceptable"]
    assert server.listener.accept() is server.connection
    assert server.listener.accept() is None


@pytest.mark.row("B9")
def test_events_name_the_flags_and_count_from_the_initial_numbers():
    test = PacketTest(watched=True).run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S. 0:0(0) ack 1 <mss 1400>
        +0.00 > . 1:1(0) ack 1
    """)
    changes = [(data["from"], data["to"]) for data in test.events("state-changed")]
    assert changes == [("CLOSED", "SYN-SENT"), ("SYN-SENT", "ESTABLISHED")]
    (arrived,) = test.events("segment-received")
    assert (arrived["flags"], arrived["rel_seq"], arrived["rel_ack"], arrived["mss"]) == ("SYN,ACK", 0, 1, 1400)
    assert [data["flags"] for data in test.events("segment-sent")] == ["SYN", "ACK"]
    assert [data["rel_seq"] for data in test.events("segment-sent")] == [0, 1]


@pytest.mark.rfc("9293", "MUST-10")
def test_both_open_at_once(make):
    make().run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S 0:0(0) win 30000 <mss 1400>
        +0.00 = state SYN-RECEIVED
        +0.00 > S. 0:0(0) ack 1
        +0.10 < S. 0:0(0) ack 1 win 30000 <mss 1400>
        +0.00 = state ESTABLISHED
        +0.00 = write 10
        +0.00 > P. 1:11(10) ack 1
    """)


@pytest.mark.rfc("9293", "MUST-10")
def test_both_open_at_once_and_the_answer_is_a_plain_ack(make):
    make().run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S 0:0(0) win 30000
        +0.00 > S. 0:0(0) ack 1
        +0.10 < . 1:1(0) ack 1
        +0.00 = state ESTABLISHED
    """)


@pytest.mark.rfc("9293", "MUST-22")
def test_a_lost_syn_is_sent_again_with_back_off_and_then_given_up(make):
    make(syn_retries=3).run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +1.00 > S 0:0(0)
        +2.00 > S 0:0(0)
        +4.00 > S 0:0(0)
        +8.00 = closed ETIMEDOUT
    """)


@pytest.mark.rfc("6298", "5-8")
@pytest.mark.rfc("5681", "3.1-5")
@pytest.mark.rfc("6928", "2-3")
@pytest.mark.parametrize(("again", "cwnd"), [("", 10_000), ("+2.00 > S 0:0(0)", 1000)])
def test_after_a_lost_syn_the_time_out_begins_at_three_seconds_and_after_two_the_window_at_one_segment(
    make, again, cwnd
):
    make().run(f"""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +1.00 > S 0:0(0)
        {again}
        +0.10 < S. 0:0(0) ack 1 <mss 1000>
        +0.00 > . 1:1(0) ack 1
        +0.00 = info cwnd {cwnd}
        +0.00 = write 10
        +0.00 > P. 1:11(10) ack 1
        +3.00 > P. 1:11(10) ack 1
    """)


def test_a_lost_syn_ack_is_sent_again_and_then_forgotten(make):
    test = make(passive=True, syn_ack_retries=2)
    test.run("""
        +0.00 < S 0:0(0)
        +0.00 > S. 0:0(0) ack 1
        +1.00 > S. 0:0(0) ack 1
        +2.00 > S. 0:0(0) ack 1
        +4.00 = closed ETIMEDOUT
    """)
    assert test.listener.half_open == 0


def test_a_syn_that_comes_twice_is_answered_twice(server):
    server.run("""
        +0.00 < S 0:0(0)
        +0.00 > S. 0:0(0) ack 1
        +0.50 < S 0:0(0)
        +0.00 > S. 0:0(0) ack 1
        +0.10 < . 1:1(0) ack 1
        +0.00 = state ESTABLISHED
    """)
    assert server.copies == 1


def test_a_refused_connection(make):
    make().run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < R. 0:0(0) ack 1
        +0.00 = closed ECONNREFUSED
    """)


@pytest.mark.rfc("5961", "3.2-5")
def test_a_refusal_that_acknowledges_something_else_is_passed_over(make):
    make().run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < R. 0:0(0) ack 2
        +0.00 < R 0:0(0)
        +0.00 = state SYN-SENT
    """)


def test_an_ack_of_something_else_than_our_syn_is_reset(make):
    make().run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S. 0:0(0) ack 77
        +0.00 > R 77:77(0)
        +0.00 < . 5:5(0) ack 1
        +0.00 = state SYN-SENT
    """)


def test_in_syn_received_an_ack_of_something_else_is_reset(server):
    server.run("""
        +0.00 < S 0:0(0)
        +0.00 > S. 0:0(0) ack 1
        +0.10 < . 1:1(0) ack 2
        +0.00 > R 2:2(0)
        +0.00 = state SYN-RECEIVED
    """)


@pytest.mark.rfc("9293", "MUST-11")
def test_in_syn_received_a_reset_leads_back_to_listen(server):
    server.run("""
        +0.00 < S 0:0(0)
        +0.00 > S. 0:0(0) ack 1
        +0.10 < R 1:1(0)
        +0.00 = state CLOSED
    """)
    assert server.listener.half_open == 0


@pytest.mark.rfc("9293", "MUST-11")
def test_in_syn_received_after_an_active_open_a_reset_refuses(make):
    make().run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S 0:0(0)
        +0.00 > S. 0:0(0) ack 1
        +0.10 < R 1:1(0)
        +0.00 = closed ECONNREFUSED
    """)


def test_in_syn_received_another_syn_leads_back_to_listen(server):
    server.run("""
        +0.00 < S 0:0(0)
        +0.00 > S. 0:0(0) ack 1
        +0.10 < S 100:100(0)
        +0.00 = state CLOSED
    """)
    assert server.listener.half_open == 0


def test_text_and_fin_with_the_syn_ack_count(make):
    make().run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < SF. 0:5(5) ack 1 <mss 1000>
        +0.00 = state CLOSE-WAIT
        +0.00 > . 1:1(0) ack 7
        +0.00 = read 5
        +0.00 = eof
    """)


def test_text_written_before_the_handshake_is_over_is_sent_with_its_end(make):
    make().run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.00 = write 30
        +0.10 < S. 0:0(0) ack 1 <mss 1000>
        +0.00 > P. 1:31(30) ack 1
    """)


def test_closing_in_syn_sent_forgets_the_connection(make):
    make().run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 = close
        +0.00 = closed
        +0.10 < S. 0:0(0) ack 1
    """)


def test_closing_in_syn_received_sends_a_fin(make):
    make().run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S 0:0(0)
        +0.00 > S. 0:0(0) ack 1
        +0.00 = close
        +0.00 = state FIN-WAIT-1
        +0.00 > F. 1:1(0) ack 1
        +0.10 < . 1:1(0) ack 2
        +0.00 = state FIN-WAIT-2
    """)


def test_closing_in_syn_received_with_text_waits_until_it_is_established(make):
    make().run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.00 = write 10
        +0.10 < S 0:0(0)
        +0.00 > S. 0:0(0) ack 1
        +0.00 = close
        +0.00 = state SYN-RECEIVED
        +0.10 < . 1:1(0) ack 1
        +0.00 = state FIN-WAIT-1
        +0.00 > FP. 1:11(10) ack 1
    """)


@pytest.mark.rfc("9293", "MUST-15", "MUST-16")
def test_a_peer_that_names_no_mss_gets_536(make):
    test = make().run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S. 0:0(0) ack 1
        +0.00 > . 1:1(0) ack 1
        +0.00 = write 600
        +0.00 > . 1:537(536) ack 1
    """)
    assert test.connection.info().mss == 536


def test_a_peer_with_a_tiny_mss_does_not_get_tiny_segments(make):
    test = make().run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S. 0:0(0) ack 1 <mss 1>
        +0.00 > . 1:1(0) ack 1
    """)
    assert test.connection.info().mss == 64


@pytest.mark.rfc("7323", "2.2-3", "2.3-1", "2.3-4", "2.3-5")
@pytest.mark.rfc("9293", "MUST-1", "REC-1")
def test_windows_are_scaled_from_the_second_segment_on(make):
    test = make(window_scale=True, receive_buffer=1 << 20, receive_buffer_max=1 << 20)
    test.run("""
        +0.00 = connect
        +0.00 > S 0:0(0) win 65535 <mss 1000,wscale 5>
        +0.10 < S. 0:0(0) ack 1 win 60000 <mss 1000,wscale 3>
        +0.00 > . 1:1(0) ack 1 win 32768
        +0.00 = info snd_wnd 60000
        +0.00 = write 10
        +0.00 > P. 1:11(10) ack 1
        +0.10 < . 1:1(0) ack 11 win 50000
        +0.00 = info snd_wnd 400000
    """)


@pytest.mark.rfc("7323", "2.3-2")
def test_a_scale_of_more_than_14_counts_as_14(make):
    make(window_scale=True).run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S. 0:0(0) ack 1 <mss 1000,wscale 200>
        +0.00 > . 1:1(0) ack 1
        +0.00 = info snd_scale 14
    """)


@pytest.mark.rfc("7323", "2.3-6")
@pytest.mark.parametrize(("scale", "told"), [(14, []), (15, [{"shift": 15, "used": 14}])])
def test_a_scale_that_is_too_large_is_told(scale, told):
    test = PacketTest(watched=True, window_scale=True).run(f"""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S. 0:0(0) ack 1 <mss 1000,wscale {scale}>
        +0.00 > . 1:1(0) ack 1
    """)
    assert test.events("shift-too-large") == told


@pytest.mark.rfc("7323", "2.2-4", "2.3-5")
def test_without_scaling_by_the_peer_there_is_none(make):
    make(window_scale=True, receive_buffer=1 << 20, receive_buffer_max=1 << 20).run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S. 0:0(0) ack 1 win 60000 <mss 1000>
        +0.00 > . 1:1(0) ack 1 win 65535
        +0.00 = info snd_scale 0
        +0.00 = info rcv_scale 0
    """)
