"""A peer that takes back what it has offered: RFC 9293 section 3.8.6 advises against it and asks us to stand it."""

from __future__ import annotations

import pytest

THREE = """
    +0.00 = write 5000
    +0.00 > . 1:1001(1000) ack 1
    +0.00 > . 1001:2001(1000) ack 1
    +0.00 > . 2001:3001(1000) ack 1
"""


@pytest.mark.rfc("7323", "2.4-4")
@pytest.mark.rfc("9293", "SHLD-15", "MUST-34")
def test_nothing_new_is_sent_into_a_window_that_has_shrunk(open_one):
    open_one(window=3000).run(THREE).run("""
        +0.10 < . 1:1(0) ack 1001 win 500
        +0.20 = silence                     # the usable window is -1500
        +0.00 = info in_flight 2000
    """)


@pytest.mark.rfc("9293", "SHLD-16", "MUST-34")
def test_old_text_is_sent_again_as_ever(open_one):
    open_one(window=3000).run(THREE).run("""
        +0.10 < . 1:1(0) ack 1001 win 500
        +0.30 > . 1001:2001(1000) ack 1
        +0.10 < . 1:1(0) ack 2001 win 1000
        +0.00 > . 2001:3001(1000) ack 1
        +0.10 < . 1:1(0) ack 3001 win 3000
        +0.00 > . 3001:4001(1000) ack 1
        +0.00 > P. 4001:5001(1000) ack 1
    """)


@pytest.mark.rfc("9293", "SHLD-17", "MUST-35")
def test_a_window_that_shrinks_to_nothing_is_probed_and_nobody_gives_up(open_one):
    test = open_one(window=3000, data_retries=3).run(THREE)
    test.run("+0.10 < . 1:1(0) ack 1001 win 0")
    for _ in range(10):
        while not test.sent:
            test.wait(0.01)
        _, segment = test.sent.popleft()
        assert test.described(segment).split()[1].startswith("1001:")
        test.arrive(test.segment(". 1:1(0) ack 1001 win 0"))
    assert test.connection.state.value == "ESTABLISHED"
    test.sent.clear()
    test.arrive(test.segment(". 1:1(0) ack 3001 win 3000"))
    assert [test.described(segment).split()[1] for _, segment in test.sent] == ["3001:4001(1000)", "4001:5001(1000)"]


@pytest.mark.rfc("9293", "MUST-35", "SHLD-29")
def test_probes_of_a_window_that_shrank_behind_all_that_was_sent(open_one):
    open_one(window=3000).run(THREE).run("""
        +0.10 < . 1:1(0) ack 3001 win 0
        +0.30 > . 3001:3002(1) ack 1
        +0.10 < . 1:1(0) ack 3001 win 0
        +0.50 > . 3001:3002(1) ack 1
        +0.10 < . 1:1(0) ack 3001 win 2000
        +0.00 > . 3001:4001(1000) ack 1
        +0.00 > P. 4001:5001(1000) ack 1
    """)


@pytest.mark.rfc("9293", "MUST-37")
def test_a_peer_that_sends_text_while_its_window_is_closed_is_there(open_one):
    test = open_one(window=1000, data_retries=3)
    test.run("""
        +0.00 = write 3000
        +0.00 > . 1:1001(1000) ack 1
        +0.10 < . 1:1(0) ack 1001 win 0
    """)
    for number in range(10):
        while not any(segment.payload for _, segment in test.sent):
            test.wait(0.1)
        test.sent.clear()
        at = 1 + 10 * number
        test.arrive(test.segment(f"P. {at}:{at + 10}(10) ack 1001 win 0"))
        assert test.connection.info().retries == 0
    assert test.connection.state.value == "ESTABLISHED"


@pytest.mark.rfc("5681", "3.1-11")
def test_what_waited_for_a_silly_window_was_not_sent_again(open_one):
    """Its first time-out is therefore the first, and halves the threshold."""
    test = open_one(window=4000, initial_window=4, congestion="reno")
    test.run("""
        +0.00 = write 5000
        +0.00 > . 1:1001(1000) ack 1
        +0.00 > . 1001:2001(1000) ack 1
        +0.00 > . 2001:3001(1000) ack 1
        +0.00 > . 3001:4001(1000) ack 1
        +0.10 < . 1:1(0) ack 4001 win 300
        +0.30 > . 4001:4301(300) ack 1
        +0.00 = info retries 0
    """)
    before = test.connection.info().ssthresh
    test.run("+0.30 > . 4001:4301(300) ack 1")
    info = test.connection.info()
    assert (info.retries, info.ssthresh) == (1, 2000)
    assert info.ssthresh < before
