"""The connections of a host that are over but for TIME-WAIT, each as a few numbers.

One timer serves them all. A record whose time has come is found out by the timer or by whoever asks for it before, so
the timer may be a little late where many end one after the other, and nobody sees it.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush, heapreplace
from itertools import count
from typing import Final

from michinori.host.socket_info import SocketInfo
from michinori.sim import EventQueue, Nanos, Timer
from michinori.tcp import Endpoint
from michinori.tcp.time_wait import TimeWait

#: How long the timer sleeps at least after it has looked.
_SLEEP_NS: Final = 100_000_000


class TimeWaits:
    """The records, by the addresses and ports of what comes (the key of the host's table), and by local port."""

    def __init__(self, queue: EventQueue) -> None:
        self._queue = queue
        self._records: dict[bytes, TimeWait] = {}
        self._by_port: dict[int, dict[bytes, bool]] = {}
        """By local port the keys, and whether its socket had SO_REUSEADDR."""
        self._due: list[tuple[Nanos, int, bytes, TimeWait]] = []
        """A heap with one entry a record, earlier than its end if the wait has begun anew since."""
        self._serial = count()
        self._timer: Timer | None = None

    def __len__(self) -> int:
        return len(self._records)

    def enter(self, key: bytes, record: TimeWait, *, reuse_address: bool) -> None:
        """Keep it until its time has come."""
        self.forget(key)
        self._records[key] = record
        self._by_port.setdefault(record.local[1], {})[key] = reuse_address
        heappush(self._due, (record.until_ns, next(self._serial), key, record))
        if self._timer is None:
            self._timer = self._queue.call_at(record.until_ns, self._look)

    def find(self, key: bytes) -> TimeWait | None:
        """The record, if its time has not come."""
        record = self._records.get(key)
        if record is not None and record.until_ns <= self._queue.now_ns:
            self.forget(key)
            return None
        return record

    def forget(self, key: bytes) -> None:
        """It is over."""
        record = self._records.pop(key, None)
        if record is not None:
            sharing = self._by_port[record.local[1]]
            del sharing[key]
            if not sharing:
                del self._by_port[record.local[1]]

    def uses(self, port: int) -> bool:
        """Whether one of them has that local port."""
        return any(self.find(key) is not None for key in list(self._by_port.get(port, ())))

    def at_port(self, port: int) -> Iterator[tuple[Endpoint, bool]]:
        """The local ends with that port, and whether their sockets had SO_REUSEADDR."""
        for key, reuse_address in list(self._by_port.get(port, {}).items()):
            record = self.find(key)
            if record is not None:
                yield record.local, reuse_address

    def infos(self) -> Iterator[SocketInfo]:
        """Their lines in the listing of sockets."""
        now_ns = self._queue.now_ns
        for record in self._records.values():
            if record.until_ns > now_ns:
                yield SocketInfo(
                    kind="tcp",
                    family="inet" if len(record.local[0]) == 4 else "inet6",
                    state="TIME-WAIT",
                    local=record.local,
                    remote=record.remote,
                    timer="on",
                    timer_ns=record.until_ns - now_ns,
                )

    def _look(self) -> None:
        """Forget what is over; of what began anew, note when it will be."""
        due, records, now_ns = self._due, self._records, self._queue.now_ns
        while due and due[0][0] <= now_ns:
            _, serial, key, record = due[0]
            is_kept = records.get(key) is record
            if is_kept and record.until_ns > now_ns:
                heapreplace(due, (record.until_ns, serial, key, record))
                continue
            heappop(due)
            if is_kept:
                self.forget(key)
        self._timer = self._queue.call_at(max(due[0][0], now_ns + _SLEEP_NS), self._look) if due else None
