"""One journey of the lab, in a process of its own: what it costs cannot hurt the lab, and to stop it is to end it.

The order comes on stdin as a line of JSON. Lines of JSON go out on stdout: how far it is, and at last what came of it.
A line ``stop`` on stdin ends the walk gently, so that what was gathered is kept; when stdin ends, the lab is gone, and
so is this process.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TextIO

import msgspec

from michinori.lab.bounds import Bounds
from michinori.lab.errors import Refused, Stopped, retold
from michinori.lab.order import Order, changed
from michinori.report.contents import pack
from michinori.report.results import Results
from michinori.report.rows import ROWS
from michinori.trace import Event
from michinori.world.journey import Journey, VirtualJourney
from michinori.world.world import World

_LOOK_EVERY_S: Final = 0.1

_WHY: Final[dict[str, dict[str, str]]] = {
    "stop": {"ja": "停止ボタンで止めました", "en": "it was stopped"},
    "wall": {"ja": "実時間の上限に達しました", "en": "it reached the bound of real time"},
    "frames": {"ja": "フレーム数の上限に達しました", "en": "it reached the bound of frames"},
    "spool": {"ja": "記録の大きさの上限に達しました", "en": "it reached the bound of what is recorded"},
}


class Task(msgspec.Struct):
    """What the lab asks of this process."""

    order: Order
    folder: str
    folders: dict[str, str]
    """Where each site's files are."""
    bounds: Bounds


Say = Callable[[dict[str, Any]], None]


def main() -> None:
    """Read a task, do it."""
    # It is interrupted by this, though a shell that started the lab in the background had Ctrl-C ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # nothing else may speak there

    def say(what: dict[str, Any]) -> None:
        print(msgspec.json.encode(what).decode(), file=out, flush=True)

    task = msgspec.json.decode(sys.stdin.readline(), type=Task)
    _bound_memory(task.bounds.memory)
    try:
        walk(task, say, sys.stdin)
    except Refused as error:
        say({"phase": "refused", "sentence": error.sentence})
    except MemoryError:
        say({"phase": "refused", "sentence": _OUT_OF_MEMORY})
    except (ValueError, OSError) as error:  # of a scenario, a quantity, a rule: a sentence as the command has it
        say({"phase": "refused", "sentence": retold(error).sentence})


_OUT_OF_MEMORY: Final = {
    "ja": "この旅にはメモリが足りません: もっと小さな旅にしてください",
    "en": "this journey needs more memory than it may have: make it smaller",
}


def walk(task: Task, say: Say, orders: TextIO) -> None:
    """Walk, and write everything into the folder. Raises ``Refused``, ``ValueError``, ``OSError``."""
    say({"phase": "building"})
    order = task.order
    scenario, beside = changed(order, {name: Path(folder) for name, folder in task.folders.items()})
    prepared = VirtualJourney(order.text, scenario, beside, seed=order.seed, language=order.language, warm=order.warm)
    watch = _Watch(prepared.world, task.bounds, say, orders)
    try:
        watch.begin()
        journey = prepared.go()
        watch.end()
    except KeyboardInterrupt:  # it came after the page was drawn
        journey = prepared.journey
        journey.failure = None
        watch.end()
    try:
        if isinstance(journey.failure, KeyboardInterrupt):
            journey.failure = Stopped(_WHY[watch.why])
        _keep(task, journey, say)
    finally:
        journey.close()


def _keep(task: Task, journey: Journey, say: Say) -> None:
    say({"phase": "telling"})
    results = Results(journey, _PlainFolder(Path(task.folder)))
    say({"phase": "keeping", "rows": [chapter.row.name for chapter in results.story if chapter.met]})
    results.keep(report=False, language=task.order.language)
    blobs = Path(task.folder, "blobs")
    blobs.mkdir()
    names = []
    for name, octets in pack(results.contents(task.order.language)):
        (blobs / name).write_bytes(octets)
        names.append(name)
    failure = results.failure.sentence if results.failure is not None else None
    say({"phase": "done", "numbers": results.numbers, "failure": failure, "blobs": names})


class _PlainFolder:
    """A folder of one journey, which nobody else writes into."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, make: Callable[[Path], object]) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        make(path)
        return path


class _Watch:
    """Two threads beside the walk: one tells how far it is and ends it at a bound, one listens to the lab."""

    def __init__(self, world: World, bounds: Bounds, say: Say, orders: TextIO) -> None:
        self.why = "stop"
        self._world = world
        self._bounds = bounds
        self._say = say
        self._orders = orders
        self._over = threading.Event()
        self._ending = threading.Lock()
        self._met = _Met(world)
        self._looking = threading.Thread(target=self._look, daemon=True)

    def begin(self) -> None:
        threading.Thread(target=self._listen, daemon=True).start()
        self._looking.start()

    def end(self) -> None:
        """The walk is over: nothing interrupts what follows."""
        with self._ending:
            self._over.set()
        self._looking.join()
        self._tell()

    def _listen(self) -> None:
        for line in self._orders:
            if line.strip() == "stop":
                self._interrupt("stop")
        os._exit(1)

    def _look(self) -> None:
        waited_s = 0.0
        while not self._over.wait(_LOOK_EVERY_S):
            waited_s += _LOOK_EVERY_S
            frames, spooled = self._tell()
            if waited_s > self._bounds.wall_s:
                self._interrupt("wall")
            elif frames > self._bounds.frames:
                self._interrupt("frames")
            elif spooled > self._bounds.spool:
                self._interrupt("spool")

    def _interrupt(self, why: str) -> None:
        with self._ending:
            if not self._over.is_set():
                self.why = why
                self._over.set()
                _thread.interrupt_main()

    def _tell(self) -> tuple[int, int]:
        """Say how far it is. Gives how many frames were sent, and the octets on disk."""
        world = self._world
        adapters = [adapter for machine in list(world.machines.values()) for adapter in machine.adapters.values()]
        frames = sum(adapter.counters.tx_frames for adapter in adapters)
        rows = self._met.rows()
        self._say({"phase": "walking", "virtual_ns": world.now_ns, "frames": frames, "rows": rows})
        return frames, self._met.spooled()


class _Met:
    """The rows that the journey has met so far, read from its spool while it is written."""

    def __init__(self, world: World) -> None:
        assert world.recorder is not None
        self._path = world.recorder.lines.path
        self._read = 0
        self._decode = msgspec.json.Decoder(Event).decode
        self._rows: dict[str, None] = {}

    def rows(self) -> list[str]:
        with self._path.open("rb") as file:
            file.seek(self._read)
            octets = file.read()
        whole = octets[: octets.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            event = self._decode(line)
            for row in ROWS:
                if row.name not in self._rows and row.shown_by(event):
                    self._rows[row.name] = None
        return list(self._rows)

    def spooled(self) -> int:
        return sum(file.stat().st_size for file in self._path.parent.iterdir())


def _bound_memory(octets: int) -> None:
    try:
        import resource
    except ImportError:  # not on this system: then the bounds of frames and of the spool have to do
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = octets if hard == resource.RLIM_INFINITY else min(octets, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


if __name__ == "__main__":
    main()
