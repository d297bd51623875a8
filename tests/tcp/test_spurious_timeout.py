"""Whole transfers over a way that suddenly becomes longer: the time-out is for nothing, and taken back. RFC 5682."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tcp_ends import End, Ends

SIZE = 2_000_000
GROWS_AT_NS = 100_000_000


class LongerWay(Ends):
    """From 100 ms on, what goes to the server takes 300 ms more; nothing is lost, and nothing overtakes."""

    def carry(self, to: End, octets: bytes, ecn: int = 0) -> None:
        is_longer = to is self.server and self.now >= GROWS_AT_NS
        self.line = msgspec.structs.replace(self.line, delay_ns=310_000_000 if is_longer else 10_000_000)
        super().carry(to, octets, ecn)


def transfer(**options: Any) -> tuple[Ends, int]:
    """The ends afterwards, and the window before."""
    # ACKs do not wait, so that the window that is looked at is the one that the time-out finds. And there is room for
    # new text, without which F-RTO cannot ask (section 2.1, step 2b).
    server = options | {"delayed_ack_ns": 0, "receive_buffer": 4 << 20}
    ends = LongerWay(client={"hystart": False} | options, server=server, watched=True)
    ends.client.closes_when_done = False
    ends.client.todo = [bytes(SIZE)]
    ends.open().run(GROWS_AT_NS / 1e9)
    before = ends.client.connection.info().cwnd
    ends.run(20)
    assert len(ends.server.got) == SIZE
    return ends, before


def told(ends: Ends) -> list[dict[str, Any]]:
    return [data for what, data in ends.client.events if what == "cwnd-changed"]


@pytest.mark.parametrize(
    "options",
    [
        {"tlp": False},
        {"sack": False},
        {"sack": False, "timestamps": False},
        {"rack": False},
        {"congestion": "reno", "tlp": False},
    ],
    ids=["sack", "no-sack", "bare", "scoreboard", "reno"],
)
def test_a_longer_way_costs_one_segment_and_nothing_of_the_window(options: dict[str, Any]) -> None:
    ends, before = transfer(**options)
    info = ends.client.connection.info()
    assert info.spurious_timeouts == 1
    assert info.retransmitted == 1
    assert [data["why"] for data in told(ends)] == ["slow-start", "rto", "slow-start", "undo", "slow-start"]
    # In slow start as before, with what was under way as the window to go on from: no burst (RFC 4015 section 3.2).
    assert before // 2 < told(ends)[3]["cwnd"] <= before
    assert info.ssthresh > 1 << 32
    assert info.cwnd > before


def test_without_f_rto_it_costs_the_whole_flight_and_the_window() -> None:
    ends, before = transfer(tlp=False, frto=False)
    info = ends.client.connection.info()
    assert info.spurious_timeouts == 0
    assert info.retransmitted > 50
    assert info.ssthresh < before


def test_with_tail_probes_a_probe_and_a_time_out_are_all_that_is_sent_in_vain() -> None:
    ends, _ = transfer()
    info = ends.client.connection.info()
    assert info.spurious_timeouts == 1
    assert info.retransmitted <= 2
    assert told(ends)[-1]["why"] == "slow-start"
