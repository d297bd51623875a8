"""How a name is found in a zone, and what a zone is told when it is not sound."""

from __future__ import annotations

import dns.name
import dns.rdatatype
import pytest

from michinori.dns.told import Question
from michinori.dns.zones import Alias, BadZone, Cut, Data, Missing, TooLong, Zone, nearest

TEXT = """
$ORIGIN shop.example.
$TTL 300
@           SOA   ns1 hostmaster 1 7200 900 1209600 60
@           NS    ns1
@           MX    10 mail
ns1         A     192.0.2.3
mail        A     192.0.2.25
www         A     203.0.113.80
            AAAA  2001:db8::80
web         CNAME www
out         CNAME www.lab.example.
loop1       CNAME loop2
loop2       CNAME loop1
a.b.c       A     192.0.2.40        ; b.c and c exist without records
*.wild      A     192.0.2.41
known.wild  TXT   "here"
*.deep.wild2 TXT  "deep"
*           MX    20 mail           ; RFC 4592 section 2.2.1
sub         NS    ns.sub
            NS    ns.elsewhere.example.
            DS    12345 8 2 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
ns.sub      A     192.0.2.50
old         DNAME new
x.new       A     192.0.2.60
"""


@pytest.fixture(scope="module")
def zone() -> Zone:
    return Zone.from_text(TEXT)


def find(zone: Zone, name: str, rdtype: str):
    name = name if name.endswith(".") else f"{name}.shop.example."
    return zone.find(Question(dns.name.from_text(name), dns.rdatatype.from_text(rdtype)))


@pytest.mark.parametrize(
    ("name", "rdtype", "data"),
    [
        ("www", "A", "203.0.113.80"),
        ("WWW.Shop.EXAMPLE.", "AAAA", "2001:db8::80"),
        ("shop.example.", "NS", "ns1.shop.example."),
        ("web", "CNAME", "www.shop.example."),
        ("a.b.c", "A", "192.0.2.40"),
        ("any.wild", "A", "192.0.2.41"),
        ("two.labels.wild", "A", "192.0.2.41"),
        ("*.wild", "A", "192.0.2.41"),
        ("nowhere", "MX", "20 mail.shop.example."),
        ("sub", "DS", None),
    ],
)
def test_records_are_found_under_the_name_asked_for(zone, name, rdtype, data):
    found = find(zone, name, rdtype)
    assert isinstance(found, Data)
    assert str(found.rrset.name) == (name if name.endswith(".") else f"{name}.shop.example.")
    if data is not None:
        assert found.rrset[0].to_text() == data


@pytest.mark.parametrize(
    ("name", "rdtype", "exists"),
    [
        ("www", "TXT", True),
        ("b.c", "A", True),
        ("c", "MX", True),  # an existing name, even an empty one, is out of the wildcard's reach
        ("z.c", "A", False),
        ("known.wild", "A", True),
        ("below.known.wild", "A", False),
        ("any.wild", "MX", True),
        ("wild2", "TXT", True),
        ("x.wild2", "TXT", False),
        ("nowhere", "A", True),
        ("x.www", "A", False),
    ],
)
def test_what_is_not_there(zone, name, rdtype, exists):
    assert find(zone, name, rdtype) == Missing(name_exists=exists)


def test_aliases_are_found_and_not_followed(zone):
    found = find(zone, "web", "A")
    assert isinstance(found, Alias)
    assert str(found.cname[0].target) == "www.shop.example."


@pytest.mark.parametrize("name", ["sub", "x.sub", "ns.sub", "a.b.c.sub"])
def test_names_below_a_delegation_belong_to_others(zone, name):
    found = find(zone, name, "A")
    assert isinstance(found, Cut)
    assert [str(rdata.target) for rdata in found.ns] == ["ns.sub.shop.example.", "ns.elsewhere.example."]


def test_glue_is_found_below_the_cut(zone):
    assert [rrset[0].address for rrset in zone.addresses(dns.name.from_text("ns.sub.shop.example."))] == ["192.0.2.50"]


def test_a_dname_renames_what_is_below_it(zone):
    found = find(zone, "x.old", "A")
    assert isinstance(found, Alias)
    assert str(found.cname[0].target) == "x.new.shop.example."
    assert found.dname is not None
    assert isinstance(find(zone, "old", "DNAME"), Data)
    assert find(zone, "old", "A") == Missing(name_exists=True)


def test_a_dname_can_make_a_name_too_long():
    zone = Zone.from_text(
        f"$ORIGIN e.\n$TTL 1\n@ SOA n h 1 1 1 1 1\n@ NS n\nn A 192.0.2.1\nd DNAME {'x' * 60}.{'y' * 60}.e.\n"
    )
    name = dns.name.from_text(".".join(["z" * 60, "z" * 60, "z" * 60, "d", "e"]))
    assert isinstance(zone.find(Question(name, dns.rdatatype.A)), TooLong)


def test_the_denial_carries_the_time_for_which_it_holds(zone):
    assert zone.soa.ttl == 300
    assert zone.denial.ttl == 60


def test_a_sound_zone_has_no_problems(zone):
    assert zone.problems() == []


def test_problems_are_named():
    zone = Zone.from_text(
        """
        $ORIGIN e.
        $TTL 60
        @      SOA ns h 1 1 1 1 1
        @      NS ns
        @      NS gone
        @      MX 10 alias
        ns     A 192.0.2.1
        alias  CNAME ns
        sub    NS ns.sub
        ns.sub A 192.0.2.2
        www.sub A 192.0.2.3
        """.replace("        ", "")
    )
    assert zone.problems() == [
        "e. NS gone.e.: the host has no address",
        "e. MX alias.e.: an alias may not stand there (RFC 2181 section 10.3)",
        "www.sub.e. lies below a delegation and is no address of a server",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "$ORIGIN e.\n@ 60 NS ns\nns 60 A 192.0.2.1\n",
        "$ORIGIN e.\n@ 60 SOA ns h 1 1 1 1 1\n",
        "$ORIGIN e.\n@ 60 SOA ns h 1 1 1 1 1\n@ 60 NS ns\nns 60 A 192.0.2.999\n",
        "$ORIGIN e.\n@ 60 SOA ns h 1 1 1 1 1\n@ 60 NS ns\nns 60 A 192.0.2.1\nns 60 CNAME x\n",
        "$ORIGIN e.\n$INCLUDE /etc/passwd\n",
    ],
)
def test_a_bad_zone_file_is_one_clear_error(text):
    with pytest.raises(BadZone, match="zone"):
        Zone.from_text(text)


def test_the_nearest_zone_answers_and_for_ds_the_one_above():
    zones = {}
    for origin in (".", "example.", "shop.example."):
        one = Zone.from_text("@ 60 SOA n. h. 1 1 1 1 1\n@ 60 NS n.\n", origin)
        zones[one.origin] = one

    def origin_for(name: str, rdtype: str) -> str:
        zone = nearest(zones, Question(dns.name.from_text(name), dns.rdatatype.from_text(rdtype)))
        assert zone is not None
        return str(zone.origin)

    assert origin_for("www.shop.example.", "A") == "shop.example."
    assert origin_for("shop.example.", "SOA") == "shop.example."
    assert origin_for("shop.example.", "DS") == "example."
    assert origin_for("org.", "A") == "."
    assert nearest({}, Question(dns.name.root, dns.rdatatype.A)) is None
