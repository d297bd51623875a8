"""What a scenario file may say. A scenario is TOML that people read, copy and change; here are its tables.

``Scenario`` is the whole file. Unknown members are refused, and what is wrong is named by its path in the file. How a
scenario becomes a world stands in ``build.py``; the files that come with Michinori lie in ``scenarios/``.
"""

from __future__ import annotations

import difflib
import tomllib
from importlib import resources
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec


class ScenarioError(ValueError):
    """A scenario that cannot be used; the message is one sentence with the place and the way out."""


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in both languages."""

    ja: str
    en: str


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the scenario is for and where its journeys begin."""

    title: Words
    browser: str
    """The host that the browser runs on."""
    access: str = ""
    """The line that ``--loss``, ``--delay``, ``--rate`` and ``--mtu`` change."""
    search: str = ""
    """Where words go that are no URL; ``{}`` stands for the words."""
    url: str = ""
    """A journey that shows what the scenario is about."""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule of a firewall; what is left out matches everything."""

    verdict: Literal["accept", "drop", "reject"]
    hook: Literal["input", "forward", "output"] = "forward"
    state: Literal["new", "established", "related", "invalid", ""] = ""
    in_interface: str = ""
    out_interface: str = ""
    protocol: Literal["tcp", "udp", "icmp", ""] = ""
    source: str = ""
    destination: str = ""
    port: int | tuple[int, int] = 0
    """The destination port, one or from … to."""
    source_port: int | tuple[int, int] = 0
    reject_with: Literal["icmp", "tcp-reset"] = "icmp"


class Firewall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rules in their order; what no rule matches meets the default."""

    rules: list[Rule]
    default: Literal["accept", "drop", "reject"] = "drop"


class Napt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Address and port translation for what leaves through an interface."""

    outside: str
    forwards: dict[str, str] = {}
    """Ports opened to the inside: ``"tcp 8080" = "192.168.1.10:80"``."""


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A web site served on port 80: a folder's files, or one of the programs that come with Michinori."""

    folder: str = ""
    """A path beside the scenario file, or ``builtin:NAME`` for one that comes with Michinori."""
    program: Literal["search", ""] = ""
    redirects: dict[str, str] = {}
    """Answered by 302: ``"/old" = "/new"``."""
    compress: bool = True
    """Whether text goes out gzipped to who takes it."""
    port: int = 80


class Recursive(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A recursive resolver: it walks from the root servers down."""

    roots: dict[str, str]
    """Names and addresses of the root servers."""
    prime: bool = False
    """Whether it first asks one of them who they are (RFC 9609)."""


class Host(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A machine. Interfaces that a line mentions and this table does not get an address by themselves."""

    interfaces: dict[str, str | list[str]] = {}
    """``eth0 = "192.168.1.10/24"``, in the order in which the machine numbers them."""
    gateway: str = ""
    """The next hop of the default route."""
    routes: dict[str, str] = {}
    """Further routes: ``"203.0.113.0/24" = "192.0.2.6"``. The longest that matches wins."""
    resolvers: list[str] = []
    """The name servers that this machine asks, in that order."""
    hosts: dict[str, str] = {}
    """Its own table of names."""
    zones: list[str] = []
    """The zones (of ``[zones]``) that its authoritative name server answers for."""
    recursive: Recursive | None = None
    sites: dict[str, Site] = {}
    """Web sites by name."""
    firewall: Firewall | None = None
    napt: Napt | None = None
    path_mtu_discovery: bool = True
    """False: its packets may be cut on their way (DF is not set)."""
    probe_addresses: bool = False
    """It asks whether somebody has its addresses before it uses them, which takes some seconds (RFC 5227)."""
    tcp: dict[str, Any] = {}
    """Settings of its TCP, by the names that ``michinori.tcp.TcpConfig`` gives them: the table in docs/scenarios.md."""


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A full-duplex cable. An end is ``host:interface``, or a switch."""

    between: Annotated[list[str], msgspec.Meta(min_length=2, max_length=2)]
    rate: str | int = "1Gbit"
    delay: str = "5us"
    mtu: int = 1500
    queue: int = 1000
    """How many packets wait at each end at most."""
    mark: int | None = None
    """From how many on, those that come are marked as having met congestion (ECN) instead of waiting to be dropped."""
    loss: str | float = 0
    faults: list[str] = []
    """Rules for both directions, such as ``"corrupt 0.1%"`` or ``"drop nth=3"``."""


class AddedSites(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where ``--site HOST=DIR`` puts the site's server, and who answers for its name."""

    switch: str
    """The switch that its server is plugged into."""
    first: str
    """The first address to give, with its prefix length."""
    gateway: str
    name_server: str
    """The host whose name server answers for the new name."""
    name_server_name: str
    top: str
    """The host whose name server answers for a top-level domain that is not there yet."""


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole scenario file."""

    about: About
    hosts: dict[str, Host]
    lines: dict[str, Line]
    routers: dict[str, Host] = {}
    switches: list[str] = []
    zones: dict[str, str] = {}
    """Zone files by origin, in the format of RFC 1035 section 5."""
    added_sites: AddedSites | None = None

    @property
    def machines(self) -> dict[str, Host]:
        """Routers and hosts together."""
        return self.routers | self.hosts


BUILT_IN: Final = ("home", "bad-line", "satellite", "fragments", "long-answer")


def load(name: str) -> tuple[Scenario, Path | None]:
    """A built-in scenario by name or a file by path, and the folder that its relative paths start from."""
    if name in BUILT_IN:
        return parse(_built_in_text(name), name), None
    path = Path(name)
    if not path.is_file():
        near = difflib.get_close_matches(name, BUILT_IN, 1)
        hint = f'did you mean "{near[0]}"?' if near else f"the built-in ones are {', '.join(BUILT_IN)}"
        raise ScenarioError(f"There is no scenario {name!r}, neither built in nor as a file: {hint}")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ScenarioError(f"The scenario {name!r} cannot be read: {why}") from error
    return parse(text, name), path.parent


def parse(text: str, name: str = "the scenario") -> Scenario:
    """A scenario from the text of its file. A ``base`` in it names a built-in scenario that it changes."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{name} is not valid TOML: {error}") from error
    base = tables.pop("base", None)
    if base is not None:
        if base not in BUILT_IN:
            raise ScenarioError(f"{name}: base = {base!r} is not built in; choose from {', '.join(BUILT_IN)}")
        tables = _merge(_tables_of(base), tables)
    try:
        scenario = msgspec.convert(tables, Scenario)
    except msgspec.ValidationError as error:
        raise ScenarioError(f"{name}: {_readable(str(error))}") from error
    _check(scenario, name)
    return scenario


def doubts(scenario: Scenario) -> list[str]:
    """What is allowed in a scenario that was built, and hardly meant: sentences about its zones."""
    from michinori.dns import Zone

    found = []
    served = {zone for host in scenario.machines.values() for zone in host.zones}
    for origin, text in scenario.zones.items():
        if origin in served:
            found += [f"[zones] {problem}" for problem in Zone.from_text(text, origin).problems()]
        else:
            found.append(f'[zones] "{origin}": no host answers for it')
    return found


def _built_in_text(name: str) -> str:
    return resources.files("michinori.world").joinpath("scenarios", f"{name}.toml").read_text(encoding="utf-8")


def _tables_of(name: str) -> dict[str, Any]:
    tables = tomllib.loads(_built_in_text(name))
    base = tables.pop("base", None)
    return tables if base is None else _merge(_tables_of(base), tables)


def _merge(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Tables are joined member by member; anything else replaces what was there."""
    merged = dict(under)
    for key, value in over.items():
        before = merged.get(key)
        merged[key] = _merge(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged


def _readable(message: str) -> str:
    """msgspec's sentence, with ``$.hosts[...]`` written as ``hosts.…``."""
    what, _, where = message.partition(" - at `")
    place = where.rstrip("`").removeprefix("key in ").removeprefix("$").lstrip(".").rstrip("`").replace("[...]", ".…")
    if "unknown field" in what:
        field = what.rsplit("`", 2)[-2]
        what = f'"{field}" is not known there; see the scenarios that come with Michinori'
    elif "missing required field" in what:
        what = f'"{what.rsplit("`", 2)[-2]}" is missing there; see the scenarios that come with Michinori'
    return f"[{place}] {what}" if place else what


def _check(scenario: Scenario, name: str) -> None:
    """What the types cannot say: that everything which is named is there."""
    machines = scenario.machines

    def demand(there: bool, place: str, what: str, choices: Any) -> None:
        if not there:
            raise ScenarioError(f"{name}: [{place}] {what}; there are {', '.join(choices) or 'none'}")

    for clash in sorted(set(scenario.hosts) & set(scenario.routers)):
        raise ScenarioError(f"{name}: [routers.{clash}] is a host too; give one of them another name")
    about = scenario.about
    demand(about.browser in scenario.hosts, "about", f'browser = "{about.browser}" is no host', scenario.hosts)
    demand(not about.access or about.access in scenario.lines, "about", f'"{about.access}" is no line', scenario.lines)
    for line_name, line in scenario.lines.items():
        for end in line.between:
            machine = end.partition(":")[0]
            there = machine in machines or machine in scenario.switches
            demand(
                there, f"lines.{line_name}", f'"{end}" is no host, router or switch', [*machines, *scenario.switches]
            )
    for host_name, host in machines.items():
        for zone in host.zones:
            demand(zone in scenario.zones, f"hosts.{host_name}", f'"{zone}" is no zone', scenario.zones)
        if host.napt is not None:
            place = f"routers.{host_name}.napt"
            demand(
                host.napt.outside in host.interfaces, place, f'"{host.napt.outside}" is no interface', host.interfaces
            )
    added, place = scenario.added_sites, "added_sites"
    if added is not None:
        for key, host_name in (("name_server", added.name_server), ("top", added.top)):
            demand(host_name in scenario.hosts, place, f'{key} = "{host_name}" is no host', scenario.hosts)
        with_address = [host_name for host_name, host in scenario.hosts.items() if host.interfaces]
        demand(added.top in with_address, place, f'top = "{added.top}" has no address of its own', with_address)
        demand(added.switch in scenario.switches, place, f'switch = "{added.switch}" is no switch', scenario.switches)
        demand("." in scenario.zones, place, 'the zone "." is missing', scenario.zones)
        _check_first(added.first, f"{name}: [{place}] first = ")


def _check_first(text: str, before: str) -> None:
    try:
        IPv4Interface(text)
    except ValueError:
        raise ScenarioError(
            f'{before}"{text}" is no IPv4 address with the length of its prefix, such as 203.0.113.96/26'
        ) from None
