"""Every arrow of figure 5 of RFC 9293, gone once by the connection itself."""

from __future__ import annotations

from typing import Any

import pytest
from lone_connection import US, PacketTest, Surroundings

from michinori.tcp import Listener, State, TcpConfig
from michinori.tcp.states import TRANSITIONS, TRANSITIONS_BESIDE_THE_FIGURE, Transition

ACTIVE = """
    +0.0 = connect
    +0.0 > S 0:0(0)
"""
BOTH_SYNS = (
    ACTIVE
    + """
    +0.1 < S 0:0(0)
    +0.0 > S. 0:0(0) ack 1
"""
)
OPEN = (
    ACTIVE
    + """
    +0.1 < S. 0:0(0) ack 1
    +0.0 > . 1:1(0) ack 1
"""
)
CLOSED_BY_US = (
    OPEN
    + """
    +0.0 = close
    +0.0 > F. 1:1(0) ack 1
"""
)
HALF_CLOSED = (
    CLOSED_BY_US
    + """
    +0.1 < . 1:1(0) ack 2
"""
)
CLOSED_BY_PEER = (
    OPEN
    + """
    +0.0 < F. 1:1(0) ack 1
    +0.0 > . 1:1(0) ack 2
"""
)
CROSSED = (
    CLOSED_BY_US
    + """
    +0.1 < F. 1:1(0) ack 1
    +0.0 > . 2:2(0) ack 2
"""
)
LAST = (
    CLOSED_BY_PEER
    + """
    +0.0 = close
    +0.0 > F. 1:1(0) ack 2
"""
)
BOTH_CLOSED = (
    HALF_CLOSED
    + """
    +0.1 < F. 1:1(0) ack 2
    +0.0 > . 2:2(0) ack 2
"""
)

#: For each arrow: how to get to its beginning, and what leads along it.
WAYS: dict[tuple[State, State, str], tuple[str, str]] = {
    (State.CLOSED, State.SYN_SENT, "active OPEN"): ("", ACTIVE),
    (State.SYN_SENT, State.CLOSED, "CLOSE"): (ACTIVE, "+0 = close"),
    (State.SYN_SENT, State.SYN_RECEIVED, "receive SYN"): (ACTIVE, "+0 < S 0:0(0)\n +0 > S. 0:0(0) ack 1"),
    (State.SYN_SENT, State.ESTABLISHED, "receive SYN,ACK"): (ACTIVE, "+0 < S. 0:0(0) ack 1\n +0 > . 1:1(0) ack 1"),
    (State.SYN_RECEIVED, State.ESTABLISHED, "receive ACK of SYN"): (BOTH_SYNS, "+0 < . 1:1(0) ack 1"),
    (State.SYN_RECEIVED, State.FIN_WAIT_1, "CLOSE"): (BOTH_SYNS, "+0 = close\n +0 > F. 1:1(0) ack 1"),
    (State.ESTABLISHED, State.FIN_WAIT_1, "CLOSE"): (OPEN, "+0 = close\n +0 > F. 1:1(0) ack 1"),
    (State.ESTABLISHED, State.CLOSE_WAIT, "receive FIN"): (OPEN, "+0 < F. 1:1(0) ack 1\n +0 > . 1:1(0) ack 2"),
    (State.FIN_WAIT_1, State.FIN_WAIT_2, "receive ACK of FIN"): (CLOSED_BY_US, "+0 < . 1:1(0) ack 2"),
    (State.FIN_WAIT_1, State.CLOSING, "receive FIN"): (CLOSED_BY_US, "+0 < F. 1:1(0) ack 1\n +0 > . 2:2(0) ack 2"),
    (State.FIN_WAIT_1, State.TIME_WAIT, "receive FIN,ACK of FIN"): (
        CLOSED_BY_US,
        "+0 < F. 1:1(0) ack 2\n +0 > . 2:2(0) ack 2",
    ),
    (State.FIN_WAIT_2, State.TIME_WAIT, "receive FIN"): (HALF_CLOSED, "+0 < F. 1:1(0) ack 2\n +0 > . 2:2(0) ack 2"),
    (State.CLOSE_WAIT, State.LAST_ACK, "CLOSE"): (CLOSED_BY_PEER, "+0 = close\n +0 > F. 1:1(0) ack 2"),
    (State.CLOSING, State.TIME_WAIT, "receive ACK of FIN"): (CROSSED, "+0 < . 2:2(0) ack 2"),
    (State.LAST_ACK, State.CLOSED, "receive ACK of FIN"): (LAST, "+0 < . 2:2(0) ack 2"),
    (State.TIME_WAIT, State.CLOSED, "timeout=2MSL"): (BOTH_CLOSED, "+60 = state CLOSED"),
}
#: Of the listener, which is never itself a connection.
WAYS_OF_LISTEN = ("passive OPEN", "receive SYN")


def _named(way: Transition) -> str:
    return f"{way.source.value}: {way.event}"


@pytest.mark.row("B9")
@pytest.mark.parametrize(
    "way",
    [way for way in TRANSITIONS if way.source is not State.LISTEN and way.event not in WAYS_OF_LISTEN[:1]],
    ids=_named,
)
def test_a_way_of_the_figure(way):
    before, along = WAYS[way.source, way.target, way.event]
    test = PacketTest(watched=True).run(before)
    assert test.connection.state is way.source
    told = len(test.effects.events)
    test.run(along)
    assert test.connection.state is way.target
    changes = [data for what, data in test.effects.events[told:] if what == "state-changed"]
    assert (changes[0]["from"], changes[-1]["to"]) == (way.source.value, way.target.value)


@pytest.mark.row("B9")
def test_the_ways_of_listen():
    test = PacketTest(watched=True, passive=True)
    assert test.listener.state is State.LISTEN
    test.run("""
        +0.0 < S 0:0(0)
        +0.0 > S. 0:0(0) ack 1
    """)
    assert test.events("state-changed") == [{"from": "LISTEN", "to": "SYN-RECEIVED"}]
    effects: Any = Surroundings(test)
    listener = Listener(US, TcpConfig(), 5, effects)
    listener.close(0)
    assert listener.state is State.CLOSED


def test_every_change_in_any_test_is_one_of_the_table():
    """The surroundings of all tests hold it so: see ``packetscript`` and ``tcp_ends``."""
    ways = {(way.source, way.target) for way in TRANSITIONS + TRANSITIONS_BESIDE_THE_FIGURE}
    assert (State.ESTABLISHED, State.TIME_WAIT) not in ways
    assert (State.ESTABLISHED, State.CLOSED) in ways
