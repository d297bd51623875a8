"""A scenario with something changed: the access line, a fault, an added web site. Scenarios stay as they were."""

from __future__ import annotations

import re
import tomllib
from contextlib import suppress
from ipaddress import IPv4Interface, ip_interface
from pathlib import Path
from typing import Any, Final

import msgspec

from michinori.world import units
from michinori.world.scenario import AddedSites, Host, Line, Scenario, ScenarioError, Site

_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


def with_access(scenario: Scenario, **changes: str | None) -> Scenario:
    """The access line with another ``loss``, ``delay``, ``rate`` or ``mtu``; None leaves it. Raises ``UnitError``,
    ``ScenarioError``.
    """
    wanted = {name: value for name, value in changes.items() if value is not None}
    if not wanted:
        return scenario
    access = scenario.about.access
    if not access:
        raise ScenarioError(
            f"This scenario names no access line, so --{next(iter(wanted))} has nothing to change; name one in [about]"
        )
    fields: dict[str, Any] = dict(wanted)
    for name, read in (("loss", units.chance), ("delay", units.duration), ("rate", units.rate), ("mtu", units.mtu)):
        if name in wanted:
            value = read(wanted[name])
            if name in ("loss", "mtu"):
                fields[name] = value
    line = msgspec.structs.replace(scenario.lines[access], **fields)
    return msgspec.structs.replace(scenario, lines=scenario.lines | {access: line})


def with_fault(scenario: Scenario, text: str) -> Scenario:
    """A fault more, written ``LINE:RULE`` or, for one direction, ``LINE>END:RULE``. Raises ``ScenarioError``."""
    where, colon, rule = text.partition(":")
    name, _, toward = where.partition(">")
    if not colon or not rule.strip():
        raise ScenarioError(
            f'The fault {text!r} needs a line and a rule, such as "{scenario.about.access or "line"}:loss 5%"'
        )
    line = scenario.lines.get(name.strip())
    if line is None:
        raise ScenarioError(f"There is no line {name.strip()!r} for the fault; there are {', '.join(scenario.lines)}")
    rule = f"{rule.strip()} > {toward.strip()}" if toward else rule.strip()
    changed = msgspec.structs.replace(line, faults=[*line.faults, rule])
    return msgspec.structs.replace(scenario, lines=scenario.lines | {name.strip(): changed})


def with_tcp(scenario: Scenario, text: str) -> Scenario:
    """The TCP of every machine with a switch set, written ``NAME=VALUE`` as in ``sack=false`` or ``congestion=reno``.
    Raises ``ScenarioError``.
    """
    from michinori.world.machine import tcp_config

    name, equals, written = (part.strip() for part in text.partition("="))
    if not equals or not name or not written:
        raise ScenarioError(f"The switch {text!r} needs a name and a value, such as sack=false")
    try:
        value = tomllib.loads(f"value = {written}")["value"]
    except tomllib.TOMLDecodeError:
        value = written
    try:
        tcp_config({name: value})
    except ValueError as error:
        raise ScenarioError(str(error)) from None
    changed = {
        kind: {
            key: msgspec.structs.replace(host, tcp=host.tcp | {name: value})
            for key, host in getattr(scenario, kind).items()
        }
        for kind in ("hosts", "routers")
    }
    return msgspec.structs.replace(scenario, **changed)


def parse_site(text: str) -> tuple[str, Path]:
    """Name and folder of ``--site my.site.example=DIR``. Raises ``ScenarioError``."""
    name, _, folder = text.partition("=")
    if not folder:
        raise ScenarioError(f"--site {text!r} needs a name and a folder: write --site my.site.example=DIR")
    return name, Path(folder).expanduser()


def with_site(scenario: Scenario, name: str, folder: Path) -> Scenario:
    """A web site more: a server in the data centre, and its name made known from the root down. The site of a name that
    is there already takes the other folder. Raises ``ScenarioError``.
    """
    name = _host_name(name)
    if not folder.is_dir():
        raise ScenarioError(
            f"The folder of the site {name}, {folder}, is not there: write --site {name}=DIR with a folder"
        )
    site = Site(folder=str(folder.absolute()))
    for machine, host in scenario.hosts.items():
        if name in host.sites:
            changed = msgspec.structs.replace(host, sites=host.sites | {name: site})
            return msgspec.structs.replace(scenario, hosts=scenario.hosts | {machine: changed})
    added = scenario.added_sites
    if added is None:
        raise ScenarioError("This scenario says nothing about where sites are added; give it a table [added_sites]")
    address = _free_address(scenario, added)
    hosts = scenario.hosts | {name: Host(interfaces={"eth0": str(address)}, gateway=added.gateway, sites={name: site})}
    lines = scenario.lines | {name: Line(between=[f"{name}:eth0", added.switch])}
    return _with_name(msgspec.structs.replace(scenario, hosts=hosts, lines=lines), added, name, str(address.ip))


def _host_name(name: str) -> str:
    name = name.strip().rstrip(".").lower()
    if not name.isascii():
        import ada_url

        name = ada_url.idna.encode(name).decode()
    labels = name.split(".")
    if (
        len(labels) < 2
        or len(name) > 253
        or not all(_LABEL.fullmatch(label) for label in labels)
        or labels[-1].isdigit()
    ):
        raise ScenarioError(f'{name!r} cannot be the name of a site: it needs a domain, such as "my.site.example"')
    return name


def _free_address(scenario: Scenario, added: AddedSites) -> IPv4Interface:
    taken = set()
    for host in scenario.machines.values():
        for given in host.interfaces.values():
            for text in [given] if isinstance(given, str) else given:
                with suppress(ValueError):  # what is wrong with it is said where the world is built
                    taken.add(ip_interface(text).ip)
    first = IPv4Interface(added.first)
    for address in first.network.hosts():
        if address >= first.ip and address not in taken:
            return IPv4Interface(f"{address}/{first.network.prefixlen}")
    raise ScenarioError(f"No address is left for another site in {first.network}; choose a larger net in [added_sites]")


def _with_name(scenario: Scenario, added: AddedSites, name: str, address: str) -> Scenario:
    """The name in the zone it belongs to, or a zone of its own with delegations down to it."""
    zones, hosts = dict(scenario.zones), dict(scenario.hosts)
    above = _zone_above(zones, name)
    if above in hosts[added.name_server].zones:
        zones[above] = _with_address(zones[above], above, name, address)
        return msgspec.structs.replace(scenario, zones=zones)
    server = f"3600 NS {added.name_server_name}\n"
    if above == ".":
        top = name.rpartition(".")[2] + "."
        top_address = str(ip_interface(_first_address(hosts[added.top])).ip)
        delegation = f"{top} 3600 NS ns.nic.{top}\nns.nic.{top} 3600 A {top_address}\n"
        zones["."] = _with_records(zones["."], delegation)
        soa = "@ 3600 SOA ns.nic hostmaster.nic 2026010100 1800 900 604800 900\n"
        zones[top] = f"{soa}@ 3600 NS ns.nic\nns.nic 3600 A {top_address}\n"
        hosts[added.top] = msgspec.structs.replace(hosts[added.top], zones=[*hosts[added.top].zones, top])
        above = top
    zones[above] = _with_records(zones[above], f"{name}. {server}")
    own = f"{name}."
    soa = f"@ 3600 SOA {added.name_server_name} hostmaster 2026010100 7200 900 1209600 300\n"
    zones[own] = f"{soa}@ {server}@ 3600 A {address}\n"
    keeper = hosts[added.name_server]
    hosts[added.name_server] = msgspec.structs.replace(keeper, zones=[*keeper.zones, own])
    return msgspec.structs.replace(scenario, zones=zones, hosts=hosts)


def _zone_above(zones: dict[str, str], name: str) -> str:
    """The longest origin that the name lies below, or is."""
    labels = name.split(".")
    for begin in range(len(labels)):
        origin = ".".join(labels[begin:]) + "."
        if origin in zones:
            return origin
    return "."


def _with_address(text: str, origin: str, name: str, address: str) -> str:
    """A zone in which the name has that address and no other."""
    import dns.name
    import dns.rdatatype
    import dns.zone

    zone = dns.zone.from_text(text, origin, relativize=False)
    owner = dns.name.from_text(name)
    zone.delete_rdataset(owner, dns.rdatatype.CNAME)
    zone.delete_rdataset(owner, dns.rdatatype.A)
    return str(zone.to_text(relativize=False)) + f"{name}. 3600 A {address}\n"


def _with_records(text: str, records: str) -> str:
    return text.removesuffix("\n") + f"\n{records}"


def _first_address(host: Host) -> str:
    given = next(iter(host.interfaces.values()))
    return given if isinstance(given, str) else given[0]
