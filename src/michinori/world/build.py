"""From a scenario to a world that runs: machines, lines, rules, name servers, resolvers and web sites."""

from __future__ import annotations

import socket
from collections.abc import Collection, Coroutine, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Final

import msgspec

from michinori.world.machine import Machine
from michinori.world.scenario import Host, Recursive, Scenario, ScenarioError
from michinori.world.search_index import Index
from michinori.world.world import World

_BUILT_IN: Final = "builtin:"


def build(
    scenario: Scenario, folder: Path | None = None, *, seed: int = 0, record: bool | Collection[str] = False
) -> World:
    """A world of that scenario with all its servers started. ``folder``: where relative paths of its sites begin.

    Raises ``ScenarioError`` that names the place of what cannot be built.
    """
    world = World(seed, record=record)
    try:
        for name, host in scenario.routers.items():
            _in_its_place(f"routers.{name}", _add_machine, world, name, host, True)
        for name, host in scenario.hosts.items():
            _in_its_place(f"hosts.{name}", _add_machine, world, name, host, False)
        for name in scenario.switches:
            _in_its_place("switches", world.switch, name)
        for name, line in scenario.lines.items():
            _in_its_place(f"lines.{name}", _add_line, world, name, line)
        world.settle()
        index = Index(dict(_site_folders(scenario, folder)))
        for name, host in scenario.machines.items():
            _in_its_place(f"hosts.{name}", _equip, world.machines[name], host, scenario, folder, index)
    except BaseException:
        world.close()
        raise
    return world


def _in_its_place(place: str, work: Any, *arguments: Any) -> None:
    try:
        work(*arguments)
    except ScenarioError:
        raise
    except ValueError as error:
        raise ScenarioError(f"[{place}] {error}") from error


def _add_machine(world: World, name: str, host: Host, forwarding: bool) -> None:
    settings: dict[str, Any] = {
        "interfaces": host.interfaces,
        "gateway": host.gateway,
        "routes": host.routes,
        "tcp": host.tcp,
        "probe_addresses": host.probe_addresses,
        "hosts": host.hosts if host.hosts or host.resolvers else None,
    }
    machine = world.router(name, **settings) if forwarding else world.host(name, **settings)
    machine.path_mtu_discovery = host.path_mtu_discovery


def _add_line(world: World, name: str, line: Any) -> None:
    settings = msgspec.structs.asdict(line)
    a, b = settings.pop("between")
    faults = settings.pop("faults")
    made = world.link(a, b, name=name, **settings)
    for rule in faults:
        text, _, toward = rule.partition(" > ")
        made.fault(text, toward=toward)


def _equip(machine: Machine, host: Host, scenario: Scenario, folder: Path | None, index: Index) -> None:
    """The programs that run on a machine."""
    if host.resolvers:
        set_resolver(machine, host.resolvers)
    if host.firewall is not None or host.napt is not None:
        from michinori.world.rules import set_rules

        set_rules(machine, host)
    if host.zones:
        _spawn_authoritative(machine, {origin: scenario.zones[origin] for origin in host.zones})
    if host.recursive is not None:
        _spawn_recursive(machine, host.recursive)
    if host.sites:
        from michinori.world.sites import serve_sites

        for port in dict.fromkeys(site.port for site in host.sites.values()):
            here = {name: site for name, site in host.sites.items() if site.port == port}
            folders = {name: site_folder(site.folder, folder) for name, site in here.items() if site.folder}
            machine.spawn(serve_sites(here, folders, index, port), f"web server, port {port}")


def set_resolver(machine: Machine, servers: Sequence[str]) -> None:
    """Let a machine ask these name servers."""
    from michinori.dns import Habits, StubResolver

    machine.resolver = StubResolver(servers, Habits(families=(socket.AF_INET,))).lookup


def _spawn_authoritative(machine: Machine, texts: Mapping[str, str]) -> None:
    from michinori.dns import AuthoritativeServer, Zone

    _serve(machine, AuthoritativeServer([Zone.from_text(text, origin) for origin, text in texts.items()]).serve())


def _spawn_recursive(machine: Machine, recursive: Recursive) -> None:
    from michinori.dns import RecursiveResolver

    resolver = RecursiveResolver({name: [address] for name, address in recursive.roots.items()})
    _serve(machine, resolver.serve())
    if recursive.prime:
        machine.spawn(resolver.prime(), "priming")


def _serve(machine: Machine, server: Coroutine[Any, Any, None]) -> None:
    machine.spawn(server, "name server")


def _site_folders(scenario: Scenario, folder: Path | None) -> list[tuple[str, Path]]:
    return [
        (name, site_folder(site.folder, folder))
        for host in scenario.machines.values()
        for name, site in host.sites.items()
        if site.folder
    ]


def site_folder(text: str, folder: Path | None) -> Path:
    """Where the files of a site are. Raises ``ScenarioError`` when there is no such folder."""
    if text.startswith(_BUILT_IN):
        path = Path(str(resources.files("michinori.world").joinpath("sites", text.removeprefix(_BUILT_IN))))
    else:
        path = (folder or Path()) / text
    if not path.is_dir():
        raise ScenarioError(
            f"The folder {text!r} of a site is not there; give one that is, or {_BUILT_IN}www.michinori.example"
        )
    return path
