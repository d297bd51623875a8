"""What a report carries is what was recorded, each event and each octet."""

from __future__ import annotations

import json

import pytest
from carried_report import Carried
from journeys import walk

from michinori.report.capture import read_frames

WWW = "http://www.michinori.example/"


@pytest.fixture(scope="module", params=["", "5%"], ids=["good line", "bad line"])
def walked(request, tmp_path_factory):
    return walk(tmp_path_factory.mktemp("report") / "out", WWW, loss=request.param or None, seed=7)


@pytest.fixture(scope="module")
def carried(walked):
    return Carried(walked.folder / "journey.html")


def test_every_event_is_carried_as_the_trace_has_it(walked, carried):
    lines = (walked.folder / "trace.jsonl").read_bytes().splitlines()
    assert list(carried.events()) == [json.loads(line) for line in lines]


def test_every_frame_is_carried_as_the_captures_have_it(walked, carried):
    files = {file.stem: file for file in (walked.folder / "captures").iterdir()}
    files[carried.about["browser_host"]] = walked.folder / "packets.pcapng"
    captures = {host: [frame.octets for frame in read_frames(file.read_bytes())] for host, file in files.items()}
    octets, columns = carried.frames(), carried.tables["events"]
    hosts = carried.about["strings"]["hosts"]
    seen = 0
    for number, frame, host in zip(columns["octets"], columns["frame"], columns["host"], strict=True):
        if frame:
            assert octets[number - 1] == captures[hosts[host]][frame - 1]
            seen += 1
    assert seen == sum(map(len, captures.values())) > 2000


def test_a_payload_is_kept_once_though_it_crosses_many_links(carried):
    payloads = carried.tables["payloads"]["length"]
    recorded = sum(1 for number in carried.tables["events"]["octets"] if number)
    assert recorded > 1.9 * len(carried.tables["frames"]["payload"]) > 5 * len(payloads)


def test_the_rows_carry_their_events(walked, carried):
    numbers = iter(carried.tables["rows"]["n"])
    for row in carried.about["rows"]:
        events = [next(numbers) for _ in range(row["events"])]
        assert events == sorted(events)
        assert len(events) == walked.numbers["rows"][row["name"]]
        assert bool(events) == (row["unmet"] is None)
        for told in [*row["facts"], row["title"]]:
            assert told["ja"]
            assert told["en"]


def test_the_same_journey_gives_the_same_file(walked, tmp_path):
    again = walk(tmp_path / "out", WWW, loss="5%" if walked.numbers["dropped"] > 10 else None, seed=7)
    assert (again.folder / "journey.html").read_bytes() == (walked.folder / "journey.html").read_bytes()


def test_what_stands_where_is_carried(walked, carried):
    nodes = {node["name"]: node for node in carried.about["nodes"]}
    assert {event.host for event in walked.events} <= nodes.keys()
    assert nodes["pc"]["adapters"][0]["addresses"] == ["192.168.1.10/24"]
    [read] = walked.of("link", "mac-read", "pc")
    assert nodes["pc"]["adapters"][0]["mac"] == read.data["mac"]
    assert (nodes["home-router"]["kind"], nodes["home-switch"]["kind"]) == ("router", "switch")
    for line in carried.about["lines"]:
        assert {end["node"] for end in line["ends"]} <= nodes.keys()
        assert all(end["plug"] for end in line["ends"])
    assert len(carried.about["lines"]) >= len(nodes) - 1


def test_why_something_did_not_come_is_told_in_both_languages(tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text(
        '<!doctype html><link rel="stylesheet" href="http://nowhere.example/a.css">'
        '<img src="http://www.michinori.example:81/a.png"><img src="/none.png">'
    )
    walked = walk(tmp_path / "out", "http://my.site.example/", sites=(f"my.site.example={site}",))
    about = Carried(walked.folder / "journey.html").about
    whys = {one["url"].rpartition("/")[2]: one["why"] for one in about["exchanges"]}
    assert whys["a.css"]["ja"].startswith("nowhere.example のIPアドレスが得られません (その名前はありません")
    assert whys["a.png"]["ja"].startswith("www.michinori.example のポート 81 に接続できません")
    assert whys["a.png"]["en"].endswith("nothing listens there: start the server, or check the port")
    assert whys["none.png"] is None  # an answer came
    drawing = next(row for row in about["rows"] if row["name"] == "B24")
    assert any("(サーバの応答は 404)" in fact["ja"] for fact in drawing["facts"])
