"""Scenario files: what they may say, and what is said when they are wrong."""

import asyncio
from pathlib import Path

import pytest

from michinori.cli.calling import call
from michinori.world import scenario
from michinori.world.build import build
from michinori.world.scenario import ScenarioError


@pytest.mark.parametrize("name", scenario.BUILT_IN)
def test_the_built_in_ones_can_be_read(name):
    found, folder = scenario.load(name)
    assert found.about.browser == "pc"
    assert folder is None


def test_a_base_is_changed_member_by_member():
    found = scenario.parse('base = "home"\n[lines.access]\nloss = "5%"\n')
    assert found.lines["access"].loss == "5%"
    assert found.lines["access"].mtu == 1454


ODD = """
base = "home"
[zones]
"michinori.example." = '''
$TTL 60
@   SOA ns host 1 2 3 4 5
@   NS  ns
www A   198.51.100.80
'''
"lonely.example." = "@ 60 SOA ns host 1 2 3 4 5"
"""


def test_what_is_odd_in_its_zones_is_said_and_stops_nothing(tmp_path, capsys):
    file = tmp_path / "odd.toml"
    file.write_text(ODD)
    found, _ = scenario.load(str(file))
    assert scenario.doubts(found) == [
        "[zones] michinori.example. NS ns.michinori.example.: the host has no address",
        '[zones] "lonely.example.": no host answers for it',
    ]
    for name in scenario.BUILT_IN:
        assert scenario.doubts(scenario.load(name)[0]) == []
    call(["open", "http://none.example/", "--scenario", str(file), "-O", str(tmp_path / "j"), "--lang", "ja"])
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[2][:8] for line in said] == ["気になること: "] * 2
    assert "ホストにはアドレスがありません" in said[0]


def test_a_zone_that_cannot_be_read_is_named_with_its_line():
    broken = ODD.replace("198.51.100.80", "198.51.100")
    with pytest.raises(ScenarioError, match=r"\[hosts.name-server\] zone michinori.example.: line 5: "):
        build(scenario.parse(broken))


@pytest.mark.row("B6")
def test_a_resolver_can_ask_first_who_the_root_servers_are():
    primed = scenario.parse('base = "home"\n[hosts.isp-resolver.recursive]\nprime = true\n')
    with build(primed, record=True) as world:
        world.run(asyncio.sleep(1), on="pc")
        asked = [event.data for event in world.recorder.read() if (event.layer, event.what) == ("dns", "asked")]
    assert [(data["name"], data["type"]) for data in asked] == [(".", "NS")]


SMALL = """
[about]
title = { ja = "小", en = "small" }
browser = "a"
[hosts.a]
[hosts.b]
[lines.x]
between = ["a", "b"]
"""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("[hosts.a]", "[hosts.a]\ngatway = '10.0.0.1'"), r'\[hosts.*\] "gatway" is not known there'),
        (("[hosts.b]", "[hosts.b]\nresolvers = 5"), r"\[hosts.*resolvers\] Expected `array`, got `int`"),
        (('"a", "b"]', '"a"]'), r"\[lines.*between\] Expected `array` of length >= 2"),
        (('"a", "b"]', '"a", "c"]'), r'\[lines.x\] "c" is no host, router or switch; there are a, b'),
        (('browser = "a"', 'browser = "pc"'), r'\[about\] browser = "pc" is no host; there are a, b'),
        (('browser = "a"\n', ""), r'my.toml: \[about\] "browser" is missing there; see the scenarios'),
        (("[hosts.a]", "[hosts.a]\ninterfces = {}"), r'my.toml: \[hosts.…\] "interfces" is not known there'),
        (("[about]", "[about"), "is not valid TOML"),
        (("[about]", 'base = "hoem"\n[about]'), "base = 'hoem' is not built in; choose from home"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(change, said):
    assert scenario.parse(SMALL)
    with pytest.raises(ScenarioError, match=said):
        scenario.parse(SMALL.replace(*change), "my.toml")


def test_the_example_of_the_documentation_can_be_used():
    text = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
    example = text.split("```toml\n")[1].split("```")[0]
    found = scenario.parse(example)
    assert found.hosts["pc"].tcp == {"sack": False}
    with build(found) as world:
        assert world.lines["access"].cable.a.rate == 512_000


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "my.toml").write_bytes(b"\xff")
    with pytest.raises(ScenarioError, match=r"my\.toml' cannot be read: it is not UTF-8$"):
        scenario.load(str(tmp_path / "my.toml"))


def test_a_near_name_is_proposed():
    with pytest.raises(ScenarioError, match='did you mean "satellite"'):
        scenario.load("satelite")


def test_a_file_brings_its_folder(tmp_path):
    (tmp_path / "my.toml").write_text(SMALL, encoding="utf-8")
    assert scenario.load(str(tmp_path / "my.toml"))[1] == tmp_path


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ('switch = "hub"', r'\[added_sites\] switch = "hub" is no switch; there are '),
        ('name_server = "ns"', r'\[added_sites\] name_server = "ns" is no host; there are pc, '),
        ('top = "com"', r'\[added_sites\] top = "com" is no host; there are pc, '),
        (
            'first = "203.0.113"',
            r'\[added_sites\] first = "203.0.113" is no IPv4 address with the length of its prefix',
        ),
        ('root = "root-server"', '"root" is not known there'),
    ],
)
def test_where_sites_are_added_is_checked_before_one_is(changed, complaint):
    with pytest.raises(ScenarioError, match=complaint):
        scenario.parse(f'base = "home"\n[added_sites]\n{changed}\n')


ADDED = """
[added_sites]
switch = "s"
first = "192.0.2.2/24"
gateway = "192.0.2.1"
name_server = "a"
name_server_name = "ns.example."
top = "b"
"""


def test_sites_are_added_where_somebody_can_tell_their_names():
    with pytest.raises(ScenarioError, match='top = "b" has no address of its own; there are none'):
        scenario.parse(f'switches = ["s"]\n{SMALL}{ADDED}')
    addressed = SMALL.replace("[hosts.b]", '[hosts.b]\ninterfaces = { eth0 = "192.0.2.3/24" }')
    with pytest.raises(ScenarioError, match=r'the zone "\." is missing; there are none'):
        scenario.parse(f'switches = ["s"]\n{addressed}{ADDED}')
