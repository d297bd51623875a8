"""Fragments of any shape, by Hypothesis: what is put together was never contradicted."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from network import Network, S

from michinori.inet.ipv4.fragments import MOST_OCTETS, Reassembler
from michinori.wire import ipv4

TRUTH = bytes(range(64)) * 2


class Piece(NamedTuple):
    """Octets of the packet from ``start`` on, in units of 8; a lie has others there."""

    start: int
    size: int
    lies: bool = False

    @property
    def data(self) -> bytes:
        part = TRUTH[self.start * 8 : (self.start + self.size) * 8]
        return bytes(octet ^ 0xFF for octet in part) if self.lies else part

    @property
    def is_last(self) -> bool:
        return (self.start + self.size) * 8 >= len(TRUTH)

    def contradicts(self, other: Piece) -> bool:
        """Whether both cover an octet without being the same."""
        if self.start == other.start and self.data == other.data:
            return False
        return self.start < other.start + len(other.data) // 8 and other.start < self.start + len(self.data) // 8

    def packet(self) -> ipv4.Packet:
        return ipv4.Packet(
            b"\1\1\1\1", b"\2\2\2\2", 17, self.data, identification=7, offset=self.start * 8,
            more_fragments=not self.is_last,
        )  # fmt: skip


PIECES = st.builds(Piece, st.integers(0, 15), st.integers(1, 16), st.sampled_from([False, False, False, True]))
HONEST = st.permutations([Piece(0, 4), Piece(4, 1), Piece(5, 6), Piece(11, 5)])


@given(HONEST, st.lists(PIECES, max_size=3), st.randoms(use_true_random=False))
def test_a_packet_is_whole_only_if_nothing_contradicted_it(honest, others, dice) -> None:
    pieces = honest + [piece for piece in others if piece.data]
    dice.shuffle(pieces)
    network = Network()
    reassembler = Reassembler(network.host("victim").node, lambda _: None)
    seen: list[Piece] = []
    for piece in pieces:
        seen.append(piece)
        whole = reassembler.add(piece.packet())
        assert reassembler.octets <= MOST_OCTETS
        if whole is None:
            continue
        assert len(whole[0].payload) == len(TRUTH)
        assert not any(one.contradicts(other) for one in seen for other in seen)
        assert bytes(whole[0].payload) == TRUTH or any(one.lies for one in seen)
        seen.clear()  # what still comes is a packet of its own
    network.queue.run_until(network.queue.now_ns + 31 * S)
    assert len(reassembler) == 0
    assert reassembler.octets == 0


@given(HONEST)
def test_in_any_order_an_honest_packet_is_whole(honest) -> None:
    reassembler = Reassembler(Network().host("victim").node, lambda _: None)
    wholes = [reassembler.add(piece.packet()) for piece in honest]
    assert [whole is None for whole in wholes] == [True, True, True, False]
    assert wholes[-1] is not None
    assert bytes(wholes[-1][0].payload) == TRUTH
