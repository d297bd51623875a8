"""Answers that were given before and hold as long as the files behind them are the same."""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from michinori.trace import NS_PER_S, current

T = TypeVar("T")
Signature = tuple[int, int, int, int, int]

_SETTLED_NS: Final = 2 * NS_PER_S
_SHARED_S: Final = 0.0005
"""A turn of libuv (uvloop) may poll again when a thousand connections have something to say; its clock, which counts
milliseconds, has gone on by then."""


def signature(status: os.stat_result) -> Signature:
    """What changes when a file does."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


@dataclass(frozen=True, slots=True)
class Witness:
    """A file or folder as it was seen."""

    path: str
    signature: Signature

    @classmethod
    def of(cls, path: str | os.PathLike[str], status: os.stat_result | None = None) -> Witness:
        """Raises ``OSError``."""
        return cls(os.fspath(path), signature(os.stat(path) if status is None else status))

    def holds(self) -> bool:
        """Whether it is as it was."""
        try:
            return signature(os.stat(self.path)) == self.signature
        except OSError:
            return False

    @property
    def settled(self) -> bool:
        """Whether its last change lies far enough back: another in the same tick of the clock would leave no mark."""
        return abs(current().clock.date_ns() - self.signature[4]) > _SETTLED_NS


class KeptAnswers(Generic[T]):
    """Values by key, each with the files that it was made of; looked at again whenever it is asked for.

    Who asks in the same turn of the event loop shares one look: what a turn reads had begun to come before it (or is
    pipelined behind what had), so that who has heard of a change, and asks then, sees it.
    """

    def __init__(self, *, entries: int, octets: int) -> None:
        self._entries = entries
        self._room = octets
        self._kept: OrderedDict[object, tuple[T, tuple[Witness, ...], int]] = OrderedDict()
        self._held: set[object] = set()
        """Those that were looked at in this turn."""
        self._since_s = self._until_s = 0.0

    def get(self, key: object) -> T | None:
        """The value, if all its files are as they were."""
        found = self._kept.get(key)
        if found is None:
            return None
        value, witnesses, _ = found
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        if not self._since_s <= now_s < self._until_s:
            self._held.clear()
            self._since_s, self._until_s = now_s, now_s + _SHARED_S
        if key in self._held:
            return value
        for witness in witnesses:
            if not witness.holds():
                self._forget(key)
                return None
        self._kept.move_to_end(key)
        if not self._held:
            loop.call_soon(self._held.clear)
        self._held.add(key)
        return value

    def put(self, key: object, value: T, witnesses: tuple[Witness, ...], octets: int) -> None:
        """Keep it, at the expense of what was not asked for the longest."""
        if not all(witness.settled for witness in witnesses):
            return
        self._forget(key)
        self._kept[key] = (value, witnesses, octets)
        self._room -= octets
        while self._kept and (self._room < 0 or len(self._kept) > self._entries):
            self._room += self._kept.popitem(last=False)[1][2]

    def _forget(self, key: object) -> None:
        self._held.discard(key)
        found = self._kept.pop(key, None)
        if found is not None:
            self._room += found[2]
