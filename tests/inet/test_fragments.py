"""Fragments: taken apart as RFC 791 says, put together in any order, and never from pieces that contradict."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from network import Line, Mailbox, Network, Pinger, S, ip, plug_of, sniff

from michinori.inet.ipv4 import fragments
from michinori.inet.ipv4.fragments import Reassembler, fragment
from michinori.inet.node import Node
from michinori.sim import Dice, EventQueue
from michinori.wire import icmp, ipv4
from michinori.wire.ipv4_options import RECORD_ROUTE, NoOperation, Route, UnknownOption

SRC, DST = ip("10.0.0.1"), ip("10.0.0.2")


class Bench:
    """A reassembler by itself."""

    def __init__(self) -> None:
        self.queue = EventQueue()
        self.node = Node("host", self.queue, Dice(0).stream("host"), None)
        self.timed_out: list[ipv4.Packet] = []
        self.reassembler = Reassembler(self.node, self.timed_out.append)

    def add(self, *pieces: ipv4.Packet) -> list[ipv4.Packet]:
        whole = [self.reassembler.add(piece) for piece in pieces]
        return [one[0] for one in whole if one is not None]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def packet(size: int, **fields: Any) -> ipv4.Packet:
    payload = bytes(number * 7 % 251 for number in range(size))
    return ipv4.Packet(SRC, DST, 17, payload, identification=4711, **fields)


@pytest.mark.rfc("791", "3.2-1")
@pytest.mark.row("B18")
def test_pieces_have_offsets_flags_and_fit() -> None:
    pieces = fragment(packet(3000), 1500)
    assert [(piece.offset, len(piece.payload), piece.more_fragments) for piece in pieces] == [
        (0, 1480, True),
        (1480, 1480, True),
        (2960, 40, False),
    ]
    assert {piece.identification for piece in pieces} == {4711}
    # 1492 leaves 1472, a multiple of 8; 1493 leaves 1473, of which 1472 can be used
    assert [len(piece.payload) for piece in fragment(packet(3000), 1493)] == [1472, 1472, 56]


@pytest.mark.rfc("791", "3.2-3")
def test_a_fragment_can_be_taken_apart_again() -> None:
    first, second, last = fragment(packet(3000), 1500)
    again = [piece for one in (first, second, last) for piece in fragment(one, 700)]
    assert [piece.more_fragments for piece in again] == [True] * (len(again) - 1) + [False]
    assert Bench().add(*reversed(again)) == [packet(3000)]


@pytest.mark.rfc("791", "3.2-2")
def test_options_that_must_be_copied_are_and_others_are_not() -> None:
    security = UnknownOption(130, bytes(9))
    options = ipv4.emit_options((Route(RECORD_ROUTE, (bytes(4),)), security, NoOperation()))
    pieces = fragment(packet(3000, options=options), 1500)
    assert pieces[0].options == options
    assert [ipv4.parse_options(piece.options) for piece in pieces[1:]] == [(security,)] * 2
    assert Bench().add(*pieces) == [packet(3000, options=options)]


def test_a_line_too_narrow_for_fragments_is_refused() -> None:
    with pytest.raises(ValueError, match="no room"):
        fragment(packet(100), 27)


@st.composite
def takings_apart(draw: st.DrawFn) -> tuple[ipv4.Packet, list[ipv4.Packet]]:
    """A packet, and its pieces after it went over lines of several MTUs."""
    whole = packet(draw(st.integers(1, 4000)))
    pieces = [whole]
    for mtu in draw(st.lists(st.integers(68, 1500), min_size=1, max_size=3)):
        pieces = [
            part for piece in pieces for part in (fragment(piece, mtu) if 20 + len(piece.payload) > mtu else [piece])
        ]
    return whole, pieces


@pytest.mark.rfc("791", "3.2-5")
@pytest.mark.rfc("1122", "3.3.2-1")
@given(takings_apart(), st.data())
def test_any_order_and_any_repetition_give_the_packet_once(
    taking: tuple[ipv4.Packet, list[ipv4.Packet]], data: Any
) -> None:
    whole, pieces = taking
    if len(pieces) == 1:
        return
    order = data.draw(st.permutations(pieces))
    repeated = data.draw(st.lists(st.sampled_from(pieces), max_size=5))
    bench = Bench()
    completed = []
    for at, piece in enumerate(order):
        completed += bench.add(piece)
        if at < len(order) - 1:
            completed += bench.add(*[again for again in repeated if again in order[: at + 1]])
    assert completed == [whole]
    assert len(bench.reassembler) == 0
    assert bench.reassembler.octets == 0


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 6), st.booleans(), st.integers(0, 1)), max_size=20))
def test_whatever_comes_gives_the_truth_or_nothing(heap: list[tuple[int, int, bool, int]]) -> None:
    """Pieces at random, some contradicting others: a packet is only made if no two of its pieces overlapped."""
    bench = Bench()
    seen: dict[int, int] = {}
    for start, size, more, colour in heap:
        piece = ipv4.Packet(
            SRC, DST, 17, bytes((colour,)) * (size * 8), identification=1, offset=start * 8, more_fragments=more
        )
        if not piece.is_fragment:
            continue
        for whole in bench.add(piece):
            assert len(whole.payload) % 8 == 0
            assert not whole.is_fragment
            seen.clear()
    assert bench.reassembler.octets >= 0
    bench.queue.run()
    assert len(bench.reassembler) == bench.reassembler.octets == 0


def test_an_overlap_drops_the_packet_and_all_that_still_comes_of_it(bench: Bench) -> None:
    first, second, last = fragment(packet(3000), 1500)
    forged = replace(second, offset=second.offset - 8)
    assert bench.add(first, forged, second, last, first) == []
    assert bench.node.drops == {"fragment-overlap": 4}
    bench.queue.run()
    assert bench.timed_out == []  # nothing is reported about a forgery
    assert bench.add(first, second, last) == [packet(3000)]


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_copy_with_other_octets_is_an_overlap(bench: Bench, at: int) -> None:
    pieces = fragment(packet(3000), 1500)
    forged = replace(pieces[at], payload=bytes(len(pieces[at].payload)))
    assert bench.add(pieces[at], forged) == []
    assert bench.add(*pieces) == []


def test_two_ends_contradict_each_other(bench: Bench) -> None:
    first, second, last = fragment(packet(3000), 1500)
    assert bench.add(replace(second, more_fragments=False), last, first) == []
    assert "fragment-overlap" in bench.node.drops


def test_a_middle_piece_that_is_no_multiple_of_eight_is_dropped_alone(bench: Bench) -> None:
    first, second, last = fragment(packet(3000), 1500)
    crooked = replace(second, payload=second.payload[:-1])
    assert bench.add(first, crooked, second, last) == [packet(3000)]
    assert bench.node.drops == {"fragment-length": 1}


@pytest.mark.rfc("791", "3.2-4")
def test_packets_are_told_apart_by_addresses_protocol_and_identification(bench: Bench) -> None:
    first, _, last = fragment(packet(3000), 1500)
    others = [
        replace(last, src=DST),
        replace(last, dst=SRC),
        replace(last, protocol=6),
        replace(last, identification=1),
    ]
    assert bench.add(first, *others) == []
    assert len(bench.reassembler) == 5


@pytest.mark.rfc("791", "3.2-7")
@pytest.mark.rfc("1122", "3.3.2-4", "3.3.2-5")
def test_after_thirty_seconds_the_first_fragment_is_reported(bench: Bench) -> None:
    first, second, last = fragment(packet(3000), 1500)
    bench.add(first, last)
    bench.queue.run_until(29 * S)
    assert bench.add(second) == [packet(3000)]
    bench.add(first)
    bench.queue.run()
    assert bench.queue.now_ns == 59 * S
    assert bench.timed_out == [first]
    bench.add(last)
    bench.queue.run()
    assert len(bench.timed_out) == 1  # without the first fragment there is nothing to quote


def test_memory_is_bounded_and_the_oldest_goes_first(bench: Bench) -> None:
    first, second, last = fragment(packet(60_000), 40_000)[0], *fragment(packet(60_000), 40_000)[1:], None
    assert last is None
    for identification in range(200):
        bench.add(replace(first, identification=identification))
        assert bench.reassembler.octets <= fragments.MOST_OCTETS
    assert bench.node.drops["fragment-memory"] > 50
    assert bench.add(replace(second, identification=0)) == []
    assert bench.add(replace(second, identification=199)) != []


def test_a_flood_of_tiny_pieces_is_bounded_too(bench: Bench) -> None:
    for identification in range(30_000):
        bench.add(ipv4.Packet(SRC, DST, 17, bytes(8), identification=identification, more_fragments=True))
    assert len(bench.reassembler) < 15_000


def test_a_packet_that_would_be_too_large_is_dropped(bench: Bench) -> None:
    options = bytes((1, 1, 1, 1))
    large = [
        ipv4.Packet(SRC, DST, 17, bytes(32_768), identification=1, more_fragments=True, options=options),
        ipv4.Packet(SRC, DST, 17, bytes(32_747), identification=1, offset=32_768),
    ]
    assert bench.add(*large) == []
    assert bench.node.drops == {"fragment-too-large": 1}


def test_congestion_seen_by_one_piece_counts_for_all(bench: Bench) -> None:
    first, second, last = fragment(packet(3000, tos=0x02), 1500)
    (whole,) = bench.add(first, replace(second, tos=0x03), last)
    assert whole.tos == 0x03


@pytest.mark.row("B18")
def test_a_router_takes_a_packet_apart_for_a_narrow_line(network: Network) -> None:
    line = Line(network, mtu=600)
    frames = sniff(plug_of(line.server.interfaces[0]))
    mail = Mailbox(line.server)
    line.client.send(ip("10.0.3.2"), 17, bytes(1400))
    network.queue.run()
    pieces = [ipv4.Packet.parse(frame[14:]) for frame in frames if frame[12:14] == b"\x08\x00"]
    assert [(piece.offset, len(piece.payload), piece.more_fragments) for piece in pieces] == [
        (0, 576, True),
        (576, 576, True),
        (1152, 248, False),
    ]
    assert mail.payloads == [bytes(1400)]


@pytest.mark.rfc("1122", "3.3.2-4")
@pytest.mark.rfc("792", "11-1")
@pytest.mark.row("B21")
def test_a_lost_fragment_is_reported_after_thirty_seconds(watched: Network) -> None:
    line = Line(watched, mtu=600)
    pinger = Pinger(line.client)
    line.last.fault("drop carrying=ip nth=2", "a->b")
    pinger.ask("10.0.3.2", size=1000)
    watched.queue.run()
    assert pinger.answers == []
    assert pinger.errors == [(icmp.TIME_EXCEEDED, icmp.REASSEMBLY_TIME_EXCEEDED)]
    (dropped,) = watched.events("dropped", "server")
    assert dropped.why == "fragment-timeout"


@pytest.mark.rfc("1122", "3.3.2-1")
@pytest.mark.row("B21")
def test_reassembly_says_what_it_did(watched: Network) -> None:
    line = Line(watched, mtu=600)
    pinger = Pinger(line.client)
    pinger.ask("10.0.3.2", size=1400)
    watched.queue.run_until(S)
    assert [answer[1] for answer in pinger.answers] == [1400]
    (there,), (back,) = watched.events("reassembled", "server"), watched.events("reassembled", "client")
    assert there.data["fragments"] == back.data["fragments"] == 3
    assert (there.data["src"], there.data["dst"], there.data["protocol"]) == ("10.0.1.2", "10.0.3.2", "icmp")
    (apart,) = watched.events("fragmented", "r1")
    assert (apart.data["fragments"], apart.data["mtu"]) == (3, 600)
