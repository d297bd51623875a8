"""What calls wait for, and what they raise where they may not wait."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.row("A5")

CALLS = ("accept", "recv", "connect", "send")
MS = 1_000_000


def test_a_blocking_call_waits_for_exactly_what_it_needs(perform):
    found = perform("blocking").told.findings
    rtt = found["connect"]["waited_ns"]
    assert 2 * MS < rtt < 2.1 * MS  # SYN there, SYN,ACK back, over 1 ms each way
    # The client came after 100 ms; SYN, SYN,ACK and ACK take one and a half round trips.
    assert 100 * MS + rtt < found["accept"]["waited_ns"] < 100 * MS + 2 * rtt
    assert 100 * MS <= found["recv"]["waited_ns"] < 101 * MS
    assert found["send"]["waited_ns"] > 100 * MS  # until the server began to read


def test_a_non_blocking_call_raises_blocking_io_error_at_once(perform):
    found = perform("blocking").told.findings
    errors = {call: found[call]["non_blocking"] for call in CALLS}
    assert errors == {
        "accept": "BlockingIOError (EAGAIN)",
        "recv": "BlockingIOError (EAGAIN)",
        "connect": "BlockingIOError (EINPROGRESS)",
        "send": "BlockingIOError (EAGAIN)",
    }
    assert all(found[call]["non_blocking_waited_ns"] == 0 for call in CALLS)


def test_select_says_when_the_call_can_be_made(perform):
    found = perform("blocking").told.findings
    for call in ("accept", "recv", "connect"):
        assert abs(found[call]["ready_after_ns"] - found[call]["waited_ns"]) < 3 * MS
    assert found["send"]["taken"] == 8192  # of 65,536: what is left over is the caller's


def test_a_timeout_is_another_exception(perform):
    found = perform("blocking").told.findings["timeout"]
    assert found == {"error": "TimeoutError", "waited_ns": 50 * MS}
    assert not issubclass(BlockingIOError, TimeoutError)
    assert not issubclass(TimeoutError, BlockingIOError)


def test_the_packets_prove_it(perform):
    done = perform("blocking")
    accepts = [made for made in done.ground.made() if made.call == "accept"]
    thirds = [
        packet.t
        for packet in done.ground.packets("server")
        if packet.flags == "ACK" and (packet.seq, packet.ack, packet.length, packet.to_server) == (1, 1, 0, True)
    ]
    # The blocking accept returned at the very instant at which the third segment of the handshake came.
    assert accepts[0].t + accepts[0].waited_ns == thirds[0]
    assert [bool(made.error) for made in accepts] == [False, True, False]


def test_this_machine_tells_the_same_story(perform):
    here, there = (perform("blocking", via).told.findings for via in ("os", "virtual"))
    for call in CALLS:
        assert here[call]["non_blocking"] == there[call]["non_blocking"]
        assert here[call]["non_blocking_waited_ns"] < 50 * MS
    assert here["timeout"]["error"] == there["timeout"]["error"]
    assert here["timeout"]["waited_ns"] >= 45 * MS
    for call in ("accept", "recv"):
        assert here[call]["waited_ns"] > 90 * MS
        assert here[call]["ready_after_ns"] > 50 * MS
