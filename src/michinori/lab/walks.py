"""Journeys one at a time, each in a process of its own, the others in a queue; who watches is told how far they are."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
from collections import deque
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from michinori.lab.bounds import Bounds
from michinori.lab.child import surroundings
from michinori.lab.errors import Refused, no_room
from michinori.lab.order import Order, command
from michinori.lab.shelf import Kept, Shelf
from michinori.lab.walk import Task

#: How long a journey may go on after it was told to stop, before its process is ended.
_GRACE_S: Final = 5.0
_LINE: Final = 1 << 20
_OVER: Final = frozenset({"done", "refused", "stopped"})

_ENDED: Final = {
    "ja": "旅のプロセスが途中で終わりました: もっと小さな旅にしてください",
    "en": "the process of this journey ended early: make the journey smaller",
}
_TOO_LONG: Final = {
    "ja": "旅が実時間の上限までに終わりませんでした: もっと小さな旅にしてください",
    "en": "the journey did not end within its bound of real time: make it smaller",
}
_STOPPED: Final = {"ja": "旅を止めました", "en": "the journey was stopped"}


def _failed(error: Exception) -> dict[str, str]:
    """The sentence for a journey that cannot be begun or kept: no room on the disk, its folder is gone."""
    if full := no_room(error):
        return full.sentence
    return {
        "ja": f"旅を行う、または残すことができませんでした: {error}",
        "en": f"the journey could not be walked or kept: {error}",
    }


class Walk:
    """One journey that waits, walks or is over. ``last`` is what was told of it last."""

    def __init__(self, number: int, order: Order, folder: Path, folders: Mapping[str, Path], phase: str) -> None:
        self.id = number
        self.order = order
        self.folder = folder
        self.folders = {name: str(folders[name]) for name in order.sites if name in folders}
        self.last: dict[str, Any] = {"phase": phase, "id": number}
        self.stopping = asyncio.Event()
        self._news = asyncio.Condition()
        self._count = 0

    @property
    def over(self) -> bool:
        return self.last["phase"] in _OVER

    async def tell(self, what: dict[str, Any]) -> None:
        """Note how far it is and wake those who watch."""
        async with self._news:
            self.last = what | {"id": self.id}
            self._count += 1
            self._news.notify_all()

    async def watch(self) -> AsyncIterator[dict[str, Any]]:
        """How far it is, from now until it is over; what comes faster than it is taken is left out."""
        seen = -1
        while True:
            async with self._news:
                await self._news.wait_for(lambda: self._count != seen)  # noqa: B023 - awaited here
                seen, last = self._count, self.last
            yield last
            if last["phase"] in _OVER:
                return


class Walks:
    """The queue. ``run`` is to be a task of the lab's loop."""

    def __init__(self, shelf: Shelf, bounds: Bounds) -> None:
        self._shelf = shelf
        self._bounds = bounds
        self._waiting: deque[Walk] = deque()
        self._all: dict[int, Walk] = {}
        self._more = asyncio.Event()

    def begin(self, order: Order, folders: Mapping[str, Path]) -> Walk:
        """Put a journey into the queue. Raises ``Refused`` when it is full."""
        if len(self._waiting) >= self._bounds.waiting:
            raise Refused(
                "待っている旅が多すぎます: 先の旅が終わってからにしてください",
                "too many journeys are waiting: let some of them end first",
                429,
            )
        number, folder = self._shelf.new()
        phase = "waiting" if self.under_way() else "starting"
        walk = self._all[number] = Walk(number, order, folder, folders, phase)
        self._waiting.append(walk)
        self._more.set()
        return walk

    def get(self, number: int) -> Walk:
        """A journey that waits, walks or was over not long ago. Raises ``Refused``."""
        walk = self._all.get(number)
        if walk is None:
            raise Refused(f"旅 {number} は進行中ではありません", f"journey {number} is not under way", 404)
        return walk

    async def stop(self, number: int) -> Walk:
        """Stop one that waits at once; one that walks ends as soon as it can. Raises ``Refused``."""
        walk = self.get(number)
        walk.stopping.set()
        if walk in self._waiting:
            self._waiting.remove(walk)
            await self._walk(walk)
        return walk

    def under_way(self) -> list[Walk]:
        return [walk for walk in self._all.values() if not walk.over]

    async def run(self) -> None:
        """Walk what is in the queue until cancelled; then no process and nothing unfinished is left."""
        while True:
            while self._waiting:
                walk = self._waiting.popleft()
                try:
                    await self._walk(walk)
                except (OSError, msgspec.DecodeError) as error:  # the next one may fare better
                    await walk.tell({"phase": "refused", "sentence": _failed(error)})
                self._forget()
            self._more.clear()
            await self._more.wait()

    def _forget(self) -> None:
        over = [number for number, walk in self._all.items() if walk.over]
        for number in over[: -self._bounds.waiting]:
            del self._all[number]

    async def _walk(self, walk: Walk) -> None:
        if walk.stopping.is_set():
            self._shelf.discard(walk.id)
            await walk.tell({"phase": "stopped", "sentence": _STOPPED})
            return
        await walk.tell({"phase": "starting"})
        spool = walk.folder / "spool"
        spool.mkdir()
        kept = False
        try:
            what = await self._in_a_process(walk, spool)
            if what["phase"] == "done":
                shutil.rmtree(spool, ignore_errors=True)
                self._shelf.keep(
                    Kept(
                        id=walk.id,
                        order=walk.order,
                        numbers=what["numbers"],
                        failure=what["failure"],
                        command=command(walk.order),
                        blobs=what["blobs"],
                    )
                )
                kept = True
        finally:
            if not kept:
                shutil.rmtree(walk.folder, ignore_errors=True)
        await walk.tell(what)

    async def _in_a_process(self, walk: Walk, spool: Path) -> dict[str, Any]:
        """Gives the last that was said of it. The process is gone afterwards, whatever happens."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "michinori.lab.walk"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the lab, which ends this one by itself
            limit=_LINE,
            env=surroundings(spool),
        )
        try:
            assert process.stdin is not None
            task = Task(walk.order, str(walk.folder), walk.folders, self._bounds)
            process.stdin.write(msgspec.json.encode(task) + b"\n")
            return await self._listen(walk, process)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _listen(self, walk: Walk, process: asyncio.subprocess.Process) -> dict[str, Any]:
        stopping = asyncio.create_task(self._pass_stop_on(walk, process))
        bound_s = self._bounds.wall_s + self._bounds.telling_s
        try:
            async with asyncio.timeout(bound_s):
                return await self._read(walk, process)
        except TimeoutError:
            return {"phase": "refused", "sentence": _TOO_LONG}
        finally:
            stopping.cancel()

    async def _read(self, walk: Walk, process: asyncio.subprocess.Process) -> dict[str, Any]:
        assert process.stdout is not None
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:  # longer than any that we write
                line = b""
            if not line:
                stopped = walk.stopping.is_set()
                return {"phase": "stopped" if stopped else "refused", "sentence": _STOPPED if stopped else _ENDED}
            what: dict[str, Any] = msgspec.json.decode(line)
            if what["phase"] in _OVER:
                return what
            await walk.tell(what)

    async def _pass_stop_on(self, walk: Walk, process: asyncio.subprocess.Process) -> None:
        """Ask it to end gently, and then not gently."""
        await walk.stopping.wait()
        assert process.stdin is not None
        with contextlib.suppress(ConnectionError):
            process.stdin.write(b"stop\n")
            await process.stdin.drain()
        await asyncio.sleep(_GRACE_S)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
