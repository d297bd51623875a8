"""Explicit congestion notification in a whole world: a queue that marks instead of dropping. RFC 3168."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tshark
from counted_text import send_counted

from michinori import World
from michinori.trace import Event

SIZE = 1_000_000


def transfer(world: World, *, tcp: dict[str, Any], mark: int | None) -> list[Event]:
    """A megabyte over a line of 10 Mbit/s with a short queue; what was told of it."""
    client, server, router = world.host("client", tcp=tcp), world.host("server"), world.router("router")
    world.link(client, router, rate="1Gbit", delay="1ms")
    world.link(router, server, rate="10Mbit", delay="10ms", queue=55, mark=mark)
    assert send_counted(world, SIZE) == SIZE
    assert world.recorder is not None
    return list(world.recorder.read())


def named(events: list[Event], what: str, host: str = "") -> list[Event]:
    return [event for event in events if event.what == what and host in ("", event.host)]


def test_with_ecn_the_queue_marks_and_nothing_is_lost() -> None:
    with World(record=True) as world:
        events = transfer(world, tcp={"ecn": True}, mark=15)
    assert named(events, "marked", "router")
    assert not named(events, "retransmitted")
    assert not [event for event in events if event.why == "queue-full"]
    assert "ecn" in [event.why for event in named(events, "cwnd-changed", "client")]
    marked = [event for event in named(events, "segment-received", "server") if event.data.get("ecn") == "CE"]
    assert len(marked) == len(named(events, "marked", "router"))
    # Whatever is not new text is not to be marked.
    capable = [event for event in named(events, "segment-sent") if "ecn" in event.data]
    assert capable
    assert all(event.data["len"] for event in capable)


@pytest.mark.parametrize("tcp", [{}, {"ecn": False}])
def test_without_it_the_same_queue_overflows(tcp: dict[str, Any]) -> None:
    with World(record=True) as world:
        events = transfer(world, tcp=tcp, mark=15)
    assert not named(events, "marked")
    assert [event for event in events if event.why == "queue-full"]
    assert named(events, "retransmitted", "client")


@pytest.mark.peer
def test_tshark_reads_marks_echoes_and_cwr_without_complaint(tmp_path: Path) -> None:
    path = tmp_path / "server.pcapng"
    with World(record=True) as world:
        transfer(world, tcp={"ecn": True}, mark=15)
        world.save_pcapng(path, "server")
    assert [one for one in tshark.complaints(path) if "(RST)" not in one.what] == []
    assert tshark.fields(path, "ip.dsfield.ecn", only="ip.dsfield.ecn == 3")
    assert tshark.fields(path, "frame.number", only="tcp.flags.ece == 1 && tcp.flags.syn == 0")
    assert tshark.fields(path, "frame.number", only="tcp.flags.cwr == 1 && tcp.flags.syn == 0")
    assert tshark.fields(path, "frame.number", only="tcp.flags == 0x0c2")  # SYN, ECE, CWR


@pytest.mark.parametrize("mark", [-1, 1.5, True, "20"])
def test_a_place_to_mark_from_is_a_number_of_packets(mark: Any) -> None:
    with World() as world, pytest.raises(ValueError, match="no place in a queue to mark from"):
        world.link(world.host("a"), world.host("b"), mark=mark)
