"""Journeys that do not arrive: each ends in one sentence, with everything kept that was gathered."""

import pytest
from journeys import walk

ALWAYS = {"packets.pcapng", "page.har", "trace.jsonl", "journey.html"}
WWW = "http://www.michinori.example/"


@pytest.mark.parametrize(
    ("words", "options", "stage", "said"),
    [
        (WWW, {"faults": ("access:cut",)}, "dns", "has no address (no answer from 198.51.100.53 after 2 tries)"),
        (WWW, {"faults": ("access:cut from=60ms",)}, "connect", "www.michinori.example port 80"),
        (WWW, {"faults": ("isp-resolver:cut",)}, "dns", "Failed at name resolution (DNS)"),
        (WWW, {"faults": ("name-server:cut",)}, "dns", "Failed at name resolution (DNS)"),
        ("http://www.michinori.example:81/", {}, "connect", "nothing listens there"),
        ("http://203.0.113.99/", {}, "connect", "check cable, addresses and routes"),
        ("https://www.michinori.example/", {}, "url", "speaks no TLS; open an http:// URL"),
        ("ftp://www.michinori.example/", {}, "address", "or words to search for"),
        ("http://no.such.name.example/", {}, "dns", "by michinori open --via os"),
        ("http://www.example.com/", {}, "dns", "by michinori open --via os"),
        ("http://198.18.0.1/", {}, "connect", "by michinori open --via os"),
    ],
)
def test_it_ends_in_one_sentence_with_all_files_written(tmp_path, words, options, stage, said):
    walked = walk(tmp_path / "out", words, **options)
    assert walked.exit_status == 1
    assert walked.numbers["failure"]["stage"] == stage
    assert said in walked.numbers["failure"]["en"]
    assert walked.numbers["failure"]["en"] in walked.story
    assert walked.files() >= ALWAYS
    assert "\n" not in walked.numbers["failure"]["ja"]


def test_a_redirect_loop_ends(tmp_path):
    scenario = tmp_path / "loop.toml"
    scenario.write_text(
        'base = "home"\n[hosts.www.sites."www.michinori.example".redirects]\n"/a" = "/b"\n"/b" = "/a"\n',
        encoding="utf-8",
    )
    walked = walk(tmp_path / "out", WWW + "a", scenario=str(scenario))
    assert walked.exit_status == 1
    assert walked.numbers["failure"]["stage"] == "redirect"
    assert "the redirects do not end (http://www.michinori.example/a → http://www.michinori.example/b)" in walked.story
    assert walked.files() >= ALWAYS


def test_a_page_that_is_not_there_is_drawn(tmp_path):
    walked = walk(tmp_path / "out", WWW + "no-such-page")
    assert (walked.exit_status, walked.numbers["status"]) == (0, 404)
    assert walked.files() >= {*ALWAYS, "page.png"}
    assert walk(tmp_path / "out", WWW + "no-such-page", fail=True).exit_status == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"scenario": "hoem"}, 'did you mean "home"'),
        ({"loss": "5"}, "between 0% and 100%"),
        ({"delay": "fast"}, 'such as "40ms"'),
        ({"faults": ("acess:cut",)}, "There is no line 'acess'"),
        ({"faults": ("access:explode",)}, "it begins with one of"),
        ({"sites": ("a.example",)}, "write --site my.site.example=DIR"),
        ({"sites": ("a.example=/no/such/folder",)}, "is not there"),
        ({"via": "os", "loss": "5%"}, "has no effect on --via os"),
    ],
)
def test_wrong_usage_is_said_in_one_sentence_and_nothing_is_written(tmp_path, options, said):
    walked = walk(tmp_path / "out", WWW, **options)
    assert walked.exit_status == 2
    assert said in walked.story
    assert walked.story.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_journey_that_ends_at_the_address_bar_has_asked_for_nothing(tmp_path):
    walked = walk(tmp_path / "out", "ftp://www.michinori.example/", no_report=True)
    assert walked.exit_status == 1
    assert "the application of pc had asked for nothing yet" in walked.story
    assert not [line for line in walked.story.splitlines() if line.endswith(":")]
