"""The ten lessons: right and wrong answers, checked against what happened."""

import asyncio

import pytest

from michinori.lab.errors import Refused
from michinori.lab.kana import judge
from michinori.lab.lessons import LESSONS
from michinori.trace import read_trace


def answered(lab, lesson, journey=0, answer=""):
    found = lab.send("POST", f"/api/lessons/{lesson}/answer", json={"journey": journey, "answer": answer})
    assert found.status_code == 200, found.text
    return found.json()


def events_of(lab, number):
    return lab.lab.shelf.trace(number)


def test_there_are_ten_and_none_tells_its_answer(quiet_lab):
    shown = quiet_lab.get("/api/lessons").json()
    assert len(shown) == 10
    assert [each["id"] for each in shown] == [each.id for each in LESSONS]
    assert not any("check" in each for each in shown)
    for each in shown:
        assert all(each[name]["ja"] and each[name]["en"] for name in ("title", "question", "hint"))


#: What tshark shows in the captures of the plain journey.
@pytest.mark.parametrize(
    ("lesson", "right", "wrong"),
    [
        (
            "dns-walk",
            ["203.0.113.53", " ns.michinori.example. ", "２０３．０．１１３．５３。"],
            ["192.0.2.50", "", "198.51.100.53"],
        ),
        ("path-mtu", ["1454", "1,454", "１４５４オクテット"], ["1500", "1414"]),
        ("longest-match", ["203.0.113.64/26"], ["203.0.113.0/24", "0.0.0.0/0"]),
        ("time-wait", ["pc", "PC"], ["www"]),
    ],
)
def test_a_value_is_right_or_wrong(quiet_lab, lesson, right, wrong):
    for answer in right:
        verdict = answered(quiet_lab, lesson, 1, answer)
        assert verdict["right"]
        assert verdict["n"] > 0
    for answer in wrong:
        assert not answered(quiet_lab, lesson, 1, answer)["right"]


def test_the_values_of_the_connection_are_those_of_its_first_frames(quiet_lab):
    with events_of(quiet_lab, 1).open("rb") as file:
        events = list(read_trace(file))
    syn = next(each for each in events if each.what == "segment-sent" and each.host == "pc")
    port = syn.connection.split()[1].rpartition(":")[2]
    assert syn.data["flags"] == "SYN"
    assert answered(quiet_lab, "isn", 1, str(syn.data["seq"]))["right"]
    assert answered(quiet_lab, "isn", 1, hex(syn.data["seq"]))["right"]
    assert not answered(quiet_lab, "isn", 1, str(syn.data["seq"] + 1))["right"]
    assert answered(quiet_lab, "napt", 1, f"198.51.100.202:{port}")["right"]
    assert not answered(quiet_lab, "napt", 1, f"192.168.1.10:{port}")["right"]


@pytest.mark.parametrize(
    ("lesson", "mistaken", "said"),
    [
        ("dns-walk", "192.0.2.34", "only referred to the servers of example."),
        ("dns-walk", "192.0.2.50", "only referred to the servers of michinori.example."),
        ("dns-walk", "198.51.100.53", "full-service resolver"),
        ("isn", "1", "a relative number"),
        ("path-mtu", "1414", "that is the MSS"),
        ("path-mtu", "1500", "MTU of Ethernet"),
        ("longest-match", "203.0.113.0/24", "matches too"),
        ("longest-match", "0.0.0.0/0", "matches too"),
        ("napt", "198.51.100.202", "Add the port"),
    ],
)
def test_a_likely_mistake_is_told_from_a_wild_one(quiet_lab, lesson, mistaken, said):
    verdict = answered(quiet_lab, lesson, 1, mistaken)
    assert not verdict["right"]
    assert said in verdict["told"]["en"]
    assert said not in answered(quiet_lab, lesson, 1, "elsewhere")["told"]["en"]


def test_the_other_ends_number_and_the_next_one_are_told_from_the_initial_one(quiet_lab):
    with events_of(quiet_lab, 1).open("rb") as file:
        chosen = [each for each in read_trace(file) if each.what == "isn-chosen"]
    own, other = (next(each.data["isn"] for each in chosen if each.host == host) for host in ("pc", "www"))
    assert "the server's" in answered(quiet_lab, "isn", 1, str(other))["told"]["en"]
    assert "ISN+1" in answered(quiet_lab, "isn", 1, str(own + 1))["told"]["en"]


def test_an_experiment_that_shows_something_else_is_told_what(walked):
    """Neither is a lost answer a lost SYN, nor does a cache answer where nothing is asked."""
    answer_lost, by_address = (walked.told[name]["id"] for name in ("no SYN/ACK", "by address"))
    for lesson, journey, said in (
        ("handshake", answer_lost, "was the SYN/ACK"),
        ("dns-cache", by_address, "no name was looked up"),
    ):
        verdict = answered(walked, lesson, journey)
        assert not verdict["right"]
        assert said in verdict["told"]["en"]


def test_experiments_are_judged_by_what_happened(walked):
    plain, warm, lossy = (walked.told[name]["id"] for name in ("plain", "warm", "no SYN"))
    for lesson in ("dns-cache", "arp"):
        assert not answered(walked, lesson, plain)["right"]
        assert answered(walked, lesson, warm)["right"]
    assert not answered(walked, "handshake", plain)["right"]
    verdict = answered(walked, "handshake", lossy)
    assert verdict["right"]
    assert "1 s later" in verdict["told"]["en"]


def test_a_journey_that_did_not_meet_it_says_so(walked):
    failed = walked.told["failed"]["id"]
    for lesson in ("dns-walk", "path-mtu", "longest-match", "time-wait"):
        assert not answered(walked, lesson, failed, "1")["right"]


@pytest.mark.parametrize(
    ("rule", "right", "came"),
    [
        ("drop nth=3", True, "あいえお"),
        ("delay 15ms nth=2", True, "あういえお"),
        ("loss 0%", False, "あいうえお"),
        ("loss 100%", False, "“”"),
    ],
)
def test_the_kana_are_really_sent(quiet_lab, rule, right, came):
    verdict = answered(quiet_lab, "udp", answer=rule)
    assert verdict["right"] is right
    assert came in verdict["told"]["en"]


@pytest.mark.parametrize("rule", ["explode", "", "cut", "loss 5% > x", "drop nth=3\nloss 100%"])
def test_what_is_no_rule_is_refused(quiet_lab, rule):
    found = quiet_lab.send("POST", "/api/lessons/udp/answer", json={"answer": rule})
    assert found.status_code == 400
    assert "drop nth=3 や" in found.json()["sentence"]["ja"]
    assert "carrying" not in found.json()["sentence"]["en"]  # what is said is about what was written


@pytest.mark.parametrize("rule", ["\ud800", "drop nth=\udfff", "\0"])
def test_a_rule_of_broken_text_is_refused_too(tmp_path, rule):
    with pytest.raises(Refused):
        asyncio.run(judge(rule, tmp_path))


def test_a_rule_may_be_typed_in_full_width(quiet_lab):
    assert answered(quiet_lab, "udp", answer="ｄｒｏｐ　ｎｔｈ＝３")["right"]


def test_unknown_lessons_and_journeys_are_refused(quiet_lab):
    assert quiet_lab.send("POST", "/api/lessons/none/answer", json={}).status_code == 404
    assert quiet_lab.send("POST", "/api/lessons/isn/answer", json={"journey": 99}).status_code == 404
    assert quiet_lab.send("POST", "/api/lessons/isn/answer", json={"answer": "x" * 300}).status_code == 400
