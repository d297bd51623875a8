"""Cables: when frames arrive, which are dropped and why."""

from __future__ import annotations

import pytest

from michinori.link import Cable, CableEnd
from michinori.sim import Dice, EventQueue
from michinori.wire import ipv4

FRAME = bytes(1514)
SHORT = bytes(60)


class Socket:
    """A plug that keeps what arrives and when."""

    def __init__(self, queue: EventQueue) -> None:
        self.queue = queue
        self.cable_end: CableEnd | None = None
        self.arrivals: list[tuple[int, bytes]] = []
        self.fcs: list[bytes | None] = []
        self.losses: list[str] = []
        self.marks = 0

    def receive(self, frame: bytes, fcs: bytes | None = None, cause: int = 0) -> None:
        self.arrivals.append((self.queue.now_ns, frame))
        self.fcs.append(fcs)

    def marked(self, frame: bytes) -> None:
        self.marks += 1

    def lost(self, frame: bytes, why: str, cause: int) -> None:
        self.losses.append(why)


class Ends:
    def __init__(self, seed: int = 0, **settings: object) -> None:
        self.queue = EventQueue()
        self.dice = Dice(seed).stream("cable")
        self.a, self.b = Socket(self.queue), Socket(self.queue)
        self.cable = Cable(self.queue, self.dice, **settings)  # type: ignore[arg-type]
        self.cable.connect(self.a, self.b)

    def instants(self) -> list[int]:
        self.queue.run()
        return [instant for instant, _ in self.b.arrivals]


def test_a_frame_arrives_when_its_last_bit_has_come_over() -> None:
    ends = Ends(rate=10**9, delay_ns=5_000)
    assert ends.cable.a.send(FRAME) == ""
    # 8 octets of preamble, 1514 of frame and 4 of check sequence at 8 ns each, and the delay
    assert ends.instants() == [(8 + 1514 + 4) * 8 + 5_000]


def test_frames_go_one_behind_the_other_with_a_gap_of_twelve_octets() -> None:
    ends = Ends(rate=10**9)
    for _ in range(3):
        ends.cable.a.send(FRAME)
    assert ends.instants() == [12_208, 12_208 + 12_304, 12_208 + 2 * 12_304]


def test_both_directions_are_independent() -> None:
    ends = Ends(rate=10**9)
    ends.cable.a.send(FRAME)
    ends.cable.b.send(FRAME)
    ends.queue.run()
    assert [instant for instant, _ in ends.a.arrivals] == [instant for instant, _ in ends.b.arrivals] == [12_208]


def test_an_idle_line_begins_at_once() -> None:
    ends = Ends(rate=10**9)
    ends.cable.a.send(FRAME)
    ends.queue.run_until(1_000_000)
    ends.cable.a.send(FRAME)
    assert ends.instants() == [12_208, 1_012_208]


def test_a_line_without_a_rate_takes_no_time_to_send() -> None:
    ends = Ends(delay_ns=7)
    for _ in range(2):
        ends.cable.a.send(FRAME)
    assert ends.instants() == [7, 7]


def test_the_time_of_a_frame_is_never_rounded_down() -> None:
    ends = Ends(rate=10**9 * 3)
    ends.cable.a.send(SHORT)
    assert ends.instants() == [192]  # 72 octets are 576 bits, exactly 192 ns
    ends = Ends(rate=10**9 * 7)
    ends.cable.a.send(SHORT)
    assert ends.instants() == [83]  # 82.28...


def test_the_queue_holds_so_many_besides_the_one_that_is_being_sent() -> None:
    ends = Ends(rate=10**6, queue_packets=3)
    assert [ends.cable.a.send(FRAME) for _ in range(6)] == ["", "", "", "", "queue-full", "queue-full"]
    assert ends.cable.a.waiting == 3
    ends.queue.run_until(12_304_000)  # the first has left, so there is room again
    assert [ends.cable.a.send(FRAME) for _ in range(2)] == ["", "queue-full"]
    assert len(ends.instants()) == 5


def test_a_frame_longer_than_the_line_takes_is_dropped() -> None:
    ends = Ends(mtu=1454)
    assert ends.cable.a.send(bytes(14 + 1454)) == ""
    assert ends.cable.a.send(bytes(14 + 1455)) == "too-long"
    assert len(ends.instants()) == 1


def test_what_is_on_the_way_when_a_cable_is_cut_is_lost_and_the_sender_counts_it() -> None:
    ends = Ends(rate=10**9, delay_ns=1_000_000)
    ends.cable.a.send(FRAME)
    ends.queue.run_until(500_000)
    ends.cable.cut()
    assert ends.cable.a.send(FRAME) == "cut"
    ends.cable.mend()
    assert ends.cable.a.send(SHORT) == ""
    ends.queue.run()
    assert [frame for _, frame in ends.b.arrivals] == [SHORT]
    assert ends.a.losses == ["cut"]


def test_what_waited_does_not_hold_up_a_mended_cable() -> None:
    ends = Ends(rate=10**6)
    for _ in range(10):
        ends.cable.a.send(FRAME)
    ends.cable.cut()
    ends.cable.mend()
    ends.cable.a.send(FRAME)
    assert ends.instants() == [12_208_000]


def test_rates_can_differ_by_direction_and_change() -> None:
    ends = Ends(rate=10**9)
    ends.cable.b.rate = 10**8
    ends.cable.b.send(FRAME)
    ends.queue.run()
    assert [instant for instant, _ in ends.a.arrivals] == [122_080]
    with pytest.raises(ValueError, match="positive"):
        ends.cable.a.rate = 0


def test_a_cable_goes_into_one_socket_an_end() -> None:
    ends = Ends()
    other = Cable(ends.queue, ends.dice)
    with pytest.raises(ValueError, match="taken"):
        other.connect(ends.a, Socket(ends.queue))


def test_a_sound_cable_rolls_no_dice() -> None:
    ends = Ends(rate=10**9, faults=["loss 0%", "corrupt 0", "duplicate 1% nth=100"])
    before = ends.dice.getstate()
    for _ in range(50):
        ends.cable.a.send(FRAME)
    ends.queue.run()
    assert ends.dice.getstate() == before
    assert len(ends.b.arrivals) == 50


def test_an_arrival_costs_one_event() -> None:
    ends = Ends(rate=10**9)
    for _ in range(100):
        ends.cable.a.send(FRAME)
    assert len(ends.queue) == 100


def test_a_queue_marks_from_its_threshold_on_before_it_drops() -> None:
    ends = Ends(rate=10**6, queue_packets=6, mark_packets=3)
    packet = ipv4.Packet(bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2)), 17, bytes(100), tos=2)
    said = [ends.cable.a.send(bytes(12) + b"\x08\x00" + packet.emit()) for _ in range(8)]
    assert said == [""] * 7 + ["queue-full"]
    ends.queue.run()
    # One is being sent, three wait unmarked, the others find the queue that long.
    marks = [ipv4.Packet.parse(frame[14:]).tos & 3 == 3 for _, frame in ends.b.arrivals]
    assert marks == [False] * 4 + [True] * 3
    assert ends.a.marks == 3
