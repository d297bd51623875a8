"""Whole transfers between two ends over good and bad wires."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tcp_ends import CLIENT, SERVER, Ends, Line

from michinori.tcp import FastOpen, State

TEXT = bytes(range(251)) * 400


def pieces(text: bytes, size: int) -> list[bytes]:
    return [text[at : at + size] for at in range(0, len(text), size)]


@pytest.mark.parametrize("watched", [True, False])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"sack": False},
        {"timestamps": False},
        {"window_scale": False},
        {"sack": False, "timestamps": False, "window_scale": False},
        {"nagle": False, "delayed_ack_ns": 0},
        {"congestion": "reno", "initial_window": 0, "limited_transmit": False, "hystart": False},
        {"rack": False},
        {"rack": False, "prr": False, "frto": False},
        {"tlp": False},
        {"prr": False},
        {"frto": False},
    ],
)
@pytest.mark.parametrize(
    "line",
    [
        Line(),
        Line(loss=0.05),
        Line(loss=0.2),
        Line(reorder=0.3, duplicate=0.1),
        Line(damage=0.1),
        Line(delay_ns=10_000),
        Line(delay_ns=400_000_000, loss=0.02),
    ],
    ids=["good", "loss-5", "loss-20", "reorder", "damage", "fast", "slow"],
)
@pytest.mark.row("B11")
def test_text_both_ways_arrives_whole(watched, options, line):
    ends = Ends(line=line, watched=watched, client=options, server=options)
    ends.client.todo = pieces(TEXT, 10_000)
    ends.server.todo = pieces(TEXT[::-1], 777)
    ends.open().run()
    assert ends.server.got == TEXT
    assert ends.client.got == TEXT[::-1]
    assert ends.client.error is None
    assert ends.server.error is None
    assert ends.client.told == ends.server.told == ["established", "closed"]


@pytest.mark.row("B11")
def test_one_loss_in_a_long_transfer_costs_one_retransmission_and_no_time_out():
    ends = Ends()
    ends.fate = lambda to, number, octets: to is not ends.server or number != 40
    ends.client.todo = [TEXT * 3]
    ends.open().run(30)
    assert ends.server.got == TEXT * 3
    info = ends.client.connection.info()
    assert info.retransmitted == 1


@pytest.mark.parametrize("options", [{"sack": False}, {"rack": False}, {}], ids=["no-sack", "scoreboard", "default"])
def test_lost_acks_do_not_let_the_time_out_run_away(options):
    """A fifth is lost both ways, so that whole flights of ACKs are: what is sent again is then there already, and its
    answer must not be taken for a round trip that lasted all the while.
    """
    ends = Ends(line=Line(delay_ns=20_000_000, loss=0.2), seed=1, client=options, server=options)
    ends.client.todo = [bytes(1_000_000)]
    ends.open().run(500)
    assert len(ends.server.got) == 1_000_000


def windows_told(ends):
    return [(data["why"], data["algorithm"]) for what, data in ends.client.events if what == "cwnd-changed"]


def test_what_becomes_of_the_window_is_told_with_its_reason():
    ends = Ends(watched=True)
    ends.fate = lambda to, number, octets: to is not ends.server or number != 40
    ends.client.todo = [TEXT * 3]
    ends.open().run(30)
    assert windows_told(ends) == [(why, "cubic") for why in ("slow-start", "loss", "recovered", "avoidance")]


def test_the_window_after_a_time_out_is_told_as_slow_start_again():
    ends = Ends(watched=True, client={"congestion": "reno", "tlp": False})
    ends.fate = lambda to, number, octets: to is not ends.server or not 0.05e9 < ends.now < 0.5e9
    ends.client.todo = [TEXT]
    ends.open().run(60)
    told = [why for why, _ in windows_told(ends)]
    assert told == ["slow-start", "rto", "rto", "slow-start", "avoidance"]


def test_reordering_that_was_taken_for_loss_costs_the_window_nothing():
    """Segments come up to four round trips late: they are sent again, and then an echo shows that the first was only
    late, or the peer tells that it came twice.
    """
    told: list[str] = []
    for seed in range(6):
        ends = Ends(line=Line(delay_ns=20_000_000, reorder=0.02), seed=seed, watched=True)
        ends.client.todo = [bytes(2_000_000)]
        ends.open().run()
        assert len(ends.server.got) == 2_000_000
        told += [why for why, _ in windows_told(ends)]
        assert ends.client.connection.info().retransmitted < 50
    assert told.count("loss") > 20
    assert told.count("undo") >= told.count("loss") * 0.6


@pytest.mark.row("B13")
def test_a_transfer_fills_a_long_fat_line():
    """1 Gbit/s and 20 ms need 2.5 MB in flight: slow start and the growing buffers must get there."""
    ends = Ends(line=Line(delay_ns=10_000_000))
    ends.client.closes_when_done = ends.server.closes_when_done = False
    ends.client.todo = pieces(bytes(30_000_000), 1 << 16)
    ends.open().run(0.4)
    info = ends.client.connection.info()
    assert info.cwnd > 2_500_000
    assert info.snd_wnd > 2_500_000
    assert ends.server.connection.info().receive_buffer == 6 << 20
    assert len(ends.server.got) == 30_000_000


def test_a_reader_that_pauses_holds_the_writer_back():
    ends = Ends(server={"receive_buffer_max": 128 << 10})
    ends.client.todo = pieces(TEXT * 10, 10_000)
    ends.server.reads_at_once = False
    ends.open().run(30)
    reader, writer = ends.server.connection, ends.client.connection
    assert 120_000 < reader.readable_octets <= 128 << 10
    assert writer.info().snd_wnd < 1448
    assert ends.client.todo  # the send buffer is full too
    while len(ends.server.got) < len(TEXT) * 10:
        ends.server.read_some()
        ends.run(0.1)
    ends.server.drain()
    assert ends.server.got == TEXT * 10


@pytest.mark.rfc("9293", "MUST-36")
def test_a_window_update_that_is_lost_is_made_good_by_a_probe():
    ends = Ends(server={"receive_buffer_max": 128 << 10})
    ends.client.todo = [TEXT * 3]
    ends.server.reads_at_once = False
    ends.open().run(5)
    ends.fate = lambda to, number, octets: to is ends.server
    ends.server.drain()  # the update goes nowhere
    ends.run(0.05)
    ends.fate = None
    ends.server.reads_at_once = True
    ends.run(60)
    assert ends.server.got == TEXT * 3


@pytest.mark.row("B11")
def test_a_line_that_dies_is_learnt_of_at_both_ends():
    keepalive: dict[str, Any] = {"keepalive": True, "data_retries": 6}
    ends = Ends(line=Line(dead_after=40), client=keepalive, server=keepalive)
    ends.client.todo = [TEXT]
    ends.server.closes_when_done = False
    ends.open().run()
    assert isinstance(ends.client.error, TimeoutError)
    assert isinstance(ends.server.error, TimeoutError)
    assert ends.client.connection.deadline_ns is None


def test_time_wait_holds_no_text_and_one_deadline():
    ends = Ends()
    ends.client.todo = [TEXT]
    ends.open().run(5)
    connection = ends.client.connection
    assert connection.state is State.TIME_WAIT
    assert connection.unacked_octets == 0
    assert ends.now + 50_000_000_000 < connection.deadline_ns < ends.now + 60_000_000_000


LINES = st.builds(
    Line,
    delay_ns=st.sampled_from([1_000, 1_000_000, 50_000_000]),
    loss=st.sampled_from([0, 0.02, 0.1, 0.3]),
    damage=st.sampled_from([0, 0.05]),
    duplicate=st.sampled_from([0, 0.1, 0.5]),
    reorder=st.sampled_from([0, 0.1, 0.5]),
    mark=st.sampled_from([0, 0.1, 1]),
    dead_after=st.one_of(st.none(), st.none(), st.integers(1, 60)),
)
OPTIONS = st.fixed_dictionaries(
    {
        "sack": st.booleans(),
        "timestamps": st.booleans(),
        "window_scale": st.booleans(),
        "nagle": st.sampled_from([True, "minshall", False]),
        "delayed_ack_ns": st.sampled_from([0, 40_000_000, 200_000_000]),
        "mss": st.sampled_from([100, 536, 1460, 8960]),
        "receive_buffer": st.sampled_from([300, 3000, 65536]),
        "send_buffer": st.sampled_from([100, 5000, 65536]),
        "initial_window": st.sampled_from([0, 1, 10]),
        "slow_start_limit": st.sampled_from([0, 1, 100]),
        "quick_acks_at_start": st.sampled_from([0, 16]),
        "congestion": st.sampled_from(["cubic", "reno"]),
        "hystart": st.booleans(),
        "rack": st.booleans(),
        "tlp": st.booleans(),
        "prr": st.booleans(),
        "frto": st.booleans(),
        "limited_transmit": st.booleans(),
        "ecn": st.sampled_from([True, False, "accept"]),
        "fast_open": st.booleans(),
        "fast_open_cookies": st.booleans(),
        "black_hole_detection": st.booleans(),
        "user_timeout_option": st.booleans(),
        "keepalive": st.just(True),
        "data_retries": st.just(8),
    }
)


@given(
    line=LINES,
    seed=st.integers(0, 2**32),
    client=OPTIONS,
    server=OPTIONS,
    up=st.lists(st.integers(1, 5000), max_size=20),
    down=st.lists(st.integers(1, 5000), max_size=20),
    read_size=st.sampled_from([1, 100, 5000, 1 << 20]),
    isns=st.tuples(st.integers(2**32 - 30_000, 2**32 - 1), st.integers(2**32 - 30_000, 2**32 - 1)),
    watched=st.booleans(),
    waits=st.booleans(),
    early=st.none() | st.tuples(st.booleans(), st.integers(0, 100), st.sampled_from([50, 1460])),
)
@settings(max_examples=150)
@pytest.mark.row("B11")
def test_whatever_the_wire_does_text_arrives_whole_and_in_order_or_both_ends_learn(
    line, seed, client, server, up, down, read_size, isns, watched, waits, early
):
    for options in (client, server):
        options["receive_buffer_max"] = options["receive_buffer"] * 4
        options["send_buffer_max"] = options["send_buffer"] * 4
    ends = Ends(line=line, seed=seed, watched=watched, client=client, server=server, isns=isns)
    ends.client.todo = [bytes((n * 7 + i) % 256 for i in range(size)) for n, size in enumerate(up)]
    ends.server.todo = [bytes((n * 11 + i) % 256 for i in range(size)) for n, size in enumerate(down)]
    ends.client.read_size = ends.server.read_size = read_size
    ends.server.waits_for_eof = waits
    sent_up, sent_down = b"".join(ends.client.todo), b"".join(ends.server.todo)
    if early is None:
        ends.open().run()
    else:
        is_right, size, most = early  # RFC 7413: the cookie, the text in the SYN, how much of it the server takes
        text = bytes(range(100, 100 + size))
        sent_up = text + sent_up
        cookie = ends.cookies.cookie(SERVER, CLIENT) if is_right else b"12345678"
        ends.open(FastOpen(cookie, most), text).run()
    # What arrived is a beginning of what was sent, in any case.
    assert sent_up.startswith(ends.server.got)
    assert sent_down.startswith(ends.client.got)
    assert ends.client.told[-1] == "closed"
    if ends.server.connection is not None:
        assert ends.server.told[-1] == "closed"
    if ends.client.error is None:
        assert ends.server.got == sent_up
    if ends.server.connection is not None and ends.server.error is None:
        assert ends.client.got == sent_down
    if line.dead_after is None and line.loss < 0.3:
        assert (ends.client.error, ends.server.error) == (None, None)


@given(
    line=LINES,
    seed=st.integers(0, 2**32),
    client=OPTIONS,
    server=OPTIONS,
    up=st.lists(st.integers(1, 20_000), max_size=10),
    down=st.lists(st.integers(1, 20_000), max_size=10),
    waits=st.booleans(),
)
@settings(max_examples=100)
def test_header_prediction_does_what_the_steps_do(line, seed, client, server, up, down, waits):
    """The same transfer, watched (only the steps) and unwatched, sends the same octets at the same instants."""
    sent = []
    for watched in (True, False):
        ends = Ends(line=line, seed=seed, watched=watched, client=client, server=server)
        ends.client.todo = [bytes(size) for size in up]
        ends.server.todo = [bytes(size) for size in down]
        ends.server.waits_for_eof = waits
        ends.open().run()
        sent.append((ends.client.sent, ends.server.sent, ends.client.told, ends.server.told))
    assert sent[0] == sent[1]
