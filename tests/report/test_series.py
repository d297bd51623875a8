"""What the graphs draw is what the trace tells: every sequence number, window, time, and every frame that waited."""

from __future__ import annotations

import pytest
from journeys import walk
from node import JOURNEY, call

pytestmark = pytest.mark.peer

WWW = "http://www.michinori.example/"
ROOM = 6
SHORT_QUEUE = f"""
base = "home"
[lines.access]
rate = "3 Mbit/s"
queue = {ROOM}
"""


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    """A journey on whose way a queue overflows."""
    folder = tmp_path_factory.mktemp("crowded")
    (folder / "short.toml").write_text(SHORT_QUEUE)
    return walk(folder / "out", WWW, scenario=str(folder / "short.toml"), seed=3)


@pytest.fixture(scope="module")
def sender(crowded):
    """The end that sent most, and how the graphs draw it."""
    report = crowded.folder / "journey.html"
    [senders] = call("series.js", [("sendersOf", JOURNEY)], report)
    connection = senders[0]["connection"]
    [series] = call("series.js", [("seriesOf", JOURNEY, connection)], report)
    own = [event for event in crowded.events if event.layer == "tcp" and event.connection == connection]
    return senders[0], series, own


def told(own, what):
    return [event for event in own if event.what == what]


def test_senders_are_those_of_the_trace(crowded, sender):
    first, _, own = sender
    assert first["host"] == "www"
    assert first["octets"] == sum(event.data["len"] for event in told(own, "segment-sent")) > 100_000


def test_every_segment_is_drawn_and_those_sent_again_are_marked(sender):
    _, series, own = sender
    drawn = {(one["n"], one["t"], one["from"]) for one in series["sent"]}
    for event in told(own, "segment-sent"):
        if event.data["len"]:
            assert (event.n, event.t, event.data["rel_seq"]) in drawn
    again = [(one["t"], one["from"]) for one in series["sent"] if one["again"]]
    assert again == [(event.t, event.data["rel_seq"]) for event in told(own, "retransmitted")]
    assert len(again) > 2


def value(lines, name, n):
    """What a line shows right after that event."""
    known = [at for at, event in enumerate(lines["n"]) if event <= n]
    return lines[name][known[-1]] if known else None


def test_windows_and_times_are_those_that_the_stack_told(sender):
    _, series, own = sender
    infos = told(own, "info")
    assert len(infos) > 10
    for event in infos:
        data = event.data
        assert value(series["windows"], "cwnd", event.n) == data["cwnd"]
        assert value(series["windows"], "flight", event.n) in (None, data["in_flight"])
        assert value(series["times"], "rto", event.n) == data["rto_ns"]
        if data["srtt_ns"]:
            assert value(series["times"], "srtt", event.n) == data["srtt_ns"]
            assert value(series["times"], "rttvar", event.n) == data["rttvar_ns"]
        if data["ssthresh"] < 1 << 40:
            assert value(series["windows"], "ssthresh", event.n) == data["ssthresh"]
    assert any(event.data["ssthresh"] < 1 << 40 for event in infos)


def test_what_is_acknowledged_and_selectively_acknowledged_is_that_of_the_segments(sender):
    _, series, own = sender
    for event in told(own, "acked"):
        assert value(series["sequence"], "acked", event.n) == event.data["rel_ack"]
    held = {(one["n"], one["to"] - one["from"]) for one in series["held"]}
    sacked = [event for event in told(own, "segment-received") if event.data.get("sack")]
    assert sacked
    for event in sacked:
        for left, right in event.data["sack"]:
            before = (event.data["ack"] - left) % (1 << 32) < 1 << 31
            assert before or (event.n, (right - left) % (1 << 32)) in held
    assert series["arrived"]["octets"][-1] == series["sequence"]["acked"][-1]


def test_rates_add_up_to_what_was_sent_and_arrived(sender):
    _, series, _ = sender
    step = series["step"]
    sent = sum(one["to"] - one["from"] for one in series["sent"])
    assert sum(series["rates"]["sent"]) * step / 8e9 == pytest.approx(sent)
    assert sum(series["rates"]["arrived"]) * step / 8e9 == pytest.approx(series["arrived"]["octets"][-1])


def test_a_frame_is_refused_exactly_when_the_queue_that_is_drawn_is_full(crowded):
    [queues] = call("queues.js", [("queuesOf", JOURNEY)], crowded.folder / "journey.html")
    full = queues[0]
    assert (full["from"], full["to"], full["most"], full["room"]) == ("isp-router", "home-router", ROOM, ROOM)
    lost = {event.n for event in crowded.of("link", "frame-sent", "isp-router") if event.why == "queue-full"}
    assert {loss["n"] for loss in full["losses"] if loss["why"] == "queue-full"} == lost
    assert len(lost) > 2
    lines, at, waiting = full["lines"], 0, 0
    for event in crowded.of("link", "frame-sent", "isp-router"):
        if event.data["interface"] != "access":
            continue
        while at < len(lines["n"]) and lines["t"][at] <= event.t and lines["n"][at] < event.n:
            waiting = lines["waiting"][at]
            at += 1
        assert (waiting == ROOM) == (event.n in lost)
