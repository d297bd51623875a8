"""Numbers that must not be guessed: initial sequence numbers, ephemeral ports, time stamps."""

from __future__ import annotations

import itertools

import pytest
from lone_connection import PacketTest

from michinori.sim import Dice
from michinori.tcp import EphemeralPorts, IsnClock
from michinori.wire.sequence import diff

HERE, THERE = (bytes((192, 0, 2, 1)), 50_000), (bytes((192, 0, 2, 2)), 80)


@pytest.mark.rfc("9293", "MUST-8")
@pytest.mark.row("B12")
def test_one_pair_of_ends_gets_ever_later_numbers():
    clock = IsnClock(Dice(1).stream("isn"))
    numbers = [clock.isn(HERE, THERE, now * 1_000_000) for now in range(100)]
    assert [diff(later, earlier) for earlier, later in itertools.pairwise(numbers)] == [250] * 99


@pytest.mark.rfc("9293", "SHLD-1", "MUST-9")
@pytest.mark.row("B12")
def test_other_pairs_tell_nothing():
    clock = IsnClock(Dice(1).stream("isn"))
    numbers = [clock.isn((HERE[0], port), THERE, 0) for port in range(1000, 2000)]
    steps = {diff(later, earlier) for earlier, later in itertools.pairwise(numbers)}
    assert len(set(numbers)) == 1000
    assert len(steps) == 999
    quarters = [sum(number >> 30 == quarter for number in numbers) for quarter in range(4)]
    assert all(200 < count < 300 for count in quarters)


@pytest.mark.rfc("9293", "SHLD-1", "MUST-9")
@pytest.mark.row("B12")
def test_another_seed_gives_other_numbers_and_the_same_seed_the_same():
    first = IsnClock(Dice(1).stream("isn")).isn(HERE, THERE, 0)
    assert first == IsnClock(Dice(1).stream("isn")).isn(HERE, THERE, 0)
    assert first != IsnClock(Dice(2).stream("isn")).isn(HERE, THERE, 0)


@pytest.mark.row("B12")
def test_the_choice_is_told():
    test = PacketTest(watched=True).run("""
        +0.00 = connect
        +0.00 > S 0:0(0)
    """)
    assert test.events("isn-chosen") == [{"isn": 0xFFFF_FFF0}]


@pytest.mark.rfc("7323", "7.1-1")
def test_time_stamps_of_a_pair_of_hosts_begin_at_one_place_whatever_the_ports():
    clock = IsnClock(Dice(1).stream("isn"))
    assert clock.timestamp_offset(HERE, THERE) == clock.timestamp_offset((HERE[0], 1), (THERE[0], 2))
    assert clock.timestamp_offset(HERE, THERE) != clock.timestamp_offset(THERE, HERE)


@pytest.mark.rfc("6056", "3.3-1")
def test_ports_to_one_peer_come_one_after_the_other_from_a_secret_place():
    ports = EphemeralPorts(Dice(1).stream("ports"))
    chosen = [ports.choose(THERE, lambda port: False) for _ in range(10)]
    assert all((later - earlier) % 16384 == 1 for earlier, later in itertools.pairwise(chosen))
    assert all(49152 <= port <= 65535 for port in chosen)
    others = [ports.choose((THERE[0], port), lambda port: False) for port in range(100)]
    assert len(set(others)) > 90


@pytest.mark.rfc("6056", "3.1-1")
def test_taken_ports_are_passed_over_and_when_all_are_taken_it_is_an_error():
    ports = EphemeralPorts(Dice(1).stream("ports"), low=1000, high=1009)
    taken: set[int] = set()
    for _ in range(10):
        taken.add(ports.choose(THERE, taken.__contains__))
    assert taken == set(range(1000, 1010))
    with pytest.raises(OSError, match="ephemeral"):
        ports.choose(THERE, taken.__contains__)


@pytest.mark.rfc("6056", "3.3-2")
def test_two_hosts_do_not_choose_the_same_ports():
    hosts = [EphemeralPorts(Dice(1).stream(f"host/{name}/ports")) for name in "ab"]
    chosen = [[host.choose((THERE[0], port), lambda port: False) for host in hosts] for port in range(1, 50)]
    assert sum(one == other for one, other in chosen) <= 1
