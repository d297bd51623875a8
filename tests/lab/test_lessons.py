"""The ten lessons: right and wrong answers, checked against what happened."""

import pytest

from michinori.lab.lessons import LESSONS


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
        ("dns-walk", ["203.0.113.53", " ns.michinori.example. "], ["192.0.2.50", "", "198.51.100.53"]),
        ("path-mtu", ["1454", "1,454"], ["1500", "1414"]),
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
    from michinori.trace import read_trace

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


@pytest.mark.parametrize("rule", ["explode", "", "cut", "loss 5% > x"])
def test_what_is_no_rule_is_refused(quiet_lab, rule):
    found = quiet_lab.send("POST", "/api/lessons/udp/answer", json={"answer": rule})
    assert found.status_code == 400


def test_unknown_lessons_and_journeys_are_refused(quiet_lab):
    assert quiet_lab.send("POST", "/api/lessons/none/answer", json={}).status_code == 404
    assert quiet_lab.send("POST", "/api/lessons/isn/answer", json={"journey": 99}).status_code == 404
    assert quiet_lab.send("POST", "/api/lessons/isn/answer", json={"answer": "x" * 300}).status_code == 400
