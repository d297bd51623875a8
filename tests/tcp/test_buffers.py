"""The containers under sending and receiving, each held against a plain model."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from michinori.tcp.reassembly import Reassembly
from michinori.tcp.receive_buffer import ReceiveBuffer
from michinori.tcp.recovery import Phase, Recovery
from michinori.tcp.scoreboard import Scoreboard
from michinori.tcp.send_buffer import SendBuffer

STREAM = bytes(n * 37 % 256 for n in range(20_000))
RANGES = st.lists(st.tuples(st.integers(1, 300), st.integers(1, 40)), max_size=40)


@given(st.lists(st.tuples(st.integers(1, 9000), st.sampled_from([bytes, bytearray, memoryview]))), st.data())
def test_a_send_buffer_gives_any_part_of_what_is_not_acknowledged(writes, data):
    buffer, whole = SendBuffer(), b""
    for size, kind in writes:
        piece = bytes((len(whole) + n) % 253 for n in range(size))
        buffer.append(kind(piece))
        whole += piece
        assert (buffer.start, buffer.end) == (buffer.start, 1 + len(whole))
        if data.draw(st.booleans()):
            buffer.release(data.draw(st.integers(buffer.start, buffer.end)))
        if buffer.start < buffer.end:
            position = data.draw(st.integers(buffer.start, buffer.end - 1))
            count = data.draw(st.integers(1, buffer.end - position))
            assert buffer.slice(position, count) == whole[position - 1 : position - 1 + count]


def test_a_send_buffer_does_not_see_what_the_caller_does_to_its_memory_later():
    buffer, mine = SendBuffer(), bytearray(b"abc")
    buffer.append(memoryview(mine))
    mine[:] = b"xyz"
    assert buffer.slice(1, 3) == b"abc"


def test_small_writes_do_not_become_many_pieces():
    buffer = SendBuffer()
    for n in range(100_000):
        buffer.append(bytes((n % 256,)))
    assert len(buffer._pieces) < 100


@given(st.lists(st.one_of(st.binary(max_size=2000), st.integers(0, 5000))))
def test_a_receive_buffer_gives_back_what_was_put_in(actions):
    buffer, model = ReceiveBuffer(), b""
    for action in actions:
        if isinstance(action, int):
            assert buffer.take(action) == model[:action]
            model = model[action:]
        else:
            buffer.append(memoryview(action))
            model += action
        assert buffer.octets == len(model)


@pytest.mark.rfc("2018", "8-2")
@pytest.mark.rfc("9293", "SHLD-31")
@given(RANGES, st.data())
def test_reassembly_keeps_the_union_and_gives_it_in_order(ranges, data):
    reassembly, held, nxt = Reassembly(), set(), 0
    for start, size in ranges:
        start += nxt
        expected = {n for n in range(start, start + size) if n in held}
        known = reassembly.add(start, STREAM[start : start + size])
        assert (known is None) == (not expected)
        if known is not None:
            assert set(range(*known)) <= expected
        held |= set(range(start, start + size))
        islands = sorted(reassembly.recent(1000))
        assert {n for left, right in islands for n in range(left, right)} == held
        assert all(a[1] < b[0] for a, b in itertools.pairwise(islands))
        latest = reassembly.recent(1)[0]
        assert latest[0] <= start < latest[1]
        assert reassembly.octets == len(held)
        if data.draw(st.integers(0, 5)) == 0:
            nxt = data.draw(st.integers(nxt, nxt + 100))
            pieces, behind = reassembly.take(nxt)
            while nxt in held:
                nxt += 1
            assert behind == nxt
            assert b"".join(pieces) == STREAM[nxt - sum(map(len, pieces)) : nxt]
            held = {n for n in held if n > nxt}


def test_reassembly_is_bounded_against_a_peer_that_leaves_a_gap_behind_each_octet():
    reassembly = Reassembly()
    for n in range(10_000):
        reassembly.add(1 + 2 * n, b"x")
    assert len(reassembly.recent(10_000)) == 4096
    assert reassembly.refused == 10_000 - 4096


@pytest.mark.rfc("2018", "5-1")
@given(RANGES, st.integers(1, 400), st.integers(0, 400))
def test_a_scoreboard_is_a_set_of_octets(ranges, una, position):
    board, held = Scoreboard(), set()
    for start, size in ranges:
        news = set(range(start, start + size)) - held
        held |= news
        assert board.add(start, start + size) == len(news)
    assert board.octets == len(held)
    assert board.below(position) == sum(n < position for n in held)
    start, end = board.gap(position, 10)
    first = next(n for n in range(position, 2000) if n not in held)
    assert start == first
    last = next(n for n in range(first, 2000) if n in held or n == first + 10)
    assert end == last
    board.acknowledged(una)
    held = {n for n in held if n >= una}
    assert board.octets == len(held)
    assert {n for left, right in board.ranges() for n in range(left, right)} == held
    assert board.highest == (max(held) + 1 if held else 0)


@pytest.mark.rfc("6675", "4-1", "4-2")
@given(RANGES, st.integers(10, 100), st.integers(1, 300))
def test_lost_and_pipe_are_as_rfc_6675_defines_them(ranges, mss, high_rxt):
    recovery, held = Recovery(), set()
    recovery.sack = True
    una, nxt = 1, 400
    for start, size in ranges:
        if start > una:
            recovery.scoreboard.add(start, start + size)
            held |= set(range(start, start + size))
    recovery.begin(Phase.FAST, una, nxt, "sack")
    recovery.lose_below(recovery.scoreboard.lost_below(mss), una)
    for low, high in recovery.scoreboard.gaps(una, max(high_rxt, una)):  # up to HighRxt all was sent again
        recovery.sent_again(low, high, high, 0)
    recovery.doubtful_to = high_rxt

    def is_lost(octet: int) -> bool:
        above = [left for left, right in recovery.scoreboard.ranges() if left > octet]
        return len(above) >= 3 or sum(n > octet for n in held) > 2 * mss

    unsacked = [n for n in range(una, nxt) if n not in held]
    pipe = sum(not is_lost(n) for n in unsacked) + sum(n < high_rxt for n in unsacked)
    assert recovery.pipe(una, nxt) == pipe
    lost = recovery.scoreboard.lost_below(mss)
    assert [n for n in unsacked if is_lost(n)] == [n for n in unsacked if n < lost]
