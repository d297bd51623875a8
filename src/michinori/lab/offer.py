"""What may be chosen on the page: scenarios, lines, machines, switches of TCP, sites; and what rows are called."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import msgspec

from michinori.report.rows import ROWS
from michinori.tcp import CONTROLS
from michinori.world.scenario import BUILT_IN, Scenario, load

#: The switches of TCP that the page offers, each with what it is for.
SWITCHES: Final[dict[str, dict[str, str]]] = {
    "sack": {"ja": "選択確認応答 (SACK)", "en": "selective acknowledgment (SACK)"},
    "rack": {"ja": "時間による損失検出 (RACK)", "en": "losses found by time (RACK)"},
    "tlp": {"ja": "末尾損失プローブ (TLP)", "en": "tail-loss probes (TLP)"},
    "window_scale": {"ja": "ウィンドウスケール", "en": "window scale"},
    "timestamps": {"ja": "タイムスタンプ", "en": "timestamps"},
    "nagle": {"ja": "Nagleアルゴリズム", "en": "Nagle's algorithm"},
}


def offer(scenarios: tuple[str, ...], sites: list[str]) -> dict[str, Any]:
    """By name. ``scenarios``: files besides those that are built in. Raises ``ScenarioError``."""
    return {
        "scenarios": {name: _scenario(name) for name in (*BUILT_IN, *scenarios)},
        "rows": {row.name: row.title for row in ROWS},
        "congestion": sorted(CONTROLS),
        "switches": SWITCHES,
        "sites": sites,
    }


@cache
def _scenario(name: str) -> dict[str, Any]:
    scenario, _ = load(name)
    about = scenario.about
    access = scenario.lines.get(about.access)
    return {
        "title": msgspec.to_builtins(about.title),
        "url": about.url,
        "access": about.access,
        "line": {} if access is None else {key: str(getattr(access, key)) for key in ("loss", "delay", "rate", "mtu")},
        "lines": {line: list(given.between) for line, given in scenario.lines.items()},
        "machines": {machine: _kind(scenario, machine) for machine in scenario.machines},
    }


def _kind(scenario: Scenario, name: str) -> str:
    """What a machine is for: ``router``, ``name-server``, ``resolver``, ``web-server`` or ``host``."""
    if name in scenario.routers:
        return "router"
    host = scenario.hosts[name]
    if host.recursive is not None:
        return "resolver"
    if host.zones:
        return "name-server"
    return "web-server" if host.sites else "host"
