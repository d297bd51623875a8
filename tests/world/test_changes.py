"""A scenario with something changed."""

import dns.zone
import msgspec
import pytest

from michinori.world import scenario, units
from michinori.world.changes import with_access, with_fault, with_site, with_tcp
from michinori.world.scenario import ScenarioError


@pytest.fixture
def home():
    return scenario.load("home")[0]


def records(found, origin):
    return dns.zone.from_text(found.zones[origin], origin, relativize=False).to_text(relativize=False)


def test_the_access_line_is_changed_and_nothing_else(home):
    changed = with_access(home, loss="5%", delay="40ms", rate=None, mtu="1500")
    assert changed.lines["access"].loss == 0.05
    assert changed.lines["access"].mtu == 1500
    assert changed.lines["trunk"] == home.lines["trunk"]
    assert home.lines["access"].loss == 0


@pytest.mark.parametrize("wrong", [{"loss": "5"}, {"delay": "40"}, {"rate": "fast"}, {"mtu": "67"}])
def test_a_wrong_quantity_is_refused(home, wrong):
    with pytest.raises(units.UnitError):
        with_access(home, **wrong)


def test_a_fault_names_its_line(home):
    assert with_fault(home, "access:drop nth=3").lines["access"].faults == ["drop nth=3"]
    assert with_fault(home, "access>isp-router:loss 5%").lines["access"].faults == ["loss 5% > isp-router"]
    with pytest.raises(
        ScenarioError, match="There is no line 'acess' for the fault; there are pc, home-router, access"
    ):
        with_fault(home, "acess:cut")
    with pytest.raises(ScenarioError, match='such as "access:loss 5%"'):
        with_fault(home, "access")


def test_a_site_gets_a_server_a_zone_and_a_delegation(home, tmp_path):
    found = with_site(home, "my.site.example", tmp_path)
    assert found.hosts["my.site.example"].interfaces == {"eth0": "203.0.113.96/26"}
    assert "my.site.example. 3600 IN NS ns.michinori.example." in records(found, "example.")
    assert "my.site.example. 3600 IN A 203.0.113.96" in records(found, "my.site.example.")
    assert "my.site.example." in found.hosts["name-server"].zones


def test_a_second_site_gets_the_next_address(home, tmp_path):
    found = with_site(with_site(home, "a.example", tmp_path), "b.example", tmp_path)
    assert found.hosts["b.example"].interfaces == {"eth0": "203.0.113.97/26"}


def test_a_name_below_a_zone_that_is_there_becomes_a_record_of_it(home, tmp_path):
    found = with_site(home, "blog.michinori.example", tmp_path)
    assert "blog.michinori.example. 3600 IN A 203.0.113.96" in records(found, "michinori.example.")


def test_a_foreign_top_level_domain_is_made_known_by_the_root(home, tmp_path):
    found = with_site(home, "shop.test", tmp_path)
    assert "test. 3600 IN NS ns.nic.test." in records(found, ".")
    assert "shop.test. 3600 IN NS ns.michinori.example." in records(found, "test.")
    assert found.hosts["tld-server"].zones == ["example.", "test."]


@pytest.mark.parametrize("name", ["shop.test", "my.site.example"])
def test_a_zone_whose_text_ends_without_an_end_of_line_is_added_to_as_well(home, tmp_path, name):
    bare = {origin: text.rstrip("\n") for origin, text in home.zones.items()}
    found = with_site(msgspec.structs.replace(home, zones=bare), name, tmp_path)
    assert found.zones.keys() == with_site(home, name, tmp_path).zones.keys()
    assert all(records(found, origin) for origin in found.zones)


def test_a_wrong_address_in_the_scenario_is_left_to_who_builds_it(home, tmp_path):
    wrong = msgspec.structs.replace(home.hosts["pc"], interfaces={"eth0": "192.168.1.300/24"})
    changed = msgspec.structs.replace(home, hosts=home.hosts | {"pc": wrong})
    assert "a.example" in with_site(changed, "a.example", tmp_path).hosts


def test_the_folder_of_a_site_that_is_there_is_replaced(home, tmp_path):
    found = with_site(home, "www.michinori.example", tmp_path)
    assert found.hosts["www"].sites["www.michinori.example"].folder == str(tmp_path)
    assert "www.michinori.example." not in found.zones


@pytest.mark.parametrize("name", ["single", "192.0.2.1", "a..example", "-a.example", ""])
def test_a_name_that_cannot_be_a_site_is_refused(home, tmp_path, name):
    with pytest.raises(ScenarioError, match="cannot be the name of a site"):
        with_site(home, name, tmp_path)


def test_a_missing_folder_is_refused(home, tmp_path):
    with pytest.raises(ScenarioError, match="is not there"):
        with_site(home, "a.example", tmp_path / "no")


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [("sack=false", "sack", False), ("congestion=reno", "congestion", "reno"), ("mss = 536", "mss", 536)],
)
def test_a_switch_of_tcp_is_set_at_every_machine(home, text, name, value):
    changed = with_tcp(home, text)
    assert {host.tcp[name] for host in changed.machines.values()} == {value}
    assert not any(host.tcp for host in home.machines.values())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sakc=false", "^TCP has no setting 'sakc'; did you mean \"sack\"\\?$"),
        ("sack=7", "^TCP's sack is of the wrong kind"),
        ("mss=0", "^TCP's mss cannot be 0: it is 1 at least$"),
    ],
)
def test_a_switch_that_tcp_does_not_have_is_refused_at_once(home, text, said):
    with pytest.raises(ScenarioError, match=said):
        with_tcp(home, text)


@pytest.mark.parametrize("text", ["sack", "sack=", "=1", ""])
def test_a_switch_without_name_or_value_is_refused(home, text):
    with pytest.raises(ScenarioError, match="name and a value"):
        with_tcp(home, text)
