"""Journeys by the lab: the same as the command's, told while they run, bounded, stopped, kept."""

import errno
import os
import re
import shutil
from itertools import pairwise

import pytest
from journeys import walk

from michinori.lab.bounds import Bounds

WWW = "http://www.michinori.example/"
#: Over at once: nothing listens there.
QUICK = "http://192.168.1.1/"
#: Long enough to be stopped on its way: a large page over a slow line.
SLOW = {"text": "http://big.example/", "sites": ["big.example"]}


@pytest.fixture
def big(tmp_path):
    folder = tmp_path / "big"
    folder.mkdir()
    (folder / "index.html").write_text("<title>big</title>" + "<img src=data.bin>")
    (folder / "data.bin").write_bytes(bytes(range(256)) * 100_000)
    return {"big.example": folder}


@pytest.mark.parametrize(
    ("order", "options"),
    [
        ({}, {}),
        (
            {"loss": "5%", "delay": "20ms", "seed": 7, "faults": ["trunk:drop nth=3 carrying=tcp"], "warm": True}
            | {"scenario": "bad-line", "tcp": {"congestion": "reno", "sack": False}},
            {"loss": "5%", "delay": "20ms", "seed": 7, "faults": ("trunk:drop nth=3 carrying=tcp",), "warm": True}
            | {"scenario": "bad-line", "tcp": ("congestion=reno", "sack=false")},
        ),
    ],
    ids=["plain", "everything"],
)
def test_a_journey_is_the_one_of_the_command_octet_for_octet(lab, tmp_path, order, options):
    told = lab.walk(WWW, **order)
    assert told["phase"] == "done", told
    by_command = walk(tmp_path / "out", WWW, **options)
    files = by_command.files() - {".michinori.json", "journey.html"}
    for name in files:
        kept = lab.get(f"/api/journeys/{told['id']}/files/{name}")
        assert kept.content == (by_command.folder / name).read_bytes(), name
    report = lab.get(f"/api/journeys/{told['id']}/report")
    assert report.content == (by_command.folder / "journey.html").read_bytes()
    assert report.headers["content-disposition"].startswith("attachment")


def test_progress_is_told_from_the_stages_of_the_journey(lab):
    told = list(lab.telling(lab.begin()))
    phases = [each["phase"] for each in told]
    assert phases[-1] == "done"
    order = ["waiting", "starting", "building", "walking", "telling", "keeping", "done"]
    assert set(phases) <= set(order)
    assert phases == sorted(phases, key=order.index)
    walking = [each for each in told if each["phase"] == "walking"]
    assert all(earlier["virtual_ns"] <= later["virtual_ns"] for earlier, later in pairwise(walking))
    assert told[-1]["numbers"]["status"] == 200


def test_a_walking_journey_is_stopped_and_told_as_far_as_it_came(open_lab, big):
    lab = open_lab(sites=big)
    number = lab.begin(**SLOW)
    next(told for told in lab.telling(number) if told.get("frames"))
    assert lab.send("POST", f"/api/journeys/{number}/stop").status_code == 202
    last = list(lab.telling(number))[-1]
    assert last["phase"] == "done"
    assert "stopped" in last["failure"]["en"]
    assert last["numbers"]["frames"] > 0


@pytest.mark.parametrize(
    ("bound", "ja", "en"),
    [
        ({"frames": 2000}, "フレーム数の上限", "bound of frames"),
        ({"wall_s": 0.3}, "実時間の上限", "bound of real time"),
        ({"spool": 1 << 20}, "記録の大きさの上限", "bound of what is recorded"),
    ],
)
def test_a_journey_that_is_too_much_ends_at_its_bound(open_lab, big, bound, ja, en):
    lab = open_lab(sites=big, bounds=Bounds(**bound))
    last = lab.walk(**SLOW)
    assert last["phase"] == "done"
    assert en in last["failure"]["en"]
    assert ja in last["failure"]["ja"]


def test_a_journey_without_memory_is_refused_and_leaves_nothing(open_lab, tmp_path):
    lab = open_lab(bounds=Bounds(memory=64 << 20))
    last = lab.walk()
    assert last["phase"] == "refused"
    assert list((tmp_path / "kept").glob("journey-*")) == []


def test_one_walks_and_the_others_wait_as_many_as_may(open_lab):
    lab = open_lab(bounds=Bounds(waiting=2))
    numbers = [lab.begin(), lab.begin()]
    answers = [lab.send("POST", "/api/journeys", json={"text": WWW}) for _ in range(3)]
    assert answers[-1].status_code == 429
    waiting = [answer.json()["id"] for answer in answers if answer.status_code == 202]
    for number in [*numbers, *waiting]:
        assert lab.send("POST", f"/api/journeys/{number}/stop").status_code == 202
        assert list(lab.telling(number))[-1]["phase"] in ("stopped", "done")


def test_a_journey_that_cannot_begin_does_not_hold_up_the_others(open_lab):
    lab = open_lab()
    walking, without_folder, waiting = (lab.begin() for _ in range(3))
    shutil.rmtree(lab.lab.shelf.folder / f"journey-{without_folder}")
    last = [list(lab.telling(number))[-1] for number in (walking, without_folder, waiting)]
    assert [told["phase"] for told in last] == ["done", "refused", "done"]
    assert "could not be walked" in last[1]["sentence"]["en"]


def test_a_waiting_journey_is_stopped_at_once(open_lab, big):
    lab = open_lab(sites=big)
    walking = lab.begin(**SLOW)
    next(told for told in lab.telling(walking) if told.get("frames"))
    waiting = lab.begin(WWW)
    assert next(lab.telling(waiting))["phase"] == "waiting"
    assert lab.send("POST", f"/api/journeys/{waiting}/stop").json()["phase"] == "stopped"
    assert [told["id"] for told in lab.get("/api/journeys").json()["under_way"]] == [walking]
    lab.send("POST", f"/api/journeys/{walking}/stop")
    assert list(lab.telling(walking))[-1]["phase"] == "done"


@pytest.mark.parametrize(
    "order",
    [
        {"text": " "},
        {"text": "x" * 3000},
        {"text": WWW, "scenario": "/etc/passwd"},
        {"text": WWW, "via": "os"},
        {"text": WWW, "seed": -1},
        {"text": WWW, "tcp": {"sack": {"a": 1}}},
        {"text": WWW, "faults": ["x"] * 41},
    ],
)
def test_what_is_no_order_is_refused_at_once(quiet_lab, order):
    answer = quiet_lab.send("POST", "/api/journeys", json=order)
    assert answer.status_code == 400
    assert set(answer.json()["sentence"]) == {"ja", "en"}


@pytest.mark.parametrize(
    "order",
    [
        {"loss": "5"},
        {"mtu": "12"},
        {"faults": ["nowhere:cut"]},
        {"faults": ["access:explode"]},
        {"faults": ["access:cut from=soon"]},
        {"tcp": {"sacks": True}},
        {"sites": ["unknown.example"]},
    ],
)
def test_what_cannot_be_built_is_refused_with_the_sentence_of_the_command(quiet_lab, order):
    told = quiet_lab.walk(WWW, **order)
    assert told["phase"] == "refused"
    assert told["sentence"]["en"]
    assert re.search("[ぁ-ん]", told["sentence"]["ja"])
    assert [path.name for path in quiet_lab.lab.shelf.folder.glob("journey-*")] == ["journey-1"]


@pytest.mark.parametrize(
    ("order", "ja", "en"),
    [
        (
            {"faults": ["access:drop nth=x"]},
            "[lines.access] 障害の規則 'drop nth=x': nth= には 1 から数えた番号を 3,4 や 7-9 のように書きます。'x' は読めません",
            "[lines.access] fault rule 'drop nth=x': nth= counts frames from 1, such as 3,4 or 7-9, not 'x'",
        ),
        (
            {"tcp": {"congestion": "bbr"}},
            "TCPに 'bbr' という輻輳制御はありません。あるのは cubic, reno です",
            "TCP has no congestion control 'bbr'; there is cubic, reno",
        ),
        (
            {"rate": "5 parsec"},
            '\'5 parsec\' の単位 \'parsec\' は分かりません。"1Gbit"、"10Mbit"、"56kbit" のように書いてください',
            '\'5 parsec\' is not a rate: the unit \'parsec\' is not known; write one such as "1Gbit", "10Mbit" or "56kbit"',
        ),
    ],
)
def test_a_mistake_is_told_as_exactly_in_japanese_as_in_english(quiet_lab, order, ja, en):
    assert quiet_lab.walk(WWW, **order)["sentence"] == {"ja": ja, "en": en}


def test_past_journeys_are_listed_reopened_and_bounded(open_lab):
    lab = open_lab(bounds=Bounds(kept=2))
    numbers = [lab.walk(QUICK, seed=seed)["id"] for seed in range(3)]
    past = lab.get("/api/journeys").json()["past"]
    assert [each["id"] for each in past] == [numbers[2], numbers[1]]
    assert past[0]["order"]["seed"] == 2
    assert past[0]["command"] == "michinori open --lang en --seed 2 http://192.168.1.1/"
    assert lab.get(f"/api/journeys/{numbers[0]}").status_code == 404
    again = open_lab(bounds=Bounds(kept=2))
    assert [each["id"] for each in again.get("/api/journeys").json()["past"]] == [numbers[2], numbers[1]]
    assert again.send("DELETE", f"/api/journeys/{numbers[2]}").status_code == 204
    assert again.get(f"/api/journeys/{numbers[2]}/blobs/journey").status_code == 404
    assert again.walk(QUICK)["id"] == numbers[2] + 1


def test_the_journey_that_was_removed_last_can_be_had_back(open_lab):
    lab = open_lab()
    first, second = (lab.walk(QUICK)["id"] for _ in range(2))
    before = lab.get(f"/api/journeys/{second}/blobs/journey").content
    assert lab.send("POST", f"/api/journeys/{second}/restore").status_code == 404  # it is there
    assert lab.send("DELETE", f"/api/journeys/{second}").status_code == 204
    assert lab.send("DELETE", f"/api/journeys/{second}").status_code == 404
    assert lab.get(f"/api/journeys/{second}/blobs/journey").status_code == 404
    assert lab.send("POST", f"/api/journeys/{second}/restore").json()["id"] == second
    assert lab.get(f"/api/journeys/{second}/blobs/journey").content == before
    for number in (second, first):
        lab.send("DELETE", f"/api/journeys/{number}")
    assert lab.send("POST", f"/api/journeys/{second}/restore").status_code == 404  # another was removed since
    assert [path.name for path in lab.lab.shelf.folder.glob("journey-*")] == [f"journey-{first}"]


def test_what_was_removed_is_gone_with_the_lab_or_when_the_next_begins(open_lab, tmp_path):
    lab = open_lab()
    numbers = [lab.walk(QUICK)["id"] for _ in range(2)]
    for number in numbers:
        lab.send("DELETE", f"/api/journeys/{number}")
    left = tmp_path / "kept" / f"journey-{numbers[1]}"
    killed = tmp_path / "killed"
    shutil.copytree(tmp_path / "kept", killed)  # as a lab leaves it that was killed
    lab.close()
    assert not left.exists()
    again = open_lab(killed)
    assert list(killed.glob("journey-*")) == []
    assert again.walk(QUICK)["phase"] == "done"


def test_a_folder_that_is_not_ours_is_left_alone(open_lab, tmp_path):
    other = tmp_path / "kept/journey-7"
    other.mkdir(parents=True)
    (other / "precious").write_text("!")
    lab = open_lab(bounds=Bounds(kept=1))
    assert lab.walk(QUICK)["id"] == 8
    lab.walk(QUICK)
    assert (other / "precious").read_text() == "!"
    assert lab.send("DELETE", "/api/journeys/7").status_code == 404


def test_a_journey_for_which_the_disk_has_no_room_is_told_as_such(open_lab, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    lab = open_lab()
    with monkeypatch.context() as patched:
        patched.setattr(lab.lab.shelf, "keep", full)
        told = lab.walk(QUICK)
    assert told["phase"] == "refused"
    assert told["sentence"]["en"].startswith("the disk is full")
    with monkeypatch.context() as patched:
        patched.setattr(lab.lab.shelf, "new", full)
        answer = lab.send("POST", "/api/journeys", json={"text": QUICK})
    assert answer.status_code == 507
    assert lab.walk(QUICK)["phase"] == "done"  # and the next one may fare better
