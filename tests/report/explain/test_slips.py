"""Beside the text: each slip is proved by an event that says what it is said to say, or by another journey."""

from __future__ import annotations

import shlex

import node
import pytest
from click.testing import CliRunner
from journeys import walk

from michinori.cli.commands import michinori

pytestmark = pytest.mark.peer

#: The kind of event that proves each slip where the journey meets it.
PROOFS = {
    "colon": "browser url-parsed",
    "watches": "socket returned",
    "bind": "socket returned",
    "backlog": "socket called",
    "recv": "socket returned",
    "hang-up": "tcp segment-sent",
    "again": "tcp segment-sent",
    "first-line": "http request-sent",
    "spaces": "http request-sent",
    "empty-line": "http request-sent",
    "descriptor": "socket returned",
    "syn-ack-syn": "tcp segment-sent",
    "both-isn": "tcp isn-chosen",
    "next-octet": "tcp segment-received",
    "both-windows": "tcp segment-sent",
    "cwnd": "tcp acked",
    "mss": "tcp segment-sent",
    "silence": "icmp sent",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return walk(tmp_path_factory.mktemp("home") / "journey", "http://www.michinori.example/")


def proofs(walked):
    (found,) = node.call("explain/slips.js", [("proveAll", node.JOURNEY)], walked.folder / "journey.html")
    return found


def test_the_default_journey_proves_most_of_them_by_events_of_the_right_kind(home):
    events = {event.n: event for event in home.events}
    proved = {slip: proof["n"] for slip, proof in proofs(home).items() if proof}
    assert {slip: f"{events[n].layer} {events[n].what}" for slip, n in proved.items()} == PROOFS


def test_what_the_events_say_is_so(home):
    events = {event.n: event for event in home.events}
    event = {slip: events[proof["n"]] for slip, proof in proofs(home).items() if proof}
    # Both ends choose an initial sequence number, and the SYN/ACK carries the server's.
    assert event["both-isn"].host == "www" == event["syn-ack-syn"].host
    assert event["both-isn"].data["isn"] == event["syn-ack-syn"].data["seq"]
    assert event["next-octet"].data["rel_ack"] == 1
    assert event["both-windows"].host == "pc"
    assert (event["empty-line"].data["method"], event["empty-line"].data["body_octets"]) == ("GET", 0)
    assert event["bind"].data == {"call": "bind", "address": "0.0.0.0:80", "waited_ns": 0}
    reads = [each.n for each in home.of("socket", "returned", "pc") if each.data["call"] == "read"
             and each.data.get("octets") and each.connection == event["recv"].connection]  # fmt: skip
    assert event["recv"].n == reads[1]


def test_cut_packets_and_words_prove_what_the_default_journey_cannot(tmp_path):
    cut = walk(tmp_path / "cut", "http://www.michinori.example/", scenario="fragments")
    words = walk(tmp_path / "words", "tcp handshake")
    assert proofs(cut)["reassembly"]["says"]["en"].startswith("Put together from ")
    assert "tcp handshake" in proofs(words)["search"]["says"]["en"]


@pytest.mark.row("B6")
def test_a_long_answer_is_asked_for_again_over_tcp_by_resolver_and_pc(tmp_path):
    walked = walk(tmp_path / "long", "http://www.michinori.example/", scenario="long-answer")
    proof = proofs(walked)["one-packet"]
    events = {event.n: event for event in walked.events}
    assert (events[proof["n"]].what, events[proof["n"]].data["transport"]) == ("asked", "tcp")
    cut = walked.of("dns", "truncated")
    again = [event for event in walked.of("dns", "asked") if event.data["transport"] == "tcp"]
    assert [event.host for event in cut] == ["isp-resolver", "pc"] == [event.host for event in again]
    answers = [event for event in walked.of("dns", "answered") if event.data["transport"] == "tcp"]
    assert not any(event.data["truncated"] for event in answers)
    assert walked.numbers["status"] == 200


def test_what_no_journey_shows_says_what_has_to_come_first():
    (slips,) = node.call("explain/slips.js", [("SLIPS",)])
    silent = {slip["id"] for slip in slips if not slip["elsewhere"]}
    assert silent == {"video", "back-off", "cdn"}
    for slip in slips:
        assert ("lacks" in slip) == (slip["id"] in silent), slip["id"]


def test_every_slip_is_in_both_languages_and_its_quotation_is_short():
    (slips,) = node.call("explain/slips.js", [("SLIPS",)])
    assert len({slip["id"] for slip in slips}) == len(slips) >= 20
    for slip in slips:
        assert len(slip["quote"]) <= 40, slip["quote"]
        assert slip["right"]["ja"], slip["id"]
        assert slip["right"]["en"], slip["id"]
        assert slip["source"], slip["id"]


def test_the_commands_that_are_named_exist():
    (slips,) = node.call("explain/slips.js", [("SLIPS",)])
    for command in {slip["elsewhere"] for slip in slips} - {""}:
        program, name, *_ = shlex.split(command)
        assert program == "michinori"
        assert CliRunner().invoke(michinori, [name, "--help"]).exit_code == 0, command
