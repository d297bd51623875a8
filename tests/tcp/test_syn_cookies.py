"""SYN cookies: what comes back with the ACK is what was asked for; nothing else is believed. RFC 4987 section 3.6."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lone_connection import Silent

from michinori.tcp import Connection, IsnClock, Listener, State, SynCookies, TcpConfig
from michinori.tcp.syn_cookies import MSS_TABLE
from michinori.wire.sequence import MASK
from michinori.wire.tcp import ACK, CWR, ECE, PSH, RST, SYN, Options, Segment, flag_names

LOCAL = (bytes((192, 0, 2, 2)), 80)
REMOTE = (bytes((198, 51, 100, 7)), 40_000)
MINUTE = 60_000_000_000
NOW = 90_000_000_000

OPTIONS = st.builds(
    Options,
    mss=st.one_of(st.none(), st.integers(64, 65535)),
    window_scale=st.one_of(st.none(), st.integers(0, 14)),
    sack_permitted=st.booleans(),
    timestamps=st.one_of(st.none(), st.tuples(st.integers(0, MASK), st.just(0))),
)


def cookies(seed: int = 1) -> SynCookies:
    return SynCookies(IsnClock(Random(seed)))


def ack_of(syn: Segment, answer: Segment) -> Segment:
    """What an honest peer sends next."""
    stamps = answer.options.timestamps
    options = Options() if stamps is None else Options(timestamps=((stamps[1] + 5) & MASK, stamps[0]))
    return Segment(syn.src_port, syn.dst_port, answer.ack, (answer.seq + 1) & MASK, ACK, 512, b"", options)


@given(OPTIONS, st.integers(0, MASK), st.booleans(), st.integers(0, 10**15))
def test_what_was_asked_for_comes_back(options: Options, seq: int, asks_for_ecn: bool, now: int) -> None:
    made = cookies()
    flags = SYN | (ECE | CWR if asks_for_ecn else 0)
    syn = Segment(REMOTE[1], LOCAL[1], seq, 0, flags, 65535, b"", options)
    answer = made.answer(syn, LOCAL, REMOTE, TcpConfig(), now)
    ack = ack_of(syn, answer)
    again = made.syn_of(ack, LOCAL, REMOTE, now)
    assert again is not None
    assert again.seq == seq
    assert again.options.mss in MSS_TABLE
    assert again.options.mss <= (options.mss or 536)
    if options.timestamps is not None:
        assert again.options.window_scale == options.window_scale
        assert again.options.sack_permitted == options.sack_permitted
        assert (again.flags != SYN) == asks_for_ecn == bool(answer.flags & ECE)
    else:
        assert (again.options.window_scale, again.options.sack_permitted, again.flags) == (None, False, SYN)
        assert answer.options == Options(mss=1460)
    # The numbers beside it are other cookies, or none.
    for other in (
        msgspec.structs.replace(ack, ack=(ack.ack + 1) & MASK),
        msgspec.structs.replace(ack, seq=(ack.seq + 1) & MASK),
    ):
        found = made.syn_of(other, LOCAL, REMOTE, now)
        assert found is None or found.options.mss != again.options.mss
    assert cookies(2).syn_of(ack, LOCAL, REMOTE, now) is None


def test_a_cookie_grows_old_after_two_minutes() -> None:
    made = cookies()
    syn = Segment(REMOTE[1], LOCAL[1], 7, 0, SYN, 65535, b"", Options(mss=1460))
    ack = ack_of(syn, made.answer(syn, LOCAL, REMOTE, TcpConfig(), NOW))
    assert made.syn_of(ack, LOCAL, REMOTE, NOW + MINUTE) is not None
    assert made.syn_of(ack, LOCAL, REMOTE, NOW + 2 * MINUTE) is None
    assert made.syn_of(ack, LOCAL, (REMOTE[0], 40_001), NOW) is None


def test_guesses_do_not_hit() -> None:
    made, dice = cookies(), Random(3)
    hits = sum(
        made.syn_of(Segment(1, 80, dice.getrandbits(32), dice.getrandbits(32), ACK, 0), LOCAL, REMOTE, NOW) is not None
        for _ in range(20_000)
    )
    assert hits == 0  # 16 of 2**32 would


def test_the_time_stamp_is_never_ahead_of_the_clock() -> None:
    made = cookies()
    isns = IsnClock(Random(1))
    syn = Segment(REMOTE[1], LOCAL[1], 7, 0, SYN, 65535, b"", Options(timestamps=(9, 0), sack_permitted=True))
    for now in range(0, 200_000_000, 1_000_000):
        answer = made.answer(syn, LOCAL, REMOTE, TcpConfig(), now)
        assert answer.options.timestamps is not None
        clock = now // 1_000_000 + isns.timestamp_offset(LOCAL, REMOTE)
        assert 0 <= clock - answer.options.timestamps[0] < 128


class Network:
    """A listener whose queue of half-open connections holds one."""

    def __init__(self, backlog: int = 5, **settings: Any) -> None:
        self.config = TcpConfig(syn_backlog=1, **settings)
        self.sent: list[Segment] = []
        self.events: list[str] = []
        self.connections: list[Connection] = []
        self.listener = Listener(LOCAL, self.config, backlog, self, cookies=cookies(), watched=True)

    def copy(self, local: Any, remote: Any, now: int, isn: int | None) -> Connection:
        made = Connection(local, remote, self.config, Silent(self.sent), isn=5000 if isn is None else isn)
        self.connections.append(made)
        return made

    def settings(self, remote: Any) -> TcpConfig:
        return self.config

    def reply(self, segment: Segment, local: Any, remote: Any) -> None:
        self.sent.append(segment)

    def acceptable(self) -> None: ...

    def event(self, what: str, data: dict[str, Any]) -> None:
        self.events.append(what)

    def syn(self, port: int, flags: int = SYN, **options: Any) -> Segment:
        syn = Segment(port, 80, 100, 0, flags, 1000, b"", Options(mss=1400, **options))
        self.listener.receive(syn, (REMOTE[0], port), LOCAL, NOW)
        return syn

    def arrive(self, segment: Segment, now: int = NOW) -> None:
        self.listener.receive(segment, (REMOTE[0], segment.src_port), LOCAL, now)


def test_beyond_the_queue_nothing_is_kept_and_a_client_gets_through() -> None:
    network = Network()
    network.syn(1)
    for port in range(2, 1000):
        network.syn(port)
    assert len(network.sent) == 999
    assert all(segment.flags == SYN | ACK for segment in network.sent)
    assert len(network.connections) == network.listener.half_open == 1
    syn = network.syn(5000, window_scale=5, sack_permitted=True, timestamps=(77, 0))
    ack = msgspec.structs.replace(ack_of(syn, network.sent[-1]), payload=b"hello", flags=ACK | PSH)
    network.arrive(ack)
    connection = network.listener.accept()
    assert connection is not None
    assert connection.state is State.ESTABLISHED
    assert connection.read(100, NOW) == b"hello"
    info = connection.info()
    # 1400 became the 1024 of the table, of which time stamps take twelve.
    assert (info.mss, info.sack, info.snd_scale, info.snd_wnd) == (1012, True, 5, 512 << 5)
    assert info.srtt_ns == 0  # the low bits of the echo are no time
    assert "syn-cookie-taken" in network.events
    network.sent.clear()
    assert connection.write(b"x" * 10, NOW) == 10
    assert network.sent[-1].seq == ack.ack
    assert network.sent[-1].ack == (ack.seq + 5) & MASK


def test_ecn_is_agreed_upon_by_a_cookie() -> None:
    network = Network()
    network.syn(1)
    syn = network.syn(2, SYN | ECE | CWR, timestamps=(77, 0))
    assert network.sent[-1].flags == SYN | ACK | ECE
    network.arrive(ack_of(syn, network.sent[-1]))
    connection = network.listener.accept()
    assert connection is not None
    assert connection.info().ecn


def test_without_a_flood_an_ack_is_no_cookie() -> None:
    network = Network()
    syn = Segment(9, 80, 100, 0, SYN, 1000, b"", Options(mss=1400))
    answer = cookies().answer(syn, LOCAL, (REMOTE[0], 9), network.config, NOW)  # valid, had it been sent
    network.arrive(ack_of(syn, answer))
    assert [flag_names(segment.flags) for segment in network.sent] == ["RST"]
    assert network.sent[0].flags == RST
    assert not network.connections


def test_a_wrong_cookie_is_reset_and_a_late_one_too() -> None:
    network = Network()
    network.syn(1)
    syn = network.syn(2)
    ack = ack_of(syn, network.sent[-1])
    network.arrive(msgspec.structs.replace(ack, ack=ack.ack ^ 0x00F0_0000))
    network.arrive(ack, NOW + 3 * MINUTE)
    assert [segment.flags for segment in network.sent[-2:]] == [RST, RST]
    assert len(network.connections) == 1


def test_with_the_accept_queue_full_the_ack_of_a_cookie_is_passed_over() -> None:
    network = Network(backlog=1)
    network.syn(1)
    first, second = network.syn(2), network.syn(3)
    answers = network.sent[-2:]
    network.arrive(ack_of(first, answers[0]))
    sent = len(network.sent)
    network.arrive(ack_of(second, answers[1]))
    assert network.listener.waiting == 1
    assert len(network.sent) == sent
    network.listener.accept()
    network.arrive(ack_of(second, answers[1]))
    assert network.listener.waiting == 1


@pytest.mark.parametrize("cookies_are_wanted", [True, False])
def test_the_switch(cookies_are_wanted: bool) -> None:
    network = Network(syn_cookies=cookies_are_wanted)
    network.syn(1)
    network.sent.clear()
    network.syn(2)
    assert len(network.sent) == cookies_are_wanted
