"""Urgent text: RFC 9293 section 3.8.5. It is delivered in line; the application learns how far it reaches."""

from __future__ import annotations

import pytest


@pytest.mark.rfc("9293", "MUST-32", "MUST-33")
def test_the_application_is_told_when_text_becomes_urgent_and_how_much_is_left(established):
    connection = established.connection
    assert connection.urgent_octets == 0
    established.run("+0.00 < U. 1:1(0) ack 1 urg 30")
    assert established.effects.told[-1] == "readable"  # before any of it has come
    assert connection.urgent_octets == 30
    established.run("""
        +0.00 < . 1:11(10) ack 1
        +0.04 > . 1:1(0) ack 11
    """)
    assert connection.urgent_octets == 30
    connection.read(4, established.now)
    assert connection.urgent_octets == 26
    told = len(established.effects.told)
    established.run("+0.00 < U. 11:11(0) ack 1 urg 40")  # it advances
    assert established.effects.told[told:] == ["readable"]
    assert connection.urgent_octets == 46
    established.run("+0.00 < U. 11:11(0) ack 1 urg 5")  # it does not
    assert established.effects.told[told:] == ["readable"]


@pytest.mark.rfc("9293", "MUST-31")
def test_urgent_text_may_be_longer_than_the_pointer_reaches(open_one):
    """The pointer has 16 bits: it follows, and always lies behind the last urgent octet where it can."""
    test = open_one(send_buffer=1 << 20, initial_window=200)
    test.connection.write(bytes(100_000), test.now, urgent=True)
    assert len(test.sent) == 65
    pointers = [segment.urgent + 1000 * n for n, (_, segment) in enumerate(test.sent)]
    assert pointers == [min(65535 + 1000 * n, 100_000) for n in range(65)]


@pytest.mark.rfc("9293", "MUST-66")
def test_the_pointer_counts_with_the_window_closed_and_so_does_a_reset(open_one):
    test = open_one(receive_buffer=2000).run("""
        +0.00 < . 1:1001(1000) ack 1
        +0.00 < . 1001:2001(1000) ack 1
        +0.00 > . 1:1(0) ack 2001 win 0
        +0.00 < U. 2001:2001(0) ack 1 urg 7
    """)
    assert test.connection.urgent_octets == 2007
    test.run("""
        +0.00 < R 2001:2001(0)
        +0.00 = closed ECONNRESET
    """)
