"""``あいうえお`` over one and the same bad line, by UDP and by TCP."""

from __future__ import annotations

from itertools import pairwise

import pytest

pytestmark = pytest.mark.row("A9")

MESSAGE = "あいうえお"


@pytest.fixture
def found(perform):
    return perform("udp-tcp").told.findings


@pytest.mark.parametrize(
    ("name", "by_udp"), [("lost", "あいえお"), ("reordered", "あえういお"), ("reordered-more", "えあういお")]
)
def test_the_same_line_breaks_udp_and_not_tcp(found, name, by_udp):
    assert found[name]["udp"] == by_udp
    assert found[name]["tcp"] == MESSAGE


def test_both_met_the_same_line(perform):
    done = perform("udp-tcp")
    lost = [packet.text for packet in done.ground.packets("client") if packet.dropped][:2]
    assert lost == ["う", "う"]  # the third, of the datagrams and of the segments


def test_every_kana_is_a_datagram_or_a_segment(perform):
    packets = [packet for packet in perform("udp-tcp").ground.packets("client") if packet.to_server and packet.length]
    by_port: dict[int, list[str]] = {}
    for packet in packets:
        by_port.setdefault(packet.server_port, []).append(packet.text)
    first, second, *_ = by_port.values()
    assert first == list(MESSAGE)
    assert second == [*MESSAGE, "う"]


def test_the_ack_repeats_the_next_octet_expected_and_sack_tells_the_rest(found):
    dialogue = found["dialogue"]
    assert dialogue["tcp"] == MESSAGE
    assert dialogue["ack"] == 7  # two kana of three octets have come, and the SYN counts one
    assert dialogue["sack"] == [[13, 16]]  # お
    # Too few duplicate ACKs: the timer repairs, and sends the octets of both segments in one.
    assert dialogue["acks"] == 2
    assert dialogue["retransmitted"] == [[7, 6, "rto"]]


def test_with_more_behind_the_gap_three_duplicate_acks_repair_it(found, perform):
    fast = found["fast"]
    assert fast["tcp"] == "あいうえおかきくけこ"
    assert fast["retransmitted"] == [[7, 6, "sack"]]
    assert fast["took_ns"] < found["dialogue"]["took_ns"] / 2
    begins = [start for start, _ in fast["sack"]]
    ends = [end for _, end in fast["sack"]]
    assert set(begins) == {13}
    assert ends == [16, 19, 22, 25, 28, 31]
    port = _port_of(perform, "かきくけこ")
    packets = [packet for packet in perform("udp-tcp").ground.packets("client") if packet.server_port == port]
    again = next(packet for packet in packets if packet.text == "うえ")
    duplicates = [packet for packet in packets if packet.ack == 7 and packet.sack and packet.number < again.number]
    assert len(duplicates) == 3


def test_nothing_on_the_wire_names_a_segment(perform):
    """Every ACK number stands behind a whole kana: TCP knows octets alone."""
    for packet in perform("udp-tcp").ground.packets("client"):
        if packet.kind == "tcp" and not packet.to_server and packet.ack is not None and not packet.has("FIN"):
            assert packet.ack in range(1, 33)


def test_by_the_dice_tcp_is_always_whole(found):
    assert found["dice"]["tcp"] == {MESSAGE: 20}
    assert sum(found["dice"]["udp"].values()) == 20
    assert found["dice"]["udp"][MESSAGE] < 20


def test_another_seed_another_luck(found, perform):
    other = perform("udp-tcp", seed=7).told.findings
    assert other["dice"]["udp"] != found["dice"]["udp"]
    assert other["dice"]["tcp"] == found["dice"]["tcp"]
    assert [other[name]["udp"] for name in ("lost", "reordered")] == ["あいえお", "あえういお"]


def test_acks_never_go_back(perform):
    acks: dict[int, list[int]] = {}
    for packet in perform("udp-tcp").ground.packets("server"):
        if packet.kind == "tcp" and not packet.to_server and packet.ack is not None:
            acks.setdefault(packet.server_port, []).append(packet.ack)
    assert all(before <= after for numbers in acks.values() for before, after in pairwise(numbers))


def _port_of(perform, text):
    packets = perform("udp-tcp").ground.packets("client")
    return next(packet.server_port for packet in packets if packet.text and packet.text in text)
