"""Segments of any kind thrown at a connection in any state: nothing raises, nothing grows, nothing answers for ever."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lone_connection import OUR_ISN, PEER, PEER_ISN, US, PacketTest

from michinori.tcp import State, TcpError, answer_closed
from michinori.tcp.states import TRANSITIONS, TRANSITIONS_BESIDE_THE_FIGURE
from michinori.wire.tcp import RST, Options, Segment

OPEN = "+0 = connect\n +0.1 < S. 0:0(0) ack 1 <mss 1000,sackOK,wscale 7,TS val 1 ecr 0>"
SCRIPTS = {
    State.SYN_SENT: "+0 = connect",
    State.SYN_RECEIVED: "+0 = connect\n +0.1 < S 0:0(0) <mss 1000,sackOK,wscale 7,TS val 1 ecr 0>",
    State.ESTABLISHED: OPEN + "\n +0 = write 5000",
    State.FIN_WAIT_1: OPEN + "\n +0 = close",
    State.FIN_WAIT_2: OPEN + "\n +0 = close\n +0.1 < . 1:1(0) ack 2 <TS val 1 ecr 0>",
    State.CLOSE_WAIT: OPEN + "\n +0.1 < F. 1:1(0) ack 1 <TS val 1 ecr 0>",
    State.CLOSING: OPEN + "\n +0 = close\n +0.1 < F. 1:1(0) ack 1 <TS val 1 ecr 0>",
    State.LAST_ACK: OPEN + "\n +0.1 < F. 1:1(0) ack 1 <TS val 1 ecr 0>\n +0 = close",
    State.TIME_WAIT: OPEN + "\n +0 = close\n +0.1 < F. 1:1(0) ack 2 <TS val 1 ecr 0>",
}

NEAR = st.integers(-3, 12) | st.integers(-70_000, 70_000) | st.integers(0, 2**32 - 1)
NUMBERS_32 = st.integers(0, 2**32 - 1)
OPTIONS = st.builds(
    Options,
    mss=st.none() | st.integers(0, 65535),
    window_scale=st.none() | st.integers(0, 255),
    sack_permitted=st.booleans(),
    sack=st.lists(st.tuples(NEAR, NEAR), max_size=4).map(
        lambda blocks: tuple(((OUR_ISN + a) % 2**32, (OUR_ISN + b) % 2**32) for a, b in blocks)
    ),
    timestamps=st.none() | st.just((1, 0)) | st.tuples(NUMBERS_32, NUMBERS_32),
)
SEGMENTS = st.builds(
    lambda seq, ack, flags, window, payload, options, urgent: Segment(
        PEER[1], US[1], (PEER_ISN + seq) % 2**32, (OUR_ISN + ack) % 2**32, flags, window, payload, options, urgent
    ),
    seq=NEAR,
    ack=NEAR,
    flags=st.integers(0, 255) | st.sampled_from([16, 24, 17, 2, 18, 4, 20]),
    window=st.integers(0, 65535),
    payload=st.binary(max_size=30) | st.just(bytes(3000)),
    options=OPTIONS,
    urgent=st.integers(0, 65535),
)
ACTIONS = st.one_of(
    st.tuples(st.just("segment"), SEGMENTS),
    st.tuples(st.just("wait"), st.sampled_from([0.0, 0.04, 0.5, 3.0, 100.0])),
    st.tuples(st.sampled_from(["write", "read"]), st.integers(1, 5000)),
    st.tuples(st.sampled_from(["close", "abandon", "abort"]), st.none()),
    st.tuples(st.just("mtu"), st.integers(0, 2000)),
)


def made(state: State, *, watched: bool) -> PacketTest:
    test = PacketTest(watched=watched, sack=True, timestamps=True, window_scale=True, receive_buffer=20_000)
    for line in SCRIPTS[state].splitlines():
        test.run_line(line)
    test.sent.clear()
    assert test.connection.state is state
    return test


def do(test: PacketTest, action: str, what: Any) -> None:
    connection = test.connection
    match action:
        case "segment":
            test.connection.receive(what, test.now)
        case "wait":
            test.wait(what)
        case "write":
            try:
                connection.write(bytes(what), test.now)
            except TcpError:
                # In SYN-RECEIVED with text to send, a close waits for the end of the handshake.
                is_closing = connection._tcb.snd.closing
                assert is_closing or connection.state not in (State.ESTABLISHED, State.SYN_SENT, State.SYN_RECEIVED)
        case "read":
            connection.read(what, test.now)
        case "mtu":
            connection.on_path_mtu(what, test.now)
        case _:
            getattr(connection, action)(test.now)
    test.arm()


@given(state=st.sampled_from(list(SCRIPTS)), actions=st.lists(ACTIONS, max_size=25), watched=st.booleans())
@settings(max_examples=200)
def test_nothing_raises_whatever_comes(state, actions, watched):
    test = made(state, watched=watched)
    for action, what in actions:
        before = len(test.sent)
        do(test, action, what)
        if action == "segment":
            # On a path of 68 octets, options leave a few octets of text to each segment: the window has room for many.
            sizes = [len(segment.payload) for _, segment in list(test.sent)[before:]]
            assert sizes.count(0) <= 40, "a single segment let loose a flood"
            assert sum(sizes) <= 40_000, "a single segment let loose a flood"
        test.connection.info()
        rcv, snd = test.connection._tcb.rcv, test.connection._tcb.snd
        assert rcv.buffer.octets + rcv.reassembly.octets <= rcv.limit + 65535
        assert 0 <= snd.una <= snd.nxt <= max(snd.max, snd.nxt) <= snd.end
    # And it comes to an end, however much the peer has been told.
    test.connection.abandon(test.now)
    test.arm()
    test.wait(4000)
    assert test.connection.state is State.CLOSED
    assert test.connection.deadline_ns is None


@given(SEGMENTS)
def test_closed_answers_anything_but_a_reset(segment):
    answer = answer_closed(segment)
    assert (answer is None) == bool(segment.flags & RST)
    assert answer is None or answer.emit(1)


def test_every_way_of_the_figure_is_gone_in_some_test_of_this_folder():
    """The scripts reach every state; the surroundings hold each change of state against the table."""
    assert set(SCRIPTS) | {State.CLOSED, State.LISTEN} == set(State)
    for state in SCRIPTS:
        made(state, watched=True)


@pytest.mark.parametrize("state", [state for state in SCRIPTS if state is not State.SYN_SENT])
def test_a_reset_ends_every_state_but_time_wait(state):
    test = made(state, watched=True)
    test.arrive(test.segment("R 1:1(0)" if state in BEFORE_THEIR_FIN else "R 2:2(0)"))
    assert (test.connection.state is State.CLOSED) == (state is not State.TIME_WAIT)


BEFORE_THEIR_FIN = (State.SYN_RECEIVED, State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2)


@pytest.mark.parametrize("state", list(SCRIPTS))
def test_aborting_ends_every_state(state):
    test = made(state, watched=True)
    test.connection.abort(test.now)
    assert test.connection.state is State.CLOSED
    resets = [segment for _, segment in test.sent if segment.flags & RST]
    assert len(resets) == (state not in (State.SYN_SENT, State.TIME_WAIT))


def test_the_table_has_the_figure_whole():
    assert len(TRANSITIONS) == 19
    assert {way.source for way in TRANSITIONS} == {way.target for way in TRANSITIONS} == set(State)
    assert len(set(TRANSITIONS + TRANSITIONS_BESIDE_THE_FIGURE)) == len(TRANSITIONS + TRANSITIONS_BESIDE_THE_FIGURE)
