"""What a sender does with SACK beside repairing holes: RFC 6675 sections 4 and 5."""

from __future__ import annotations

import pytest
from lone_connection import PacketTest


@pytest.fixture
def sending(open_with_sack) -> PacketTest:
    """Ten segments are under way, the first of them lost, and 20,000 octets more are to be sent."""
    test = open_with_sack(congestion="reno")
    test.connection.write(bytes(30_000), test.now)
    assert len(test.sent) == 10
    test.sent.clear()
    test.wait(0.1)
    return test


@pytest.mark.rfc("5681", "3.2-11")
@pytest.mark.rfc("6675", "5-3")
def test_before_a_recovery_news_of_sack_lets_new_text_go(sending):
    sending.run("""
        +0.00 < . 1:1(0) ack 1 <sack 1001:2001>
        +0.00 > . 10001:11001(1000) ack 1
        +0.00 < . 1:1(0) ack 1 <sack 1001:2001>
        +0.00 = silence                           # no news
        +0.00 < . 1:1(0) ack 1 <sack 1001:3001>
        +0.00 > . 11001:12001(1000) ack 1
        +0.00 = info recovery open
    """)


@pytest.mark.rfc("6675", "4-4")
def test_recovery_goes_on_with_new_text(sending):
    for end in (2001, 3001, 4001):
        sending.arrive(sending.segment(f". 1:1(0) ack 1 <sack 1001:{end}>"))
    assert sending.described(sending.sent[-1][1]).split()[1] == "1:1001(1000)"
    assert sending.connection.info().recovery == "fast"
    highest = sending.connection._tcb.snd.nxt
    sending.sent.clear()
    for end in range(5001, highest + 1, 1000):
        sending.arrive(sending.segment(f". 1:1(0) ack 1 <sack 1001:{end}>"))
    sent = [sending.described(segment).split()[1] for _, segment in sending.sent]
    assert sent[0] == f"{highest}:{highest + 1000}(1000)"
    assert all(int(numbers.split(":")[0]) >= highest for numbers in sent)


@pytest.mark.rfc("6675", "4-5")
def test_what_may_be_lost_is_sent_when_there_is_nothing_else(open_with_sack):
    """The 1st and the 9th of ten are missing; only one segment above the 9th has come, so it does not count as lost."""
    test = open_with_sack(congestion="reno")
    test.connection.write(bytes(10_000), test.now)
    test.sent.clear()
    test.wait(0.1)
    for end in range(2001, 8002, 1000):
        test.arrive(test.segment(f". 1:1(0) ack 1 <sack 1001:{end}>"))
    assert [test.described(segment).split()[1] for _, segment in test.sent] == ["1:1001(1000)"]
    test.sent.clear()
    test.arrive(test.segment(". 1:1(0) ack 1 <sack 9001:10001 1001:8001>"))
    assert [test.described(segment).split()[1] for _, segment in test.sent] == ["8001:9001(1000)"]


@pytest.mark.rfc("6675", "5-6", "5-7")
def test_progress_forgets_the_duplicates(open_with_sack):
    test = open_with_sack(congestion="reno", rack=False, limited_transmit=False)
    test.connection.write(bytes(10_000), test.now)
    test.sent.clear()
    test.run("""
        +0.10 < . 1:1(0) ack 1 <sack 1001:2001>
        +0.00 < . 1:1(0) ack 1 <sack 1001:3001>
        +0.00 < . 1:1(0) ack 3001
        +0.00 < . 1:1(0) ack 3001 <sack 4001:5001>
        +0.00 < . 1:1(0) ack 3001 <sack 4001:6001>
        +0.00 = info recovery open
        +0.00 < . 1:1(0) ack 3001 <sack 4001:7001>
        +0.00 > . 3001:4001(1000) ack 1
        +0.00 = info recovery fast
    """)


@pytest.mark.rfc("6675", "4-9", "4-10")
def test_after_the_rescue_what_is_missing_before_it_is_sent_and_then_nothing(open_with_sack):
    """The 1st and the 9th of ten are lost; the 10th is sent again to find out."""
    test = open_with_sack(congestion="reno")
    test.connection.write(bytes(10_000), test.now)
    test.sent.clear()
    test.run("""
        +0.10 < . 1:1(0) ack 1 <sack 1001:2001>
        +0.00 < . 1:1(0) ack 1 <sack 1001:3001>
        +0.00 < . 1:1(0) ack 1 <sack 1001:8001>
        +0.00 > . 1:1001(1000) ack 1
        +0.10 < . 1:1(0) ack 8001
        +0.00 > P. 9001:10001(1000) ack 1
        +0.10 < . 1:1(0) ack 8001 <sack 9001:10001>
        +0.00 > . 8001:9001(1000) ack 1
        +0.00 = silence
    """)


@pytest.mark.rfc("6675", "5-8")
def test_what_is_sacked_above_outlives_the_recovery(sending):
    for end in (2001, 3001, 4001):
        sending.arrive(sending.segment(f". 1:1(0) ack 1 <sack 1001:{end}>"))
    tcb = sending.connection._tcb
    recover = tcb.snd.nxt
    sending.arrive(sending.segment(f". 1:1(0) ack 1 <sack 1001:{recover}>"))
    last = tcb.snd.nxt
    assert last >= recover + 2000
    sending.arrive(sending.segment(f". 1:1(0) ack 1 <sack {last - 1000}:{last} 1001:{recover}>"))
    sending.arrive(sending.segment(f". 1:1(0) ack {recover}"))
    assert sending.connection.info().recovery == "open"
    assert tcb.recovery.scoreboard.octets == 1000


def test_a_peer_that_sacks_every_second_octet_is_not_listened_to_without_end(open_with_sack):
    test = open_with_sack(initial_window=60, send_buffer=60_000)
    test.connection.write(bytes(50_000), test.now)
    for at in range(1, 12_001, 8):
        blocks = " ".join(f"{at + step}:{at + step + 1}" for step in (2, 4, 6, 8))
        test.arrive(test.segment(f". 1:1(0) ack 1 <sack {blocks}>"))
    tcb = test.connection._tcb
    assert 1000 < len(tcb.recovery.scoreboard) <= 4096 + 4
    end = tcb.snd.nxt
    test.arrive(test.segment(f". 1:1(0) ack {end}"))
    assert len(tcb.recovery.scoreboard) == 0
    assert tcb.snd.una == end


@pytest.mark.rfc("2883", "5-1")
def test_an_ack_that_is_late_tells_of_no_duplicate(open_with_sack):
    """Its block lies above its own number, though below what is acknowledged by now."""
    test = open_with_sack(congestion="reno")
    test.connection.write(bytes(10_000), test.now)
    test.sent.clear()
    test.run("""
        +0.10 < . 1:1(0) ack 5001
        +0.00 < . 1:1(0) ack 1 <sack 1001:2001>
        +0.00 = info dsacks 0
        +0.00 < . 1:1(0) ack 5001 <sack 1001:2001>
        +0.00 = info dsacks 1
    """)


@pytest.mark.rfc("2883", "4-2")
def test_of_many_segments_that_go_out_at_once_the_first_alone_tells_of_a_duplicate(open_with_sack):
    test = open_with_sack().run("""
        +0.00 < . 1:11(10) ack 1 win 0
        +0.04 > . 1:1(0) ack 11
        +0.00 = write 5000
    """)
    test.wait(0.1)
    test.arrive(test.segment(". 1:21(20) ack 1 win 3500"))
    told = [(segment.options.sack != (), len(segment.payload)) for _, segment in test.sent]
    assert told == [(True, 988), (False, 1000), (False, 1000)]
