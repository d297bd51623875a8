"""Several processes that serve the same port: started, watched, replaced and ended by one that serves nothing itself.

Each worker has a pipe to this process as its standard input. When the pipe ends, for whatever reason, so does the
worker: nobody is left behind.

The places at which they listen are bound here, one for each, and handed down. So a connection that waits at one is not
lost when its worker is replaced: the next takes it.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from contextlib import suppress
from itertools import chain
from typing import Any, Final, TypeAlias

import msgspec

from michinori.server import addresses
from michinori.server.running import INTERRUPTED, STOPPED, Tell
from michinori.server.settings import ServeError, Settings

_STARTS_WITHIN_S: Final = 60.0
_EARLY_S: Final = 2.0
_MOST_EARLY_ENDS: Final = 5
_READY: Final = b"ready"
_LAST_WORDS_S: Final = 1.0


#: Where one worker listens: a socket for each address.
Place: TypeAlias = list[socket.socket]


class _Worker:
    def __init__(self, process: asyncio.subprocess.Process, place: Place) -> None:
        self.process = process
        self.place = place
        self.began_s = asyncio.get_running_loop().time()
        self.ending = False
        self.listening: asyncio.Task[None] | None = None

    @property
    def was_early(self) -> bool:
        return asyncio.get_running_loop().time() - self.began_s < _EARLY_S

    def end(self) -> None:
        """Ask it to end."""
        self.ending = True
        with suppress(ProcessLookupError):
            self.process.terminate()

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()


class Supervisor:
    """Runs once, by ``run``."""

    def __init__(self, settings: Settings, tell: Tell) -> None:
        self._settings = settings
        self._tell = tell
        self._workers: dict[_Worker, asyncio.Task[None]] = {}
        self._stop = asyncio.Event()
        self._at_once = asyncio.Event()
        self._early_ends = 0
        self._log_is_lost = False
        self._failure: ServeError | None = None
        self._reloads: asyncio.Task[None] | None = None

    async def run(self) -> int:
        """Serve until a signal says that it is enough. Gives the exit status. Raises ``ServeError``."""
        settings = self._settings
        for sock in addresses.bind(settings.host, settings.port):
            sock.close()  # it is free: shared with the workers, it would be had even if others shared it too
        port, places = settings.port, list[Place]()
        self._hear()
        try:
            for _ in range(settings.workers):
                places.append(addresses.bind(settings.host, port, shared=True))
                port = places[0][0].getsockname()[1]
            self._settings = msgspec.structs.replace(settings, port=port)
            await asyncio.gather(*map(self._start, places))
            if not self._stop.is_set():
                self._tell("serving", port=self._settings.port, workers=settings.workers)
            await self._stop.wait()
            if self._failure is None:
                self._tell("stopping-workers", workers=len(self._workers), grace_s=settings.grace_s)
        finally:
            for sock in chain(*places):
                sock.close()  # the workers have theirs, and close them when they have let in who waits
            await self._end_all()
        if self._failure is not None:
            raise self._failure
        return INTERRUPTED if self._at_once.is_set() else STOPPED

    async def _start(self, place: Place) -> None:
        """Start a worker there and wait until it serves. Raises ``ServeError`` with what it says instead."""
        descriptors = tuple(sock.fileno() for sock in place)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "michinori.server.worker"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=descriptors,
            start_new_session=True,  # Ctrl-C is for this process, which then ends the workers gently
        )
        assert process.stdin is not None
        assert process.stdout is not None
        worker = _Worker(process, place)
        self._workers[worker] = asyncio.create_task(self._watch(worker))
        with suppress(OSError):
            settings = msgspec.structs.replace(self._settings, descriptors=descriptors)
            process.stdin.write(msgspec.json.encode(settings) + b"\n")
            await process.stdin.drain()
        try:
            async with asyncio.timeout(_STARTS_WITHIN_S):
                said = (await process.stdout.readline()).strip()
        except TimeoutError:
            said = b"a worker did not start within a minute"
        if said != _READY:
            worker.ending = True
            worker.kill()
            raise ServeError(said.decode("utf-8", "replace") or "a worker ended before it served: see what it wrote")
        worker.listening = asyncio.create_task(self._listen(process.stdout))

    async def _listen(self, says: asyncio.StreamReader) -> None:
        """What a worker says while it serves is about the log that all of them write: it is told once for all."""
        async for line in says:
            key, _, why = line.decode("utf-8", "replace").strip().partition(" ")
            is_lost = key == "log-lost"
            if is_lost is not self._log_is_lost:
                self._log_is_lost = is_lost
                self._tell(key, **({"why": why} if is_lost else {}))

    async def _watch(self, worker: _Worker) -> None:
        """Wait for a worker's end; one that was not asked to end is replaced."""
        status = await worker.process.wait()
        if worker.listening is not None:  # what it said last; a process that it left behind may hold the pipe open
            await asyncio.wait([worker.listening], timeout=_LAST_WORDS_S)
        self._workers.pop(worker, None)
        if worker.ending or self._stop.is_set():
            return
        self._early_ends = self._early_ends + 1 if worker.was_early else 0
        if self._early_ends >= _MOST_EARLY_ENDS:
            self._give_up(ServeError(f"the workers end as soon as they start (status {status}): see what they wrote"))
            return
        self._tell("worker-ended", process=worker.process.pid, status=status)
        try:
            await self._start(worker.place)
        except ServeError as error:
            if not self._stop.is_set():  # else it was ended with all the others, before it served
                self._give_up(error)

    def _give_up(self, error: ServeError) -> None:
        self._failure = error
        self._stop.set()

    async def _reload(self) -> None:
        """Start new workers beside the old ones, then end those."""
        old = list(self._workers)
        self._log_is_lost = False  # the new ones open the log anew
        try:
            for worker in old:
                await self._start(worker.place)
                worker.end()
        except ServeError as error:
            self._tell("not-reloaded", why=error)
        else:
            self._tell("reloaded")

    async def _end_all(self) -> None:
        if self._reloads is not None:
            self._reloads.cancel()
        workers = list(self._workers.items())
        for worker, _ in workers:
            worker.end()
        if not workers:
            return
        watching = [task for _, task in workers]
        at_once = asyncio.create_task(self._at_once.wait())
        ended: asyncio.Future[list[BaseException | None]] = asyncio.gather(*watching, return_exceptions=True)
        either: list[asyncio.Future[Any]] = [ended, at_once]
        await asyncio.wait(either, timeout=self._settings.grace_s + 5, return_when="FIRST_COMPLETED")
        for worker, _ in workers:
            worker.kill()
        await ended
        at_once.cancel()

    def _hear(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._end)
        loop.add_signal_handler(signal.SIGTERM, self._end)
        loop.add_signal_handler(signal.SIGHUP, self._on_hangup)

    def _end(self) -> None:
        if self._stop.is_set():
            self._at_once.set()
        self._stop.set()

    def _on_hangup(self) -> None:
        if self._reloads is None or self._reloads.done():
            self._reloads = asyncio.create_task(self._reload())
