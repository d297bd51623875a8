"""How long text may stay unacknowledged: our own wish, and that of the peer. RFC 9293 section 3.9.1, RFC 5482."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from lone_connection import PacketTest
from tcp_ends import Ends

from michinori.tcp import State
from michinori.tcp.user_timeout import patience_ns
from michinori.wire.tcp import ACK, SYN, Options, Segment

S = 1_000_000_000
Make = Callable[..., PacketTest]


def cut_while_sending(client: dict[str, Any], server: dict[str, Any]) -> tuple[Ends, float]:
    """The line is cut while the client sends; when it has given up, in seconds since."""
    ends = Ends(client=client, server=server, watched=True)
    ends.client.closes_when_done = ends.server.closes_when_done = False
    ends.open().run(1)
    began = ends.now
    ends.fate = lambda to, number, octets: False
    ends.client.todo = [b"x" * 100]
    ends.client.pump()
    ends.client.arm()
    while ends.client.error is None:
        ends.run(0.1)
    assert isinstance(ends.client.error, TimeoutError)
    return ends, (ends.now - began) / S


def option_of(octets: bytes) -> int | None:
    from tcp_ends import PSEUDO

    return Segment.parse(octets, PSEUDO).options.user_timeout_s


def test_a_short_patience_ends_before_r2() -> None:
    _, took = cut_while_sending({"user_timeout_ns": 5 * S}, {})
    assert 5 <= took <= 5.1


def test_a_long_one_ends_after_it() -> None:
    _, took = cut_while_sending({"user_timeout_ns": 3000 * S}, {})
    assert 3000 <= took <= 3000.1  # though time-outs are two minutes apart by then
    _, took = cut_while_sending({}, {})
    assert 800 < took < 1100


@pytest.mark.rfc("5482", "3.1-1", "3.1-3", "3.1-4")
def test_the_wish_of_the_peer_holds_for_who_has_none() -> None:
    wish = {"user_timeout_ns": 200 * S, "user_timeout_option": True}
    ends, took = cut_while_sending({"user_timeout_option": True}, wish)
    assert 200 <= took <= 200.1
    syn_ack = ends.server.sent[0][1]
    assert option_of(syn_ack) == 200
    assert option_of(ends.client.sent[0][1]) is None
    assert ends.client.reports == ["peer-timeout", "in-doubt"]  # the wish once, though more than one segment tells it


@pytest.mark.rfc("5482", "3.1-1", "3.1-4", "3.1-5", "3.1-6", "3.1-7")
def test_a_wish_for_less_than_is_wise_does_not() -> None:
    _, took = cut_while_sending({"user_timeout_option": True}, {"user_timeout_ns": 2 * S, "user_timeout_option": True})
    assert 100 <= took < 210


@pytest.mark.rfc("5482", "3-2")
def test_ones_own_wish_comes_first() -> None:
    ours, theirs = ({"user_timeout_ns": seconds * S, "user_timeout_option": True} for seconds in (5, 900))
    ends, took = cut_while_sending(ours, theirs)
    assert 5 <= took <= 5.1
    assert option_of(ends.client.sent[0][1]) == 5


@pytest.mark.rfc("5482", "3-1")
@pytest.mark.parametrize("settings", [{"user_timeout_ns": 200 * S}, {"user_timeout_option": True}, {}])
def test_without_a_wish_or_without_the_switch_nothing_is_said(make: Make, settings: dict[str, Any]) -> None:
    test = make(**settings)
    test.connection.connect(0)
    _, syn = test.sent[0]
    assert syn.flags & SYN
    assert syn.options.user_timeout_s is None


@pytest.mark.rfc("5482", "3-3", "3-4")
@pytest.mark.parametrize("watched", [True, False])
def test_it_is_said_again_behind_the_handshake_and_when_it_changes(watched: bool) -> None:
    ends = Ends(client={"user_timeout_ns": 200 * S, "user_timeout_option": True}, server={"user_timeout_option": True})
    ends.client.closes_when_done = ends.server.closes_when_done = False
    ends.client.todo = [bytes(5000)]
    ends.open().run(1)
    ours, theirs = ends.client.connection, ends.server.connection
    assert ours is not None
    assert theirs is not None
    assert [option_of(octets) for _, octets in ends.client.sent[:2]] == [200, 200]
    assert option_of(ends.client.sent[-1][1]) is None
    assert max(len(octets) for _, octets in ends.client.sent) == 1460 + 20
    ours.configure(msgspec.structs.replace(ours.config, user_timeout_ns=300 * S), ends.now)
    sent = len(ends.client.sent)
    ends.client.todo = [bytes(5000)]
    ends.client.pump()
    ends.run(1)
    assert option_of(ends.client.sent[sent][1]) == 300
    assert option_of(ends.client.sent[-1][1]) is None
    assert bytes(ends.server.got) == bytes(10_000)
    assert patience_ns(theirs._tcb) == 300 * S


@pytest.mark.rfc("5482", "4.2-1")
@pytest.mark.parametrize(("option", "at_s"), [(True, 501), (False, 50)])
def test_keep_alive_begins_later_than_the_time_that_is_used(make: Make, option: bool, at_s: int) -> None:
    keepalive = {"keepalive": True, "keepalive_idle_ns": 50 * S}
    test = make(user_timeout_ns=500 * S, user_timeout_option=option, **keepalive).run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
        +0.10 < S. 0:0(0) ack 1
        +0.00 > . 1:1(0) ack 1
    """)
    test.run(f"""
        +{at_s - 0.1} = silence
        +0.1 > . 0:0(0) ack 1
    """)


@pytest.mark.rfc("5482", "3-5", "3.2-1")
def test_who_does_not_take_part_passes_it_over() -> None:
    _, took = cut_while_sending({}, {"user_timeout_ns": 200 * S, "user_timeout_option": True})
    assert took > 800


@pytest.mark.rfc("5482", "3.1-6")
def test_a_wish_for_an_hour_or_more_ends_after_an_hour() -> None:
    wish = {"user_timeout_ns": 30_000 * S, "user_timeout_option": True}
    _, took = cut_while_sending({"user_timeout_option": True}, wish)
    assert 3600 <= took < 3730


@pytest.mark.rfc("5482", "3-6")
@pytest.mark.parametrize(("wish_s", "used_s"), [(0.001, 1), (7, 7), (3_000_000, 32_767 * 60)])
def test_what_the_application_asks_for_is_kept_to_what_the_option_can_tell(
    make: Make, wish_s: float, used_s: int
) -> None:
    test = make(user_timeout_ns=round(wish_s * S), user_timeout_option=True)
    test.connection.connect(0)
    assert test.sent[0][1].options.user_timeout_s == used_s
    assert patience_ns(test.connection._tcb) == used_s * S


@pytest.mark.rfc("5482", "3.3-1")
def test_before_the_handshake_is_over_the_wish_does_not_count(make: Make) -> None:
    test = make(user_timeout_ns=3 * S, user_timeout_option=True)
    test.connection.connect(0)
    for _ in range(100):
        test.wait(1)
    assert test.connection.state is State.SYN_SENT


@pytest.mark.rfc("5482", "3.4-1", "3.4-2")
def test_no_wish_is_zero(make: Make) -> None:
    test = make(user_timeout_ns=1, user_timeout_option=True)
    test.connection.connect(0)
    assert test.sent[0][1].options.user_timeout_s == 1
    test = make(user_timeout_option=True)
    test.connection.connect(0)
    options = Options(mss=1000, user_timeout_s=0)
    ports = test.sent[0][1].dst_port, test.sent[0][1].src_port
    syn_ack = Segment(*ports, 99, (test.sent[0][1].seq + 1) & 0xFFFF_FFFF, SYN | ACK, 60_000, b"", options)
    test.connection.receive(syn_ack, S)
    assert test.connection.state is State.ESTABLISHED
    assert patience_ns(test.connection._tcb) is None
