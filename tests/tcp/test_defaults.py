"""What a connection does when nobody has set anything: the limits that the RFCs name, in virtual time."""

from __future__ import annotations

import msgspec
import pytest
from lone_connection import OUR_ISN, PEER, US, PacketTest

from michinori.tcp import Connection, TcpConfig


@pytest.fixture
def untouched(watched: bool) -> PacketTest:
    """Settings as they come; the handshake took 100 ms."""
    test = PacketTest(watched=watched)
    test.config = TcpConfig()
    test.connection = Connection(US, PEER, test.config, test.effects, isn=OUR_ISN, watched=watched)
    return test.run("+0 = connect\n +0 > S 0:0(0)")


@pytest.fixture
def opened(untouched: PacketTest) -> PacketTest:
    return untouched.run("""
        +0.10 < S. 0:0(0) ack 1 win 65535 <mss 1000>
        +0.00 > . 1:1(0) ack 1
    """)


def instants(test: PacketTest) -> list[float]:
    return [round(when_ns / 1e9, 3) for when_ns, _ in test.sent]


@pytest.mark.rfc("9293", "MUST-23")
def test_a_syn_is_sent_again_for_more_than_three_minutes(untouched):
    untouched.wait(180)
    assert untouched.connection.state.value == "SYN-SENT"
    assert instants(untouched) == [1, 3, 7, 15, 31, 63, 127]
    untouched.wait(120)
    assert untouched.connection.state.value == "CLOSED"
    assert untouched.effects.error is not None


@pytest.mark.rfc("9293", "SHLD-11")
def test_text_is_sent_again_for_more_than_a_hundred_seconds(opened):
    opened.connection.write(b"x", opened.now)
    opened.wait(100)
    assert opened.connection.state.value == "ESTABLISHED"
    assert not opened.connection.error
    opened.wait(3600)
    assert opened.effects.told[-1] == "closed"


@pytest.mark.rfc("9293", "SHLD-9", "SHLD-10")
def test_doubt_begins_with_the_third_retransmission(opened):
    opened.connection.write(b"x", opened.now)
    doubts = []
    for _ in range(5):
        opened.sent.clear()
        while not opened.sent:
            opened.wait(0.05)
        doubts.append(opened.connection.in_doubt)
    assert doubts == [False, False, True, True, True]
    assert opened.connection.info().retries >= 3
    opened.arrive(opened.segment(". 1:1(0) ack 2"))
    assert not opened.connection.in_doubt
    assert opened.effects.reports == ["in-doubt"]


@pytest.mark.rfc("9293", "MUST-21")
def test_an_application_sets_how_long_it_waits_for_one_connection(opened):
    patient = msgspec.structs.replace(opened.config, data_retries=1_000_000)
    opened.connection.configure(patient, opened.now)
    opened.connection.write(b"x", opened.now)
    opened.wait(30 * 86_400)
    assert opened.connection.state.value == "ESTABLISHED"


@pytest.mark.rfc("9293", "MUST-25")
def test_nobody_is_kept_alive_who_did_not_ask_for_it(opened):
    opened.wait(10 * 86_400)
    assert not opened.sent
    assert opened.connection.state.value == "ESTABLISHED"


@pytest.mark.rfc("9293", "MUST-28", "MUST-29")
def test_keep_alive_begins_after_two_hours_of_silence_and_one_lost_answer_is_no_death(opened):
    opened.connection.configure(msgspec.structs.replace(opened.config, keepalive=True), opened.now)
    opened.run("""
        +7199 = silence
        +1 > . 0:0(0) ack 1
        +75 > . 0:0(0) ack 1
        +0.1 < . 1:1(0) ack 1
        +7199 = state ESTABLISHED
    """)


@pytest.mark.rfc("9293", "MUST-26")
def test_keep_alive_does_not_ask_while_text_is_under_way(open_one):
    test = open_one(keepalive=True, keepalive_idle_ns=10**9, keepalive_interval_ns=10**9, keepalive_probes=1)
    test.connection.write(b"x", test.now)
    test.wait(20)
    assert len(test.sent) > 5
    assert {test.described(segment).split()[1] for _, segment in test.sent} == {"1:2(1)"}
    assert test.connection.state.value == "ESTABLISHED"


@pytest.mark.rfc("6298", "2.1-1", "2.5-1")
def test_the_initial_time_out_is_a_second_and_the_longest_two_minutes(untouched):
    untouched.wait(0.999)
    assert not untouched.sent
    untouched.wait(0.001)
    assert len(untouched.sent) == 1
    assert untouched.config.rto_max_ns >= 60_000_000_000
