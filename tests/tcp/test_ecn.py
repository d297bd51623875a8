"""Explicit congestion notification: who takes part, what is marked, what an echo does. RFC 3168."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from lone_connection import PacketTest
from tcp_ends import Ends, Line

from michinori.wire.tcp import ACK, CWR, ECE, SYN

Make = Callable[..., PacketTest]

AGREED = """
    +0.00 = connect
    +0.00 > SEW 0:0(0) <mss 1000>
    +0.10 < SE. 0:0(0) ack 1 win 65535 <mss 1000>
    +0.00 > . 1:1(0) ack 1
"""


@pytest.fixture
def agreed(make: Make) -> PacketTest:
    return make(ecn=True, congestion="reno").run(AGREED)


@pytest.mark.rfc("3168", "6.1.2-1")
@pytest.mark.rfc("9293", "SHLD-8")
def test_a_syn_asks_and_a_syn_ack_agrees(agreed: PacketTest) -> None:
    agreed.ects.clear()
    agreed.run("""
        +0.00 = write 500
        +0.00 > P. 1:501(500) ack 1
    """)
    assert agreed.ects == [2]


@pytest.mark.rfc("3168", "6.1.1-2", "6.1.1-7")
@pytest.mark.parametrize("answer", ["S.", "SEW.", "SW."])
def test_any_other_answer_is_a_no(make: Make, answer: str) -> None:
    test = make(ecn=True).run(f"""
        +0.00 = connect
        +0.00 > SEW 0:0(0) <mss 1000>
        +0.10 < {answer} 0:0(0) ack 1 win 65535 <mss 1000>
        +0.00 > . 1:1(0) ack 1
        +0.00 = write 500
        +0.00 > P. 1:501(500) ack 1
        +0.10 < E. 1:1(0) ack 501
        +0.00 = write 500
        +0.00 > P. 501:1001(500) ack 1
    """)
    assert set(test.ects) == {0}


def test_a_syn_without_an_answer_is_sent_again_without_asking(make: Make) -> None:
    make(ecn=True).run("""
        +0.00 = connect
        +0.00 > SEW 0:0(0)
        +1.00 > S 0:0(0)
    """)


@pytest.mark.rfc("3168", "6.1.1-2", "6.1.1-5")
def test_who_has_asked_and_then_not_asked_echoes_marks_but_sends_nothing_capable(make: Make) -> None:
    """The answer is to the first SYN, but the peer may come to see the second (RFC 3168 section 6.1.1)."""
    test = make(ecn=True).run("""
        +0.00 = connect
        +0.00 > SEW 0:0(0)
        +1.00 > S 0:0(0)
        +0.10 < SE. 0:0(0) ack 1 win 65535 <mss 1000>
        +0.00 > . 1:1(0) ack 1
        +0.00 = write 500
        +0.00 > P. 1:501(500) ack 1
        +0.00 < [ce] P. 1:11(10) ack 501
        +0.00 > E. 501:501(0) ack 11
    """)
    assert set(test.ects) == {0}


@pytest.mark.rfc("3168", "6.1.6-1")
def test_a_probe_of_a_closed_window_is_not_capable(agreed: PacketTest) -> None:
    agreed.ects.clear()
    agreed.run("""
        +0.00 < . 1:1(0) ack 1 win 0
        +0.00 = write 500
        +0.30 > . 1:2(1) ack 1
    """)
    assert agreed.ects == [0]


@pytest.mark.rfc("3168", "6.1.1-1", "6.1.1-6")
@pytest.mark.parametrize(
    ("ecn", "asked", "answer"),
    [(True, "SEW", "SE."), ("accept", "SEW", "SE."), (False, "SEW", "S."), (True, "S", "S."), (True, "SE", "S.")],
)
def test_a_listener_agrees_when_asked_unless_it_is_off(make: Make, ecn: object, asked: str, answer: str) -> None:
    make(passive=True, ecn=ecn).run(f"""
        +0.00 < {asked} 0:0(0) win 65535 <mss 1000>
        +0.00 > {answer} 0:0(0) ack 1
    """)


@pytest.mark.rfc("3168", "6.1.1-3")
def test_a_peer_that_asks_again_without_ecn_gets_no_capable_packets(make: Make) -> None:
    test = make(passive=True).run("""
        +0.00 < SEW 0:0(0) win 65535 <mss 1000>
        +0.00 > SE. 0:0(0) ack 1
        +0.50 < S 0:0(0) win 65535 <mss 1000>
        +0.00 > S. 0:0(0) ack 1
        +0.10 < . 1:1(0) ack 1
        +0.00 = write 500
        +0.00 > P. 1:501(500) ack 1
    """)
    assert set(test.ects) == {0}


@pytest.mark.rfc("3168", "6.1.1-5", "6.1.3-1")
@pytest.mark.rfc("9293", "SHLD-8")
def test_a_mark_is_echoed_at_once_and_until_cwr(agreed: PacketTest) -> None:
    agreed.run("""
        +0.00 < [ce] . 1:501(500) ack 1
        +0.00 > E. 1:1(0) ack 501
        +0.00 < . 501:1501(1000) ack 1
        +0.04 > E. 1:1(0) ack 1501
        +0.00 = write 10
        +0.00 > PE. 1:11(10) ack 1501
        +0.00 < W. 1501:2501(1000) ack 11
        +0.04 > . 11:11(0) ack 2501 # the sender has understood
    """)


@pytest.mark.rfc("3168", "6.1.5-2")
def test_a_mark_outside_of_the_window_or_without_text_counts_for_nothing(agreed: PacketTest) -> None:
    agreed.run("""
        +0.00 < [ce] . 1:1(0) ack 1
        +0.00 < . 1:501(500) ack 1
        +0.04 > . 1:1(0) ack 501
        +0.00 < [ce] . 1:501(500) ack 1
        +0.00 > . 1:1(0) ack 501
    """)


@pytest.mark.rfc("3168", "6.1.1-4", "6.1.2-2", "6.1.2-3", "6.1.2-6")
@pytest.mark.rfc("9293", "SHLD-8")
def test_an_echo_halves_the_window_once_and_the_next_new_text_says_so(agreed: PacketTest) -> None:
    agreed.run(
        """
        +0.00 = write 10000
    """
        + "".join(f"+0.00 > . {1 + 1000 * n}:{1001 + 1000 * n}(1000) ack 1\n" for n in range(9))
        + """
        +0.00 > P. 9001:10001(1000) ack 1
        +0.10 < E. 1:1(0) ack 2001
        +0.00 = info cwnd 5000
        +0.00 = info ssthresh 5000
        +0.00 < E. 1:1(0) ack 4001
        +0.00 = info cwnd 5000
        +0.00 = write 2000
        +0.00 < E. 1:1(0) ack 8001
        +0.00 > W. 10001:11001(1000) ack 1
        +0.00 > P. 11001:12001(1000) ack 1
        +0.10 < . 1:1(0) ack 12001
    """
    )
    if agreed.watched:
        assert [event["why"] for event in agreed.events("cwnd-changed")] == ["ecn"]
    assert agreed.connection.info().retransmitted == 0


@pytest.mark.rfc("3168", "6.1.2-5", "6.1.5-1")
def test_what_is_sent_again_is_not_capable_and_a_time_out_tells_the_peer(agreed: PacketTest) -> None:
    agreed.ects.clear()
    agreed.run("""
        +0.00 = write 1000
        +0.00 > P. 1:1001(1000) ack 1
        +0.30 > P. 1:1001(1000) ack 1
        +0.10 < . 1:1(0) ack 1001
        +0.00 = write 1000
        +0.00 > WP. 1001:2001(1000) ack 1
    """)
    assert agreed.ects == [2, 0, 2]


@pytest.mark.rfc("3168", "6.1.2-4")
@pytest.mark.rfc("9438", "4.6-4", "4.6-5")
def test_echoes_bring_the_window_down_to_one_segment_and_then_to_one_each_time_out(make: Make) -> None:
    make(ecn=True, congestion="reno", initial_window=3).run(AGREED).run("""
        +0.00 = write 20000
        +0.00 > . 1:1001(1000) ack 1
        +0.00 > . 1001:2001(1000) ack 1
        +0.00 > . 2001:3001(1000) ack 1
        +0.10 < E. 1:1(0) ack 3001
        +0.00 = info cwnd 1500
        +0.00 = info ssthresh 2000
        +0.00 > W. 3001:4001(1000) ack 1
        +0.10 < E. 1:1(0) ack 4001
        +0.00 = info cwnd 1000
        +0.00 > W. 4001:5001(1000) ack 1
        +0.10 < E. 1:1(0) ack 5001
        +0.00 = info cwnd 0
        +0.29 = silence
        +0.01 > W. 5001:6001(1000) ack 1    # what the retransmission timer lets go
        +0.00 = info cwnd 1000
        +0.00 = info ssthresh 2000
        +0.10 < E. 1:1(0) ack 6001
        +0.30 > W. 6001:7001(1000) ack 1
        +0.10 < . 1:1(0) ack 7001
        +0.00 > . 7001:8001(1000) ack 1
        +0.00 > . 8001:9001(1000) ack 1
        +0.00 = info retransmitted 0
    """)


def test_text_written_while_the_window_is_closed_waits_for_the_timer_too(make: Make) -> None:
    make(ecn=True, initial_window=1).run(AGREED).run("""
        +0.00 = write 1000
        +0.00 > P. 1:1001(1000) ack 1
        +0.10 < E. 1:1(0) ack 1001
        +0.00 = info cwnd 0
        +5.00 = write 1000
        +0.10 = write 1000
        +0.20 > W. 1001:2001(1000) ack 1
        +0.10 < . 1:1(0) ack 2001
        +0.00 > P. 2001:3001(1000) ack 1
    """)


@pytest.mark.parametrize("watched", [True, False])
def test_over_a_line_that_marks_text_arrives_whole_and_nothing_is_sent_again(watched: bool) -> None:
    ends = Ends(line=Line(mark=0.05), client={"ecn": True}, watched=watched)
    text = bytes(range(256)) * 4000
    ends.client.todo = [text[at : at + 10_000] for at in range(0, len(text), 10_000)]
    ends.open().run()
    assert ends.server.got == text
    info = ends.client.connection.info()
    assert info.retransmitted == 0
    flags = [octets[13] for _, octets in ends.server.sent]
    assert sum(bool(flag & ECE) and not flag & SYN for flag in flags) > 5
    assert sum(bool(octets[13] & CWR) and not octets[13] & SYN for _, octets in ends.client.sent) > 2
    assert flags[0] == SYN | ACK | ECE
