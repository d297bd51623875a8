"""How large the window becomes: Reno, CUBIC held against its formula, HyStart++, and undoing a reduction."""

from __future__ import annotations

from itertools import pairwise

import pytest
from tcp_ends import Ends, Line

from michinori.tcp.congestion import CongestionControl
from michinori.tcp.cubic import Cubic
from michinori.tcp.hystart import HyStart
from michinori.tcp.reno import Reno

MSS = 1000
MS = 1_000_000
S = 1_000_000_000


def avoid_for(control: CongestionControl, seconds: float, rtt_ns: int, now: int = 0) -> dict[int, int]:
    """Windows by time: each round trip the whole window is acknowledged, two segments an ACK."""
    windows, end = {}, now + round(seconds * S)
    while now < end:
        window = control.cwnd
        for at in range(0, window, 2 * MSS):
            control.acked(min(2 * MSS, window - at), window, rtt_ns, now + at * rtt_ns // window)
        now += rtt_ns
        windows[now] = control.cwnd
    return windows


@pytest.mark.rfc("5681", "3.1-8", "3.1-10", "3.1-13", "3.1-14")
def test_reno_adds_a_segment_a_round_trip_and_halves():
    control = Reno(MSS, 10, hystart=False)
    control.lost(40_000, 0)
    assert (control.cwnd, control.ssthresh) == (20_000, 20_000)
    windows = list(avoid_for(control, 1.0, 100 * MS).values())
    assert windows == [21_000 + n * 1000 for n in range(10)]


@pytest.mark.rfc("3465", "2.2-1")
def test_slow_start_counts_no_more_than_two_segments_an_ack():
    control = Reno(MSS, 10, hystart=False)
    control.acked(6 * MSS, 0, S, 0)  # RFC 3465: L = 2
    assert control.cwnd == 12 * MSS
    control.acked(MSS, 0, S, 0)
    assert control.cwnd == 13 * MSS


def test_the_limit_of_slow_start_can_be_set_and_is_one_segment_after_a_time_out_all_the_same():
    control = Reno(MSS, 10, hystart=False, limit=5)
    control.acked(6 * MSS, 0, S, 0)
    assert control.cwnd == 15 * MSS
    assert HyStart(20).growth(30 * MSS, 0, S, MSS) == 20 * MSS
    control.timed_out(10 * MSS, 0, again=False)
    control.acked(3 * MSS, 0, S, 0)
    assert control.cwnd == 2 * MSS


@pytest.mark.rfc("9438", "4.4-1", "4.5-1", "4.6-2", "5.1-1")
def test_cubic_follows_its_formula():
    """W(t) = C (t - K)^3 + W_max with W_max = 1,000 segments, so K = (1,000 * 0.3 / 0.4)^(1/3) s (section 4.2)."""
    control = Cubic(MSS, 10, hystart=False)
    control.cwnd = 1000 * MSS
    control.lost(1000 * MSS, 0)
    assert control.cwnd == control.ssthresh == 700 * MSS
    windows = avoid_for(control, 14, 100 * MS)
    k = (1000 * 0.3 / 0.4) ** (1 / 3)
    assert k == pytest.approx(9.0856, abs=1e-4)
    for at_s in (1, 2, 4, 6, 9, 10, 12, 14):
        wanted = 0.4 * (at_s - k) ** 3 + 1000
        assert windows[at_s * S] / MSS == pytest.approx(wanted, rel=0.01), f"at {at_s} s"
    assert windows[9 * S] == pytest.approx(1000 * MSS, rel=0.001)  # the plateau


@pytest.mark.rfc("9438", "4.3-1", "4.3-2")
def test_cubic_grows_as_reno_where_reno_is_faster():
    """On a short path: W_est grows by 3 (1 - 0.7) / (1 + 0.7) = 0.529 segments a round trip (section 4.3), and by a
    whole one from where the last loss was.
    """
    control = Cubic(MSS, 10, hystart=False)
    control.cwnd = 20 * MSS
    control.lost(20 * MSS, 0)
    windows = list(avoid_for(control, 0.040, MS).values())
    assert windows[0] == pytest.approx(14_529, abs=20)
    assert windows[9] == pytest.approx(14_000 + 10 * 529, rel=0.01)
    beyond = [after - before for before, after in pairwise(windows) if before > 20 * MSS]
    assert len(beyond) > 10
    assert sum(beyond) / len(beyond) == pytest.approx(1000, rel=0.02)


@pytest.mark.rfc("9438", "4.7-1")
def test_cubic_converges_fast_when_the_window_did_not_come_back():
    control = Cubic(MSS, 10, hystart=False)
    control.cwnd = 100 * MSS
    control.lost(100 * MSS, 0)
    assert control.cwnd == 70 * MSS
    control.lost(70 * MSS, S)  # below W_max: make room, W_max = 70 * (1 + 0.7) / 2 = 59.5 (section 4.7)
    assert control.cwnd == 49 * MSS
    k = (10.5 / 0.4) ** (1 / 3)
    windows = avoid_for(control, 3.2, 200 * MS, S)
    at_k = min(windows, key=lambda at: abs(at - S - k * S))
    assert windows[at_k] == pytest.approx(59_500, rel=0.01)


@pytest.mark.rfc("9438", "4.2-1")
def test_cubic_leaves_out_time_in_which_nothing_was_sent():
    quiet, busy = Cubic(MSS, 10, hystart=False), Cubic(MSS, 10, hystart=False)
    for control in (quiet, busy):
        control.cwnd = 1000 * MSS
        control.lost(1000 * MSS, 0)
        avoid_for(control, 1, 100 * MS)
    after_silence = avoid_for(quiet, 1, 100 * MS, 61 * S)
    at_once = avoid_for(busy, 1, 100 * MS, 1 * S)
    assert max(after_silence.values()) == pytest.approx(max(at_once.values()), rel=0.01)


@pytest.mark.rfc("9438", "4.8-1")
def test_cubic_after_a_time_out_begins_its_curve_where_slow_start_ends():
    control = Cubic(MSS, 10, hystart=False)
    control.cwnd = 100 * MSS
    control.timed_out(100 * MSS, 0, again=False)
    assert (control.cwnd, control.ssthresh) == (MSS, 70 * MSS)
    control.timed_out(MSS, S, again=True)
    assert control.ssthresh == 70 * MSS
    control.cwnd = control.ssthresh
    windows = avoid_for(control, 4, 500 * MS, 10 * S)
    # K = 0, W_max = 70 (section 4.8): 70 + 0.4 t^3, with 4 round trips of Reno's growth the larger at first.
    assert windows[14 * S] == pytest.approx(70_000 + 400 * 4**3, rel=0.02)


@pytest.mark.parametrize("kind", [Reno, Cubic])
def test_a_reduction_for_nothing_is_taken_back_once_and_without_a_burst(kind):
    control = kind(MSS, 10, hystart=False)
    control.cwnd = 50 * MSS
    control.ssthresh = 40 * MSS
    control.timed_out(50 * MSS, 0, again=False)
    control.timed_out(50 * MSS, 0, again=True)
    assert control.cwnd == MSS
    assert control.undo(20 * MSS, 2 * MSS)
    assert (control.cwnd, control.ssthresh) == (22 * MSS, 50 * MSS)
    assert not control.undo(20 * MSS, 2 * MSS)


@pytest.mark.rfc("9438", "4.6-4", "4.6-5")
@pytest.mark.parametrize(
    ("kind", "windows"), [(Reno, [2500, 1250, 1000, 0]), (Cubic, [3500, 2450, 1715, 1200, 1000, 0])]
)
def test_marks_bring_the_window_down_to_one_segment_and_then_close_it(
    kind: type[CongestionControl], windows: list[int]
) -> None:
    control = kind(MSS, 5, hystart=False)
    came = []
    while control.cwnd:
        control.marked(control.cwnd)
        came.append(control.cwnd)
    assert came == windows
    assert control.ssthresh == 2 * MSS
    control.reopened()
    assert control.cwnd == MSS


@pytest.mark.rfc("4821", "4-5", "4-6")
@pytest.mark.parametrize("kind", [Reno, Cubic])
def test_segments_of_another_size_make_the_window_no_larger(kind: type[CongestionControl]) -> None:
    control = kind(536, 10, hystart=False)
    control.begin(1000)
    assert control.cwnd == 10_000  # nothing was sent yet
    control.mss_changed(1400)
    assert control.cwnd == 10_000
    control.mss_changed(700)
    assert control.cwnd == 5000  # as many segments as of 1400
    control.mss_changed(9000)
    assert control.cwnd == 9000  # one at least


@pytest.mark.parametrize("kind", [Reno, Cubic])
def test_after_silence_the_initial_window_with_a_threshold_that_remembers(kind):
    control = kind(MSS, 10, hystart=True)
    control.cwnd = control.ssthresh = 100 * MSS
    control.idled(1)
    assert (control.cwnd, control.ssthresh) == (10 * MSS, 100 * MSS)
    control.cwnd = 200 * MSS
    control.idled(1)
    assert (control.cwnd, control.ssthresh) == (10 * MSS, 150 * MSS)


def begun(acks: int = 10) -> HyStart:
    """The first round is about to begin, with so many ACKs to come."""
    hystart = HyStart()
    hystart.growth(MSS, acks * 2 * MSS, S, MSS)
    return hystart


def rounds(hystart: HyStart, rtts_ms: list[float], acks: int = 10) -> list[bool]:
    """One round for each round trip; whether each ended in conservative slow start."""
    states = []
    for rtt_ms in rtts_ms:
        for _ in range(acks):
            hystart.growth(2 * MSS, acks * 2 * MSS, round(rtt_ms * MS), MSS)
        states.append(hystart.in_css)
    return states


@pytest.mark.rfc("9406", "4.2-1", "4.2-3")
def test_hystart_slows_down_when_round_trips_grow_by_an_eighth():
    hystart = begun()
    assert rounds(hystart, [80, 80, 89.9]) == [False, False, False]  # 10 ms are the threshold: 80 / 8
    assert rounds(hystart, [99.9]) == [False]
    assert rounds(hystart, [112.4]) == [True]  # more than 99.9 / 8
    assert hystart.growth(8 * MSS, 0, 112 * MS, MSS) == 2 * MSS  # a quarter of what it was


@pytest.mark.rfc("9406", "4.2-1")
@pytest.mark.parametrize(("before", "stays", "slows"), [(8, 11.9, 12), (400, 415.9, 416)])
def test_hystart_takes_no_less_than_4_ms_and_no_more_than_16(before, stays, slows):
    assert rounds(begun(), [before, stays]) == [False, False]
    assert rounds(begun(), [before, slows]) == [False, True]


@pytest.mark.rfc("9406", "4.2-2")
def test_hystart_needs_eight_samples_a_round():
    assert rounds(begun(7), [50, 90], acks=7) == [False, False]
    assert rounds(begun(8), [50, 90], acks=8) == [False, True]


@pytest.mark.rfc("9406", "4.2-4")
def test_hystart_goes_back_to_slow_start_when_it_was_jitter():
    hystart = begun()
    assert rounds(hystart, [50, 70, 60]) == [False, True, False]
    assert not hystart.is_over


@pytest.mark.rfc("9406", "4.2-5")
def test_hystart_ends_slow_start_after_five_conservative_rounds():
    hystart = begun()
    assert rounds(hystart, [50, 70, 70, 70, 70]) == [False, True, True, True, True]
    assert not hystart.is_over
    rounds(hystart, [70])
    assert hystart.is_over


@pytest.mark.rfc("9406", "4.2-6")
def test_hystart_opens_the_window_by_eight_segments_an_ack_at_most():
    assert HyStart().growth(20 * MSS, 0, S, MSS) == 8 * MSS


@pytest.mark.rfc("9406", "4.3-1")
@pytest.mark.parametrize("event", ["lost", "timed out"])
def test_hystart_is_for_the_first_slow_start_alone(event):
    control = Cubic(MSS, 10, hystart=True)
    assert control.hystart is not None
    if event == "lost":
        control.lost(10 * MSS, 0)
    else:
        control.timed_out(10 * MSS, 0, again=False)
    assert control.hystart is None


@pytest.mark.rfc("9438", "4.10-1", "4.10-2")
def test_slow_start_ends_before_the_queue_runs_over():
    """A bottleneck whose round trip grows with what is in flight: the window stays well below the one without."""

    def threshold(*, hystart: bool) -> int:
        control = Cubic(MSS, 10, hystart=hystart)
        for _ in range(20):
            window = control.cwnd
            rtt_ns = max(50 * MS, window // MSS * MS)  # 1 segment a millisecond, 50 ms without a queue
            for _ in range(window // (2 * MSS)):
                control.acked(2 * MSS, window, rtt_ns, 0)
            if control.ssthresh < 1 << 40 or control.cwnd > 1000 * MSS:
                break
        return min(control.ssthresh, control.cwnd)

    assert 80 * MSS <= threshold(hystart=True) <= 300 * MSS
    assert threshold(hystart=False) > 1000 * MSS


def test_over_a_long_fat_line_cubic_is_clearly_ahead_of_reno():
    """200 ms, one loss early on: what arrives within 8 s."""
    came = {}
    for name in ("cubic", "reno"):
        buffers = {"send_buffer_max": 64 << 20, "receive_buffer_max": 64 << 20, "congestion": name}
        ends = Ends(line=Line(delay_ns=100 * MS), client=buffers, server=buffers)
        ends.fate = lambda to, number, octets, ends=ends: to is not ends.server or number != 400
        ends.client.closes_when_done = ends.server.closes_when_done = False
        ends.client.todo = [bytes(1 << 16)] * 600
        ends.open().run(8)
        came[name] = len(ends.server.got)
    assert came["cubic"] > 1.4 * came["reno"], came
