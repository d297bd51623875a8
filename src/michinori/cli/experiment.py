"""``michinori experiment``: perform a small experiment, tell what happened, keep what proves it."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import msgspec

from michinori.cli.complaint import complain
from michinori.cli.experiment_words import say
from michinori.cli.folder import FolderError, ResultFolder
from michinori.cli.language import Language
from michinori.cli.lines import Lines
from michinori.cli.spoken import Spoken
from michinori.cli.status import DONE, FAILED, INTERRUPTED, WRONG_USAGE

if TYPE_CHECKING:
    from michinori.experiment import Performed


TRACE: Final = "trace.jsonl"
#: Every capture that an experiment may leave, by either way.
CAPTURES: Final = ("client.pcapng", "server.pcapng", "loopback.pcapng")


class Options(Spoken, kw_only=True):
    """The options as they were given."""

    name: str | None
    seed: int
    via: str
    out_dir: str | None
    as_json: bool
    force: bool


def run(options: Options) -> int:
    """Do it. Gives the exit status."""
    try:
        return _run(options, time.perf_counter())
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(options: Options, began: float) -> int:
    from michinori.experiment import EXPERIMENTS, performed

    language, name = options.language, options.name
    if name is None:
        _list(language, sys.stdout)
        return DONE
    experiment = EXPERIMENTS.get(name)
    if experiment is None:
        complain(say("no-experiment", language, name=repr(name)), language)
        _list(language, sys.stderr)
        return WRONG_USAGE
    if options.via == "os" and experiment.only_virtual is not None:
        complain(experiment.only_virtual[language], language)
        return WRONG_USAGE
    folder = ResultFolder(Path(options.out_dir or f"experiment-{name}"), force=options.force)
    try:
        folder.prepare([*CAPTURES, TRACE])
    except FolderError as error:
        complain(error, language)
        return WRONG_USAGE
    with ExitStack() as stack:
        try:
            done = stack.enter_context(performed(name, via=options.via, seed=options.seed))
            files = _keep(done, folder)
        except (FolderError, OSError) as error:
            complain(error, language)
            return FAILED
        _tell(done, files, options, began)
    return DONE


def _keep(done: Performed, folder: ResultFolder) -> dict[str, str]:
    recorder = done.ground.recorder
    files = {}
    for host in done.ground.captures:
        written = folder.write(f"{host}.pcapng", partial(recorder.save_capture, host=host))
        files[written.name] = str(written)
    files[TRACE] = str(folder.write(TRACE, recorder.save_trace))
    folder.close()
    return files


def _tell(done: Performed, files: dict[str, str], options: Options, began: float) -> None:
    from michinori.cli.experiment_telling import tell

    out = Lines(sys.stderr if options.as_json else sys.stdout)
    tell(done, options.language, out)
    folder = str(Path(files[TRACE]).parent)
    out.line("")
    out.line(say("files", options.language, folder=folder, files=", ".join(files)), indent=0)
    if options.as_json:
        numbers: dict[str, Any] = {
            "experiment": done.experiment.name,
            "row": done.experiment.row,
            "via": done.ground.via,
            "seed": done.seed,
            "took_ms": round(done.ground.now_ns / 1e6, 3),
            "wall_ms": round((time.perf_counter() - began) * 1000, 1),
            "files": files,
            "findings": done.told.findings,
        }
        print(msgspec.json.encode(numbers).decode(), flush=True)


def _list(language: Language, to: IO[str]) -> None:
    from michinori.experiment import EXPERIMENTS

    out = Lines(to)
    out.line(say("experiments", language))
    for experiment in EXPERIMENTS.values():
        out.line((f"  {experiment.name:<10}", "bold"), experiment.sentence[language], indent=12)
