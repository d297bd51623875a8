"""The catcher: listens, lets connections visit, counts what they bring, and closes everything whatever happens."""

from __future__ import annotations

import asyncio
import errno
import os
from dataclasses import dataclass
from typing import Any, Final

from michinori.http.channel import Channel
from michinori.server.catch.caught import Caught
from michinori.server.catch.keepers import Keeper
from michinori.server.catch.passage import Passage
from michinori.server.catch.settings import CatchSettings, Tell
from michinori.server.catch.visit import Visit
from michinori.server.keeping import KeepError
from michinori.trace import note

BACKLOG: Final = 10
"""The tutorial's ``listen(10)``, for one request."""
BACKLOG_FOR_MANY: Final = 511
_NOT_HERE: Final = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class CatchError(Exception):
    """Listening failed. ``reason`` is the system's."""

    def __init__(self, host: str, port: int, error: OSError) -> None:
        self.host, self.port, self.errno = host, port, error.errno or 0
        self.reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror or error)
        super().__init__(f"listen: {host} port {port} cannot be listened on: {self.reason}; choose another with --port")


@dataclass(slots=True)
class Outcome:
    """How it ended."""

    whole: int = 0
    """Requests with nothing missing."""
    others: int = 0
    """What else was kept."""
    interrupted: bool = False
    failure: KeepError | CatchError | None = None


class Catcher:
    """Catches requests, by ``run``."""

    def __init__(self, settings: CatchSettings, keeper: Keeper, tell: Tell) -> None:
        self.settings = settings
        self.tell = tell
        self.port = settings.port
        """Once it listens: good to know after port 0."""
        self._keeper = keeper
        self._listeners: list[Any] = []
        """What ``create_server`` gives: the system's loop and a virtual one have different classes."""
        self._visits: dict[asyncio.Task[None], Visit] = {}
        self._outcome = Outcome()
        self._enough: asyncio.Future[None] | None = None

    async def run(self) -> Outcome:
        """Until enough has come, keeping fails, or it is cancelled (which counts as an interruption)."""
        self._enough = asyncio.get_running_loop().create_future()
        self.tell("starting")
        try:
            await self._listen()
            self.tell("waiting", addresses=[(host, self.port) for host in self._hosts()])
            await self._enough
        except asyncio.CancelledError:
            self._outcome.interrupted = True
            self.tell("interrupted")
        except CatchError as error:
            self._outcome.failure = error
        finally:
            try:
                await self._finish()
            finally:
                self.tell("stopping")
        return self._outcome

    def take(self, batch: list[Caught]) -> bool:
        """Keep what a visit brought; False if no more is wanted or keeping failed."""
        outcome, count = self._outcome, self.settings.count
        kept = outcome.whole + outcome.others
        if outcome.failure is not None or (count and kept >= count):
            self.tell("unwanted", peer=batch[0].peer)
            return False
        for number, caught in enumerate(batch, start=kept + 1):
            caught.number = number
        try:
            self._keeper.keep(batch)
        except KeepError as error:
            outcome.failure = error
            self._stop()
            return False
        for caught in batch:
            outcome.whole += caught.whole
            outcome.others += not caught.whole
            _note(caught)
        if count and kept + len(batch) >= count:
            self._stop()
        self.tell("kept", batch=batch)
        return True

    def take_after(self, caught: Caught) -> None:
        """Keep what came on the connection behind our answer to that one."""
        if self._outcome.failure is not None:
            return
        try:
            self._keeper.keep_after(caught)
        except KeepError as error:
            self._outcome.failure = error
            self._stop()
            return
        self.tell("after", caught=caught)

    @property
    def sated(self) -> bool:
        """Whether no more is wanted."""
        return self._enough is not None and self._enough.done() and not self._enough.cancelled()

    def _stop(self) -> None:
        if self._enough is not None and not self._enough.done():
            self._enough.set_result(None)

    async def _listen(self) -> None:
        """On one address after the other, all with one port. Raises ``CatchError``."""
        host = self.settings.host
        names: list[str | None] = ["127.0.0.1", "::1"] if host == "localhost" else [host]
        missing: OSError | None = None
        loop = asyncio.get_running_loop()
        backlog = BACKLOG if self.settings.count == 1 else BACKLOG_FOR_MANY
        for name in names:
            try:
                listener = await loop.create_server(lambda: Channel(self._greet), name, self.port, backlog=backlog)
            except OSError as error:
                if error.errno not in _NOT_HERE or name is None or len(names) == 1:
                    raise CatchError(name or "*", self.port, error) from None
                missing = error
                continue
            self._listeners.append(listener)
            self.port = listener.sockets[0].getsockname()[1]
        if not self._listeners and missing is not None:
            raise CatchError(host or "*", self.port, missing) from None

    def _hosts(self) -> list[str]:
        return [str(sock.getsockname()[0]) for listener in self._listeners for sock in listener.sockets]

    def _greet(self, channel: Channel) -> None:
        self.tell("connected", peer=channel.peer_address)
        if not self._make_room():
            channel.abort()
            return
        visit = Visit(channel, self) if self.settings.forward is None else Passage(channel, self)
        task = asyncio.get_running_loop().create_task(visit.run())
        self._visits[task] = visit
        task.add_done_callback(self._ended)

    def _make_room(self) -> bool:
        """Whether another visit may come; if too many are there, the oldest silent one has to go for it."""
        if len(self._visits) < self.settings.bounds.connections:
            return True
        for task, visit in self._visits.items():
            if visit.silent and not task.cancelling():
                task.cancel()
                return True
        return False

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._visits[task]
        if not task.cancelled():
            task.result()  # a mistake of ours goes to the loop's handler

    async def _finish(self) -> None:
        """Close the listeners; let answers under way go out; end the rest."""
        answers = self.settings.reply is not None or self.settings.forward is not None
        if self.sated and self._outcome.failure is None and not answers:
            await asyncio.sleep(self.settings.bounds.again_s)
        for listener in self._listeners:
            listener.close()
        for task, visit in list(self._visits.items()):
            if visit.listening and self._outcome.interrupted:
                task.cancel()
            elif not visit.busy:
                if self._outcome.interrupted:
                    visit.give_up()
                elif visit.pending:
                    self.tell("unwanted", peer=visit.channel.peer_address)
                task.cancel()
        if self._visits:
            await asyncio.wait(list(self._visits), timeout=self.settings.bounds.whole_s)
        for task in list(self._visits):
            task.cancel()


def _note(caught: Caught) -> None:
    head = caught.head
    if head is not None:
        note(
            "http", "request-received", connection=caught.connection,
            method=head.method, target=head.target, version=head.version,
            headers=[[field.name, field.value] for field in head.fields], head_octets=caught.request.head_end,
        )  # fmt: skip
