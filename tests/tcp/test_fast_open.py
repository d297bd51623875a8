"""TCP Fast Open: text in the SYN where a cookie allows it, and nothing lost where it does not. RFC 7413."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from tcp_ends import CLIENT, SERVER, End, Ends, Line

from michinori.tcp import FastOpen, FastOpenCache, FastOpenCookies, IsnClock, State
from michinori.tcp.fast_open import Peer
from michinori.wire.tcp import ACK, RST, SYN, Segment

TEXT = bytes(range(256)) * 40
ON = {"fast_open": True}


def ends_with(server: dict[str, Any] | None = None, **settings: Any) -> Ends:
    return Ends(server=ON if server is None else server, **settings)


def with_cookie(ends: Ends, most: int = 1460) -> FastOpen:
    return FastOpen(ends.cookies.cookie(SERVER, CLIENT), most)


def segments(end: End) -> list[Segment]:
    from tcp_ends import PSEUDO

    return [Segment.parse(octets, PSEUDO) for _, octets in end.sent]


@pytest.mark.rfc("7413", "4.2.1-1", "4.2.2-4")
def test_a_client_without_a_cookie_asks_and_is_given_one() -> None:
    ends = ends_with()
    opening = FastOpen(b"", 0)
    ends.open(opening, TEXT).run()
    syn, answer = segments(ends.client)[0], segments(ends.server)[0]
    assert (syn.flags, syn.options.fast_open, bytes(syn.payload)) == (SYN, b"", b"")
    assert answer.options.fast_open == opening.granted == ends.cookies.cookie(SERVER, CLIENT)
    assert opening.peer_mss == 1460
    assert ends.server.got == TEXT


@pytest.mark.parametrize("watched", [True, False])
def test_with_a_cookie_text_goes_in_the_syn_and_is_answered_before_the_handshake_ends(watched: bool) -> None:
    ends = ends_with(watched=watched)
    ends.server.todo = [b"answer"]
    opening = with_cookie(ends)
    ends.open(opening, TEXT).run()
    ours, theirs = segments(ends.client), segments(ends.server)
    # 1460 less all the room that options may take.
    assert len(ours[0].payload) == 1420
    assert theirs[0].ack == (ours[0].seq + 1421) & 0xFFFF_FFFF
    assert bytes(theirs[1].payload) == b"answer"
    # Half a round trip after the SYN was sent, at once with the SYN,ACK.
    assert ends.server.sent[0][0] == ends.server.sent[1][0] == 10_000_000
    assert ends.server.got == TEXT
    assert ends.client.got == b"answer"
    assert ends.client.told == ends.server.told == ["established", "closed"]
    assert opening.outcome == "taken"
    assert ends.client.connection is not None
    assert ends.client.connection.info().retransmitted == 0


@pytest.mark.rfc("7413", "4.2.2-4", "4.2.2-5")
def test_a_wrong_cookie_costs_a_round_trip_and_brings_a_right_one() -> None:
    ends = ends_with()
    opening = FastOpen(b"12345678", 1460)
    ends.open(opening, TEXT).run()
    answer = segments(ends.server)[0]
    assert answer.ack == (segments(ends.client)[0].seq + 1) & 0xFFFF_FFFF
    assert opening.granted == answer.options.fast_open == ends.cookies.cookie(SERVER, CLIENT)
    assert opening.outcome == "not-taken"
    assert ends.server.got == TEXT
    assert ends.client.connection is not None
    assert ends.client.connection.info().retransmitted == 0  # it was never sent, as far as TCP is concerned


@pytest.mark.rfc("7413", "2-1", "4.2-1")
def test_a_server_that_does_not_take_part_says_nothing_of_it() -> None:
    ends = ends_with(server={})
    opening = with_cookie(ends)
    ends.open(opening, TEXT).run()
    assert segments(ends.server)[0].options.fast_open is None
    assert ends.server.got == TEXT
    assert opening.outcome == "not-taken"


def test_without_cookies_text_goes_in_the_first_syn_and_is_taken():
    ends = ends_with(server=ON | {"fast_open_cookies": False})
    opening = FastOpen(None, 1460)
    ends.open(opening, TEXT).run()
    syn, answer = segments(ends.client)[0], segments(ends.server)[0]
    assert (len(syn.payload), syn.options.fast_open) == (1420, None)
    assert (answer.ack, answer.options.fast_open) == ((syn.seq + 1421) & 0xFFFF_FFFF, None)
    assert opening.outcome == "taken"
    assert ends.server.got == TEXT


def test_text_without_a_cookie_is_not_taken_where_cookies_are_asked_for():
    ends = ends_with()
    opening = FastOpen(None, 1460)
    ends.open(opening, TEXT).run()
    syn, answer = segments(ends.client)[0], segments(ends.server)[0]
    assert (answer.ack, answer.options.fast_open) == ((syn.seq + 1) & 0xFFFF_FFFF, None)
    assert opening.outcome == "not-taken"
    assert ends.server.got == TEXT


@pytest.mark.rfc("7413", "4.2.2-1")
def test_when_the_syn_is_lost_the_next_one_is_plain() -> None:
    ends = ends_with()
    ends.fate = lambda to, number, octets: to is not ends.server or number > 1
    opening = with_cookie(ends)
    ends.open(opening, TEXT).run()
    first, second = segments(ends.client)[:2]
    assert first.payload
    assert (second.flags, second.options.fast_open, bytes(second.payload)) == (SYN, None, b"")
    assert opening.outcome == "lost"
    assert ends.server.got == TEXT


def test_when_the_answer_is_lost_text_is_taken_once() -> None:
    ends = ends_with()
    ends.fate = lambda to, number, octets: to is not ends.client or number > 1
    ends.server.todo = [b"answer"]
    ends.open(with_cookie(ends), TEXT).run()
    assert ends.server.got == TEXT
    assert ends.client.got == b"answer"


@pytest.mark.rfc("7413", "4.2.2-3")
def test_an_answer_that_is_sent_again_is_plain() -> None:
    ends = ends_with()
    ends.fate = lambda to, number, octets: to is not ends.client or number > 1
    ends.open(FastOpen(b"", 0), TEXT).run()
    first, *others = [segment for segment in segments(ends.server) if segment.flags & SYN]
    assert first.options.fast_open == ends.cookies.cookie(SERVER, CLIENT)
    assert others
    assert all(again.options.fast_open is None and not again.payload for again in others)
    assert ends.server.got == TEXT


def test_a_reset_of_an_early_connection_is_told() -> None:
    ends = ends_with()
    ends.server.closes_when_done = False
    ends.fate = lambda to, number, octets: to is ends.server
    ends.open(with_cookie(ends), b"early").run(0.05)
    server = ends.server.connection
    assert server is not None
    assert server.state is State.SYN_RECEIVED
    assert ends.server.got == b"early"
    syn = segments(ends.client)[0]
    server.receive(Segment(CLIENT[1], SERVER[1], (syn.seq + 6) & 0xFFFF_FFFF, 0, RST, 0), ends.now)
    assert server.state is State.CLOSED
    assert isinstance(ends.server.error, ConnectionResetError)


@pytest.mark.rfc("7413", "4.2-2")
def test_beyond_the_bound_the_handshake_comes_first() -> None:
    ends = ends_with(server={"fast_open": True, "fast_open_backlog": 0})
    opening = with_cookie(ends)
    ends.open(opening, TEXT).run()
    assert opening.outcome == "not-taken"
    assert ends.server.got == TEXT


@pytest.mark.rfc("7413", "4.2-2")
def test_an_early_connection_counts_until_its_handshake_ends() -> None:
    ends = ends_with(server={"fast_open": True, "fast_open_backlog": 1})
    ends.server.closes_when_done = ends.client.closes_when_done = False
    ends.open(with_cookie(ends), b"x").run(0.015)
    listener = ends.listener
    assert (listener.half_open, listener.waiting) == (0, 1)
    assert len(listener._early) == 1
    ends.run(0.1)
    assert not listener._early
    assert listener.waiting == 1
    ends.server.connection.abort(ends.now)  # type: ignore[union-attr]
    assert not listener._early


@pytest.mark.parametrize("seed", range(12))
def test_over_bad_lines_it_arrives_whole(seed: int) -> None:
    line = Line(loss=0.2, duplicate=0.2, reorder=0.3)
    ends = ends_with(line=line, seed=seed, watched=bool(seed % 2), client={"ecn": True})
    ends.server.todo = [TEXT[::-1]]
    ends.open(with_cookie(ends, 536), TEXT).run()
    assert ends.server.got == TEXT
    assert ends.client.got == TEXT[::-1]


@pytest.mark.rfc("7413", "4.1.2-1")
def test_a_cookie_is_of_both_addresses_and_of_the_secret() -> None:
    cookies = FastOpenCookies(IsnClock(Random(1)))
    cookie = cookies.cookie(SERVER, CLIENT)
    assert len(cookie) == 8
    assert cookies.cookie((SERVER[0], 1), (CLIENT[0], 2)) == cookie
    assert cookies.cookie(CLIENT, SERVER) != cookie
    assert FastOpenCookies(IsnClock(Random(2))).cookie(SERVER, CLIENT) != cookie


@pytest.mark.rfc("7413", "4.1.3-1", "4.1.3.1-2")
def test_the_cache_remembers_who_granted_what_and_who_did_not_answer() -> None:
    cache = FastOpenCache()
    assert cache.look_up(b"a", 0) == Peer()
    cache.learn(b"a", b"1234", 1000)
    assert cache.look_up(b"a", 0) == Peer(b"1234", 1000)
    cache.learn_mss(b"a", 600)
    assert cache.look_up(b"a", 0) == Peer(b"1234", 600)
    cache.failed(b"a", 5)
    assert cache.look_up(b"a", 3600 * 10**9) is None
    assert cache.look_up(b"a", 3600 * 10**9 + 5) is not None
    for number in range(2000):
        cache.learn(number.to_bytes(4, "big"), b"1234", 1)
    assert len(cache._peers) == 1024
    assert cache.look_up((1999).to_bytes(4, "big"), 0) == Peer(b"1234", 1)


def test_the_flags_of_an_ordinary_listener_stay_as_they_were() -> None:
    ends = Ends(client={}, server={})
    ends.open(None, b"").run(0.1)
    assert [segment.flags for segment in segments(ends.server)[:1]] == [SYN | ACK]
