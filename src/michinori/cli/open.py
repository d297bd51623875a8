"""``michinori open``: walk the whole way, tell the story, keep what was recorded."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from michinori.cli import tap_options
from michinori.cli.complaint import complain, remark
from michinori.cli.folder import FolderError, ResultFolder
from michinori.cli.spoken import Spoken
from michinori.cli.status import DONE, FAILED, INTERRUPTED, WRONG_USAGE

if TYPE_CHECKING:
    from michinori.world.journey import Journey, WorldJourney
    from michinori.world.scenario import Scenario


#: Options that say something about the virtual internet, by the names of members.
_VIRTUAL_ONLY: Final = {name: name for name in ("loss", "delay", "rate", "mtu", "tcp", "warm")} | {
    "sites": "site",
    "faults": "fault",
}


class Options(Spoken, kw_only=True):
    """The options as they were given."""

    words: tuple[str, ...]
    via: str
    scenario: str
    sites: tuple[str, ...]
    seed: int
    loss: str | None
    delay: str | None
    rate: str | None
    mtu: str | None
    faults: tuple[str, ...]
    tcp: tuple[str, ...] = ()
    warm: bool = False
    tap: str | None = None
    address: str | None = None
    gateway: str | None = None
    resolvers: tuple[str, ...] = ()
    out_dir: str
    force: bool
    fail: bool
    as_json: bool
    no_report: bool

    @property
    def text(self) -> str:
        """What is typed into the address bar."""
        return " ".join(self.words)


class UsageError(Exception):
    """The command was used wrongly; the message is one sentence."""


class DeviceError(Exception):
    """The TAP device cannot be had; the message is one sentence."""


def run(options: Options) -> int:
    """Do it. Gives the exit status."""
    try:
        return _run(options, time.perf_counter())
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(options: Options, began: float) -> int:
    folder = ResultFolder(Path(options.out_dir), force=options.force)
    prepared = None
    try:
        prepared = _prepare(options)
        folder.prepare(_names(options, prepared))
    except DeviceError as error:
        complain(error, options.language)
        return FAILED
    except (UsageError, FolderError) as error:
        complain(error, options.language)
        if prepared is not None:
            prepared.journey.close()
        return WRONG_USAGE
    journey = _go(options, prepared)
    try:
        return _keep_and_tell(options, journey, folder, began)
    except FolderError as error:
        complain(error, options.language)
        return FAILED
    finally:
        journey.close()


def _prepare(options: Options) -> WorldJourney | None:
    """The world, built and not yet running; None for ``--via os``. Raises ``UsageError``, ``DeviceError``."""
    _demand_fitting(options)
    if options.via == "os":
        return None
    if options.via == "tap":
        return _prepare_tap(options)
    from michinori.world.journey import VirtualJourney
    from michinori.world.scenario import BUILT_IN, ScenarioError, doubts, load
    from michinori.world.units import UnitError

    try:
        scenario, beside = load(options.scenario)
        changed = _change(scenario, options)
        journey = VirtualJourney(
            options.text, changed, beside, seed=options.seed, language=options.language, warm=options.warm
        )
    except (ScenarioError, UnitError) as error:
        raise UsageError(str(error)) from error
    if options.scenario not in BUILT_IN:
        for doubt in doubts(scenario):
            remark(doubt, options.language)
    return journey


def _demand_fitting(options: Options) -> None:
    """Raise ``UsageError`` where nothing was typed, and for an option that has no effect with the others."""
    if not options.text.strip():
        raise UsageError("nothing was typed: give a URL, or some words to search for")
    if stray := tap_options.stray(options):
        raise UsageError(stray)
    if options.via != "virtual":
        given = [option for name, option in _VIRTUAL_ONLY.items() if getattr(options, name)]
        if given or options.scenario != "home":
            option = (given or ["scenario"])[0]
            raise UsageError(
                f"--{option} is about the virtual internet and has no effect on --via {options.via}: "
                "leave one of them out"
            )


def _prepare_tap(options: Options) -> WorldJourney:
    from michinori.link import TapError
    from michinori.world.journey import TapJourney

    try:
        return TapJourney(options.text, tap_options.host(options), seed=options.seed, language=options.language)
    except TapError as error:
        raise DeviceError(str(error)) from error
    except ValueError as error:
        raise UsageError(str(error)) from error


def _change(scenario: Scenario, options: Options) -> Scenario:
    from michinori.world.changes import parse_site, with_access, with_fault, with_site, with_tcp
    from michinori.world.units import UnitError

    for name in ("loss", "delay", "rate", "mtu"):
        try:
            scenario = with_access(scenario, **{name: getattr(options, name)})
        except UnitError as error:
            raise UsageError(f"--{name} {error}") from error
    for fault in options.faults:
        scenario = with_fault(scenario, fault)
    for switch in options.tcp:
        scenario = with_tcp(scenario, switch)
    for site in options.sites:
        scenario = with_site(scenario, *parse_site(site))
    return scenario


def _names(options: Options, prepared: WorldJourney | None) -> list[str]:
    """The files that may be written."""
    names = ["page.png", "page.har", "trace.jsonl"]
    if prepared is not None:
        names.append("packets.pcapng")
        own = prepared.journey.browser_host
        names += [f"captures/{name}.pcapng" for name in prepared.world.machines if name != own]
    return names if options.no_report else [*names, "journey.html"]


def _go(options: Options, prepared: WorldJourney | None) -> Journey:
    from michinori.cli.progress import progress

    with progress(prepared.world if prepared else None, options.text, options.language):
        if prepared is not None:
            return prepared.go()
        from michinori.world.journey import journey_by_os

        return journey_by_os(options.text, seed=options.seed, language=options.language)


def _keep_and_tell(options: Options, journey: Journey, folder: ResultFolder, began: float) -> int:
    from michinori.cli.telling import tell
    from michinori.report.results import Results

    results = Results(journey, folder)
    results.keep(report=not options.no_report, language=options.language)
    folder.close()
    files = {name: str(folder.path / name) for name in results.files}
    numbers = results.numbers | {"files": files, "wall_ms": round((time.perf_counter() - began) * 1000, 1)}
    tell(results, numbers, options.language, sys.stderr if options.as_json else sys.stdout)
    if options.as_json:
        print(msgspec.json.encode(_ordered(numbers)).decode(), flush=True)
    if isinstance(journey.failure, KeyboardInterrupt):
        return INTERRUPTED
    if results.failure is not None:
        return FAILED
    status = numbers["status"]
    return FAILED if options.fail and isinstance(status, int) and status >= 400 else DONE


_ORDER: Final = (
    *("url", "final_url", "status", "seed", "virtual_ms", "wall_ms", "requests", "frames", "dropped", "retransmitted"),
    *("dns_queries", "failure", "files", "rows"),
)


def _ordered(numbers: dict[str, Any]) -> dict[str, Any]:
    return {name: numbers[name] for name in _ORDER if name in numbers}
