"""Black holes: full segments vanish without a word, small ones pass. RFC 4821, RFC 8899."""

from __future__ import annotations

from typing import Any

import pytest
from tcp_ends import End, Ends, Line

from michinori.tcp.path_probing import PathSearch, probe_path
from michinori.tcp.recovery import Phase

ON = {"black_hole_detection": True}
TEXT = bytes(range(251)) * 8000


def narrow(octets: int, *, watched: bool = True, client: dict[str, Any] | None = None, **settings: Any) -> Ends:
    """A path that takes segments of so many octets, headers of TCP included, towards the server."""
    ends = Ends(watched=watched, client=client or ON, **settings)

    def fate(to: End, _: int, segment: bytes) -> bool:
        return to is not ends.server or len(segment) <= octets

    ends.fate = fate
    ends.client.todo = [TEXT]
    return ends


def told(end: End, what: str) -> list[dict[str, Any]]:
    return [data for name, data in end.events if name == what]


@pytest.mark.rfc("4821", "7.1-1")
@pytest.mark.parametrize("watched", [True, False])
def test_what_passes_is_found_and_everything_arrives(watched: bool) -> None:
    ends = narrow(1300, watched=watched)
    ends.client.closes_when_done = False
    ends.open().run(60)
    assert ends.server.got == TEXT
    connection = ends.client.connection
    assert connection is not None
    # 1300 octets are a header of 32 and 1268 of text; the search stops within 8 of it.
    assert 1260 <= connection.info().mss <= 1268
    largest = max(len(octets) for _, octets in ends.client.sent[-100:])
    assert 1290 <= largest <= 1300


@pytest.mark.rfc("4821", "5.1-1", "7.2-1", "7.2-2", "7.7-1")
def test_it_is_told_step_by_step() -> None:
    ends = narrow(1300).open().run(60)
    (hole,) = told(ends.client, "black-hole")
    assert (hole["mss"], hole["before"], hole["retries"]) == (1024, 1460, 3)
    probes = [data["mtu"] for data in told(ends.client, "path-probe")]
    assert probes[0] == (1024 + 1460) // 2 + 40
    found = [data["mtu"] for data in told(ends.client, "path-mtu") if data.get("why") == "probe"]
    assert found == sorted(found)
    assert 1312 <= found[-1] <= 1320  # 1300 and the header of IP
    assert len(probes) < 12


@pytest.mark.rfc("4821", "4-2")
def test_losing_a_probe_does_not_narrow_the_window() -> None:
    ends = narrow(1300).open().run(60)
    names = [name for name, _ in ends.client.events]
    lost = len(told(ends.client, "path-probe")) - sum(
        data.get("why") == "probe" for data in told(ends.client, "path-mtu")
    )
    assert lost > 1
    # The window is cut as for any loss, and given back.
    info = [data["cwnd"] for data in told(ends.client, "acked")]
    assert info[-1] > 20 * 1024
    assert "gave-up" not in names


@pytest.mark.rfc("4821", "7.7-2")
def test_a_path_narrower_than_the_first_step() -> None:
    ends = narrow(600)
    ends.open().run(120)
    assert ends.server.got == TEXT
    assert [data["mss"] for data in told(ends.client, "black-hole")] == [1024, 512]


@pytest.mark.rfc("4821", "7.4-1", "7.4-2")
@pytest.mark.parametrize(("octets", "probes"), [(5000, False), (300_000, True)])
def test_without_text_enough_to_follow_a_probe_there_is_none(octets: int, probes: bool) -> None:
    ends = narrow(1300)
    ends.client.todo = [bytes(octets)]
    ends.open().run(60)
    assert len(ends.server.got) == octets
    assert told(ends.client, "black-hole")
    assert bool(told(ends.client, "path-probe")) is probes


@pytest.mark.rfc("4821", "7.6.4-1", "7.6.4-2")
def test_when_something_before_the_probe_is_lost_too_nothing_is_learned() -> None:
    ends = narrow(1300)
    ends.client.closes_when_done = False
    ends.open()
    while not told(ends.client, "path-probe"):
        ends.run(0.001)
    assert ends.client.connection is not None
    tcb = ends.client.connection._tcb
    search = tcb.path_search
    assert search is not None
    known = search.low, search.high
    tried = search.size
    tcb.recovery.begin(Phase.FAST, search.start - 1, tcb.snd.nxt, "sack")
    tcb.snd.una = search.start - 1
    probe_path(tcb, search, ends.now)
    assert (search.low, search.high) == known
    assert search.end == 0
    assert search.next_size(ends.now) == tried


def lose_behind_the_probe(ends: Ends, behind: int) -> None:
    """Lose one segment more, so many behind the first probe."""
    narrow_path, lost = ends.fate, []
    assert narrow_path is not None

    def fate(to: End, number: int, octets: bytes) -> bool:
        if told(ends.client, "path-probe") and not narrow_path(to, number, octets):
            lost.append(number)
        if lost and to is ends.server and number == lost[0] + behind:
            return False
        return narrow_path(to, number, octets)

    ends.fate = fate


@pytest.mark.rfc("4821", "4-3")
@pytest.mark.parametrize(
    ("sack", "behind", "whys"),
    [(True, 2, ["loss"]), (True, 9, ["loss", "undo", "loss"]), (False, 2, ["loss", "undo", "loss"])],
)
def test_when_something_behind_the_probe_is_lost_too_the_window_is_cut(
    sack: bool, behind: int, whys: list[str]
) -> None:
    ends = narrow(1300, client=ON | {"sack": sack})
    lose_behind_the_probe(ends, behind)
    ends.open().run(60)
    assert ends.server.got == TEXT
    names = [name for name, _ in ends.client.events]
    behind_it = ends.client.events[names.index("path-probe", names.index("path-probe") + 1) :]
    changes = [data["why"] for name, data in behind_it if name == "cwnd-changed"]
    assert changes[: len(whys) + 1] == [*whys, "recovered"]


@pytest.mark.rfc("4821", "4-4")
def test_after_a_probe_that_was_lost_the_next_waits_as_long_as_losses_lie_apart() -> None:
    ends = narrow(1300)
    ends.client.closes_when_done = False
    ends.open()
    assert ends.client.connection is not None
    lost, waits, until_ns = 0, 0, 0
    while len(ends.server.got) < len(TEXT):
        probes = len(told(ends.client, "path-probe"))
        ends.run(0.001)
        if len(told(ends.client, "path-probe")) > probes and until_ns:
            assert ends.now >= until_ns
            waits, until_ns = waits + 1, 0
        if [data["why"] for data in told(ends.client, "cwnd-changed")].count("undo") > lost:
            info = ends.client.connection.info()
            lost, until_ns = lost + 1, ends.now + info.srtt_ns * (info.cwnd // info.mss // 2) - 1_000_000
    assert waits >= 2


@pytest.mark.rfc("4821", "7.6.3-1")
def test_after_a_probe_whose_loss_only_a_time_out_has_shown_the_wait_is_five_times_as_long() -> None:
    ends = narrow(1300)
    ends.client.closes_when_done = False
    ends.open()
    while not told(ends.client, "path-probe"):
        ends.run(0.001)
    assert ends.client.connection is not None
    tcb = ends.client.connection._tcb
    search = tcb.path_search
    assert search is not None
    tried = search.size
    tcb.snd.una = search.start
    tcb.recovery.begin(Phase.LOSS, search.start, tcb.snd.nxt, "rto")
    probe_path(tcb, search, ends.now)
    assert (search.high, search.end) == (tried, 0)
    half_a_window = tcb.congestion.cwnd // tcb.snd.mss // 2
    assert search.not_before_ns == ends.now + 5 * half_a_window * tcb.rtt.srtt_ns
    assert search.next_size(search.not_before_ns - 1) == 0
    assert search.next_size(search.not_before_ns) < tried


def test_switched_off_it_hangs() -> None:
    ends = narrow(1300, client={"black_hole_detection": False}).open().run(60)
    assert not ends.server.got
    assert not told(ends.client, "black-hole")


def test_small_text_that_goes_unanswered_is_no_black_hole() -> None:
    ends = Ends(watched=True, client=ON)
    ends.client.closes_when_done = ends.server.closes_when_done = False
    ends.open().run(1)
    ends.fate = lambda to, number, octets: False
    ends.client.todo = [b"x" * 500]
    ends.client.pump()
    ends.client.arm()
    ends.run(30)
    assert told(ends.client, "retransmitted")
    assert not told(ends.client, "black-hole")


def test_a_line_that_dies_for_a_while_comes_back_to_full_size() -> None:
    ends = Ends(watched=True, client=ON)
    ends.client.closes_when_done = False
    ends.client.todo = [TEXT]
    ends.open().run(0.1)
    ends.fate = lambda to, number, octets: False
    ends.run(5)
    ends.fate = None
    ends.run(60)
    assert ends.server.got == TEXT
    assert told(ends.client, "black-hole")
    assert ends.client.connection is not None
    assert ends.client.connection.info().mss > 1440


@pytest.mark.parametrize("seed", range(6))
def test_with_losses_besides_it_arrives_whole(seed: int) -> None:
    ends = narrow(1300, watched=False, line=Line(loss=0.05, reorder=0.05), seed=seed)
    ends.open().run(600)
    assert ends.server.got == TEXT


def test_when_a_router_speaks_after_all_the_search_is_over() -> None:
    ends = narrow(1300)
    ends.open().run(1.9)
    connection = ends.client.connection
    assert connection is not None
    assert told(ends.client, "black-hole")
    connection.on_path_mtu(900, ends.now)
    ends.client.arm()
    probes = len(told(ends.client, "path-probe"))
    ends.run(60)
    assert ends.server.got == TEXT
    assert len(told(ends.client, "path-probe")) == probes
    assert connection.info().mss == 900 - 40 - 12


@pytest.mark.rfc("4821", "7.1-2", "7.3-1", "7.3-2")
def test_the_search_halves_and_begins_again_after_ten_minutes() -> None:
    search = PathSearch(1000, 1400)
    assert search.next_size(0) == 1200
    search.low = 1395
    assert search.next_size(0) == 0
    assert search.next_size(599 * 10**9) == 0
    search.low = 1200
    assert search.next_size(600 * 10**9) == 1300
    assert search.high == 1401
