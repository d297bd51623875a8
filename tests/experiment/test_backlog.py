"""What ``listen(n)`` bounds: connections that wait to be accepted, not clients that are served."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.row("A8")


def test_the_queue_holds_as_many_as_listen_was_given(perform):
    found = perform("backlog").told.findings
    assert (found["backlog"], found["clients"]) == (2, 6)
    assert (found["waiting"], found["asking"]) == (2, 4)


def test_further_syns_are_dropped_in_silence_and_sent_again(perform):
    done = perform("backlog")
    dropped = [event for event in done.ground.events() if event.what == "syn-dropped"]
    assert [event.why for event in dropped] == ["accept-queue-full"] * 4
    syns: dict[int, list[int]] = {}
    for packet in done.ground.packets("client"):
        if packet.flags == "SYN":
            syns.setdefault(packet.client_port, []).append(packet.t)
    assert [len(times) for times in syns.values()] == [1, 1, 2, 2, 2, 2]
    assert all(again[1] - again[0] == 1_000_000_000 for again in syns.values() if len(again) == 2)
    assert not any(packet.has("RST") for packet in done.ground.packets("client"))


def test_the_number_does_not_bound_how_many_are_served_at_once(perform):
    found = perform("backlog").told.findings
    assert (found["connected"], found["served_at_once"]) == (6, 6)
    assert max(found["connected_ns"].values()) < 1_100_000_000


def test_this_machine_tells_the_same_story_but_holds_one_more(perform):
    done = perform("backlog", "os")
    found = done.told.findings
    assert found["waiting"] == found["backlog"] + 1  # Linux refuses when the queue is longer than the number
    assert (found["asking"], found["connected"], found["served_at_once"]) == (3, 6, 6)
    if done.ground.captures:
        assert found["syns_again"] >= 3  # more, where the server is slow to accept
        assert not any(packet.has("RST") for packet in done.ground.packets())
