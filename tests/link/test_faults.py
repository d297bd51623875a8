"""What befalls frames: the rules, their text, and that luck comes from the seed alone."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from michinori.link import Cable, CableEnd, Corrupt, Delay, Drop, Duplicate, Pass, parse_fault
from michinori.link.faults import Condition, CorruptRule, DelayRule, DuplicateRule, LossRule, Rule
from michinori.sim import Dice, EventQueue
from michinori.wire import ethernet, ipv4

MS = 1_000_000


class Socket:
    def __init__(self, queue: EventQueue) -> None:
        self.queue = queue
        self.cable_end: CableEnd | None = None
        self.arrivals: list[tuple[int, bytes, bytes | None]] = []

    def receive(self, frame: bytes, fcs: bytes | None = None, cause: int = 0) -> None:
        self.arrivals.append((self.queue.now_ns, frame, fcs))

    def marked(self, frame: bytes) -> None: ...

    def lost(self, frame: bytes, why: str, cause: int) -> None: ...


def numbered(number: int, size: int = 64, ethertype: int = 0x88B5) -> bytes:
    return bytes(12) + ethertype.to_bytes(2, "big") + number.to_bytes(4, "big") + bytes(size - 18)


def number_of(frame: bytes) -> int:
    return int.from_bytes(frame[14:18], "big")


def send(
    *rules: str | Rule, count: int = 1000, seed: int = 0, size: int = 64, every_ns: int = 10_000
) -> tuple[list[str], list[tuple[int, bytes, bytes | None]]]:
    """What the cable said of each frame, and what arrived."""
    queue = EventQueue()
    cable = Cable(queue, Dice(seed).stream("cable"), rate=10**9, delay_ns=1000, faults=rules)
    a, b = Socket(queue), Socket(queue)
    cable.connect(a, b)
    said = []
    for number in range(1, count + 1):
        said.append(cable.a.send(numbered(number, size)))
        queue.run_until(number * every_ns)
    queue.run()
    return said, b.arrivals


def numbers(arrivals: list[tuple[int, bytes, bytes | None]]) -> list[int]:
    return [number_of(frame) for _, frame, _ in arrivals]


def test_loss_has_its_share_and_its_reason() -> None:
    said, arrivals = send("loss 5%", count=4000)
    assert set(said) == {"", "fault:loss"}
    assert 150 < said.count("fault:loss") < 250
    assert len(arrivals) == said.count("")


def test_loss_in_bursts_has_the_same_share_but_longer_runs() -> None:
    said, _ = send("loss 10% burst=5", count=20_000)
    losses = said.count("fault:loss")
    runs = "".join("x" if why else "." for why in said).replace(".", " ").split()
    assert 1600 < losses < 2400
    assert 4.0 < losses / len(runs) < 6.0


def test_the_third_and_the_fourth() -> None:
    _, arrivals = send("drop nth=3,4", count=6)
    assert numbers(arrivals) == [1, 2, 5, 6]


def test_ranges_and_every() -> None:
    assert numbers(send("drop nth=2-4,6", count=7)[1]) == [1, 5, 7]
    assert numbers(send("drop every=3", count=7)[1]) == [1, 2, 4, 5, 7]


def test_between_two_instants() -> None:
    _, arrivals = send("drop from=30us until=50us", count=7)
    assert numbers(arrivals) == [1, 2, 3, 6, 7]


def test_a_damaged_frame_comes_with_the_check_sequence_of_the_sound_one() -> None:
    _, arrivals = send("corrupt nth=2", count=3)
    assert [fcs is None for _, _, fcs in arrivals] == [True, False, True]
    _, frame, fcs = arrivals[1]
    sound = numbered(2)
    assert ethernet.fcs(frame) != fcs
    wrong = int.from_bytes(frame + (fcs or b""), "big") ^ int.from_bytes(sound + ethernet.fcs(sound), "big")
    assert wrong.bit_count() == 1


def test_damage_that_the_check_sequence_does_not_show() -> None:
    _, arrivals = send("corrupt nth=2 fcs=right", count=3)
    assert [fcs is None for _, _, fcs in arrivals] == [True] * 3
    wrong = int.from_bytes(arrivals[1][1], "big") ^ int.from_bytes(numbered(2), "big")
    assert wrong.bit_count() <= 1  # none if it fell on the check sequence itself
    assert any(frame != numbered(1) for _, frame, _ in send("corrupt fcs=right", count=1)[1])


def test_a_bit_error_rate_hits_long_frames_more() -> None:
    short = sum(fcs is not None for _, _, fcs in send("corrupt ber=1e-5", count=2000, size=64)[1])
    long = sum(fcs is not None for _, _, fcs in send("corrupt ber=1e-5", count=2000, size=1514)[1])
    assert 2 <= short <= 25  # 544 bits: 0.5 %
    assert 180 <= long <= 290  # 12144 bits: 11 %


def test_duplicates() -> None:
    _, arrivals = send("duplicate nth=2 after=15us", count=4)
    assert numbers(arrivals) == [1, 2, 3, 2, 4]


def test_reordering() -> None:
    _, arrivals = send("reorder 100% 25us nth=2", count=6)
    assert numbers(arrivals) == [1, 3, 4, 2, 5, 6]


def test_jitter_stays_within_its_bound() -> None:
    _, sound = send(count=200)
    _, arrivals = send("jitter 30us", count=200)
    late = {number_of(frame): instant for instant, frame, _ in arrivals}
    delays = [late[number_of(frame)] - instant for instant, frame, _ in sound]
    assert 0 <= min(delays) < 5_000
    assert 25_000 < max(delays) <= 30_000


def test_the_first_rule_that_does_not_pass_wins() -> None:
    _, arrivals = send("duplicate nth=2", "drop nth=2,3", count=4)
    # The second rule never saw frame 2, so its second is frame 3, and its third frame 4.
    assert numbers(arrivals) == [1, 2, 2]


def test_each_direction_counts_for_itself_and_may_have_its_own_rules() -> None:
    queue = EventQueue()
    cable = Cable(queue, Dice(0).stream("cable"))
    a, b = Socket(queue), Socket(queue)
    cable.connect(a, b)
    cable.fault("drop nth=1")
    cable.fault("drop nth=1", "b->a")
    for number in (1, 2, 3):
        cable.a.send(numbered(number))
        cable.b.send(numbered(number))
    queue.run()
    assert numbers(b.arrivals) == [2, 3]
    assert numbers(a.arrivals) == [3]


def test_rules_can_look_at_what_a_frame_carries() -> None:
    queue = EventQueue()
    cable = Cable(queue, Dice(0).stream("cable"), faults=["drop carrying=arp", "drop carrying=udp nth=2"])
    a, b = Socket(queue), Socket(queue)
    cable.connect(a, b)
    arp = numbered(1, ethertype=0x0806)
    packet = bytearray(numbered(2, ethertype=0x0800))
    packet[23] = 17
    for frame in (arp, bytes(packet), numbered(3), bytes(packet), bytes(packet)):
        cable.a.send(frame)
    queue.run()
    assert [frame for _, frame, _ in b.arrivals] == [bytes(packet), numbered(3), bytes(packet)]


def test_a_rule_may_be_a_function() -> None:
    queue = EventQueue()
    cable = Cable(queue, Dice(0).stream("cable"))
    a, b = Socket(queue), Socket(queue)
    cable.connect(a, b)
    verdicts = iter([Drop("fault:mouse"), Pass, Delay(5 * MS), Corrupt((0,)), Duplicate(MS)])
    cable.fault(lambda frame, leaves_ns, dice: next(verdicts))
    assert [cable.a.send(numbered(number)) for number in range(5)] == ["fault:mouse", "", "", "", ""]
    queue.run()
    # Frame 3 arrives first among equals, its first octet damaged (which the number is not a part of).
    assert numbers(b.arrivals) == [1, 3, 4, 4, 2]
    cable.clear_faults()
    assert cable.a.send(numbered(9)) == ""


@given(st.integers(0, 2**32), st.sampled_from(["loss 20%", "corrupt 20%", "duplicate 20%", "reorder 20% 1ms"]))
def test_one_seed_gives_one_fate(seed: int, rule: str) -> None:
    assert send(rule, count=50, seed=seed) == send(rule, count=50, seed=seed)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("loss 5%", LossRule(0.05)),
        ("loss 0.05", LossRule(0.05)),
        ("drop", LossRule()),
        ("drop nth=3,4", LossRule(when=Condition(nth=((3, 3), (4, 4))))),
        ("loss 5% burst=4", LossRule(0.05, burst=4)),
        ("corrupt 1e-3", CorruptRule(0.001)),
        ("corrupt ber=1e-6", CorruptRule(ber=1e-6)),
        ("corrupt 2% fcs=right", CorruptRule(0.02, fcs_is_right=True)),
        ("duplicate 1%", DuplicateRule(0.01)),
        ("duplicate 1% after=2ms", DuplicateRule(0.01, after_ns=2 * MS)),
        ("reorder 2% 5ms", DelayRule(0.02, by_ns=5 * MS)),
        ("delay 40ms", DelayRule(by_ns=40 * MS)),
        ("jitter 0.5ms", DelayRule(by_ns=MS // 2, uniform=True)),
        ("loss 1% from=1s until=2.5s", LossRule(0.01, Condition(from_ns=1000 * MS, until_ns=2500 * MS))),
        ("drop nth=2-3 carrying=udp longer=100", LossRule(when=Condition(carrying="udp", longer=100, nth=((2, 3),)))),
        ("drop every=10", LossRule(when=Condition(every=10))),
    ],
)
def test_text_becomes_a_rule(text: str, rule: Rule) -> None:
    assert parse_fault(text) == rule
    assert parse_fault(rule.describe()) == rule


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "begins with one of loss"),
        ("lose 5%", "begins with one of loss"),
        ("loss 5% 6%", "'6%' is too much"),
        ("loss five", "no share"),
        ("loss 101%", "not between 0 and 100%"),
        ("loss nan", "not between"),
        ("reorder 2%", "takes one time"),
        ("delay 5", "takes one time"),
        ("drop nth=0", "counts frames from 1"),
        ("drop nth=4-3", "counts frames from 1"),
        ("drop nth=1 nth=2", "there twice"),
        ("drop often=yes", "none of"),
        ("drop every=x", "whole number"),
        ("drop until=2", "no time"),
        ("drop until=2ms from=2ms", "ends before it begins"),
        (f"delay {'9' * 400}s", "too large"),
        ("drop carrying=mail", "one of arp"),
        ("corrupt ber=1", "not between"),
        ("corrupt fcs=wrong", "takes right"),
        ("loss 1% burst=0.5", "1 or more"),
        ("loss 1% burst=x", "1 or more"),
        ("loss 90% burst=2", "can be lost"),
    ],
)
def test_wrong_text_says_what_is_wrong(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as caught:
        parse_fault(text)
    assert repr(text) in str(caught.value)


conditions = st.builds(
    Condition,
    from_ns=st.integers(0, 10**10),
    until_ns=st.none() | st.integers(10**10 + 1, 2 * 10**10),
    carrying=st.sampled_from(["", "arp", "ip", "icmp", "tcp", "udp"]),
    longer=st.integers(0, 1500),
    nth=st.lists(st.tuples(st.integers(1, 9), st.integers(10, 20)), max_size=3).map(tuple),
    every=st.integers(0, 20),
)
shares = st.floats(0, 1)
rules = st.one_of(
    st.builds(LossRule, shares, conditions),
    st.builds(CorruptRule, shares, conditions),
    st.builds(DuplicateRule, shares, conditions, st.integers(0, 10**10)),
    st.builds(DelayRule, shares, conditions, st.integers(0, 10**10), st.booleans()),
)


@given(rules)
def test_every_rule_can_be_written_down_and_read_back(rule: Rule) -> None:
    assert parse_fault(rule.describe()) == rule


@given(st.text())
def test_no_text_surprises_the_parser(text: str) -> None:
    with contextlib.suppress(ValueError):
        parse_fault(text)


def test_a_mark_is_set_where_the_sender_takes_part_and_nowhere_else() -> None:
    def frame(tos: int) -> bytes:
        packet = ipv4.Packet(bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2)), 17, bytes(100), tos=tos)
        return bytes(12) + b"\x08\x00" + packet.emit()

    queue = EventQueue()
    cable = Cable(queue, Dice(0).stream("cable"), faults=["mark"])
    a, b = Socket(queue), Socket(queue)
    cable.connect(a, b)
    sent = [frame(tos) for tos in (0xB8, 0xBA, 0xB9, 0xBB)] + [numbered(1), bytes(12) + b"\x08\x00\x45\x02"]
    for one in sent:
        cable.a.send(one)
    queue.run()
    arrived = [one for _, one, _ in b.arrivals]
    assert [ipv4.Packet.parse(one[14:]).tos for one in arrived[:4]] == [0xB8, 0xBB, 0xBB, 0xBB]
    assert (arrived[0], *arrived[3:]) == (sent[0], *sent[3:])
