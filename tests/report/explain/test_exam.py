"""Examination mode: the answers are worked out again from what tshark reads in the captures."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import node
import pytest
import tshark
from journeys import Walked, walk

pytestmark = pytest.mark.peer

FIELDS = (
    "frame.number", "frame.time_epoch", "eth.dst", "arp.dst.proto_ipv4", "arp.src.proto_ipv4", "arp.src.hw_mac",
    "ip.len", "ip.hdr_len", "ip.ttl", "ip.checksum", "ip.src", "ip.dst", "ip.frag_offset", "icmp.mtu", "tcp.seq_raw",
    "tcp.ack_raw",
    "tcp.srcport", "tcp.flags", "tcp.hdr_len", "tcp.len", "tcp.window_size_value", "tcp.options.mss_val",
    "tcp.options.wscale.shift", "dns.flags.recdesired", "dns.a", "tcp.payload",
)  # fmt: skip
SEEDS = range(1, 5)
JOURNEYS = {"home": {}, "lossy": {"seed": 7, "loss": "5%"}, "fragments": {"scenario": "fragments"}}


@dataclass
class Journey:
    """A journey, and what tshark reads in its captures."""

    walked: Walked
    captures: dict

    def frame(self, place):
        host = place["host"]
        if host not in self.captures:
            own = host == "pc"
            file = self.walked.folder / ("packets.pcapng" if own else f"captures/{host}.pcapng")
            self.captures[host] = tshark.fields(file, *FIELDS)
        return self.captures[host][place["frame"] - 1]

    def macs(self, host):
        """Whose address each MAC address is, by the ARP packets that the host saw."""
        self.frame({"host": host, "frame": 1})
        return {frame["arp.src.hw_mac"][0]: frame["arp.src.proto_ipv4"][0] for frame in self.captures[host]
                if "arp.src.hw_mac" in frame}  # fmt: skip

    def draw(self, *seeds, count=10):
        calls = [("draw", node.JOURNEY, seed, count) for seed in seeds]
        return node.call("explain/exam/draw.js", calls, self.walked.folder / "journey.html")


@pytest.fixture(scope="module", params=JOURNEYS)
def journey(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param) / "journey"
    return Journey(walk(folder, "http://www.michinori.example/", **JOURNEYS[request.param]), {})


def number(frame, name):
    return int(frame[name][0], 0)


def flags(frame):
    names = {0x01: "FIN", 0x02: "SYN", 0x04: "RST", 0x10: "ACK"}
    return ",".join(name for bit, name in names.items() if number(frame, "tcp.flags") & bit)


def translated(after, before):
    changed = {side for side in ("src", "dst") if after[f"ip.{side}"] != before[f"ip.{side}"]}
    return changed.pop() if len(changed) == 1 else "both" if changed else "none"


def checksum_with_less_ttl(before):
    """RFC 1624: HC' = ~(~HC + ~m + m')."""
    ttl = number(before, "ip.ttl")
    word, less = ttl << 8 | 6, (ttl - 1) << 8 | 6
    total = (~number(before, "ip.checksum") & 0xFFFF) + (~word & 0xFFFF) + less
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def own_field(name):
    return lambda journey, frames: number(frames[0], name)


def text_field(name):
    return lambda journey, frames: frames[0][name][0].split(",")[0]


#: For each kind of question, the answer from the frames that it names.
AGAIN = {
    "client-isn": own_field("tcp.seq_raw"),
    "server-isn": own_field("tcp.seq_raw"),
    "third-ack": lambda journey, frames: (number(frames[1], "tcp.seq_raw") + 1) % 2**32,
    "mss-offered": own_field("tcp.options.mss_val"),
    "ephemeral-port": own_field("tcp.srcport"),
    "second-flags": lambda journey, frames: flags(frames[0]),
    "ack-after": lambda journey, frames: (number(frames[0], "tcp.seq_raw") + number(frames[0], "tcp.len")) % 2**32,
    "segment-octets": own_field("tcp.len"),
    "window-octets": lambda journey, frames: (
        number(frames[0], "tcp.window_size_value") << number(frames[1], "tcp.options.wscale.shift")
    ),
    "ttl-at-server": own_field("ip.ttl"),
    "routers-crossed": lambda journey, frames: number(frames[1], "ip.ttl") - number(frames[0], "ip.ttl"),
    "napt-field": lambda journey, frames: translated(*frames),
    "napt-address": text_field("ip.src"),
    "next-hop": None,
    "checksum-after": lambda journey, frames: checksum_with_less_ttl(frames[1]),
    "mtu-told": own_field("icmp.mtu"),
    "fragment-offset": own_field("ip.frag_offset"),
    "whose-mac": None,
    "arp-target": text_field("arp.dst.proto_ipv4"),
    "server-asked": text_field("ip.dst"),
    "recursion": own_field("dns.flags.recdesired"),
    "address": text_field("dns.a"),
    # tshark tells the code where the message is complete; the question is about where it begins.
    "status-code": lambda journey, frames: int(bytes.fromhex(frames[0]["tcp.payload"][0].replace(":", "")).split()[1]),
    "rtt": None,
}


def again(journey, question):
    """The answer as tshark's fields give it."""
    frames = [journey.frame(place) for place in question["frames"]]
    kind, host = question["kind"], question["frames"][0]["host"]
    if kind == "next-hop":  # who has the MAC address that the frame goes to?
        return journey.macs(host)[frames[0]["eth.dst"][0]]
    if kind == "whose-mac":
        owner = journey.macs(host)[frames[0]["eth.dst"][0]]
        return next(event.host for event in journey.walked.of("arp", "answered") if event.data["address"] == owner)
    if kind == "rtt":
        return round((float(frames[0]["frame.time_epoch"][0]) - float(frames[1]["frame.time_epoch"][0])) * 1000, 3)
    return AGAIN[kind](journey, frames)


def test_every_answer_is_what_tshark_gives(journey):
    kinds: Counter[str] = Counter()
    for questions in journey.draw(*SEEDS, count=99):
        for question in questions:
            expected = again(journey, question)
            if question["kind"] == "rtt":
                assert abs(float(question["answer"]) - expected) < 0.002, question
            else:
                assert question["answer"] == str(expected), question
            kinds[question["kind"]] += 1
    assert len(kinds) >= 15


def test_ten_questions_of_ten_kinds_and_the_same_ones_for_one_seed(journey):
    first, second, other = journey.draw(5, 5, 6)
    assert first == second
    assert [question["kind"] for question in first] != [question["kind"] for question in other]
    assert len({question["kind"] for question in first}) == len(first) == 10
    for question in first:
        assert question["ask"]["ja"]
        assert question["explain"]["en"]
        assert question["shown"] not in question["ask"]["en"] or question["hidden"] == []


def test_no_question_gives_away_the_answer_of_another(journey):
    for questions in journey.draw(*range(20, 40)):
        for question in questions:
            for other in questions:
                if other is not question and other["form"] != "choice" and len(other["shown"]) >= 4:
                    assert other["shown"] not in question["ask"]["en"], (question["kind"], other["kind"])


@pytest.mark.parametrize(
    ("form", "answer", "given", "right"),
    [
        ("number", "1352034536", "1352034536", True),
        ("number", "1352034536", "1,352,034,536", True),
        ("number", "1352034536", "１３５２０３４５３６", True),
        ("number", "1352034536", " 0x509668e8 ", True),
        ("number", "1352034536", "509668E8h", True),
        ("number", "1352034536", "1352034537", False),
        ("number", "1460", "1460オクテット", True),
        ("number", "4", "4 台", True),
        ("number", "4", "", False),
        ("number", "4", "four", False),
        ("hex", "25984", "6580", True),
        ("hex", "25984", "０ｘ６５８０", True),
        ("hex", "25984", "65 80", True),
        ("hex", "25984", "6581", False),
        ("address", "192.0.2.10", "192.0.2.10", True),
        ("address", "192.0.2.10", "１９２．０．２．１０", True),
        ("address", "192.0.2.10", "192.000.002.010", True),
        ("address", "192.0.2.10", "192.0.2.11", False),
        ("choice", "SYN,ACK", "SYN,ACK", True),
        ("choice", "SYN,ACK", "ACK", False),
    ],
)
def test_answers_are_read_however_they_are_written(form, answer, given, right):
    question = {"form": form, "answer": answer}
    assert node.call("explain/exam/answers.js", [("isRight", question, given)]) == [right]


def test_a_measured_time_may_be_off_by_its_tolerance():
    question = {"form": "number", "answer": "14.082", "tolerance": 0.14}
    calls = [("isRight", question, given) for given in ("14.1", "14.08 ms", "14.3")]
    assert node.call("explain/exam/answers.js", calls) == [True, True, False]


def kinds_of(walked, *seeds):
    drawn = Journey(walked, {}).draw(*seeds, count=99)
    return [{question["kind"]: question for question in questions} for questions in drawn]


def test_a_syn_that_was_sent_twice_measures_no_round_trip(tmp_path):
    """Karn's algorithm, RFC 6298 section 3: nobody can tell which of the two was answered."""
    lost = walk(
        tmp_path / "out",
        "http://www.michinori.example/plain.txt",
        faults=("access>isp-router:drop nth=1 carrying=tcp",),
    )
    assert len(lost.of("tcp", "retransmitted", "pc")) == 1
    drawn = kinds_of(lost, *range(20))
    assert any("server-isn" in questions for questions in drawn)
    assert not any("rtt" in questions for questions in drawn)


BESIDE = """
[about]
title = { ja = "隣", en = "Beside each other" }
browser = "pc"
access = "cable"
url = "http://www.beside.example/"
[hosts.pc]
interfaces = { eth0 = "192.0.2.1/26" }
hosts = { "www.beside.example" = "192.0.2.2" }
[hosts.www]
interfaces = { eth0 = "192.0.2.2/26" }
sites = { "www.beside.example" = { folder = "builtin:www.michinori.example" } }
[lines.cable]
between = ["pc:eth0", "www:eth0"]
delay = "1ms"
"""


def test_why_an_address_is_asked_for_depends_on_where_the_destination_is(tmp_path):
    scenario = tmp_path / "beside.toml"
    scenario.write_text(BESIDE)
    near = walk(tmp_path / "near", "http://www.beside.example/plain.txt", scenario=str(scenario))
    far = walk(tmp_path / "far", "http://www.michinori.example/plain.txt")
    drawn = [kinds_of(walked, *range(20)) for walked in (near, far)]
    assert all(any("rtt" in questions for questions in all_of_one) for all_of_one in drawn)
    said = [next(one["arp-target"] for one in all_of_one if "arp-target" in one) for all_of_one in drawn]
    assert [question["answer"] for question in said] == ["192.0.2.2", "192.168.1.1"]
    assert "the destination itself" in said[0]["explain"]["en"]
    assert "the default gateway" in said[1]["explain"]["en"]
