"""Captures of ARP, ICMP and fragments, read by tshark: right sums, nothing malformed, nothing to complain about."""

from __future__ import annotations

from pathlib import Path

import pytest
import tshark
from network import Line, Network, Pinger, S, datagram, ip

from michinori.trace import Recorder
from michinori.wire import icmp

pytestmark = pytest.mark.peer

CLIENT, SERVER = "10.0.1.2", "10.0.3.2"


def play(network: Network) -> None:
    """Echoes whole and in pieces, and every kind of report."""
    line = Line(network, mtu=600)
    line.server.protocols[17] = lambda packet, _: line.server.answer_unreachable(packet, icmp.PORT_UNREACHABLE)
    pinger = Pinger(line.client)
    for sequence, size in enumerate((0, 56, 1400, 4000)):
        pinger.ask(SERVER, sequence, size)
    pinger.ask(SERVER, ttl=1)
    pinger.ask(SERVER, size=1000, dont_fragment=True)
    pinger.ask("10.0.3.99")
    pinger.ask("172.16.0.1")
    line.client.send(ip(SERVER), 99, bytes(1000))
    line.client.send(ip(SERVER), 17, datagram(CLIENT, 1000, SERVER, 2000, bytes(1200)))
    network.queue.run_until(10 * S)
    line.last.fault("drop carrying=ip nth=2", "a->b")
    pinger.ask(SERVER, size=1400)
    network.queue.run()
    line.last.clear_faults()
    line.last.fault("corrupt carrying=ip nth=1", "a->b")
    pinger.ask(SERVER)
    network.queue.run()
    assert len(pinger.answers) == 4
    assert sorted(set(pinger.errors)) == [(3, 0), (3, 1), (3, 2), (3, 3), (3, 4), (11, 0), (11, 1)]


@pytest.fixture(scope="module")
def captures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("captures")
    recorder = Recorder()
    play(Network(recorder=recorder))
    paths = {}
    for host in recorder.hosts():
        paths[host] = folder / f"{host}.pcapng"
        recorder.save_capture(paths[host], host)
    recorder.close()
    return paths


@pytest.mark.parametrize("host", ["client", "r1", "r2", "server"])
def test_tshark_finds_nothing_wrong(captures: dict[str, Path], host: str) -> None:
    frames = {complaint.frame for complaint in tshark.complaints(captures[host])}
    assert len(frames) == (1 if host == "server" else 0)  # the one frame that a cable damaged on purpose


def test_tshark_tells_the_same_story(captures: dict[str, Path]) -> None:
    frames = tshark.fields(captures["client"], "arp.opcode", "icmp.type", "icmp.code", "icmp.mtu")
    assert [frame["arp.opcode"] for frame in frames if "arp.opcode" in frame][:2] == [["1"], ["2"]]
    types = [(frame["icmp.type"][0], frame["icmp.code"][0]) for frame in frames if "icmp.type" in frame]
    assert types.count(("8", "0")) == 10
    assert types.count(("0", "0")) == 4
    assert {("3", code) for code in "01234"} | {("11", "0"), ("11", "1")} <= set(types)
    assert [frame["icmp.mtu"][0] for frame in frames if "icmp.mtu" in frame] == ["600"]


def test_tshark_puts_the_fragments_together_too(captures: dict[str, Path]) -> None:
    whole = tshark.fields(captures["server"], "ip.reassembled.length", "ip.fragment.count")
    lengths = sorted(int(frame["ip.reassembled.length"][0]) for frame in whole if "ip.reassembled.length" in frame)
    assert lengths[-1] == 4008
    assert 1408 in lengths


def test_drops_are_packet_comments(captures: dict[str, Path]) -> None:
    comments = {
        frame["frame.comment"][0]
        for path in captures.values()
        for frame in tshark.fields(path, "frame.comment")
        if "frame.comment" in frame
    }
    assert {"ttl", "no-route", "no-protocol", "fragmentation-needed", "fault:loss", "fcs"} <= comments
