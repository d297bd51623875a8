"""What a filter finds is what tshark and the trace have; what is downloaded is what was written."""

from __future__ import annotations

import json

import node
import pytest
from journeys import walk
from tshark import fields

pytestmark = pytest.mark.peer
WWW = "http://www.michinori.example/"


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """A bad line, with damaged frames too."""
    folder = tmp_path_factory.mktemp("found") / "out"
    return walk(folder, WWW, loss="4%", seed=11, faults=("access:corrupt 3%",))


def find(walked, *filters):
    calls = [("findAll", node.JOURNEY, text) for text in filters]
    return node.call("find/filter.js", calls, walked.folder / "journey.html")


@pytest.mark.parametrize(
    "text",
    [
        "tcp.port == 80",
        "ip.addr == 198.51.100.53",
        "udp.port == 53",
        "tcp.flags.syn == 1 and tcp.flags.ack == 0",
        "ip.ttl < 64",
        "tcp.dstport == 80 and frame.len > 200",
        "frame.number == 7",
        "arp",
        "ip.src == 192.168.0.0/16 and not tcp",
        "eth.type == 0x0806",
        "tcp.seq == 1 and tcp.ack > 1",
        "tcp.seq > 1000 and tcp.srcport == 80",
        "tcp.ack_raw >= 0x80000000 and tcp.window_size_value < 1022",
    ],
)
def test_frames_are_those_of_wireshark(walked, text):
    [found] = find(walked, f"frame and host == pc and ({text}) and not icmp")
    numbers = sorted(walked.events[n - 1].frame for n in found)
    as_usual = "tcp.relative_sequence_numbers:TRUE"
    rows = fields(walked.folder / "packets.pcapng", "frame.number", only=f"({text}) and not icmp", setting=as_usual)
    assert numbers == sorted(int(row["frame.number"][0]) for row in rows)
    assert numbers


def test_events_are_those_of_the_trace(walked):
    events = walked.events
    sent_again = again(events)
    wanted = {
        "host == pc": lambda e: e.host == "pc",
        "host != pc and layer == tcp": lambda e: e.host != "pc" and e.layer == "tcp",
        "what == segment-sent and data.len > 1000": lambda e: e.what == "segment-sent" and e.data["len"] > 1000,
        "t >= 100 and t < 0.12s": lambda e: 100_000_000 <= e.t < 120_000_000,
        "dropped": lambda e: e.what == "dropped" or (e.frame and e.why),
        "why contains fault": lambda e: "fault" in e.why,
        "n == 1234 or n == 17": lambda e: e.n in (17, 1234),
        "retransmitted": lambda e: e.what == "retransmitted" or e.n in sent_again,
        'link "road.jpg"': lambda e: False,
        "http ROAD.JPG": lambda e: e.layer == "http" and "road.jpg" in json.dumps(e.data),
    }
    for found, test, text in zip(find(walked, *wanted), wanted.values(), wanted, strict=True):
        assert found == [event.n for event in events if test(event)], text


def again(events):
    """Right behind ``retransmitted`` stands what was sent again."""
    waiting, found = set(), set()
    for event in events:
        if event.what == "retransmitted":
            waiting.add(event.connection)
        elif event.what == "segment-sent" and event.connection in waiting:
            waiting.remove(event.connection)
            found.add(event.n)
    return found


def test_rows_are_those_of_the_story(walked):
    found = find(walked, *(f"row == {name.lower()}" for name in ("B13", "B7", "B1")))
    assert [len(numbers) for numbers in found] == [walked.numbers["rows"][name] for name in ("B13", "B7", "B1")]


def test_japanese_words_find_explanations_in_any_spelling(walked):
    one, other, wide = find(walked, "サーバ", "サーバー", "ｻｰﾊﾞ")
    assert one == other == wide
    assert one


def test_captures_and_trace_are_built_again_octet_for_octet(walked):
    report = walked.folder / "journey.html"
    [hosts] = node.call("find/pcapng.js", [("captureHosts", node.JOURNEY)], report)
    files = {file.stem: file for file in (walked.folder / "captures").iterdir()} | {
        "pc": walked.folder / "packets.pcapng"
    }
    assert sorted(hosts) == sorted(files)
    built = node.call("find/pcapng.js", [("captureOf", node.JOURNEY, host) for host in hosts], report)
    for host, capture in zip(hosts, built, strict=True):
        assert bytes.fromhex(capture["octets"]) == files[host].read_bytes(), host
    [trace] = node.call("find/trace_lines.js", [("traceOf", node.JOURNEY)], report)
    assert bytes.fromhex(trace["octets"]) == (walked.folder / "trace.jsonl").read_bytes()
    assert any(event.why == "fcs" for event in walked.events)
